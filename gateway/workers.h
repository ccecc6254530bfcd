/* SPDX-License-Identifier: Apache-2.0
 * gateway: forked workers that take connections, one at a time each, and a master that only waits
 * and forks again. A worker that ends by accident loses one connection, whose letter the mail
 * server still has.
 *
 * When the parameter file was replaced, or SIGHUP asks to read the configuration again, the master
 * takes what is new, and a worker that was forked before takes no more connections: the one it has
 * it finishes, and its place is filled by a new one. So nobody who is connected notices. */
#ifndef SECUREMAIL_WORKERS_H
#define SECUREMAIL_WORKERS_H

#include <stdatomic.h>

#include "gateway.h"
#include "metrics.h"
#include "smtp_envelope.h"

#define DOORS_MAX 16

/* Where letters come in. */
struct door {
    int listener;
    enum smtp_flavour flavour;
};

/* In memory that all processes share. */
struct workers_shared {
    atomic_uint generation; /* of what is there now to be forked with */
    atomic_uint accepted;   /* connections that workers have taken */
};

struct workers {
    struct gateway *gateway; /* the master changes it, between forks */
    const char *config_path; /* what it is read from again */
    struct door doors[DOORS_MAX];
    size_t door_count;
    int metrics_door; /* where Prometheus asks; -1: nobody does */
    struct metrics *metrics;
    unsigned count;   /* of workers */
    unsigned letters; /* a worker that has served so many is replaced */
    unsigned attempts;
    struct workers_shared *shared; /* workers_run sets it */
    unsigned born;                 /* the generation of what a worker was forked with */
};

/* Work until stop_requested; returns in the master, after the workers have ended. Letters in hand
 * are finished, for some seconds. */
void workers_run(struct workers *workers);

#endif
