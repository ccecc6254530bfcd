/* SPDX-License-Identifier: Apache-2.0
 * smtp: following the lines of a letter. One memchr finds a line's end, another one shows that no
 * other CR is in it: no byte is looked at one by one. */
#include "smtp_lines.h"

#include <string.h>

static bool has(struct bytes bytes, uint8_t byte)
{
    return bytes.n > 0 && memchr(bytes.p, byte, bytes.n) != NULL;
}

/* The rest of the bytes, in which there is no LF. */
static void pass_open_line(struct smtp_lines *lines, struct bytes text)
{
    bool cr = text.p[text.n - 1] == '\r';
    if (has(bytes_first(text, text.n - 1), '\r'))
        lines->unclean = true;
    lines->place = cr ? SMTP_LINES_CR : SMTP_LINES_TEXT;
}

/* A line up to its LF; `text` is what stands before the LF in this piece. */
static void pass_whole_line(struct smtp_lines *lines, struct bytes text)
{
    bool crlf = text.n > 0 ? text.p[text.n - 1] == '\r' : lines->place == SMTP_LINES_CR;
    if (text.n > 0 && has(bytes_first(text, text.n - 1), '\r'))
        lines->unclean = true;
    if (!crlf)
        lines->unclean = true;
    lines->place = crlf ? SMTP_LINES_START : SMTP_LINES_TEXT;
}

size_t smtp_lines_pass(struct smtp_lines *lines, struct bytes bytes)
{
    size_t passed = 0;
    while (passed < bytes.n) {
        struct bytes rest = bytes_from(bytes, passed);
        if (lines->place == SMTP_LINES_START && rest.p[0] == '.')
            break;
        if (lines->place == SMTP_LINES_CR && rest.p[0] != '\n')
            lines->unclean = true;

        const uint8_t *lf = memchr(rest.p, '\n', rest.n);
        if (lf == NULL) {
            pass_open_line(lines, rest);
            passed = bytes.n;
        } else {
            size_t n = (size_t)(lf - rest.p);
            pass_whole_line(lines, bytes_first(rest, n));
            passed += n + 1;
        }
    }
    if (has(bytes_first(bytes, passed), '\0'))
        lines->unclean = true;
    return passed;
}

void smtp_lines_pass_dot(struct smtp_lines *lines)
{
    lines->place = SMTP_LINES_TEXT;
}

void smtp_lines_end(struct smtp_lines *lines)
{
    if (lines->place == SMTP_LINES_CR)
        lines->unclean = true;
}
