/* SPDX-License-Identifier: Apache-2.0
 * accounts: tokens. */
#include "service.h"

#include <sodium.h>

enum status token_hash(struct bytes token, uint8_t hash_out[STORE_HASH_SIZE])
{
    if (token.n != TOKEN_SIZE)
        return ST_BAD;
    crypto_hash_sha256(hash_out, token.p, token.n);
    return ST_OK;
}
