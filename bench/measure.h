/* SPDX-License-Identifier: Apache-2.0
 * bench: what the C benchmarks share: two things measured by turns, and the line of JSON that says
 * how they compare (BENCHMARKS.md). */
#ifndef SECUREMAIL_BENCH_MEASURE_H
#define SECUREMAIL_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

enum measure_unit { MB_PER_SECOND, NS_PER_BYTE, MICROSECONDS };

/* Ours beside a rival. */
struct quantity {
    const char *name, *rival, *note;
    enum measure_unit unit;
    void (*ours)(void);
    void (*theirs)(void);
    double ours_bytes, theirs_bytes; /* that one run handles; no matter for MICROSECONDS */
    void (*before)(void);            /* each run of ours, its time not counted; or NULL */
};

/* Run both by turns on this process's clock, after one turn to warm up, and print the medians. What
 * takes less than two milliseconds is repeated within its turn (not with a `before`). */
void measure(const struct quantity *quantity);

/* End the benchmark with this message unless it holds. */
void must(bool holds, const char *what);

#endif
