/* SPDX-License-Identifier: Apache-2.0
 * master: what master.c and master_file.c share. */
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

struct master {
    struct params params;
    struct secret *seeds;  /* MASTER_RANDOM_SIZE: all the rest follows from them */
    struct secret *scalar; /* s, 32 bytes as blst orders them */
    struct secret *mlkem;  /* dk */
    struct sign_key *authority;
};

#endif
