/* SPDX-License-Identifier: Apache-2.0
 * base: the kernel's randomness. */
#include "random.h"

#include <errno.h>
#include <sys/random.h>

void random_fill(void *p, size_t n)
{
    unsigned char *to = p;
    while (n > 0) {
        ssize_t got = getrandom(to, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            fputs("no randomness from the kernel\n", stderr);
            abort();
        }
        to += got;
        n -= (size_t)got;
    }
}
