/* SPDX-License-Identifier: Apache-2.0
 * envelope: character references. A browser that saves a page writes few of them; other programs
 * may write any of these for the signs of base64 and for line ends. */
#include "reference_private.h"

/* HTML has 2,231 names; these are those of the characters in an armor or a signature, and of
 * markup. A name has letters and digits alone, so filling up with NULs keeps names apart: eight
 * bytes are compared at once, for a page may be nothing but references. */
static char named(struct bytes name)
{
    static const struct {
        char name[8];
        char character;
    } names[] = {
        {"amp", '&'},   {"lt", '<'},     {"gt", '>'},     {"quot", '"'},     {"apos", '\''},
        {"plus", '+'},  {"sol", '/'},    {"equals", '='}, {"NewLine", '\n'}, {"Tab", '\t'},
        {"colon", ':'}, {"lowbar", '_'}, {"period", '.'}, {"comma", ','},    {"semi", ';'},
    };
    char filled[sizeof names[0].name] = "";
    if (name.n == 0 || name.n >= sizeof filled)
        return 0;
    memcpy(filled, name.p, name.n);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (memcmp(names[i].name, filled, sizeof filled) == 0)
            return names[i].character;
    return 0;
}

/* The value of a digit; 16 for what is none. */
static unsigned digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - (unsigned)'0';
    if (c >= 'a' && c <= 'f')
        return c - (unsigned)'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - (unsigned)'A' + 10;
    return 16;
}

/* Digits of a base, with any zeroes in front, up to 0x7e. */
static char numbered(struct bytes digits, unsigned base)
{
    unsigned value = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (digit(digits.p[i]) >= base)
            return 0;
        value = value * base + digit(digits.p[i]);
        if (value > 0x7e)
            return 0;
    }
    return (char)value;
}

char reference_character(struct bytes text)
{
    if (bytes_starts_nocase(text, BYTES_LITERAL("#x")))
        return numbered(bytes_from(text, 2), 16);
    if (bytes_starts(text, BYTES_LITERAL("#")))
        return numbered(bytes_from(text, 1), 10);
    return named(text);
}
