/* SPDX-License-Identifier: Apache-2.0
 * base: memory or the end. */
#include "memory.h"

static void *or_die(void *p)
{
    if (p == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

void *memory_new(size_t count, size_t size)
{
    /* calloc checks the product; a size of nothing still gives a pointer of its own. */
    return or_die(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

char *memory_text(const char *text)
{
    return or_die(strdup(text));
}
