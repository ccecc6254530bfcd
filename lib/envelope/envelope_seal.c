/* SPDX-License-Identifier: Apache-2.0
 * envelope: sealing: a file key under an address, then the payload under the file key. */
#include "envelope_private.h"

#include <assert.h>

#include "age_header_private.h"
#include "memory.h"
#include "payload_private.h"

static_assert(ENVELOPE_HEADER_MAX == AGE_HEADER_MAX, "one bound for headers");
static_assert(ENVELOPE_RANDOM_SIZE == IBE_RANDOM_SIZE + ENVELOPE_FILE_KEY_SIZE + PAYLOAD_NONCE_SIZE,
              "the parts of the randomness");

struct envelope_writer {
    struct payload_writer *payload;
    uint8_t identity[IDENTITY_MAX];
    size_t identity_n;
    uint8_t id[ENVELOPE_ID_SIZE];
};

uint64_t envelope_size(uint64_t n, size_t identity_n)
{
    return age_header_size(ENVELOPE_STANZA_TYPE.n, identity_n, ENVELOPE_BODY_SIZE) +
           payload_size(n);
}

/* The stanza's body: the KEM's ciphertext, and the file key under the KEM's key, which encrypts
 * this once. */
static enum status make_body(const struct envelope_key *key, uint8_t body_out[ENVELOPE_BODY_SIZE])
{
    static const uint8_t zero_nonce[AEAD_NONCE_SIZE];
    struct aead *aead = NULL;
    memcpy(body_out, key->ciphertext, IBE_CIPHERTEXT_SIZE);
    enum status status = aead_new(key->kek, AEAD_SEAL, &aead);
    if (status == ST_OK)
        status = aead_seal(aead, zero_nonce, key->file_key, body_out + IBE_CIPHERTEXT_SIZE);
    aead_free(aead);
    return status;
}

/* The header, closed by its MAC. */
static enum status add_header(const struct envelope_key *key, const struct secret *file_key,
                              struct bytes body, struct buffer *out)
{
    uint8_t mac[MAC_SIZE];
    size_t begin = out->n;
    age_header_write(out, ENVELOPE_STANZA_TYPE, key->identity, body);
    enum status status = buffer_check(out);
    if (status == ST_OK)
        status = age_header_mac(file_key, bytes_from(buffer_bytes(out), begin), mac);
    if (status != ST_OK)
        return status;
    age_header_write_mac(out, mac);
    return buffer_check(out);
}

enum status envelope_writer_begin(const struct envelope_key *key,
                                  struct envelope_writer **writer_out, struct buffer *out)
{
    uint8_t body[ENVELOPE_BODY_SIZE];
    struct secret *file_key = secret_copy(key->file_key);
    struct envelope_writer *writer = memory_new(1, sizeof *writer);

    assert(key->identity.n <= IDENTITY_MAX);
    memcpy(writer->identity, key->identity.p, key->identity.n);
    writer->identity_n = key->identity.n;

    enum status status = make_body(key, body);
    if (status == ST_OK)
        status = crypto_hash(BYTES_ARRAY(body), writer->id);
    if (status == ST_OK)
        status = add_header(key, file_key, BYTES_ARRAY(body), out);
    if (status == ST_OK)
        status = payload_writer_new(file_key, key->nonce, &writer->payload, out);
    if (status == ST_OK) {
        *writer_out = writer;
        writer = NULL;
    }
    secret_free(file_key);
    envelope_writer_free(writer);
    secret_burn_stack(); /* libcrypto's HKDF leaves three words of the payload's key */
    return status;
}

enum status envelope_writer_new(const struct ibe_sender *sender, const struct identity *identity,
                                const struct secret *random, struct envelope_writer **writer_out,
                                struct buffer *out)
{
    uint8_t encoded[IDENTITY_MAX], ciphertext[IBE_CIPHERTEXT_SIZE];
    size_t encoded_n = 0;
    struct secret *kek = secret_new(IBE_KEY_SIZE);
    struct bytes rest = secret_bytes(random);

    assert(random->n == ENVELOPE_RANDOM_SIZE);
    enum status status = identity_encode(identity, encoded, &encoded_n);
    if (status != ST_OK)
        goto out;
    struct bytes name = {encoded, encoded_n};
    status = ibe_encapsulate(sender, name, rest.p, ciphertext, kek);
    if (status != ST_OK)
        goto out;

    rest = bytes_from(rest, IBE_RANDOM_SIZE);
    struct envelope_key key = {
        .identity = name,
        .ciphertext = ciphertext,
        .kek = kek,
        .file_key = bytes_first(rest, ENVELOPE_FILE_KEY_SIZE),
        .nonce = bytes_from(rest, ENVELOPE_FILE_KEY_SIZE).p,
    };
    status = envelope_writer_begin(&key, writer_out, out);
out:
    secret_free(kek);
    return status;
}

enum status envelope_writer_add(struct envelope_writer *writer, struct bytes plain,
                                struct buffer *out)
{
    return payload_writer_add(writer->payload, plain, out);
}

enum status envelope_writer_end(struct envelope_writer *writer, struct buffer *out)
{
    return payload_writer_end(writer->payload, out);
}

void envelope_writer_free(struct envelope_writer *writer)
{
    if (writer == NULL)
        return;
    payload_writer_free(writer->payload);
    free(writer);
}

const uint8_t *envelope_writer_id(const struct envelope_writer *writer)
{
    return writer->id;
}

struct bytes envelope_writer_identity(const struct envelope_writer *writer)
{
    return (struct bytes){writer->identity, writer->identity_n};
}
