/* SPDX-License-Identifier: Apache-2.0
 * envelope: any bytes as an age header. What is read must be one text for one meaning, and must not
 * depend on how much of the file is there. */
#include <assert.h>

#include "envelope_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes file = {data, n};
    struct envelope envelope, again;
    struct why why = {""};
    uint8_t identity[IDENTITY_MAX];
    size_t identity_n = 0;
    enum status status = envelope_read(file, &envelope, &why);
    assert(status == ST_OK || status == ST_TEMP || status == ST_BAD || status == ST_NONE);
    assert(status != ST_BAD || (why.text[0] == 'E' && why.text[1] == '-'));

    /* More bytes never mend what is bad, nor spoil what was whole. */
    enum status half = envelope_read(bytes_first(file, n / 2), &again, NULL);
    assert(half == status || half == ST_TEMP);
    if (status != ST_OK)
        return 0;

    assert(envelope.header_n <= n && envelope.header_n <= ENVELOPE_HEADER_MAX);
    assert(envelope_read(bytes_first(file, envelope.header_n), &again, NULL) == ST_OK);
    assert(envelope_read(bytes_first(file, envelope.header_n - 1), &again, NULL) == ST_TEMP);
    assert(memcmp(envelope.id, again.id, sizeof again.id) == 0);
    assert(identity_encode(&envelope.identity, identity, &identity_n) == ST_OK &&
           identity_n == envelope.identity_n &&
           memcmp(identity, envelope.identity_bytes, identity_n) == 0);
    return 0;
}
