/* SPDX-License-Identifier: Apache-2.0
 * mail: lines and paragraphs of plain text. */
#include "mail_plain_private.h"

#define QUOTE_MAX 100 /* signs of quotation that are kept before a line */

/* Take the next line off *rest, without its end. */
static bool take_line(struct bytes *rest, struct bytes *line_out)
{
    if (rest->n == 0)
        return false;
    size_t end = bytes_index(*rest, '\n');
    size_t early = bytes_index(bytes_first(*rest, end), '\r');
    *line_out = bytes_first(*rest, early);
    bool both = early + 1 == end && end < rest->n;
    *rest = bytes_from(*rest, both ? end + 1 : early + 1);
    return true;
}

/* The length of the control character at the start of `text` (C0 but tab, DEL, C1), or 0. */
static size_t control_length(struct bytes text)
{
    uint8_t first = text.p[0];
    if ((first < 0x20 && first != '\t') || first == 0x7F)
        return 1;
    bool c1 = first == 0xC2 && text.n > 1 && text.p[1] >= 0x80 && text.p[1] <= 0x9F;
    return c1 ? 2 : 0;
}

/* Append a line without its control characters. */
static void add_visible(struct buffer *out, struct bytes line)
{
    while (line.n > 0) {
        size_t visible = 0, control = 0;
        while (visible < line.n && control == 0) {
            control = control_length(bytes_from(line, visible));
            visible += control == 0;
        }
        (void)buffer_add(out, bytes_first(line, visible));
        line = bytes_from(line, visible + control);
    }
}

enum status mail_plain_fixed(struct bytes text, struct buffer *text_out)
{
    struct bytes line;
    while (take_line(&text, &line)) {
        add_visible(text_out, line);
        (void)buffer_add_byte(text_out, '\n');
    }
    return buffer_check(text_out);
}

/* --- format=flowed --- */

struct flowed_line {
    size_t quote;      /* signs of quotation before it */
    struct bytes text; /* without them and without the stuffed blank */
    bool soft;         /* the paragraph goes on in the next line */
};

static struct flowed_line read_flowed(struct bytes line, bool delete_space)
{
    struct flowed_line flowed = {0, line, false};
    while (flowed.quote < line.n && line.p[flowed.quote] == '>')
        flowed.quote++;
    flowed.text = bytes_from(line, flowed.quote);
    if (flowed.text.n > 0 && flowed.text.p[0] == ' ')
        flowed.text = bytes_from(flowed.text, 1);

    /* A signature's separator ends in a blank and is not flowed (RFC 3676 §4.3). */
    bool blank_end = flowed.text.n > 0 && flowed.text.p[flowed.text.n - 1] == ' ';
    flowed.soft = blank_end && !bytes_equal(flowed.text, BYTES_LITERAL("-- "));
    if (flowed.soft && delete_space)
        flowed.text.n--;
    return flowed;
}

static void add_quote(struct buffer *out, size_t quote)
{
    for (size_t i = 0; i < quote && i < QUOTE_MAX; i++)
        (void)buffer_add_byte(out, '>');
    if (quote > 0)
        (void)buffer_add_byte(out, ' ');
}

enum status mail_plain_flowed(struct bytes text, bool delete_space, struct buffer *text_out)
{
    struct bytes line;
    struct flowed_line last = {0, BYTES_NONE, false};
    bool first = true;
    while (take_line(&text, &line)) {
        /* A soft line end before another depth of quotation is a hard one (RFC 3676 §4.5). */
        struct flowed_line flowed = read_flowed(line, delete_space);
        bool joined = last.soft && flowed.quote == last.quote &&
                      !bytes_equal(flowed.text, BYTES_LITERAL("-- "));
        if (!joined) {
            if (!first)
                (void)buffer_add_byte(text_out, '\n');
            add_quote(text_out, flowed.quote);
        }
        add_visible(text_out, flowed.text);
        last = flowed;
        first = false;
    }
    if (!first)
        (void)buffer_add_byte(text_out, '\n');
    return buffer_check(text_out);
}
