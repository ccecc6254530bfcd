/* SPDX-License-Identifier: Apache-2.0
 * http: safe names for downloads. */
#include "disposition.h"

#define NAME_MAX_BYTES 120
#define ENDING_MAX_BYTES 12 /* ".numbers" and the like; a longer one is no ending */

/* Length of the UTF-8 sequence at p; the text was checked. */
static size_t sequence(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Characters that change the direction of text and so hide an ending ("exe.fdp"), or that are
 * invisible: U+200B … U+200F, U+202A … U+202E, U+2060 … U+2069, U+FEFF; and C1 controls. */
static bool deceiving(const uint8_t *p, size_t n)
{
    unsigned code;

    if (n == 2)
        return p[0] == 0xc2 && p[1] < 0xa0;
    if (n != 3)
        return false;
    code = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    return (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x2069) || code == 0xfeff;
}

/* The name without what may not stand in a file name on some system. */
static void clean(struct buffer *out, struct bytes name)
{
    for (size_t i = 0; i < name.n; i += sequence(name.p[i])) {
        size_t n = sequence(name.p[i]);
        uint8_t c = name.p[i];

        if (c < 0x20 || c == 0x7f || deceiving(name.p + i, n))
            continue;
        if (n == 1 && strchr("\\/:*?\"<>|", c) != NULL)
            buffer_add_byte(out, '_');
        else
            buffer_add(out, (struct bytes){name.p + i, n});
    }
}

static struct bytes without_dots(struct bytes name)
{
    while (name.n > 0 && (name.p[0] == '.' || name.p[0] == ' '))
        name = bytes_from(name, 1);
    while (name.n > 0 && (name.p[name.n - 1] == '.' || name.p[name.n - 1] == ' '))
        name = bytes_first(name, name.n - 1);
    return name;
}

/* The first bytes and the ending of a name that is too long; cuts between characters. */
static void shorten(struct bytes name, struct bytes *begin_out, struct bytes *ending_out)
{
    size_t dot = name.n, cut;

    *ending_out = BYTES_NONE;
    *begin_out = name;
    if (name.n <= NAME_MAX_BYTES)
        return;
    while (dot > 0 && name.p[dot - 1] != '.')
        dot--;
    if (dot > 1 && name.n - dot + 1 <= ENDING_MAX_BYTES)
        *ending_out = bytes_from(name, dot - 1);
    cut = NAME_MAX_BYTES - ending_out->n;
    while (cut > 0 && (name.p[cut] & 0xc0) == 0x80)
        cut--;
    *begin_out = bytes_first(name, cut);
}

/* For old browsers: what is not ASCII, and "%" (which some decode), becomes "_". */
static void add_ascii(struct buffer *out, struct bytes name)
{
    for (size_t i = 0; i < name.n; i += sequence(name.p[i]))
        buffer_add_byte(out, name.p[i] < 0x80 && name.p[i] != '%' ? name.p[i] : '_');
}

/* RFC 8187 §3.2.1: attr-char stays, every other byte is %HH. */
static void add_encoded(struct buffer *out, struct bytes name)
{
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c != 0 && strchr("!#$&+-.^_`|~", c) != NULL);

        if (stays)
            buffer_add_byte(out, c);
        else
            buffer_add_format(out, "%%%02X", c);
    }
}

void disposition_write(struct buffer *out, bool attachment, const char *name)
{
    struct bytes given = bytes_text(name), safe, begin, ending;
    struct buffer cleaned;

    buffer_init(&cleaned, given.n + 1);
    if (bytes_utf8(given))
        clean(&cleaned, given);
    safe = without_dots(buffer_bytes(&cleaned));
    if (safe.n == 0)
        safe = BYTES_LITERAL("attachment");
    shorten(safe, &begin, &ending);

    buffer_add_text(out, attachment ? "attachment; filename=\"" : "inline; filename=\"");
    add_ascii(out, begin);
    add_ascii(out, ending);
    buffer_add_text(out, "\"; filename*=UTF-8''");
    add_encoded(out, begin);
    add_encoded(out, ending);
    buffer_done(&cleaned);
}
