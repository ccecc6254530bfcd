/* SPDX-License-Identifier: Apache-2.0
 * envelope: any bytes as a saved carrier, whole and in pieces: the same answer, and bounded. */
#include <assert.h>

#include "carrier.h"

#define FILE_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct found {
    struct buffer file, signature;
    uint8_t hash[SIGN_HASH_SIZE];
    enum status status;
};

static void find(struct bytes html, size_t step, struct found *found)
{
    struct carrier_reader *reader = carrier_reader_new();
    buffer_init(&found->file, FILE_MAX);
    buffer_init(&found->signature, SIGN_TEXT_MAX);
    enum status added = ST_OK;
    for (; added == ST_OK && html.n > 0; html = bytes_from(html, step))
        added = carrier_reader_add(reader, bytes_first(html, step), &found->file);
    found->status = carrier_reader_end(reader, found->hash, &found->signature);
    assert(added == ST_OK || found->status == added);
    carrier_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes html = {data, n};
    struct found once, pieces;
    find(html, n + 1, &once);
    find(html, n % 13 + 1, &pieces);
    assert(once.status == pieces.status && once.file.n <= n);
    if (once.status == ST_OK) {
        assert(memcmp(once.hash, pieces.hash, sizeof once.hash) == 0);
        assert(bytes_equal(buffer_bytes(&once.file), buffer_bytes(&pieces.file)));
        assert(bytes_equal(buffer_bytes(&once.signature), buffer_bytes(&pieces.signature)));
    } else {
        assert(once.signature.n == 0);
    }
    buffer_done(&once.file);
    buffer_done(&once.signature);
    buffer_done(&pieces.file);
    buffer_done(&pieces.signature);
    return 0;
}
