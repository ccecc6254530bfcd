/* SPDX-License-Identifier: Apache-2.0
 * base: heap memory. Running out of memory ends the process with a message: one connection is lost,
 * whose letter the mail server still has. Sizes from outside are bounded before they come here. */
#ifndef SECUREMAIL_MEMORY_H
#define SECUREMAIL_MEMORY_H

#include <stddef.h>

/* Zeroed memory for count × size bytes; never NULL. The product is checked for overflow. */
void *memory_new(size_t count, size_t size)
    __attribute__((malloc, alloc_size(1, 2), returns_nonnull));
/* A copy of a C string; the caller frees. */
char *memory_text(const char *text) __attribute__((malloc, returns_nonnull));

#endif
