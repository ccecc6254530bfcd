/* SPDX-License-Identifier: Apache-2.0
 * sign: signing keys and their files, in minisign's form. */
#include "sign.h"

#include <sodium.h>

#include "encode.h"
#include "memory.h"
#include "sign_private.h"

/* The secret file's second line is the base64 of
 *
 *     "Ed" ‖ 0 0 (no password) ‖ "B2" ‖ salt (32) ‖ two limits (16) ‖ key id (8) ‖ seed (32) ‖
 *     public key (32) ‖ checksum (32)
 *
 * of which salt, limits and checksum are in use only where there is a password. */
#define FILE_SIZE 158
#define FILE_KDF 2
#define FILE_ID 54
#define FILE_SEED 62
#define FILE_PUBLIC 94
#define PUBLIC_SIZE 42 /* "Ed" ‖ key id (8) ‖ public key (32) */

static const char comment_mark[] = "untrusted comment: ";

struct sign_key *sign_key_new(const uint8_t seed[SIGN_SEED_SIZE], const uint8_t id[SIGN_ID_SIZE])
{
    struct sign_key *key = memory_new(1, sizeof *key);
    key->secret = secret_new(crypto_sign_SECRETKEYBYTES);
    memcpy(key->public.id, id, SIGN_ID_SIZE);
    crypto_sign_seed_keypair(key->public.key, key->secret->p, seed);
    secret_burn_stack();
    return key;
}

void sign_key_free(struct sign_key *key)
{
    if (key == NULL)
        return;
    secret_free(key->secret);
    free(key);
}

void sign_key_lock_again(const struct sign_key *key)
{
    secret_lock_again(key->secret);
}

const struct sign_public *sign_key_public(const struct sign_key *key)
{
    return &key->public;
}

enum status sign_key_write(const struct sign_key *key, struct buffer *secret_file_out)
{
    struct secret *file = secret_new(FILE_SIZE);
    memcpy(file->p, "Ed\0\0B2", 6);
    memcpy(file->p + FILE_ID, key->public.id, SIGN_ID_SIZE);
    memcpy(file->p + FILE_SEED, key->secret->p, key->secret->n);

    /* libsodium's base64 runs in constant time, ours does not. */
    size_t length = sodium_base64_ENCODED_LEN(FILE_SIZE, sodium_base64_VARIANT_ORIGINAL);
    struct secret *text = secret_new(length);
    sodium_bin2base64((char *)text->p, text->n, file->p, file->n, sodium_base64_VARIANT_ORIGINAL);
    buffer_add_text(secret_file_out, comment_mark);
    buffer_add_text(secret_file_out, "minisign secret key, no password\n");
    buffer_add(secret_file_out, bytes_first(secret_bytes(text), length - 1));
    buffer_add_text(secret_file_out, "\n");
    secret_free(text);
    secret_free(file);
    return buffer_check(secret_file_out);
}

/* The single line of base64 behind the comment line, if there is one; nothing may follow. */
static enum status key_line(struct bytes file, struct bytes *line_out)
{
    struct bytes line = BYTES_NONE;
    if (file.n > SIGN_KEY_FILE_MAX || !bytes_line(&file, &line))
        return ST_BAD;
    if (bytes_starts(line, bytes_text(comment_mark)) && !bytes_line(&file, &line))
        return ST_BAD;
    if (bytes_trim(file).n > 0)
        return ST_BAD;
    *line_out = line;
    return ST_OK;
}

enum status sign_key_read(struct bytes file, struct sign_key **key_out)
{
    enum status status = ST_BAD;
    struct bytes line = BYTES_NONE;
    size_t n = 0;
    struct secret *raw = secret_new(FILE_SIZE);
    struct sign_key *key = NULL;
    if (key_line(file, &line) != ST_OK ||
        sodium_base642bin(raw->p, raw->n, (const char *)line.p, line.n, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        n != FILE_SIZE || memcmp(raw->p, "Ed", 2) != 0)
        goto out;
    if (memcmp(raw->p + FILE_KDF, "\0\0", 2) != 0) {
        status = ST_DENIED;
        goto out;
    }

    /* A public half that is not of this seed would make signatures from which the seed follows. */
    key = sign_key_new(raw->p + FILE_SEED, raw->p + FILE_ID);
    if (memcmp(raw->p + FILE_PUBLIC, key->public.key, sizeof key->public.key) != 0)
        goto out;
    *key_out = key;
    key = NULL;
    status = ST_OK;
out:
    sign_key_free(key);
    secret_free(raw);
    return status;
}

void sign_public_text(const struct sign_public *key, char text_out[SIGN_PUBLIC_TEXT_SIZE])
{
    uint8_t raw[PUBLIC_SIZE] = "Ed";
    memcpy(raw + 2, key->id, sizeof key->id);
    memcpy(raw + 10, key->key, sizeof key->key);
    text_out[base64_encode(text_out, BYTES_ARRAY(raw), PADDED)] = '\0';
}

enum status sign_public_parse(struct bytes text, struct sign_public *key_out)
{
    uint8_t raw[PUBLIC_SIZE];
    size_t n = 0;
    struct bytes line = BYTES_NONE;
    if (key_line(text, &line) != ST_OK ||
        base64_decode(bytes_trim(line), PADDED, raw, sizeof raw, &n) != ST_OK || n != PUBLIC_SIZE ||
        memcmp(raw, "Ed", 2) != 0)
        return ST_BAD;
    memcpy(key_out->id, raw + 2, sizeof key_out->id);
    memcpy(key_out->key, raw + 10, sizeof key_out->key);
    return ST_OK;
}
