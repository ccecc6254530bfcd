/* SPDX-License-Identifier: Apache-2.0
 * envelope: sealing and opening the payload, chunk by chunk. */
#include "payload_private.h"

#include <assert.h>

#include "crypto_private.h"
#include "envelope.h"
#include "memory.h"

#define CHUNK ENVELOPE_CHUNK
#define SEALED_CHUNK (CHUNK + AEAD_TAG_SIZE)

/* --- the nonce of a chunk --------------------------------------------------------------------- */

/* counter, big endian (11) ‖ last (1). Eight bytes of counter outlast every file. */
static void chunk_nonce(uint64_t counter, bool last, uint8_t nonce_out[AEAD_NONCE_SIZE])
{
    memset(nonce_out, 0, AEAD_NONCE_SIZE);
    for (int i = 10; i >= 3; i--, counter >>= 8)
        nonce_out[i] = (uint8_t)counter;
    nonce_out[11] = last;
}

/* The key of a payload, made ready for one direction. */
static enum status payload_cipher(const struct secret *file_key, const uint8_t *nonce,
                                  enum aead_direction direction, struct aead **aead_out)
{
    struct secret *key = NULL;
    struct bytes salt = {nonce, PAYLOAD_NONCE_SIZE};
    enum status status = crypto_derive(file_key, salt, "payload", &key);
    if (status == ST_OK)
        status = aead_new(key, direction, aead_out);
    secret_free(key);
    return status;
}

/* --- sealing ---------------------------------------------------------------------------------- */

/* Whether a full chunk is the last is known only when more comes, or nothing more: so one waits. */
struct payload_writer {
    struct aead *aead;
    uint64_t counter;
    bool ended;
    size_t waiting_n;
    uint8_t waiting[CHUNK];
};

enum status payload_writer_new(const struct secret *file_key,
                               const uint8_t nonce[PAYLOAD_NONCE_SIZE],
                               struct payload_writer **writer_out, struct buffer *out)
{
    struct aead *aead = NULL;
    enum status status = payload_cipher(file_key, nonce, AEAD_SEAL, &aead);
    if (status == ST_OK)
        status = buffer_add(out, (struct bytes){nonce, PAYLOAD_NONCE_SIZE});
    if (status != ST_OK) {
        aead_free(aead);
        return status;
    }
    struct payload_writer *writer = memory_new(1, sizeof *writer);
    writer->aead = aead;
    *writer_out = writer;
    return ST_OK;
}

/* Seal straight into the buffer. */
static enum status seal_chunk(struct payload_writer *writer, struct bytes plain, bool last,
                              struct buffer *out)
{
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t *sealed = buffer_space(out, plain.n + AEAD_TAG_SIZE);
    if (sealed == NULL)
        return ST_LIMIT;
    chunk_nonce(writer->counter, last, nonce);
    enum status status = aead_seal(writer->aead, nonce, plain, sealed);
    if (status != ST_OK)
        return status;
    out->n += plain.n + AEAD_TAG_SIZE;
    writer->counter++;
    return ST_OK;
}

/* Put aside what may become the last chunk. */
static struct bytes wait_for_more(struct payload_writer *writer, struct bytes plain)
{
    struct bytes part = bytes_first(plain, CHUNK - writer->waiting_n);
    memcpy(writer->waiting + writer->waiting_n, part.p, part.n);
    writer->waiting_n += part.n;
    return bytes_from(plain, part.n);
}

enum status payload_writer_add(struct payload_writer *writer, struct bytes plain,
                               struct buffer *out)
{
    enum status status = ST_OK;
    assert(!writer->ended);
    while (status == ST_OK && plain.n > 0) {
        if (writer->waiting_n == CHUNK) {
            /* More is there, so what waits is not the last. */
            status = seal_chunk(writer, BYTES_ARRAY(writer->waiting), false, out);
            writer->waiting_n = status == ST_OK ? 0 : CHUNK;
        } else if (writer->waiting_n == 0 && plain.n > CHUNK) {
            /* Nor is a chunk with more behind it, which needs no copy: a copy is a tenth of the
             * cipher's time. */
            status = seal_chunk(writer, bytes_first(plain, CHUNK), false, out);
            plain = bytes_from(plain, CHUNK);
        } else {
            plain = wait_for_more(writer, plain);
        }
    }
    return status;
}

enum status payload_writer_end(struct payload_writer *writer, struct buffer *out)
{
    assert(!writer->ended);
    writer->ended = true;
    return seal_chunk(writer, (struct bytes){writer->waiting, writer->waiting_n}, true, out);
}

void payload_writer_free(struct payload_writer *writer)
{
    if (writer == NULL)
        return;
    aead_free(writer->aead);
    secret_wipe(writer, sizeof *writer);
    free(writer);
    secret_burn_stack();
}

/* --- sizes ------------------------------------------------------------------------------------ */

uint64_t payload_size(uint64_t n)
{
    uint64_t chunks = n == 0 ? 1 : (n - 1) / CHUNK + 1;
    return PAYLOAD_NONCE_SIZE + n + chunks * AEAD_TAG_SIZE;
}

enum status envelope_plain_size(uint64_t payload_n, uint64_t *plain_n_out)
{
    if (payload_n < PAYLOAD_NONCE_SIZE + AEAD_TAG_SIZE)
        return ST_BAD;
    uint64_t sealed = payload_n - PAYLOAD_NONCE_SIZE;
    uint64_t full = sealed / SEALED_CHUNK, rest = sealed % SEALED_CHUNK;

    /* The last chunk holds at least one byte, unless it is the only one. */
    if (rest != 0 && (rest < AEAD_TAG_SIZE || (rest == AEAD_TAG_SIZE && full > 0)))
        return ST_BAD;
    *plain_n_out = full * CHUNK + (rest == 0 ? 0 : rest - AEAD_TAG_SIZE);
    return ST_OK;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Every chunk is decrypted and verified, also behind one that failed: how long it takes says
 * nothing of where. */
static enum status open_chunks(struct aead *aead, struct bytes sealed, uint8_t *plain_out)
{
    bool good = true;
    for (uint64_t counter = 0; sealed.n > 0; counter++) {
        uint8_t nonce[AEAD_NONCE_SIZE];
        struct bytes chunk = bytes_first(sealed, SEALED_CHUNK);
        sealed = bytes_from(sealed, chunk.n);
        chunk_nonce(counter, sealed.n == 0, nonce);
        enum status status = aead_open(aead, nonce, chunk, plain_out);
        if (status == ST_FAIL)
            return status;
        good &= status == ST_OK;
        plain_out += chunk.n - AEAD_TAG_SIZE;
    }
    return good ? ST_OK : ST_BAD;
}

enum status payload_open(const struct secret *file_key, bool genuine, struct bytes payload,
                         uint8_t *plain_out)
{
    uint64_t plain_n = 0;
    struct aead *aead = NULL;
    enum status status = envelope_plain_size(payload.n, &plain_n);
    if (status != ST_OK)
        return status;
    status = payload_cipher(file_key, payload.p, AEAD_OPEN, &aead);
    if (status == ST_OK)
        status = open_chunks(aead, bytes_from(payload, PAYLOAD_NONCE_SIZE), plain_out);
    if (!genuine)
        status = status == ST_OK ? ST_BAD : status;
    aead_free(aead);

    /* Nothing of a letter that fails is left behind, also not the chunks that were good. */
    if (status != ST_OK && plain_n > 0)
        secret_wipe(plain_out, plain_n);
    secret_burn_stack();
    return status;
}

enum status envelope_decrypt(const struct secret *opened, struct bytes payload, uint8_t *plain_out)
{
    assert(opened->n == ENVELOPE_OPENED_SIZE);
    const struct secret file_key = {opened->p, ENVELOPE_FILE_KEY_SIZE};
    return payload_open(&file_key, opened->p[ENVELOPE_FILE_KEY_SIZE] == 1, payload, plain_out);
}
