/* SPDX-License-Identifier: Apache-2.0
 * portal: dates and sizes as people write them. */
#include <stdio.h>
#include <time.h>

#include "human.h"

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

void human_day(int64_t time, char text_out[HUMAN_SIZE])
{
    time_t seconds = (time_t)time;
    struct tm tm = {0};

    (void)gmtime_r(&seconds, &tm);
    (void)snprintf(text_out, HUMAN_SIZE, "%d %s %d", tm.tm_mday, months[tm.tm_mon % 12],
                   tm.tm_year + 1900);
}

void human_time(int64_t time, char text_out[HUMAN_SIZE])
{
    char day[HUMAN_SIZE];
    int64_t minutes = time / 60;

    human_day(time, day);
    (void)snprintf(text_out, HUMAN_SIZE, "%.30s, %02d:%02d UTC", day, (int)(minutes / 60 % 24),
                   (int)(minutes % 60));
}

void human_size(uint64_t bytes, char text_out[HUMAN_SIZE])
{
    static const char *const units[] = {"KB", "MB", "GB", "TB", "PB", "EB"};
    uint64_t tenths = bytes / 100; /* of a thousand */
    unsigned unit = 0;

    if (bytes < 1000) {
        (void)snprintf(text_out, HUMAN_SIZE, "%u %s", (unsigned)bytes,
                       bytes == 1 ? "byte" : "bytes");
        return;
    }
    for (; tenths >= 10000; tenths /= 1000)
        unit++;
    if (tenths < 100)
        (void)snprintf(text_out, HUMAN_SIZE, "%u.%u %s", (unsigned)(tenths / 10),
                       (unsigned)(tenths % 10), units[unit]);
    else
        (void)snprintf(text_out, HUMAN_SIZE, "%u %s", (unsigned)(tenths / 10), units[unit]);
}

void human_wait(uint32_t seconds, char text_out[HUMAN_SIZE])
{
    static const struct {
        uint32_t seconds;
        const char *name;
    } units[] = {{3600, "hour"}, {60, "minute"}, {1, "second"}};
    size_t unit = 0;
    uint32_t count;

    while (unit < 2 && seconds < 2 * units[unit].seconds)
        unit++;
    count = seconds / units[unit].seconds + (seconds % units[unit].seconds != 0);
    (void)snprintf(text_out, HUMAN_SIZE, "%u %s%s", count, units[unit].name, count == 1 ? "" : "s");
}
