/* SPDX-License-Identifier: Apache-2.0
 * base: guarded pages for small secrets (secret.c alone uses them). */
#ifndef SECUREMAIL_SECRET_PRIVATE_H
#define SECUREMAIL_SECRET_PRIVATE_H

#include "bytes.h"

#define SECRET_PAGE_SIZE 4080 /* a page of 4,096 without libsodium's canary of 16 */

/* Once, before the first page is taken, after sodium_init. */
void secret_page_start(void);
/* Room for n bytes (at most SECRET_PAGE_SIZE) that end where an unreadable page begins, with any
 * content; NULL if there is no memory. Threads may take and return at the same time. */
uint8_t *secret_page_take(size_t n);
/* Wipe the page and give it back; to touch it from now on is a fault. */
void secret_page_return(uint8_t *secret, size_t n);

#endif
