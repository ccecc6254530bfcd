/* SPDX-License-Identifier: Apache-2.0
 * sign: any bytes as a signature, and as key files. Nothing may be accepted that was not signed. */
#include <assert.h>

#include "sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct sign_public nobody = {.id = "\x01\x02\x03\x04\x05\x06\x07", .key = {9}};
    static const uint8_t hash[SIGN_HASH_SIZE] = {1};
    struct bytes input = {data, n}, comment = BYTES_NONE;
    struct sign_public public;
    struct sign_key *key = NULL;
    assert(sign_check(&nobody, hash, input, &comment) != ST_OK);
    if (sign_public_parse(input, &public) == ST_OK) {
        char text[SIGN_PUBLIC_TEXT_SIZE];
        struct sign_public again;
        sign_public_text(&public, text);
        assert(sign_public_parse(bytes_text(text), &again) == ST_OK &&
               memcmp(&public, &again, sizeof public) == 0);
    }
    if (sign_key_read(input, &key) == ST_OK)
        sign_key_free(key);
    return 0;
}
