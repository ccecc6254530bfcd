/* SPDX-License-Identifier: Apache-2.0
 * base: reading numbers. */
#include "number.h"

enum status number_parse(struct bytes text, uint64_t min, uint64_t max, uint64_t *value_out)
{
    uint64_t value = 0;
    if (text.n == 0 || (text.n > 1 && text.p[0] == '0'))
        return ST_BAD;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return ST_BAD;
    for (size_t i = 0; i < text.n; i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text.p[i] - '0', &value))
            return ST_LIMIT;
    if (value < min || value > max)
        return ST_LIMIT;
    *value_out = value;
    return ST_OK;
}
