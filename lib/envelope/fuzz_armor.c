/* SPDX-License-Identifier: Apache-2.0
 * envelope: any bytes as armor, whole and in pieces: the answer is the same, and what is taken is
 * the one text of its file, but for line ends and blank space around. */
#include <assert.h>

#include "armor_private.h"
#include "carrier.h"

#define FILE_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum status decode(struct bytes text, size_t step, struct buffer *file, uint8_t *hash)
{
    struct armor_reader *reader = armor_reader_new();
    enum status status = ST_OK;
    for (; status == ST_OK && text.n > 0; text = bytes_from(text, step))
        status = armor_reader_add(reader, bytes_first(text, step), file);
    if (status == ST_OK)
        status = armor_reader_end(reader, hash);
    armor_reader_free(reader);
    return status;
}

/* Without carriage returns before line ends, and without blank space at both ends. */
static void plain_text(struct bytes text, struct buffer *out)
{
    text = bytes_trim(text);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '\r' || i + 1 == text.n || text.p[i + 1] != '\n')
            buffer_add_byte(out, text.p[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes text = {data, n};
    struct buffer once, pieces, given, made;
    uint8_t hash[SIGN_HASH_SIZE], other[SIGN_HASH_SIZE];
    struct armor_writer writer;
    buffer_init(&once, FILE_MAX);
    buffer_init(&pieces, FILE_MAX);
    buffer_init(&given, 2 * FILE_MAX);
    buffer_init(&made, 2 * FILE_MAX);

    enum status status = decode(text, n + 1, &once, hash);
    assert(decode(text, n % 71 + 1, &pieces, other) == status && once.n <= n);
    if (status == ST_OK) {
        assert(bytes_equal(buffer_bytes(&once), buffer_bytes(&pieces)));
        assert(memcmp(hash, other, sizeof hash) == 0);
        armor_begin(&writer, &made);
        armor_add(&writer, buffer_bytes(&once), &made);
        armor_end(&writer, &made);
        plain_text(text, &given);
        assert(bytes_equal(bytes_trim(buffer_bytes(&made)), buffer_bytes(&given)));
    }
    buffer_done(&once);
    buffer_done(&pieces);
    buffer_done(&given);
    buffer_done(&made);
    return 0;
}
