/* SPDX-License-Identifier: Apache-2.0
 * gateway: counting, and writing the counts. */
#include "metrics.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BUCKETS_MAX 16

/* A histogram's upper bounds; a last bucket without one is behind them. `unit`: how many of what is
 * counted make one that is shown. */
struct scale {
    const uint64_t *bounds;
    size_t n;
    unsigned unit;
};

static const uint64_t size_bounds[] = {1000, 10000, 100000, 1000000, 10000000, 100000000};
static const uint64_t ms_bounds[] = {1,   2,   5,    10,   20,   50,    100,
                                     200, 500, 1000, 2000, 5000, 20000, 100000};

static const struct scale sizes = {size_bounds, COUNT(size_bounds), 1};
static const struct scale times = {ms_bounds, COUNT(ms_bounds), 1000};

struct histogram {
    _Atomic uint64_t buckets[BUCKETS_MAX], count, sum;
};

enum outcome { RELAYED, DEFERRED, REFUSED, OUTCOMES };

static const char *const outcome_names[OUTCOMES] = {"relayed", "deferred", "refused"};

/* The names of what is counted, as people see them. */
static const struct {
    const char *name, *help;
} event_names[METRICS_EVENTS] = {
    [METRICS_RELAY_FAILED] = {"relay_failures_total",
                              "Attempts that did not get through to a next hop."},
    [METRICS_NOT_INSPECTED] =
        {"letters_not_inspected_total",
         "Letters whose content a rule asked for and that could not be looked into."},
    [METRICS_REFUSED] = {"refusals_total",
                         "Commands and letters refused before there was a letter to handle."},
    [METRICS_CONNECTION] = {"connections_total", "Connections of mail servers that have ended."},
    [METRICS_WORKER_DIED] = {"worker_deaths_total", "Workers that ended by accident."},
    [METRICS_SENT_AWAY] = {"connections_sent_away_total",
                           "Connections sent away with 421 because no worker was free."},
};

struct metrics {
    int64_t started;
    _Atomic uint64_t recipients[POLICY_ACTIONS + 1][OUTCOMES]; /* the last row: undecided */
    _Atomic uint64_t events[METRICS_EVENTS];
    _Atomic int64_t parameters_end;
    _Atomic uint64_t serial;
    struct histogram sizes, times;
};

struct metrics *metrics_new(int64_t now)
{
    struct metrics *metrics =
        mmap(NULL, sizeof *metrics, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (metrics == MAP_FAILED)
        abort();
    metrics->started = now;
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics != NULL)
        (void)munmap(metrics, sizeof *metrics);
}

/* --- counting --------------------------------------------------------------------------------- */

static void add(_Atomic uint64_t *counter, uint64_t n)
{
    (void)atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static void observe(struct histogram *histogram, const struct scale *scale, uint64_t value)
{
    size_t bucket = 0;
    while (bucket < scale->n && value > scale->bounds[bucket])
        bucket++;
    add(&histogram->buckets[bucket], 1);
    add(&histogram->count, 1);
    add(&histogram->sum, value);
}

void metrics_recipient(struct metrics *metrics, const struct policy_decision *decision,
                       const struct smtp_reply *reply, int64_t ms)
{
    size_t action = decision == NULL ? POLICY_ACTIONS : policy_action(decision);
    enum outcome outcome = smtp_reply_taken(reply)   ? RELAYED
                           : smtp_reply_later(reply) ? DEFERRED
                                                     : REFUSED;
    if (metrics == NULL)
        return;
    add(&metrics->recipients[action][outcome], 1);
    observe(&metrics->times, &times, ms < 0 ? 0 : (uint64_t)ms);
}

void metrics_letter(struct metrics *metrics, uint64_t bytes)
{
    if (metrics != NULL)
        observe(&metrics->sizes, &sizes, bytes);
}

void metrics_event(struct metrics *metrics, enum metrics_event event)
{
    if (metrics != NULL)
        add(&metrics->events[event], 1);
}

void metrics_parameters(struct metrics *metrics, const struct params *params)
{
    if (metrics == NULL)
        return;
    atomic_store(&metrics->parameters_end, params->not_after);
    atomic_store(&metrics->serial, params->serial);
}

/* --- writing ---------------------------------------------------------------------------------- */

static unsigned long long value(const _Atomic uint64_t *counter)
{
    return (unsigned long long)atomic_load_explicit(counter, memory_order_relaxed);
}

static void write_head(struct buffer *out, const char *name, const char *type, const char *help)
{
    (void)buffer_add_format(out,
                            "# HELP securemail_gateway_%s %s\n# TYPE securemail_gateway_%s %s\n",
                            name, help, name, type);
}

static void write_recipients(const struct metrics *metrics, struct buffer *out)
{
    write_head(out, "recipients_total", "counter",
               "Recipients answered for, by what policy decided and what became of it.");
    for (int action = 0; action <= POLICY_ACTIONS; action++)
        for (int outcome = 0; outcome < OUTCOMES; outcome++)
            (void)buffer_add_format(
                out, "securemail_gateway_recipients_total{action=\"%s\",outcome=\"%s\"} %llu\n",
                action < POLICY_ACTIONS ? policy_action_name((enum policy_action)action) : "none",
                outcome_names[outcome], value(&metrics->recipients[action][outcome]));
}

static void write_histogram(const struct histogram *histogram, const struct scale *scale,
                            const char *name, struct buffer *out)
{
    unsigned long long below = 0;
    for (size_t i = 0; i <= scale->n; i++) {
        char bound[24] = "+Inf";
        if (i < scale->n)
            snprintf(bound, sizeof bound, "%.10g", (double)scale->bounds[i] / scale->unit);
        below += value(&histogram->buckets[i]);
        (void)buffer_add_format(out, "securemail_gateway_%s_bucket{le=\"%s\"} %llu\n", name, bound,
                                below);
    }
    (void)buffer_add_format(out,
                            "securemail_gateway_%s_sum %.10g\nsecuremail_gateway_%s_count %llu\n",
                            name, (double)value(&histogram->sum) / scale->unit, name, below);
}

static void write_gauge(struct buffer *out, const char *name, const char *help, long long number)
{
    write_head(out, name, "gauge", help);
    (void)buffer_add_format(out, "securemail_gateway_%s %lld\n", name, number);
}

enum status metrics_write(const struct metrics *metrics, struct buffer *out)
{
    write_recipients(metrics, out);
    for (size_t i = 0; i < METRICS_EVENTS; i++) {
        write_head(out, event_names[i].name, "counter", event_names[i].help);
        (void)buffer_add_format(out, "securemail_gateway_%s %llu\n", event_names[i].name,
                                value(&metrics->events[i]));
    }
    write_head(out, "letter_bytes", "histogram", "Sizes of letters as they came.");
    write_histogram(&metrics->sizes, &sizes, "letter_bytes", out);
    write_head(
        out, "recipient_seconds", "histogram",
        "Time spent on a recipient: sealing, and handing on until the next hop has answered.");
    write_histogram(&metrics->times, &times, "recipient_seconds", out);
    write_gauge(out, "parameters_end_timestamp_seconds",
                "When the public parameters end; after that nothing is sealed.",
                (long long)atomic_load(&metrics->parameters_end));
    write_gauge(out, "parameters_serial", "Serial of the public parameters in use.",
                (long long)atomic_load(&metrics->serial));
    write_gauge(out, "start_timestamp_seconds", "When the gateway was started.",
                (long long)metrics->started);
    return buffer_check(out);
}
