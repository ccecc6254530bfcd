/* SPDX-License-Identifier: Apache-2.0
 * ibe: ML-KEM-768 (FIPS 203), the derandomised functions alone: randomness is an argument, so no
 * library draws its own. Private to lib/ibe and lib/master.
 *
 * Sizes in bytes. The encapsulation key is ek, the decapsulation key is dk = s ‖ ek ‖ H(ek) ‖ z.
 * mlkem.c stands on PQClean's portable C; another implementation would replace that file alone.
 * Callers burn the stack after each operation on a secret. */
#ifndef SECUREMAIL_MLKEM_H
#define SECUREMAIL_MLKEM_H

#include "bytes.h"

#define MLKEM_SEED_SIZE 64 /* d ‖ z */
#define MLKEM_PUBLIC_SIZE 1184
#define MLKEM_SECRET_SIZE 2400
#define MLKEM_CIPHERTEXT_SIZE 1088
#define MLKEM_KEY_SIZE 32
#define MLKEM_RANDOM_SIZE 32

/* ML-KEM.KeyGen_internal(d, z), algorithm 16. */
void mlkem_keypair(const uint8_t seed[MLKEM_SEED_SIZE], uint8_t public_out[MLKEM_PUBLIC_SIZE],
                   uint8_t secret_out[MLKEM_SECRET_SIZE]);

/* The modulus check of FIPS 203 §7.2: every coefficient is below 3329. Encapsulating to a key that
 * fails it is not defined. */
bool mlkem_public_valid(const uint8_t key[MLKEM_PUBLIC_SIZE]);
/* The hash check of FIPS 203 §7.3, and that the public half is `key`. */
bool mlkem_secret_valid(const uint8_t secret[MLKEM_SECRET_SIZE],
                        const uint8_t key[MLKEM_PUBLIC_SIZE]);

/* ML-KEM.Encaps_internal(ek, m), algorithm 17; `key` has passed mlkem_public_valid. */
void mlkem_encapsulate(const uint8_t key[MLKEM_PUBLIC_SIZE],
                       const uint8_t random[MLKEM_RANDOM_SIZE],
                       uint8_t ciphertext_out[MLKEM_CIPHERTEXT_SIZE],
                       uint8_t shared_out[MLKEM_KEY_SIZE]);
/* ML-KEM.Decaps_internal(dk, c), algorithm 18: always gives a key. */
void mlkem_decapsulate(const uint8_t secret[MLKEM_SECRET_SIZE],
                       const uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE],
                       uint8_t shared_out[MLKEM_KEY_SIZE]);

#endif
