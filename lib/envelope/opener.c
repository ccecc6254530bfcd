/* SPDX-License-Identifier: Apache-2.0
 * envelope: exported keys. */
#include "opener.h"

#include "bech32.h"
#include "envelope_private.h"
#include "memory.h"

#define HRP "age-plugin-securemail-"
#define VERSION 1
#define KIND_MESSAGE 1
#define KIND_IDENTITY 2
#define MESSAGE_SIZE (2 + ENVELOPE_ID_SIZE + IBE_KEY_SIZE)
#define IDENTITY_PARTS_SIZE (PARAMS_PUBLIC_SIZE + IBE_IDENTITY_KEY_SIZE + IBE_MLKEM_SECRET_SIZE)
#define DATA_MAX (4 + IDENTITY_MAX + IDENTITY_PARTS_SIZE)
#define MLKEM_AT_PUBLIC 1152 /* ek in dk: FIPS 203, algorithm 16 */

_Static_assert(OPENER_BODY_SIZE == ENVELOPE_BODY_SIZE, "a stanza's body");

struct opener {
    bool whole_identity; /* an identity key, not a message key */

    uint8_t id[ENVELOPE_ID_SIZE];
    struct secret *key;

    struct params params; /* district, serial and the public keys; nothing else of it is set */
    uint8_t identity_bytes[IDENTITY_MAX];
    size_t identity_n;
    struct secret *identity_key, *mlkem;
};

/* --- writing ---------------------------------------------------------------------------------- */

static enum status write_text(const struct secret *data, struct buffer *text_out)
{
    size_t n = bech32_length(strlen(HRP), data->n);
    char *text = (char *)buffer_space(text_out, n + 1);
    if (text == NULL)
        return ST_LIMIT;
    bech32_encode(HRP, secret_bytes(data), text);
    text_out->n += n;
    return ST_OK;
}

enum status opener_write_message(const uint8_t id[ENVELOPE_ID_SIZE], const struct secret *key,
                                 struct buffer *text_out)
{
    if (key->n != IBE_KEY_SIZE)
        return ST_BAD;
    struct secret *data = secret_new(MESSAGE_SIZE);
    data->p[0] = VERSION;
    data->p[1] = KIND_MESSAGE;
    memcpy(data->p + 2, id, ENVELOPE_ID_SIZE);
    memcpy(data->p + 2 + ENVELOPE_ID_SIZE, key->p, IBE_KEY_SIZE);
    enum status status = write_text(data, text_out);
    secret_free(data);
    return status;
}

enum status opener_write_identity(const struct identity *identity,
                                  const uint8_t public_point[PARAMS_PUBLIC_SIZE],
                                  const struct secret *identity_key, const struct secret *mlkem,
                                  struct buffer *text_out)
{
    uint8_t bytes[IDENTITY_MAX];
    size_t n = 0;
    if (identity_key->n != IBE_IDENTITY_KEY_SIZE || mlkem->n != IBE_MLKEM_SECRET_SIZE ||
        identity_encode(identity, bytes, &n) != ST_OK)
        return ST_BAD;
    struct secret *data = secret_new(4 + n + IDENTITY_PARTS_SIZE);
    uint8_t *at = data->p + 4;
    memcpy(data->p, (uint8_t[]){VERSION, KIND_IDENTITY, (uint8_t)(n >> 8), (uint8_t)n}, 4);
    memcpy(at, bytes, n);
    memcpy(at + n, public_point, PARAMS_PUBLIC_SIZE);
    memcpy(at + n + PARAMS_PUBLIC_SIZE, identity_key->p, IBE_IDENTITY_KEY_SIZE);
    memcpy(at + n + PARAMS_PUBLIC_SIZE + IBE_IDENTITY_KEY_SIZE, mlkem->p, IBE_MLKEM_SECRET_SIZE);
    enum status status = write_text(data, text_out);
    secret_free(data);
    return status;
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum status read_message(struct opener *opener, struct bytes data, struct why *why)
{
    if (data.n != MESSAGE_SIZE)
        return why_set(why, ST_BAD, "G-3: a message key has %d bytes", MESSAGE_SIZE);
    memcpy(opener->id, data.p + 2, ENVELOPE_ID_SIZE);
    opener->key = secret_copy(bytes_from(data, 2 + ENVELOPE_ID_SIZE));
    return ST_OK;
}

/* The identity, and the parts of the parameters that go with it. */
static enum status read_identity(struct opener *opener, struct bytes identity, struct why *why)
{
    struct identity fields;
    if (identity_decode(identity, &fields) != ST_OK)
        return why_set(why, ST_BAD, "G-4: the identity is malformed");
    memcpy(opener->identity_bytes, identity.p, identity.n);
    opener->identity_n = identity.n;
    memcpy(opener->params.district, fields.district, sizeof opener->params.district);
    opener->params.serial = fields.serial;
    return ST_OK;
}

static enum status read_identity_key(struct opener *opener, struct bytes data, struct why *why)
{
    size_t n = data.n < 4 ? 0 : (size_t)data.p[2] << 8 | data.p[3];
    if (n == 0 || n > IDENTITY_MAX || data.n != 4 + n + IDENTITY_PARTS_SIZE)
        return why_set(why, ST_BAD, "G-3: an identity key of another length");
    opener->whole_identity = true;
    struct bytes identity = bytes_first(bytes_from(data, 4), n), rest = bytes_from(data, 4 + n);
    enum status status = read_identity(opener, identity, why);
    if (status != ST_OK)
        return status;
    memcpy(opener->params.public_point, rest.p, PARAMS_PUBLIC_SIZE);
    rest = bytes_from(rest, PARAMS_PUBLIC_SIZE);
    opener->identity_key = secret_copy(bytes_first(rest, IBE_IDENTITY_KEY_SIZE));
    opener->mlkem = secret_copy(bytes_from(rest, IBE_IDENTITY_KEY_SIZE));
    memcpy(opener->params.mlkem, opener->mlkem->p + MLKEM_AT_PUBLIC, PARAMS_MLKEM_SIZE);
    if (!ibe_identity_key_valid(&opener->params, identity, opener->identity_key))
        return why_set(why, ST_BAD, "G-5: the private key is not this identity's");
    if (!ibe_mlkem_secret_valid(&opener->params, opener->mlkem))
        return why_set(why, ST_BAD, "G-6: the ML-KEM key is damaged");
    return ST_OK;
}

static enum status read_data(struct opener *opener, struct bytes data, struct why *why)
{
    if (data.n < 2 || data.p[0] != VERSION)
        return why_set(why, ST_BAD, "G-2: of another version");
    if (data.p[1] == KIND_MESSAGE)
        return read_message(opener, data, why);
    if (data.p[1] == KIND_IDENTITY)
        return read_identity_key(opener, data, why);
    return why_set(why, ST_BAD, "G-2: no kind of key that is known");
}

enum status opener_read(struct bytes text, struct opener **opener_out, struct why *why)
{
    struct secret *data = secret_new(DATA_MAX);
    struct opener *opener = memory_new(1, sizeof *opener);
    size_t n = 0;
    enum status status = ST_BAD;
    if (text.n > OPENER_TEXT_MAX || bech32_decode(text, HRP, data->p, data->n, &n) != ST_OK) {
        why_set(why, ST_BAD, "G-1: not a key of ours, or a character of it is wrong");
        goto out;
    }
    status = read_data(opener, (struct bytes){data->p, n}, why);
    if (status == ST_OK) {
        *opener_out = opener;
        opener = NULL;
    }
out:
    opener_free(opener);
    secret_free(data);
    secret_burn_stack();
    return status;
}

void opener_free(struct opener *opener)
{
    if (opener == NULL)
        return;
    secret_free(opener->key);
    secret_free(opener->identity_key);
    secret_free(opener->mlkem);
    free(opener);
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum status unwrap(const struct secret *key, const uint8_t body[OPENER_BODY_SIZE],
                          struct secret **file_key_out)
{
    static const uint8_t zero_nonce[AEAD_NONCE_SIZE];
    struct aead *aead = NULL;
    struct secret *file_key = secret_new(ENVELOPE_FILE_KEY_SIZE);
    enum status status = aead_new(key, AEAD_OPEN, &aead);
    if (status == ST_OK)
        status = aead_open(aead, zero_nonce,
                           (struct bytes){body + IBE_CIPHERTEXT_SIZE, ENVELOPE_WRAPPED_SIZE},
                           file_key->p);
    if (status == ST_OK) {
        *file_key_out = file_key;
        file_key = NULL;
    }
    aead_free(aead);
    secret_free(file_key);
    secret_burn_stack();
    return status;
}

static enum status open_by_identity(const struct opener *opener, struct bytes identity,
                                    const uint8_t body[OPENER_BODY_SIZE],
                                    struct secret **file_key_out)
{
    const struct ibe_opener parts = {&opener->params, opener->identity_key, opener->mlkem};
    struct secret *key = secret_new(IBE_KEY_SIZE);
    enum status status = ibe_decapsulate(&parts, identity, body, key);
    if (status == ST_OK)
        status = unwrap(key, body, file_key_out);
    secret_free(key);
    return status;
}

enum status opener_open(const struct opener *opener, struct bytes identity,
                        const uint8_t body[OPENER_BODY_SIZE], struct secret **file_key_out)
{
    uint8_t id[ENVELOPE_ID_SIZE];
    if (opener->whole_identity) {
        if (!bytes_equal(identity, (struct bytes){opener->identity_bytes, opener->identity_n}))
            return ST_NONE;
        return open_by_identity(opener, identity, body, file_key_out);
    }
    enum status status = crypto_hash((struct bytes){body, OPENER_BODY_SIZE}, id);
    if (status != ST_OK)
        return status;
    if (memcmp(id, opener->id, sizeof id) != 0)
        return ST_NONE;
    return unwrap(opener->key, body, file_key_out);
}
