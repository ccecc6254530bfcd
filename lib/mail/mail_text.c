/* SPDX-License-Identifier: Apache-2.0
 * mail: UTF-8, character by character, and what may not stand on a page. */
#include "mail_text_private.h"

#include "memory.h"

#define ELLIPSIS 0x2026u

/* How long a sequence is by its first byte, and the first character that needs that length. */
static size_t sequence_length(uint8_t first, uint32_t *smallest_out)
{
    static const struct {
        uint8_t mask, mark;
        uint32_t smallest;
    } forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    for (size_t i = 0; i < 4; i++) {
        if ((first & forms[i].mask) == forms[i].mark) {
            *smallest_out = forms[i].smallest;
            return i + 1;
        }
    }
    return 0;
}

/* Decode the sequence at the start of `text`; gives its length, or 0 if it is not valid. */
static size_t decode(struct bytes text, uint32_t *character_out)
{
    static const uint8_t payload[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t smallest = 0;
    size_t n = sequence_length(text.p[0], &smallest);
    if (n == 0 || n > text.n)
        return 0;
    uint32_t character = text.p[0] & payload[n];
    for (size_t i = 1; i < n; i++) {
        if ((text.p[i] & 0xC0) != 0x80)
            return 0;
        character = character << 6 | (text.p[i] & 0x3F);
    }

    /* Overlong forms, surrogates and what lies beyond Unicode are no characters. */
    bool surrogate = character >= 0xD800 && character <= 0xDFFF;
    if (character < smallest || surrogate || character > 0x10FFFF)
        return 0;
    *character_out = character;
    return n;
}

uint32_t mail_text_next(struct bytes *rest)
{
    uint32_t character = MAIL_TEXT_REPLACEMENT;
    size_t n = decode(*rest, &character);
    *rest = bytes_from(*rest, n == 0 ? 1 : n);
    return character;
}

static size_t encode(uint32_t character, uint8_t utf8_out[4])
{
    if (character < 0x80) {
        utf8_out[0] = (uint8_t)character;
        return 1;
    }
    size_t n = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--) {
        utf8_out[i] = (uint8_t)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    utf8_out[0] = (uint8_t)(marks[n] | character);
    return n;
}

void mail_text_add(struct buffer *out, uint32_t character)
{
    uint8_t utf8[4];
    size_t n = encode(character, utf8);
    (void)buffer_add(out, (struct bytes){utf8, n});
}

/* Control characters (C0, DEL, C1) and the line and paragraph separators stand where a blank was
 * meant: a folded line, a tab. */
static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7F && character <= 0x9F) || character == 0x2028 ||
           character == 0x2029;
}

/* Embeddings, overrides and isolates (UAX #9, §2.1 to §2.4), and the byte order mark. */
static bool is_hidden_mark(uint32_t character)
{
    return (character >= 0x202A && character <= 0x202E) ||
           (character >= 0x2066 && character <= 0x2069) || character == 0xFEFF;
}

bool mail_text_is_clean(struct bytes text)
{
    if (!bytes_utf8(text))
        return false;
    while (text.n > 0) {
        uint32_t character = mail_text_next(&text);
        if (is_control(character) || is_hidden_mark(character))
            return false;
    }
    return true;
}

/* Take off whole characters until n more bytes fit. */
static void make_room(struct buffer *text, size_t max, size_t n)
{
    while (text->n + n > max) {
        text->n--;
        while (text->n > 0 && (text->p[text->n] & 0xC0) == 0x80)
            text->n--;
    }
}

char *mail_text_clean(struct bytes text, size_t max, bool *cut_out)
{
    /* Take characters until they are more than will fit; one more than that is enough to know. */
    struct buffer clean;
    buffer_init(&clean, max + 4);
    while (text.n > 0 && clean.n <= max) {
        uint32_t character = mail_text_next(&text);
        if (!is_hidden_mark(character))
            mail_text_add(&clean, is_control(character) ? ' ' : character);
    }

    if (clean.n > max) {
        make_room(&clean, max, 3);
        mail_text_add(&clean, ELLIPSIS);
        *cut_out = true;
    }

    struct bytes trimmed = bytes_trim(buffer_bytes(&clean));
    char *copy = memory_new(trimmed.n + 1, 1);
    if (trimmed.n > 0)
        memcpy(copy, trimmed.p, trimmed.n);
    buffer_done(&clean);
    return copy;
}
