/* SPDX-License-Identifier: Apache-2.0
 * base: randomness from the kernel. Libraries take it as an argument; programs get it here. */
#ifndef SECUREMAIL_RANDOM_H
#define SECUREMAIL_RANDOM_H

#include <stddef.h>

/* Fill with n random bytes of getrandom(2). Failure ends the process: there is no weaker source. */
void random_fill(void *p, size_t n);

#endif
