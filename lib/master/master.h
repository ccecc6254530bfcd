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

struct master;

struct master_settings {
    const char *district;
    uint64_t serial;
    int64_t not_before, not_after;
    uint32_t interval;
};

/* Make a master secret from fresh randomness (which the caller wipes). */
enum status master_new(const struct master_settings *settings, const struct secret *random,
                       struct master **master_out) MUST_CHECK;
void master_free(struct master *master);

/* The secret file (docs/spec/params.md): append it; read it, checking that its parts belong
 * together. */
enum status master_write(const struct master *master, struct buffer *file_out) MUST_CHECK;
enum status master_read(struct bytes file, struct master **master_out, struct why *why) MUST_CHECK;

const struct params *master_params(const struct master *master);
const struct sign_public *master_authority(const struct master *master);
/* Append the signed public parameters (params_write). */
enum status master_write_params(const struct master *master, struct buffer *file_out) MUST_CHECK;

/* The private key of one identity, a secret of IBE_IDENTITY_KEY_SIZE that the caller frees. The
 * identity is built here from its fields: nobody ever gets a key for bytes of his own choice.
 * ST_BAD if district or serial are not this master's. */
enum status master_extract(const struct master *master, const struct identity *identity,
                           struct secret **identity_key_out) MUST_CHECK;
/* Open one message key: extract, decapsulate, forget. `key_out` is a secret of IBE_KEY_SIZE. */
enum status master_decapsulate(const struct master *master, const struct identity *identity,
                               const uint8_t ciphertext[IBE_CIPHERTEXT_SIZE],
                               struct secret *key_out) MUST_CHECK;

#endif
