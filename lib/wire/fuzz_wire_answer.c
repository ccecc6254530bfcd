/* SPDX-License-Identifier: Apache-2.0
 * wire: fuzz target: an answer, as portal and accounts get it. The first byte chooses what was
 * asked. */
#include "memory.h"
#include "wire_accounts.h"
#include "wire_keyserver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t accounts_count, keyserver_count;
    const struct wire_exchange *accounts = wire_accounts_exchanges(&accounts_count);
    const struct wire_exchange *keyserver = wire_keyserver_exchanges(&keyserver_count);
    if (size < 1 || size > WIRE_FRAME_MAX)
        return 0;
    size_t chosen = data[0] % (accounts_count + keyserver_count);
    const struct wire_exchange *exchange =
        chosen < accounts_count ? &accounts[chosen] : &keyserver[chosen - accounts_count];
    struct bytes frame = {data + 1, size - 1};

    struct wire_verdict verdict;
    void *reply = memory_new(1, exchange->reply->size + 1);
    if (wire_decode_answer(frame, exchange->reply, &verdict, reply) == ST_OK) {
        struct buffer again;
        wire_frame_init(&again);
        if (wire_encode_answer(&again, &verdict, exchange->reply, reply) != ST_OK ||
            !bytes_equal(bytes_from(buffer_bytes(&again), 4), frame))
            abort();
        buffer_done(&again);
        if (verdict.status == ST_OK)
            wire_clear(exchange->reply, reply);
    }
    free(reply);
    return 0;
}
