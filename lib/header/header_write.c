/* SPDX-License-Identifier: Apache-2.0
 * header: writing fields. */
#include "encode.h"
#include "header.h"

static void write_bytes(struct buffer *out, struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        buffer_add_byte(out, text.p[i] == '\0' || text.p[i] == '\r' ? ' ' : text.p[i]);
}

/* Where to break a line of which at most `limit` characters may stand: before its last blank, or,
 * without one, at the limit. To cut would lose the rest, and a longer line would not be mail. */
static size_t break_at(struct bytes line, size_t limit)
{
    for (size_t i = limit; i > 1; i--)
        if (line.p[i] == ' ' || line.p[i] == '\t')
            return i;
    return limit;
}

/* One line of a value; `used` characters stand before it on the line already. */
static void write_line(struct buffer *out, struct bytes line, size_t used)
{
    while (used + line.n > HEADER_LINE_MAX) {
        size_t at = break_at(line, HEADER_LINE_MAX - used - 1);
        write_bytes(out, bytes_first(line, at));
        line = bytes_from(line, at);
        bool folded = line.p[0] == ' ' || line.p[0] == '\t';
        buffer_add_text(out, folded ? "\r\n" : "\r\n ");
        used = folded ? 0 : 1;
    }
    write_bytes(out, line);
}

static bool only_blanks(struct bytes line)
{
    return bytes_trim(line).n == 0;
}

void header_write_field(struct buffer *out, const char *name, struct bytes value)
{
    struct bytes line;
    size_t used = strlen(name) + 1;
    bool first = true;
    buffer_add_format(out, "%s:", name);
    while (bytes_line(&value, &line)) {
        /* A continuation line of blanks alone would end the header for some readers (RFC 5322 §4.2
         * calls it obsolete). */
        if (!first && only_blanks(line))
            continue;
        if (!first)
            buffer_add_text(out, line.p[0] == ' ' || line.p[0] == '\t' ? "\r\n" : "\r\n ");
        write_line(out, line, first ? used : 1);
        first = false;
    }
    buffer_add_text(out, "\r\n");
}

#define WORD_BYTES 42 /* "=?UTF-8?B?" + 56 characters + "?=" is 68, and a blank in front */

static bool plain(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] >= 0x7f)
            return false;
    return bytes_find(text, BYTES_LITERAL("=?")) == text.n;
}

void header_write_text(struct buffer *out, const char *name, const char *text)
{
    struct bytes rest = bytes_text(text);
    buffer_add_format(out, "%s:", name);
    if (plain(rest) && strlen(name) + rest.n < 76) {
        buffer_add_format(out, " %s\r\n", text);
        return;
    }
    for (bool first = true; rest.n > 0; first = false) {
        char encoded[64];
        /* A word does not end within a character. */
        size_t n = rest.n < WORD_BYTES ? rest.n : WORD_BYTES;
        while (n < rest.n && n > 1 && (rest.p[n] & 0xc0) == 0x80)
            n--;
        encoded[base64_encode(encoded, bytes_first(rest, n), PADDED)] = '\0';
        buffer_add_format(out, "%s =?UTF-8?B?%s?=", first && strlen(name) < 8 ? "" : "\r\n",
                          encoded);
        rest = bytes_from(rest, n);
    }
    buffer_add_text(out, "\r\n");
}
