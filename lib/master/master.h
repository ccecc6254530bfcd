/* SPDX-License-Identifier: Apache-2.0
 * master: the district's master secret. Only the keyserver and `securemail init` link this room.
 *
 * It holds three secrets: the Boneh–Franklin scalar s, the ML-KEM-768 decapsulation key, and the
 * authority key that signs the public parameters. */
#ifndef SECUREMAIL_MASTER_H
#define SECUREMAIL_MASTER_H

#include "ibe.h"

#define MASTER_RANDOM_SIZE                                                                         \
    136 /* 32 for s ‖ 64 for ML-KEM (d, z) ‖ 32 + 8 for the authority key and its id */
#define MASTER_FILE_MAX 8192
#define MASTER_SALT_SIZE 16
#define MASTER_NONCE_SIZE 24
#define MASTER_MEMORY_MIN 8192                /* bytes; Argon2's own least */
#define MASTER_MEMORY_MAX (UINT64_C(4) << 30) /* what a file may ask of its reader */
#define MASTER_PASSES_MAX 100
#define MASTER_PASSPHRASE_MAX 1024 /* bytes */

struct master;

struct master_settings {
    const char *district;
    uint64_t serial;
    int64_t not_before, not_after; /* its life: when parameters may be given */
    uint32_t interval;
};

/* Make a master secret from fresh randomness (which the caller wipes). */
enum status master_new(const struct master_settings *settings, const struct secret *random,
                       struct master **master_out) MUST_CHECK;
/* The next serial's master, made from fresh randomness, for the same life again from `now`'s period
 * on: another scalar and another ML-KEM key, the same district, interval and authority key (so that
 * those who have pinned it take the new parameters). ST_LIMIT: there is no higher serial. */
enum status master_next(const struct master *master, const struct secret *random, int64_t now,
                        struct master **master_out) MUST_CHECK;
void master_free(struct master *master);

/* How the secrets are locked in the file: XChaCha20-Poly1305 under Argon2id of a passphrase
 * (RFC 9106), with `memory` bytes and `passes` over it. Salt and nonce are fresh randomness. */
struct master_lock {
    const struct secret *passphrase;
    uint64_t memory; /* a multiple of 1,024 */
    uint32_t passes;
    uint8_t salt[MASTER_SALT_SIZE];
    uint8_t nonce[MASTER_NONCE_SIZE];
};

/* Append the secret file (docs/spec/params.md §4). `lock` may be NULL: the secrets stand there as
 * they are. ST_LIMIT: the lock's numbers are out of bounds, or there is not so much memory. */
enum status master_write(const struct master *master, const struct master_lock *lock,
                         struct buffer *file_out) MUST_CHECK;
/* Read it, checking that its parts belong together. `passphrase` may be NULL: there is none.
 * ST_BAD with the rule M-1 … M-8 and a reason; of a wrong passphrase and damaged secrets nobody can
 * tell which it was. */
enum status master_read(struct bytes file, const struct secret *passphrase,
                        struct master **master_out, struct why *why) MUST_CHECK;
/* A passphrase is the one line of a file (file_read_secret's rules), without its line end. ST_BAD:
 * empty, or more than one line. */
enum status master_read_passphrase(const char *path, struct secret **passphrase_out,
                                   struct why *why) MUST_CHECK;

const struct params *master_params(const struct master *master);
const struct sign_public *master_authority(const struct master *master);
/* Append the public parameters, signed now: valid from the beginning of the period in hand for
 * `validity` seconds, but never beyond the master's own life. ST_NONE if that has not begun or is
 * over. */
enum status master_write_params(const struct master *master, int64_t now, int64_t validity,
                                struct buffer *file_out) MUST_CHECK;

/* Sign the head of a key log with the authority key: appends line and signature. `line` is one line
 * that begins with "securemail-key-log-head 1 " and ends with its LF, ST_BAD otherwise: what is
 * signed can't be taken for parameters, which begin with another line. */
enum status master_sign_head(const struct master *master, struct bytes line, const char *comment,
                             struct buffer *file_out) MUST_CHECK;

/* The private key of one identity, a secret of IBE_IDENTITY_KEY_SIZE that the caller frees. The
 * identity is built here from its fields: nobody ever gets a key for bytes of his own choice.
 * ST_BAD if district or serial are not this master's. */
enum status master_extract(const struct master *master, const struct identity *identity,
                           struct secret **identity_key_out) MUST_CHECK;
/* All that opens what is sealed to one identity, without this master: its private key, and the
 * district's ML-KEM key, which is every identity's (docs/spec/age-plugin.md §3). As
 * master_extract; the caller frees both. */
enum status master_export(const struct master *master, const struct identity *identity,
                          struct secret **identity_key_out, struct secret **mlkem_out) MUST_CHECK;
/* Open one message key: extract, decapsulate, forget. `key_out` is a secret of IBE_KEY_SIZE. */
enum status master_decapsulate(const struct master *master, const struct identity *identity,
                               const uint8_t ciphertext[IBE_CIPHERTEXT_SIZE],
                               struct secret *key_out) MUST_CHECK;

#endif
