/* SPDX-License-Identifier: Apache-2.0
 * master: what the files of this room share. */
#ifndef SECUREMAIL_MASTER_PRIVATE_H
#define SECUREMAIL_MASTER_PRIVATE_H

#include "master.h"

/* The seeds, one behind the other: docs/spec/params.md §4. */
#define SEED_BF_SIZE 32
#define SEED_MLKEM_SIZE 64 /* d ‖ z */
#define SEED_AUTHORITY_SIZE (SIGN_SEED_SIZE + SIGN_ID_SIZE)
#define SEED_AT_BF 0
#define SEED_AT_MLKEM (SEED_AT_BF + SEED_BF_SIZE)
#define SEED_AT_AUTHORITY (SEED_AT_MLKEM + SEED_MLKEM_SIZE)
#define SEED_AT_AUTHORITY_ID (SEED_AT_AUTHORITY + SIGN_SEED_SIZE)

/* The seeds under a lock: ciphertext ‖ tag. */
#define LOCK_TAG_SIZE 16
#define LOCK_SEALED_SIZE (MASTER_RANDOM_SIZE + LOCK_TAG_SIZE)

/* Are memory and passes within what a reader takes? */
bool lock_bounded(const struct master_lock *lock);
/* Encrypt the seeds under the passphrase; `lines` is what stands before them in the file, and is
 * authenticated with them. ST_LIMIT: not bounded, or not so much memory. */
enum status lock_seal(const struct master_lock *lock, struct bytes lines,
                      const struct secret *seeds, uint8_t sealed_out[LOCK_SEALED_SIZE]) MUST_CHECK;
/* ST_BAD: another passphrase, or something was changed. */
enum status lock_open(const struct master_lock *lock, struct bytes lines,
                      const uint8_t sealed[LOCK_SEALED_SIZE], struct secret *seeds_out) MUST_CHECK;

struct master {
    struct params params;  /* its validity: the master's life */
    struct secret *seeds;  /* MASTER_RANDOM_SIZE: all the rest follows from them */
    struct secret *scalar; /* s, 32 bytes as blst orders them */
    struct secret *mlkem;  /* dk */
    struct sign_key *authority;
};

#endif
