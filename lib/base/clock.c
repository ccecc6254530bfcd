/* SPDX-License-Identifier: Apache-2.0
 * base: times and their texts. */
#include "clock.h"

#include <time.h>

#include "number.h"

int64_t clock_now(void)
{
    return (int64_t)time(NULL);
}

int64_t clock_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct tm fields(int64_t time)
{
    struct tm tm = {0};
    time_t seconds = (time_t)time;
    gmtime_r(&seconds, &tm);
    return tm;
}

/* Not strftime: its names of days and months follow the locale, and its years have as many digits
 * as they need. */
void clock_mail(int64_t time, char text_out[CLOCK_TEXT_SIZE])
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm tm = fields(time);
    snprintf(text_out, CLOCK_TEXT_SIZE, "%s, %d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday % 7],
             tm.tm_mday, months[tm.tm_mon % 12], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
             tm.tm_sec);
}

void clock_iso(int64_t time, char text_out[CLOCK_TEXT_SIZE])
{
    struct tm tm = fields(time);
    snprintf(text_out, CLOCK_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void clock_generalized(int64_t time, char text_out[CLOCK_TEXT_SIZE])
{
    struct tm tm = fields(time);
    snprintf(text_out, CLOCK_TEXT_SIZE, "%04d%02d%02d%02d%02d%02dZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* n digits at `at`; leading zeros are right here, so number_parse is not. */
static bool digits(struct bytes text, size_t at, size_t n, int *value_out)
{
    int value = 0;
    for (size_t i = at; i < at + n; i++) {
        if (i >= text.n || text.p[i] < '0' || text.p[i] > '9')
            return false;
        value = value * 10 + (text.p[i] - '0');
    }
    *value_out = value;
    return true;
}

/* Seconds since 1970 of a date that exists: what timegm makes of it must be the same date again. */
static enum status seconds_of(struct tm tm, int64_t *time_out)
{
    struct tm wanted = tm;
    wanted.tm_year = tm.tm_year -= 1900;
    wanted.tm_mon = tm.tm_mon -= 1;
    time_t time = timegm(&tm);
    if (tm.tm_year != wanted.tm_year || tm.tm_mon != wanted.tm_mon ||
        tm.tm_mday != wanted.tm_mday || tm.tm_hour != wanted.tm_hour ||
        tm.tm_min != wanted.tm_min || tm.tm_sec != wanted.tm_sec)
        return ST_BAD;
    *time_out = time;
    return ST_OK;
}

enum status clock_parse_generalized(struct bytes text, int64_t *time_out)
{
    struct tm tm = {0};
    if (text.n != 15 || text.p[14] != 'Z' || !digits(text, 0, 4, &tm.tm_year) ||
        !digits(text, 4, 2, &tm.tm_mon) || !digits(text, 6, 2, &tm.tm_mday) ||
        !digits(text, 8, 2, &tm.tm_hour) || !digits(text, 10, 2, &tm.tm_min) ||
        !digits(text, 12, 2, &tm.tm_sec))
        return ST_BAD;
    return seconds_of(tm, time_out);
}

enum status clock_parse_iso(struct bytes text, int64_t *time_out)
{
    struct tm tm = {0};
    if ((text.n != 10 && text.n != 20) || !digits(text, 0, 4, &tm.tm_year) || text.p[4] != '-' ||
        !digits(text, 5, 2, &tm.tm_mon) || text.p[7] != '-' || !digits(text, 8, 2, &tm.tm_mday))
        return ST_BAD;
    if (text.n == 20 &&
        (text.p[10] != 'T' || !digits(text, 11, 2, &tm.tm_hour) || text.p[13] != ':' ||
         !digits(text, 14, 2, &tm.tm_min) || text.p[16] != ':' ||
         !digits(text, 17, 2, &tm.tm_sec) || text.p[19] != 'Z'))
        return ST_BAD;
    return seconds_of(tm, time_out);
}
