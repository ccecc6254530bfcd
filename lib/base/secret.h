/* SPDX-License-Identifier: Apache-2.0
 * base: the only carrier of keys and passwords: locked, guarded pages, left out of core dumps,
 * wiped when freed (libsodium's guarded allocation; small ones' pages are kept, wiped, unreadable,
 * for the next). A secret never stands in a plain array that
 * outlives the function that made it. */
#ifndef SECUREMAIL_SECRET_H
#define SECUREMAIL_SECRET_H

#include "bytes.h"

struct secret {
    uint8_t *p; /* aligned as far as n is: it ends where an unreadable page begins */
    size_t n;   /* never changed */
};

/* n zero bytes (1 ≤ n ≤ 1 MiB), never NULL; ends the process if the memory can't be had. Where the
 * limit on locked memory is reached it is not locked, and may be swapped out: secret_lockable. */
struct secret *secret_new(size_t n);
struct secret *secret_copy(struct bytes bytes);
void secret_free(struct secret *secret); /* NULL is fine */
/* Lock it in a child's memory too: locks are not inherited by fork. */
void secret_lock_again(const struct secret *secret);
/* Can 1 MiB be locked beside what is locked already? It is tried. For a program to ask at its
 * start, after it has given its rights away: who may lock without limit gets true, and what is true
 * for a process is for its children. */
bool secret_lockable(void);

/* The secret's bytes; valid until it is freed. */
struct bytes secret_bytes(const struct secret *secret);

/* Equal in constant time for the length (lengths themselves are public). */
bool secret_equal(struct bytes a, struct bytes b);
/* Overwrite, never optimised away. */
void secret_wipe(void *p, size_t n);
/* Overwrite the dead stack below the caller (64 KiB). Call it after every operation on a secret
 * whose library leaves copies in its frames: a bare pairing leaves the whole private key there. */
void secret_burn_stack(void);

#endif
