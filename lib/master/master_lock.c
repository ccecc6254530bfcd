/* SPDX-License-Identifier: Apache-2.0
 * master: locking the seeds in their file (docs/spec/params.md §4). */
#include <sodium.h>

#include "file.h"
#include "master_private.h"

_Static_assert(MASTER_SALT_SIZE == crypto_pwhash_argon2id_SALTBYTES, "salt");
_Static_assert(MASTER_NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(LOCK_TAG_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");

bool lock_bounded(const struct master_lock *lock)
{
    return lock->memory >= MASTER_MEMORY_MIN && lock->memory <= MASTER_MEMORY_MAX &&
           lock->memory % 1024 == 0 && lock->passes >= 1 && lock->passes <= MASTER_PASSES_MAX;
}

/* key [32] = Argon2id(passphrase, salt, memory, passes, one lane). */
static enum status lock_key(const struct master_lock *lock, struct secret **key_out)
{
    struct secret *key = secret_new(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    if (lock_bounded(lock) &&
        crypto_pwhash_argon2id(key->p, key->n, (const char *)lock->passphrase->p,
                               lock->passphrase->n, lock->salt, lock->passes, (size_t)lock->memory,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) == 0) {
        *key_out = key;
        return ST_OK;
    }
    secret_free(key);
    return ST_LIMIT;
}

enum status lock_seal(const struct master_lock *lock, struct bytes lines,
                      const struct secret *seeds, uint8_t sealed_out[LOCK_SEALED_SIZE])
{
    struct secret *key = NULL;
    enum status status = lock_key(lock, &key);
    if (status == ST_OK)
        crypto_aead_xchacha20poly1305_ietf_encrypt(sealed_out, NULL, seeds->p, seeds->n, lines.p,
                                                   lines.n, NULL, lock->nonce, key->p);
    secret_free(key);
    secret_burn_stack();
    return status;
}

enum status lock_open(const struct master_lock *lock, struct bytes lines,
                      const uint8_t sealed[LOCK_SEALED_SIZE], struct secret *seeds_out)
{
    struct secret *key = NULL;
    enum status status = lock_key(lock, &key);
    if (status == ST_OK && crypto_aead_xchacha20poly1305_ietf_decrypt(
                               seeds_out->p, NULL, NULL, sealed, LOCK_SEALED_SIZE, lines.p, lines.n,
                               lock->nonce, key->p) != 0)
        status = ST_BAD;
    secret_free(key);
    secret_burn_stack();
    return status;
}

enum status master_read_passphrase(const char *path, struct secret **passphrase_out,
                                   struct why *why)
{
    struct secret *file = NULL;
    enum status status = file_read_secret(path, MASTER_PASSPHRASE_MAX, &file, why);
    if (status != ST_OK)
        return status;
    struct bytes text = secret_bytes(file), line = BYTES_NONE;
    if (bytes_line(&text, &line) && line.n > 0 && text.n == 0)
        *passphrase_out = secret_copy(line);
    else
        status = why_set(why, ST_BAD, "%s: a passphrase is one line, and not empty", path);
    secret_free(file);
    return status;
}
