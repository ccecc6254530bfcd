/* SPDX-License-Identifier: Apache-2.0
 * inspect: the words of an HTML document. Not what a browser would show, but near enough that a
 * word that people read there is found: no more is asked of it. */
#include "inspect_private.h"

#include <unistr.h>

/* What people put inside of a word. */
static bool inside_of_words(struct bytes name)
{
    static const char *const names[] = {"a",      "abbr", "b",   "bdi",  "bdo", "big",   "em",
                                        "font",   "i",    "ins", "mark", "s",   "small", "span",
                                        "strong", "sub",  "sup", "u",    "wbr"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (bytes_equal_nocase(name, bytes_text(names[i])))
            return true;
    return false;
}

/* What follows "<": the length of the mark up to and with its ">", quotes respected; the rest if it
 * does not end. */
static size_t mark_length(struct bytes html)
{
    uint8_t quote = 0;
    if (bytes_starts(html, BYTES_LITERAL("!--"))) {
        size_t n = bytes_find(html, BYTES_LITERAL("-->"));
        return n == html.n ? n : n + 3;
    }
    for (size_t i = 0; i < html.n; i++) {
        uint8_t c = html.p[i];
        if (quote != 0 && c == quote)
            quote = 0;
        else if (quote == 0 && (c == '"' || c == '\''))
            quote = c;
        else if (quote == 0 && c == '>')
            return i + 1;
    }
    return html.n;
}

static struct bytes mark_name(struct bytes mark)
{
    size_t n = 0;
    if (mark.n > 0 && mark.p[0] == '/')
        mark = bytes_from(mark, 1);
    while (n < mark.n && mark.p[n] != ' ' && mark.p[n] != '>' && mark.p[n] != '/' &&
           mark.p[n] != '\n' && mark.p[n] != '\t')
        n++;
    return bytes_first(mark, n);
}

/* The character of "amp" or "#233": 0 if it is none that we know. */
static ucs4_t reference(struct bytes name)
{
    static const struct {
        const char *name;
        ucs4_t character;
    } names[] = {{"amp", '&'},   {"lt", '<'},   {"gt", '>'},     {"quot", '"'},
                 {"apos", '\''}, {"nbsp", ' '}, {"shy", 0x00ad}, {"zwnj", 0x200c}};
    ucs4_t character = 0;
    bool hex = name.n > 2 && name.p[0] == '#' && (name.p[1] | 32) == 'x';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (bytes_equal(name, bytes_text(names[i].name)))
            return names[i].character;
    if (name.n < 2 || name.n > 9 || name.p[0] != '#')
        return 0;
    for (size_t i = hex ? 2 : 1; i < name.n; i++) {
        uint8_t c = name.p[i] | 32;
        bool digit = c >= '0' && c <= '9', letter = hex && c >= 'a' && c <= 'f';
        if (!digit && !letter)
            return 0;
        character = character * (hex ? 16 : 10) + (ucs4_t)(digit ? c - '0' : c - 'a' + 10);
    }
    return character < 0x110000 ? character : 0;
}

/* Append the character; what is invisible inside of words is left out. */
static void add_character(struct buffer *out, ucs4_t c)
{
    uint8_t bytes[4];
    int n = c == 0x00ad || (c >= 0x200b && c <= 0x200d) || c == 0xfeff ? 0 : u8_uctomb(bytes, c, 4);
    if (c == 0x00a0)
        buffer_add_byte(out, ' ');
    else if (n > 0)
        buffer_add(out, (struct bytes){bytes, (size_t)n});
}

/* "&amp;" or what else follows an ampersand: how much of it was read. */
static size_t take_reference(struct bytes html, struct buffer *out)
{
    struct bytes most = bytes_first(bytes_from(html, 1), 12);
    size_t end = bytes_index(most, ';');
    ucs4_t character = end < most.n ? reference(bytes_first(most, end)) : 0;
    if (character == 0) {
        buffer_add_byte(out, '&');
        return 1;
    }
    add_character(out, character);
    return end + 2;
}

/* Style sheets and scripts are no text. */
static size_t skip_raw(struct bytes html, struct bytes name)
{
    const char *end = bytes_equal_nocase(name, BYTES_LITERAL("style"))    ? "</style"
                      : bytes_equal_nocase(name, BYTES_LITERAL("script")) ? "</script"
                                                                          : NULL;
    if (end == NULL)
        return 0;
    size_t n = 0;
    while (n < html.n && !bytes_starts_nocase(bytes_from(html, n), bytes_text(end)))
        n++;
    return n;
}

enum status inspect_strip(struct bytes html, struct buffer *text_out)
{
    while (html.n > 0) {
        size_t n = 0;
        while (n < html.n && html.p[n] != '<' && html.p[n] != '&')
            n++;
        buffer_add(text_out, bytes_first(html, n));
        html = bytes_from(html, n);
        if (html.n == 0)
            break;
        if (html.p[0] == '&') {
            html = bytes_from(html, take_reference(html, text_out));
            continue;
        }
        struct bytes mark = bytes_from(html, 1), name = mark_name(mark);
        bool opens = mark.n > 0 && mark.p[0] != '/';
        html = bytes_from(mark, mark_length(mark));
        if (!inside_of_words(name))
            buffer_add_byte(text_out, ' ');
        if (opens)
            html = bytes_from(html, skip_raw(html, name));
    }
    return buffer_check(text_out);
}
