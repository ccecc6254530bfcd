/* SPDX-License-Identifier: Apache-2.0
 * wire: fuzz target: a request, as accounts and keyserver get it. */
#include "memory.h"
#include "wire_accounts.h"
#include "wire_keyserver.h"

/* What decodes must encode to the same bytes: there is one encoding of every message. */
static void try_exchange(const struct wire_exchange *exchange, struct bytes frame)
{
    struct buffer again;
    void *ask = memory_new(1, exchange->ask->size + 1);
    if (wire_decode_request(frame, exchange->ask, ask) == ST_OK) {
        wire_frame_init(&again);
        if (wire_encode_request(&again, exchange->type, exchange->ask, ask) != ST_OK ||
            !bytes_equal(bytes_from(buffer_bytes(&again), 4), frame))
            abort();
        buffer_done(&again);
        wire_clear(exchange->ask, ask);
    }
    free(ask);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes frame = {data, size};
    uint8_t type;
    size_t accounts_count, keyserver_count;
    const struct wire_exchange *accounts = wire_accounts_exchanges(&accounts_count);
    const struct wire_exchange *keyserver = wire_keyserver_exchanges(&keyserver_count);
    if (size > WIRE_FRAME_MAX || wire_request_type(frame, &type) != ST_OK)
        return 0;
    for (size_t i = 0; i < accounts_count; i++)
        if (accounts[i].type == type)
            try_exchange(&accounts[i], frame);
    for (size_t i = 0; i < keyserver_count; i++)
        if (keyserver[i].type == type)
            try_exchange(&keyserver[i], frame);
    return 0;
}
