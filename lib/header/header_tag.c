/* SPDX-License-Identifier: Apache-2.0
 * header: tags in a subject. */
#include "header_text.h"

static bool is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool stands_anywhere(struct bytes subject, struct bytes tag)
{
    for (; subject.n >= tag.n; subject = bytes_from(subject, 1))
        if (bytes_starts_nocase(subject, tag))
            return true;
    return false;
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

bool header_tag(struct bytes subject, struct bytes tag)
{
    if (tag.n == 0)
        return false;
    if (tag.p[0] == '[')
        return stands_anywhere(subject, tag);
    for (;;) {
        subject = bytes_trim(subject);
        if (bytes_starts_nocase(subject, tag))
            return true;
        size_t n = prefix_length(subject);
        if (n == 0)
            return false;
        subject = bytes_from(subject, n);
    }
}
