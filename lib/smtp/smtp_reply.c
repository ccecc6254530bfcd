/* SPDX-License-Identifier: Apache-2.0
 * smtp: one reply: make, write, read, merge. */
#include "smtp_reply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

/* --- making ------------------------------------------------------------------------------- */

/* Everything but printable ASCII becomes '?': a reply is one line whatever it was made from. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

/* A peer may say nothing but the code. */
static const char *default_text(int code)
{
    switch (code / 100) {
    case 2:
        return "OK";
    case 3:
        return "Go on";
    case 4:
        return "Try again later";
    default:
        return "Refused";
    }
}

struct smtp_reply smtp_reply_make(int code, const char *enhanced, const char *format, ...)
{
    assert(code >= 200 && code <= 599);
    assert(enhanced[0] == '\0' || enhanced[0] - '0' == code / 100);

    struct smtp_reply reply = {.code = code};
    (void)snprintf(reply.enhanced, sizeof reply.enhanced, "%s", enhanced);

    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reply.text, sizeof reply.text, format, arguments);
    va_end(arguments);

    make_printable(reply.text);
    if (reply.text[0] == '\0')
        (void)snprintf(reply.text, sizeof reply.text, "%s", default_text(code));
    return reply;
}

/* --- asking ------------------------------------------------------------------------------- */

bool smtp_reply_taken(const struct smtp_reply *reply)
{
    return reply->code / 100 == 2;
}

bool smtp_reply_later(const struct smtp_reply *reply)
{
    return reply->code / 100 == 4;
}

bool smtp_reply_refused(const struct smtp_reply *reply)
{
    return reply->code / 100 == 5;
}

struct smtp_reply smtp_reply_merge(const struct smtp_reply *replies, size_t n)
{
    assert(n >= 1);
    for (size_t i = 1; i < n; i++)
        if (replies[i].code / 100 != replies[0].code / 100)
            return smtp_reply_make(451, "4.3.0", "Not all recipients could be served; try again");
    return replies[0];
}

/* --- writing ------------------------------------------------------------------------------ */

enum status smtp_reply_write(const struct smtp_reply *reply, struct buffer *out)
{
    const char *blank = reply->enhanced[0] == '\0' ? "" : " ";
    return buffer_add_format(out, "%d%s%s %s\r\n", reply->code, blank, reply->enhanced,
                             reply->text);
}

/* --- reading ------------------------------------------------------------------------------ */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Length of the one to three digits in front; 0 if there are none, or more. */
static size_t digits(struct bytes text)
{
    size_t n = 0;
    while (n < text.n && is_digit(text.p[n]))
        n++;
    return n <= 3 ? n : 0;
}

/* Length of the enhanced status code in front (RFC 3463 §2: class "." subject "." detail) if its
 * class is that of the reply, else 0. */
static size_t enhanced_length(struct bytes text, int code)
{
    if (text.n < 5 || text.p[0] - '0' != code / 100 || text.p[1] != '.')
        return 0;
    size_t subject = digits(bytes_from(text, 2));
    size_t dot = 2 + subject;
    if (subject == 0 || dot >= text.n || text.p[dot] != '.')
        return 0;
    size_t detail = digits(bytes_from(text, dot + 1));
    size_t end = dot + 1 + detail;
    if (detail == 0 || (end < text.n && text.p[end] != ' '))
        return 0;
    return end;
}

/* Add a line's text, parted by a blank from what is there; what does not fit is cut. */
static void add_text(struct smtp_reply *reply, struct bytes text)
{
    size_t used = strlen(reply->text);
    size_t room = sizeof reply->text - 1 - used;
    if (used > 0 && text.n > 0 && room > 0) {
        reply->text[used++] = ' ';
        room--;
    }
    text = bytes_first(text, room);
    for (size_t i = 0; i < text.n; i++)
        reply->text[used++] = text.p[i] == '\0' ? '?' : (char)text.p[i];
    reply->text[used] = '\0';
    make_printable(reply->text);
}

enum status smtp_reply_read(struct bytes line, struct smtp_reply *reply, bool *last_out)
{
    /* Three digits, then nothing, a blank (last line) or a hyphen (RFC 5321 §4.2). */
    uint64_t code;
    if (number_parse(bytes_first(line, 3), 200, 599, &code) != ST_OK)
        return ST_BAD;
    if (reply->code != 0 && reply->code != (int)code)
        return ST_BAD;
    if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
        return ST_BAD;

    /* The first line's enhanced code counts; the others only repeat it. */
    struct bytes text = bytes_trim(bytes_from(line, 4));
    size_t enhanced = enhanced_length(text, (int)code);
    if (reply->code == 0) {
        *reply = (struct smtp_reply){.code = (int)code};
        (void)bytes_to_text(bytes_first(text, enhanced), reply->enhanced, sizeof reply->enhanced);
    }
    add_text(reply, bytes_trim(bytes_from(text, enhanced)));

    bool last = line.n <= 3 || line.p[3] == ' ';
    if (last && reply->text[0] == '\0')
        (void)snprintf(reply->text, sizeof reply->text, "%s", default_text(reply->code));
    *last_out = last;
    return ST_OK;
}
