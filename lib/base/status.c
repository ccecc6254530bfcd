/* SPDX-License-Identifier: Apache-2.0
 * base: names of results, and reasons for the log. */
#include "status.h"

#include <assert.h>
#include <stdarg.h>

const char *status_name(enum status status)
{
    static const char *const names[ST_COUNT] = {"ok",   "temp",  "bad", "denied",
                                                "none", "limit", "fail"};
    assert(status < ST_COUNT);
    return names[status];
}

enum status why_set(struct why *why, enum status status, const char *format, ...)
{
    if (why == NULL)
        return status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    for (char *p = why->text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    return status;
}
