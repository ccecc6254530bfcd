/* SPDX-License-Identifier: Apache-2.0
 * For tests of programs: preloaded into one, its clock is CLOCK_MOVED seconds ahead. Programs ask
 * time(2) alone what time it is (lib/base/clock.c). */
#include <stdlib.h>
#include <time.h>

static time_t moved;

__attribute__((constructor)) static void read_environment(void)
{
    const char *text = getenv("CLOCK_MOVED");
    moved = text == NULL ? 0 : (time_t)strtoll(text, NULL, 10);
}

time_t time(time_t *out)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec + moved;
    return now.tv_sec + moved;
}
