/* SPDX-License-Identifier: Apache-2.0
 * sign: minisign signatures and key files, on libsodium's Ed25519 and BLAKE2b. */
#include "sign.h"

#include <assert.h>
#include <sodium.h>

#include "encode.h"
#include "memory.h"

#define BLOB_SIZE 74   /* "ED" ‖ key id ‖ signature */
#define PUBLIC_SIZE 42 /* "Ed" ‖ key id ‖ public key */

/* A secret key file holds, in base64, all fixed: "Ed" ‖ 0 0 (no passphrase) ‖ "B2" ‖ salt 32 ‖
 * limits 8 + 8 ‖ key id 8 ‖ secret key 64 ‖ BLAKE2b-256 of ("Ed" ‖ key id ‖ secret key). */
#define SECRET_SIZE 158
#define SECRET_AT_ID 54
#define SECRET_AT_KEY 62
#define SECRET_AT_CHECK 126

#define UNTRUSTED "untrusted comment: "
#define TRUSTED "trusted comment: "

struct sign_key {
    struct sign_public public;
    struct secret *secret; /* 64 bytes: seed ‖ public key */
};

static_assert(sizeof(struct sign_hash) >= sizeof(crypto_generichash_state), "the state fits");

struct sign_key *sign_key_new(const uint8_t seed[SIGN_SEED_SIZE], const uint8_t id[8])
{
    struct sign_key *key = memory_new(1, sizeof *key);
    key->secret = secret_new(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(key->public.key, key->secret->p, seed);
    memcpy(key->public.id, id, sizeof key->public.id);
    return key;
}

void sign_key_free(struct sign_key *key)
{
    if (key == NULL)
        return;
    secret_free(key->secret);
    free(key);
}

const struct sign_public *sign_key_public(const struct sign_key *key)
{
    return &key->public;
}

/* --- key files
 * ------------------------------------------------------------------------------------------ */

static void key_check(const uint8_t *id_and_key, uint8_t check_out[32])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, 32);
    crypto_generichash_update(&state, (const uint8_t *)"Ed", 2);
    crypto_generichash_update(&state, id_and_key, 8 + crypto_sign_SECRETKEYBYTES);
    crypto_generichash_final(&state, check_out, 32);
}

enum status sign_key_write(const struct sign_key *key, struct buffer *secret_file_out)
{
    struct secret *blob = secret_new(SECRET_SIZE);
    memcpy(blob->p, "Ed\0\0B2", 6);
    memcpy(blob->p + SECRET_AT_ID, key->public.id, 8);
    memcpy(blob->p + SECRET_AT_KEY, key->secret->p, crypto_sign_SECRETKEYBYTES);
    key_check(blob->p + SECRET_AT_ID, blob->p + SECRET_AT_CHECK);

    buffer_add_text(secret_file_out, UNTRUSTED "securemail secret key\n");
    uint8_t *text = buffer_space(secret_file_out, base64_length(SECRET_SIZE, PADDED) + 1);
    if (text != NULL) {
        sodium_bin2base64((char *)text, base64_length(SECRET_SIZE, PADDED) + 1, blob->p,
                          SECRET_SIZE, sodium_base64_VARIANT_ORIGINAL);
        secret_file_out->n += base64_length(SECRET_SIZE, PADDED);
    }
    buffer_add_text(secret_file_out, "\n");
    secret_free(blob);
    return buffer_check(secret_file_out);
}

enum status sign_key_read(struct bytes file, struct sign_key **key_out)
{
    struct bytes comment, text;
    uint8_t check[32];
    size_t n = 0;
    enum status status = ST_BAD;
    if (!bytes_line(&file, &comment) || !bytes_starts(comment, BYTES_LITERAL(UNTRUSTED)) ||
        !bytes_line(&file, &text) || bytes_trim(file).n != 0)
        return ST_BAD;

    struct secret *blob = secret_new(SECRET_SIZE);
    if (sodium_base642bin(blob->p, SECRET_SIZE, (const char *)text.p, text.n, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        n != SECRET_SIZE || memcmp(blob->p, "Ed\0\0B2", 6) != 0)
        goto out;
    key_check(blob->p + SECRET_AT_ID, check);
    if (sodium_memcmp(check, blob->p + SECRET_AT_CHECK, sizeof check) != 0)
        goto out;
    /* The seed alone makes the key again; the public half in the file must be the same. */
    struct sign_key *key = sign_key_new(blob->p + SECRET_AT_KEY, blob->p + SECRET_AT_ID);
    if (sodium_memcmp(key->secret->p, blob->p + SECRET_AT_KEY, crypto_sign_SECRETKEYBYTES) == 0) {
        *key_out = key;
        status = ST_OK;
    } else {
        sign_key_free(key);
    }
out:
    secret_free(blob);
    return status;
}

void sign_public_text(const struct sign_public *key, char text_out[SIGN_PUBLIC_TEXT_SIZE])
{
    uint8_t blob[PUBLIC_SIZE] = "Ed";
    memcpy(blob + 2, key->id, 8);
    memcpy(blob + 10, key->key, 32);
    text_out[base64_encode(text_out, BYTES_ARRAY(blob), PADDED)] = '\0';
}

enum status sign_public_parse(struct bytes text, struct sign_public *key_out)
{
    uint8_t blob[PUBLIC_SIZE];
    size_t n = 0;
    struct bytes comment;
    /* A whole file has a comment line in front. */
    if (bytes_starts(text, BYTES_LITERAL(UNTRUSTED)) && !bytes_line(&text, &comment))
        return ST_BAD;
    if (base64_decode(bytes_trim(text), PADDED, blob, sizeof blob, &n) != ST_OK ||
        n != sizeof blob || memcmp(blob, "Ed", 2) != 0)
        return ST_BAD;
    memcpy(key_out->id, blob + 2, 8);
    memcpy(key_out->key, blob + 10, 32);
    return ST_OK;
}

/* --- hashes
 * --------------------------------------------------------------------------------------------- */

void sign_hash_init(struct sign_hash *hash)
{
    crypto_generichash_init((crypto_generichash_state *)hash, NULL, 0, SIGN_HASH_SIZE);
}

void sign_hash_add(struct sign_hash *hash, struct bytes bytes)
{
    crypto_generichash_update((crypto_generichash_state *)hash, bytes.p, bytes.n);
}

void sign_hash_end(struct sign_hash *hash, uint8_t hash_out[SIGN_HASH_SIZE])
{
    crypto_generichash_final((crypto_generichash_state *)hash, hash_out, SIGN_HASH_SIZE);
}

/* --- signatures
 * ----------------------------------------------------------------------------------------- */

static bool comment_good(struct bytes comment)
{
    if (comment.n > SIGN_COMMENT_MAX || !bytes_utf8(comment))
        return false;
    for (size_t i = 0; i < comment.n; i++)
        if (comment.p[i] < ' ' || comment.p[i] == 0x7f)
            return false;
    return true;
}

/* What the second signature covers: the first one and the trusted comment. */
static size_t global_message(const uint8_t signature[64], struct bytes comment,
                             uint8_t out[64 + SIGN_COMMENT_MAX])
{
    memcpy(out, signature, 64);
    if (comment.n > 0)
        memcpy(out + 64, comment.p, comment.n);
    return 64 + comment.n;
}

static void add_base64(struct buffer *out, struct bytes bytes)
{
    uint8_t *text = buffer_space(out, base64_length(bytes.n, PADDED));
    if (text != NULL)
        out->n += base64_encode((char *)text, bytes, PADDED);
    buffer_add_text(out, "\n");
}

enum status sign_make(const struct sign_key *key, const uint8_t hash[SIGN_HASH_SIZE],
                      const char *untrusted_comment, const char *trusted_comment,
                      struct buffer *signature_out)
{
    uint8_t blob[BLOB_SIZE] = "ED", global[64], message[64 + SIGN_COMMENT_MAX];
    if (!comment_good(bytes_text(untrusted_comment)) || !comment_good(bytes_text(trusted_comment)))
        return ST_BAD;
    memcpy(blob + 2, key->public.id, 8);
    crypto_sign_detached(blob + 10, NULL, hash, SIGN_HASH_SIZE, key->secret->p);
    size_t n = global_message(blob + 10, bytes_text(trusted_comment), message);
    crypto_sign_detached(global, NULL, message, n, key->secret->p);
    secret_burn_stack();

    buffer_add_format(signature_out, UNTRUSTED "%s\n", untrusted_comment);
    add_base64(signature_out, BYTES_ARRAY(blob));
    buffer_add_format(signature_out, TRUSTED "%s\n", trusted_comment);
    add_base64(signature_out, BYTES_ARRAY(global));
    return buffer_check(signature_out);
}

enum status sign_check(const struct sign_public *key, const uint8_t hash[SIGN_HASH_SIZE],
                       struct bytes signature, struct bytes *trusted_comment_out)
{
    struct bytes untrusted, first, trusted, second;
    uint8_t blob[BLOB_SIZE], global[64], message[64 + SIGN_COMMENT_MAX];
    size_t blob_n = 0, global_n = 0;
    if (signature.n > SIGN_TEXT_MAX || !bytes_line(&signature, &untrusted) ||
        !bytes_starts(untrusted, BYTES_LITERAL(UNTRUSTED)) || !bytes_line(&signature, &first) ||
        !bytes_line(&signature, &trusted) || !bytes_starts(trusted, BYTES_LITERAL(TRUSTED)) ||
        !bytes_line(&signature, &second) || bytes_trim(signature).n != 0)
        return ST_BAD;
    struct bytes comment = bytes_from(trusted, sizeof TRUSTED - 1);
    if (!comment_good(comment) ||
        base64_decode(first, PADDED, blob, sizeof blob, &blob_n) != ST_OK || blob_n != BLOB_SIZE ||
        memcmp(blob, "ED", 2) != 0 ||
        base64_decode(second, PADDED, global, sizeof global, &global_n) != ST_OK ||
        global_n != sizeof global)
        return ST_BAD;
    if (memcmp(blob + 2, key->id, 8) != 0)
        return ST_NONE;

    size_t n = global_message(blob + 10, comment, message);
    if (crypto_sign_verify_detached(blob + 10, hash, SIGN_HASH_SIZE, key->key) != 0 ||
        crypto_sign_verify_detached(global, message, n, key->key) != 0)
        return ST_BAD;
    *trusted_comment_out = comment;
    return ST_OK;
}
