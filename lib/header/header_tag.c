/* SPDX-License-Identifier: Apache-2.0
 * header: tags in a subject. */
#include "header_text.h"

static bool is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Where the tag begins in the subject; the subject's length if nowhere. */
static size_t find_anywhere(struct bytes subject, struct bytes tag)
{
    for (size_t at = 0; at + tag.n <= subject.n; at++)
        if (bytes_starts_nocase(bytes_from(subject, at), tag))
            return at;
    return subject.n;
}

/* "Re:", "Fwd:", "AW:", "Re[2]:": a short word that mail programs put in front of a subject; or
 * "[list]". The length of it, or 0. */
static size_t prefix_length(struct bytes subject)
{
    size_t n = 0;
    if (subject.n > 0 && subject.p[0] == '[') {
        n = bytes_index(subject, ']');
        return n < subject.n ? n + 1 : 0;
    }
    while (n < subject.n && is_letter(subject.p[n]))
        n++;
    if (n < 1 || n > 4)
        return 0;
    if (n < subject.n && subject.p[n] == '[')
        n += 1 + bytes_index(bytes_from(subject, n), ']');
    return n < subject.n && subject.p[n] == ':' ? n + 1 : 0;
}

static size_t find_in_front(struct bytes subject, struct bytes tag)
{
    struct bytes rest = bytes_trim(subject);
    for (;;) {
        if (bytes_starts_nocase(rest, tag))
            return (size_t)(rest.p - subject.p);
        size_t n = prefix_length(rest);
        if (n == 0)
            return subject.n;
        rest = bytes_trim(bytes_from(rest, n));
    }
}

static size_t find(struct bytes subject, struct bytes tag)
{
    if (tag.n == 0)
        return subject.n;
    return tag.p[0] == '[' ? find_anywhere(subject, tag) : find_in_front(subject, tag);
}

bool header_tag(struct bytes subject, struct bytes tag)
{
    return find(subject, tag) < subject.n;
}

enum status header_remove_tag(struct bytes subject, struct bytes tag, struct buffer *out)
{
    size_t at = find(subject, tag);
    struct bytes before = bytes_trim(bytes_first(subject, at));
    struct bytes behind = bytes_trim(bytes_from(subject, at + tag.n));
    buffer_add(out, before);
    if (before.n > 0 && behind.n > 0)
        buffer_add_byte(out, ' ');
    buffer_add(out, behind);
    return buffer_check(out);
}
