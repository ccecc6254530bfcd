/* SPDX-License-Identifier: Apache-2.0
 * ibe: ML-KEM-768 on PQClean, with what PQClean leaves to its caller: the key checks of FIPS 203,
 * wiping, and no randomness of its own. */
#include "mlkem.h"

#include <malloc.h>

#include "secret.h"

/* PQClean's headers need its own folder's names (params.h, …), which are ours too; so the four
 * functions in use are declared here. They always return 0. */
int PQCLEAN_MLKEM768_CLEAN_crypto_kem_keypair_derand(uint8_t *pk, uint8_t *sk,
                                                     const uint8_t *coins);
int PQCLEAN_MLKEM768_CLEAN_crypto_kem_enc_derand(uint8_t *ct, uint8_t *ss, const uint8_t *pk,
                                                 const uint8_t *coins);
int PQCLEAN_MLKEM768_CLEAN_crypto_kem_dec(uint8_t *ss, const uint8_t *ct, const uint8_t *sk);
void sha3_256(uint8_t *output, const uint8_t *input, size_t inlen);

#define MODULUS 3329
#define COEFFICIENTS_SIZE 1152 /* k = 3 polynomials of 256 coefficients of 12 bits; then ρ */
#define SECRET_AT_PUBLIC 1152
#define SECRET_AT_HASH (SECRET_AT_PUBLIC + MLKEM_PUBLIC_SIZE)

/* What PQClean's sources call in place of free and of a random generator; see meson.build. */
void mlkem_wipe_and_free(void *p);
int PQCLEAN_randombytes(uint8_t *output, size_t n);

/* Hash states on the heap have absorbed secrets. */
void mlkem_wipe_and_free(void *p)
{
    if (p != NULL)
        secret_wipe(p, malloc_usable_size(p));
    free(p);
}

/* Only the functions that draw their own randomness call this, and nobody calls those. */
int PQCLEAN_randombytes(uint8_t *output, size_t n)
{
    (void)output;
    (void)n;
    abort();
}

void mlkem_keypair(const uint8_t seed[MLKEM_SEED_SIZE], uint8_t public_out[MLKEM_PUBLIC_SIZE],
                   uint8_t secret_out[MLKEM_SECRET_SIZE])
{
    PQCLEAN_MLKEM768_CLEAN_crypto_kem_keypair_derand(public_out, secret_out, seed);
}

bool mlkem_public_valid(const uint8_t key[MLKEM_PUBLIC_SIZE])
{
    /* Two coefficients of 12 bits stand in three bytes, little-endian. */
    for (size_t i = 0; i < COEFFICIENTS_SIZE; i += 3) {
        unsigned first = key[i] | (key[i + 1] & 0x0fu) << 8;
        unsigned second = key[i + 1] >> 4 | (unsigned)key[i + 2] << 4;
        if (first >= MODULUS || second >= MODULUS)
            return false;
    }
    return true;
}

bool mlkem_secret_valid(const uint8_t secret[MLKEM_SECRET_SIZE],
                        const uint8_t key[MLKEM_PUBLIC_SIZE])
{
    uint8_t hash[32];
    sha3_256(hash, secret + SECRET_AT_PUBLIC, MLKEM_PUBLIC_SIZE);
    return secret_equal(BYTES_ARRAY(hash), (struct bytes){secret + SECRET_AT_HASH, sizeof hash}) &&
           secret_equal((struct bytes){secret + SECRET_AT_PUBLIC, MLKEM_PUBLIC_SIZE},
                        (struct bytes){key, MLKEM_PUBLIC_SIZE});
}

void mlkem_encapsulate(const uint8_t key[MLKEM_PUBLIC_SIZE],
                       const uint8_t random[MLKEM_RANDOM_SIZE],
                       uint8_t ciphertext_out[MLKEM_CIPHERTEXT_SIZE],
                       uint8_t shared_out[MLKEM_KEY_SIZE])
{
    PQCLEAN_MLKEM768_CLEAN_crypto_kem_enc_derand(ciphertext_out, shared_out, key, random);
}

void mlkem_decapsulate(const uint8_t secret[MLKEM_SECRET_SIZE],
                       const uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE],
                       uint8_t shared_out[MLKEM_KEY_SIZE])
{
    PQCLEAN_MLKEM768_CLEAN_crypto_kem_dec(shared_out, ciphertext, secret);
}
