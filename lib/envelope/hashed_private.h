/* SPDX-License-Identifier: Apache-2.0
 * envelope: memory for structs that hold a struct sign_hash, which wants to stand on 64 bytes;
 * calloc gives 16. */
#ifndef SECUREMAIL_ENVELOPE_HASHED_PRIVATE_H
#define SECUREMAIL_ENVELOPE_HASHED_PRIVATE_H

#include "sign.h"

/* Zeroed; free with free(). Out of memory ends the process, as in memory_new. */
static inline void *hashed_new(size_t size)
{
    size_t alignment = _Alignof(struct sign_hash);
    size_t whole = (size + alignment - 1) / alignment * alignment;
    void *p = aligned_alloc(alignment, whole);
    if (p == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return memset(p, 0, whole);
}

#endif
