/* SPDX-License-Identifier: Apache-2.0
 * gateway: forked workers that take connections, one at a time each, and a master that only waits
 * and forks again. A worker that ends by accident loses one connection, whose letter the mail
 * server still has. */
#ifndef SECUREMAIL_WORKERS_H
#define SECUREMAIL_WORKERS_H

#include "gateway.h"

#define LISTENERS_MAX 16

struct workers {
    const struct gateway *gateway;
    int listeners[LISTENERS_MAX];
    size_t listener_count;
    unsigned count;   /* of workers */
    unsigned letters; /* a worker that has served so many is replaced */
    unsigned attempts;
};

/* Work until stop_requested; returns in the master, after the workers have ended. Letters in hand
 * are finished, for some seconds. */
void workers_run(const struct workers *workers);

#endif
