/* SPDX-License-Identifier: Apache-2.0
 * base: looking at bytes. */
#include "bytes.h"

struct bytes bytes_text(const char *text)
{
    return (struct bytes){(const uint8_t *)text, text == NULL ? 0 : strlen(text)};
}

struct bytes bytes_from(struct bytes b, size_t from)
{
    if (from == 0)
        return b;
    return from < b.n ? (struct bytes){b.p + from, b.n - from} : BYTES_NONE;
}

struct bytes bytes_first(struct bytes b, size_t n)
{
    return (struct bytes){b.p, n < b.n ? n : b.n};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

bool bytes_starts(struct bytes b, struct bytes prefix)
{
    return b.n >= prefix.n && bytes_equal(bytes_first(b, prefix.n), prefix);
}

bool bytes_starts_nocase(struct bytes b, struct bytes prefix)
{
    return b.n >= prefix.n && bytes_equal_nocase(bytes_first(b, prefix.n), prefix);
}

size_t bytes_index(struct bytes b, uint8_t byte)
{
    const uint8_t *found = b.n == 0 ? NULL : memchr(b.p, byte, b.n);
    return found == NULL ? b.n : (size_t)(found - b.p);
}

size_t bytes_find(struct bytes b, struct bytes sequence)
{
    if (sequence.n == 0)
        return 0;
    const uint8_t *found = b.n == 0 ? NULL : memmem(b.p, b.n, sequence.p, sequence.n);
    return found == NULL ? b.n : (size_t)(found - b.p);
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes bytes_trim(struct bytes b)
{
    while (b.n > 0 && blank(b.p[b.n - 1]))
        b.n--;
    while (b.n > 0 && blank(b.p[0]))
        b = bytes_from(b, 1);
    return b;
}

bool bytes_line(struct bytes *rest, struct bytes *line_out)
{
    if (rest->n == 0)
        return false;
    size_t end = bytes_index(*rest, '\n');
    struct bytes line = bytes_first(*rest, end);
    if (end < rest->n && line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    *rest = bytes_from(*rest, end + 1);
    *line_out = line;
    return true;
}

/* Length of the UTF-8 sequence at the beginning of b, 0 if there is none (RFC 3629 §4's table). */
static size_t utf8_sequence(struct bytes b)
{
    static const struct {
        uint8_t first, last, low, high; /* lead bytes; bounds of the second byte */
        size_t n;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        if (b.p[0] < forms[f].first || b.p[0] > forms[f].last)
            continue;
        if (b.n < forms[f].n ||
            (forms[f].n > 1 && (b.p[1] < forms[f].low || b.p[1] > forms[f].high)))
            return 0;
        for (size_t i = 2; i < forms[f].n; i++)
            if ((b.p[i] & 0xc0) != 0x80)
                return 0;
        return forms[f].n;
    }
    return 0;
}

bool bytes_utf8(struct bytes b)
{
    while (b.n > 0) {
        size_t n = utf8_sequence(b);
        if (n == 0)
            return false;
        b = bytes_from(b, n);
    }
    return true;
}

bool bytes_to_text(struct bytes b, char *text_out, size_t size)
{
    if (b.n >= size || bytes_index(b, 0) != b.n) {
        if (size > 0)
            text_out[0] = '\0';
        return false;
    }
    if (b.n > 0)
        memcpy(text_out, b.p, b.n);
    text_out[b.n] = '\0';
    return true;
}
