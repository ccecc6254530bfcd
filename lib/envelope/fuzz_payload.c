/* SPDX-License-Identifier: Apache-2.0
 * envelope: a payload that somebody works on: bytes changed, moved, cut, doubled. It opens only if
 * it is the one that was sealed, and leaves nothing behind otherwise.
 *
 * Input: letter's size (3 bytes), then operations of 9 bytes: kind, place (4), another place or
 * value (4). */
#include <assert.h>

#include "envelope_private.h"
#include "payload_private.h"

#define LETTER_MAX 140000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint32_t number(const uint8_t *p, size_t n)
{
    uint32_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

static void change(struct buffer *payload, const uint8_t *operation)
{
    if (payload->n == 0)
        return;
    size_t place = number(operation + 1, 4) % payload->n, other = number(operation + 5, 4);
    size_t chunk = ENVELOPE_CHUNK + AEAD_TAG_SIZE;
    switch (operation[0] % 5) {
    case 0: /* a byte */
        payload->p[place] ^= (uint8_t)other;
        break;
    case 1: /* the end */
        payload->n = place;
        break;
    case 2: /* more behind */
        buffer_add(payload, bytes_first((struct bytes){operation, 9}, other % 10));
        break;
    case 3: /* a chunk in another's place */
        place = PAYLOAD_NONCE_SIZE + place / chunk * chunk;
        other = PAYLOAD_NONCE_SIZE + other % payload->n / chunk * chunk;
        if (place + chunk <= payload->n && other + chunk <= payload->n)
            memmove(payload->p + place, payload->p + other, chunk);
        break;
    case 4: /* something left out */
        memmove(payload->p + place, payload->p + place + other % (payload->n - place),
                payload->n - place - other % (payload->n - place));
        payload->n -= other % (payload->n - place);
        break;
    }
}

static void seal(const struct secret *key, struct bytes letter, struct buffer *out)
{
    static const uint8_t nonce[PAYLOAD_NONCE_SIZE] = {1};
    struct payload_writer *writer = NULL;
    assert(payload_writer_new(key, nonce, &writer, out) == ST_OK &&
           payload_writer_add(writer, letter, out) == ST_OK &&
           payload_writer_end(writer, out) == ST_OK);
    payload_writer_free(writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t letter[LETTER_MAX], plain[2 * LETTER_MAX];
    struct buffer sealed, payload;
    uint64_t plain_n = 0;
    if (n < 3)
        return 0;
    struct bytes whole = {letter, number(data, 3) % LETTER_MAX};
    struct secret *key = secret_copy(BYTES_LITERAL("a file key, 16 b"));
    buffer_init(&sealed, 2 * LETTER_MAX);
    buffer_init(&payload, 2 * LETTER_MAX);
    seal(key, whole, &sealed);
    buffer_add(&payload, buffer_bytes(&sealed));
    for (size_t at = 3; at + 9 <= n && at < 3 + 9 * 8; at += 9)
        change(&payload, data + at);

    bool same = bytes_equal(buffer_bytes(&sealed), buffer_bytes(&payload));
    enum status status = envelope_plain_size(payload.n, &plain_n);
    if (status == ST_OK) {
        memset(plain, 'x', plain_n + 1);
        status = payload_open(key, true, buffer_bytes(&payload), plain);
        assert(plain[plain_n] == 'x');
        for (size_t i = 0; status != ST_OK && i < plain_n; i++)
            assert(plain[i] == 0);
    }
    assert((status == ST_OK) == same);
    buffer_done(&sealed);
    buffer_done(&payload);
    secret_free(key);
    return 0;
}
