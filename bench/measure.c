/* SPDX-License-Identifier: Apache-2.0
 * bench: measuring by turns. */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 15
#define TURN_SECONDS 0.002

void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "bench: %s\n", what);
        exit(1);
    }
}

/* Seconds of one run, averaged over `repeats`. */
static double seconds_of(void (*work)(void), unsigned repeats)
{
    struct timespec begin, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (unsigned i = 0; i < repeats; i++)
        work();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return ((double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9) /
           repeats;
}

/* How often to repeat work so that a turn is long enough for the clock; warms up. */
static unsigned repeats_of(void (*work)(void))
{
    return 1 + (unsigned)(TURN_SECONDS / (seconds_of(work, 1) + 1e-9));
}

static double in_unit(enum measure_unit unit, double seconds, double bytes)
{
    if (unit == MB_PER_SECOND)
        return bytes / 1e6 / seconds;
    return unit == NS_PER_BYTE ? seconds * 1e9 / bytes : seconds * 1e6;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const struct quantity *quantity, double ours[ROUNDS], double theirs[ROUNDS])
{
    static const char *const units[] = {"MB/s", "ns/byte", "us"};
    qsort(ours, ROUNDS, sizeof ours[0], by_size);
    qsort(theirs, ROUNDS, sizeof theirs[0], by_size);
    double median = ours[ROUNDS / 2], rival = theirs[ROUNDS / 2];
    printf("{\"name\": \"%s\", \"unit\": \"%s\", \"median\": %.4g, \"min\": %.4g, \"max\": %.4g, "
           "\"runs\": %d, \"rival\": \"%s\", \"rival_median\": %.4g, \"ratio\": %.3g, "
           "\"note\": \"%s\"}\n",
           quantity->name, units[quantity->unit], median, ours[0], ours[ROUNDS - 1], ROUNDS,
           quantity->rival, rival, median / rival, quantity->note);
    fflush(stdout);
}

void measure(const struct quantity *quantity)
{
    double ours[ROUNDS], theirs[ROUNDS];
    unsigned own_repeats = 1, their_repeats = repeats_of(quantity->theirs);
    if (quantity->before == NULL)
        own_repeats = repeats_of(quantity->ours);
    for (int i = -1; i < ROUNDS; i++) {
        if (quantity->before != NULL)
            quantity->before();
        double a = seconds_of(quantity->ours, own_repeats);
        double b = seconds_of(quantity->theirs, their_repeats);
        if (i < 0)
            continue;
        ours[i] = in_unit(quantity->unit, a, quantity->ours_bytes);
        theirs[i] = in_unit(quantity->unit, b, quantity->theirs_bytes);
    }
    print(quantity, ours, theirs);
}
