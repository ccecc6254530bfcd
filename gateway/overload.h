/* SPDX-License-Identifier: Apache-2.0
 * gateway: when no worker is free. Connections wait at the doors then, in the kernel, and as long
 * as workers take some, the others' turn comes. If for some time none is taken, those that wait
 * hear "421 4.3.2": a mail server tries later by itself, but would wait for minutes for a greeting.
 */
#ifndef SECUREMAIL_OVERLOAD_H
#define SECUREMAIL_OVERLOAD_H

#include "workers.h"

struct overload {
    unsigned accepted; /* as it was at the last look */
    int64_t since;     /* for how long it has been so, as clock_monotonic_ms */
};

/* Look at the doors; `now` as clock_monotonic_ms. Never waits. Returns how many were sent away. */
unsigned overload_look(struct overload *overload, const struct workers *workers, int64_t now);

#endif
