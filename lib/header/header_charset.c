/* SPDX-License-Identifier: Apache-2.0
 * header: charsets to UTF-8. */
#include "header_charset.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define REPLACEMENT 0xfffd

static const struct {
    const char *name;
    enum charset charset;
} names[] = {
    {"us-ascii", CHARSET_ASCII},       {"ascii", CHARSET_ASCII},
    {"utf-8", CHARSET_UTF8},           {"utf8", CHARSET_UTF8},
    {"iso-8859-1", CHARSET_WINDOWS},   {"latin1", CHARSET_WINDOWS},
    {"iso-8859-15", CHARSET_LATIN9},   {"latin-9", CHARSET_LATIN9},
    {"windows-1252", CHARSET_WINDOWS}, {"cp1252", CHARSET_WINDOWS},
};

/* 0x80 … 0x9f of windows-1252; 0: not used (WHATWG Encoding, index windows-1252, has the C1 control
 * there). */
static const uint16_t windows[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

enum charset charset_find(struct bytes name)
{
    for (size_t i = 0; i < COUNT(names); i++)
        if (bytes_equal_nocase(name, bytes_text(names[i].name)))
            return names[i].charset;
    return CHARSET_OTHER;
}

/* ISO-8859-15 differs from Latin-1 in eight places. */
static unsigned latin9(unsigned byte)
{
    switch (byte) {
    case 0xa4:
        return 0x20ac;
    case 0xa6:
        return 0x160;
    case 0xa8:
        return 0x161;
    case 0xb4:
        return 0x17d;
    case 0xb8:
        return 0x17e;
    case 0xbc:
        return 0x152;
    case 0xbd:
        return 0x153;
    case 0xbe:
        return 0x178;
    default:
        return byte;
    }
}

static unsigned code_point(enum charset charset, unsigned byte)
{
    if (byte < 128)
        return byte;
    if (charset == CHARSET_LATIN9)
        return latin9(byte);
    if (charset == CHARSET_WINDOWS && byte >= 0xa0)
        return byte;
    if (charset == CHARSET_WINDOWS && windows[byte - 128] != 0)
        return windows[byte - 128];
    return REPLACEMENT;
}

/* C0, DEL, C1, the two line ends of Unicode, and what turns the direction of the text around it
 * (Unicode TR 36 §3.2): a name must not rearrange the sentence it stands in. */
static bool is_control(unsigned point)
{
    return point < 32 || (point >= 127 && point < 160) || point == 0x61c || point == 0x200e ||
           point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

/* Overflow sticks in the buffer; whoever owns it checks at the end. */
static void add_point(struct buffer *out, unsigned point)
{
    if (is_control(point))
        point = ' ';
    uint8_t text[3] = {(uint8_t)point};
    size_t n = 1;
    if (point >= 0x800) {
        text[0] = (uint8_t)(0xe0 | point >> 12);
        text[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        text[2] = (uint8_t)(0x80 | (point & 0x3f));
        n = 3;
    } else if (point >= 0x80) {
        text[0] = (uint8_t)(0xc0 | point >> 6);
        text[1] = (uint8_t)(0x80 | (point & 0x3f));
        n = 2;
    }
    (void)buffer_add(out, (struct bytes){text, n});
}

/* The length of the valid UTF-8 character at the beginning, or 0. */
static size_t character_length(struct bytes text)
{
    for (size_t n = 1; n <= 4 && n <= text.n; n++)
        if (bytes_utf8(bytes_first(text, n)))
            return n;
    return 0;
}

/* Two- and three-byte characters may be controls as well. */
static bool is_control_text(struct bytes character)
{
    const uint8_t *p = character.p;
    if (character.n == 1)
        return is_control(p[0]);
    if (character.n == 2)
        return is_control((p[0] & 0x1fu) << 6 | (p[1] & 0x3fu));
    return character.n == 3 &&
           is_control((p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu));
}

static void add_utf8(struct buffer *out, struct bytes text)
{
    while (text.n > 0) {
        size_t n = character_length(text);
        if (n == 0)
            add_point(out, REPLACEMENT);
        else if (is_control_text(bytes_first(text, n)))
            (void)buffer_add_byte(out, ' ');
        else
            (void)buffer_add(out, bytes_first(text, n));
        text = bytes_from(text, n == 0 ? 1 : n);
    }
}

void charset_add(struct buffer *out, enum charset charset, struct bytes text)
{
    if (charset == CHARSET_UTF8) {
        add_utf8(out, text);
        return;
    }
    for (size_t i = 0; i < text.n; i++)
        add_point(out, code_point(charset, text.p[i]));
}
