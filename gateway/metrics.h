/* SPDX-License-Identifier: Apache-2.0
 * gateway: counters for Prometheus (its text format, version 0.0.4). They live in memory that the
 * master and all workers share, and only ever grow; none holds an address, a subject or a name of a
 * letter. docs/guide/metrics.md lists them. */
#ifndef SECUREMAIL_METRICS_H
#define SECUREMAIL_METRICS_H

#include "buffer.h"
#include "params.h"
#include "policy.h"
#include "smtp_reply.h"

struct metrics;

/* All zero. Before the workers are forked; ends the process if there is no memory. */
struct metrics *metrics_new(int64_t now);
void metrics_free(struct metrics *metrics); /* NULL is fine */

/* --- what happened; each may be called by any worker at any time. NULL metrics: nowhere to count
 * --
 */

/* A recipient was answered for. `decision` is NULL if none was made; `ms` is the time that sealing
 * and relaying took. */
void metrics_recipient(struct metrics *metrics, const struct policy_decision *decision,
                       const struct smtp_reply *reply, int64_t ms);
/* A letter of so many bytes was handled. */
void metrics_letter(struct metrics *metrics, uint64_t bytes);

enum metrics_event {
    METRICS_RELAY_FAILED,  /* event relay-failed */
    METRICS_NOT_INSPECTED, /* letter-not-inspected */
    METRICS_REFUSED,       /* command-refused, letter-refused */
    METRICS_CONNECTION,    /* a mail server's connection ended */
    METRICS_WORKER_DIED,   /* worker-died */
    METRICS_SENT_AWAY,     /* overloaded: each connection */
    METRICS_EVENTS
};
void metrics_event(struct metrics *metrics, enum metrics_event event);
/* The parameters in use. */
void metrics_parameters(struct metrics *metrics, const struct params *params);

/* --- what is shown --- */

/* Append all of it. */
enum status metrics_write(const struct metrics *metrics, struct buffer *out) MUST_CHECK;

/* Answer requests for /metrics at the listener, one at a time, until stop_requested: the work of a
 * process of its own. Each connection has one request of at most 4 KB and two seconds. */
void metrics_serve(const struct metrics *metrics, int listener);

#endif
