/* SPDX-License-Identifier: Apache-2.0
 * ibe: any bytes as identity bytes. What is accepted is the one text of what it says. */
#include <assert.h>

#include "identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct identity identity;
    uint8_t bytes[IDENTITY_MAX];
    size_t bytes_n = 0;
    if (identity_decode((struct bytes){data, n}, &identity) == ST_OK) {
        assert(identity_encode(&identity, bytes, &bytes_n) == ST_OK);
        assert(bytes_equal((struct bytes){bytes, bytes_n}, (struct bytes){data, n}));
    }
    return 0;
}
