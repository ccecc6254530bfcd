/* SPDX-License-Identifier: Apache-2.0
 * ibe: tagged hashes and the combination of the two secrets. */
#include "suite.h"

#include <assert.h>
#include <sodium.h>

#define PARTS (sizeof((struct suite_parts){0}.part) / sizeof(struct bytes))

static uint8_t tag_length(const char *tag)
{
    size_t n = strlen(tag);
    assert(n <= UINT8_MAX);
    return (uint8_t)n;
}

void suite_hash256(const char *tag, struct suite_parts parts, uint8_t hash_out[32])
{
    crypto_hash_sha256_state state;
    uint8_t n = tag_length(tag);
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &n, 1);
    crypto_hash_sha256_update(&state, (const uint8_t *)tag, n);
    for (size_t i = 0; i < PARTS; i++)
        crypto_hash_sha256_update(&state, parts.part[i].p, parts.part[i].n);
    crypto_hash_sha256_final(&state, hash_out);
    sodium_memzero(&state, sizeof state);
}

void suite_hash512(const char *tag, struct suite_parts parts, uint8_t hash_out[64])
{
    crypto_hash_sha512_state state;
    uint8_t n = tag_length(tag);
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, &n, 1);
    crypto_hash_sha512_update(&state, (const uint8_t *)tag, n);
    for (size_t i = 0; i < PARTS; i++)
        crypto_hash_sha512_update(&state, parts.part[i].p, parts.part[i].n);
    crypto_hash_sha512_final(&state, hash_out);
    sodium_memzero(&state, sizeof state);
}

void suite_sha256(struct suite_parts parts, uint8_t hash_out[32])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < PARTS; i++)
        crypto_hash_sha256_update(&state, parts.part[i].p, parts.part[i].n);
    crypto_hash_sha256_final(&state, hash_out);
}

void suite_combine(const uint8_t first[32], const uint8_t second[32], const uint8_t info[32],
                   uint8_t key_out[32])
{
    static const char salt[] = SUITE_HYBRID_SALT;
    uint8_t prk[32];
    const uint8_t counter = 1;
    crypto_auth_hmacsha256_state state;

    /* Extract. */
    crypto_auth_hmacsha256_init(&state, (const uint8_t *)salt, sizeof salt - 1);
    crypto_auth_hmacsha256_update(&state, first, 32);
    crypto_auth_hmacsha256_update(&state, second, 32);
    crypto_auth_hmacsha256_final(&state, prk);

    /* Expand: one block is all we need. */
    crypto_auth_hmacsha256_init(&state, prk, sizeof prk);
    crypto_auth_hmacsha256_update(&state, info, 32);
    crypto_auth_hmacsha256_update(&state, &counter, 1);
    crypto_auth_hmacsha256_final(&state, key_out);
    sodium_memzero(prk, sizeof prk);
    sodium_memzero(&state, sizeof state);
}
