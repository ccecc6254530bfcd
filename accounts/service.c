/* SPDX-License-Identifier: Apache-2.0
 * accounts: tokens. */
#include "service.h"

#include <sodium.h>

#include "encode.h"

static void hash(const uint8_t token[TOKEN_SIZE], uint8_t hash_out[STORE_HASH_SIZE])
{
    crypto_hash_sha256(hash_out, token, TOKEN_SIZE);
}

enum status token_hash(struct bytes text, uint8_t hash_out[STORE_HASH_SIZE])
{
    uint8_t token[TOKEN_SIZE];
    enum status status = token_decode(text, token, sizeof token);
    if (status == ST_OK)
        hash(token, hash_out);
    secret_wipe(token, sizeof token);
    return status;
}

void token_make(const uint8_t random[TOKEN_SIZE], char text_out[TOKEN_TEXT_SIZE],
                uint8_t hash_out[STORE_HASH_SIZE])
{
    token_encode(text_out, TOKEN_TEXT_SIZE, (struct bytes){random, TOKEN_SIZE});
    hash(random, hash_out);
}
