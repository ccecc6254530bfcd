/* SPDX-License-Identifier: Apache-2.0
 * header: from a value to folded lines. */
#include "header_write.h"

#include <assert.h>

#include "encode.h"
#include "header_text.h"

#define LINE_SOFT 78
#define PIECE_MAX 900 /* bytes without a blank on a line: with a name before it, below 998 */
#define BLANKS_MAX 60 /* blanks side by side: more would make lines of blanks only */
/* Text bytes in an encoded word: 52 characters of base64, 64 in all, of the 75 that RFC 2047 §2
 * allows. Behind "Subject: " the line still has fewer than its 76. */
#define WORD_BYTES 39

/* --- folding
 * -------------------------------------------------------------------------------------
 */

static size_t blanks(struct bytes text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] == ' ')
        n++;
    return n;
}

/* How much of a word goes on one line: all, or as much as may, cut between characters. */
static size_t piece_length(struct bytes word)
{
    if (word.n <= PIECE_MAX)
        return word.n;
    size_t n = PIECE_MAX;
    while (n > PIECE_MAX - 4 && (word.p[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* A word, with the blanks that stand before it. A word that is too long for a line is parted, and
 * gets a blank it did not have: there is no other way to keep to the limit. */
static void add_word(struct buffer *out, size_t *column, size_t blank, struct bytes word)
{
    bool first = true;
    while (word.n > 0) {
        size_t n = piece_length(word);
        if (!first || *column + blank + n > LINE_SOFT) {
            (void)buffer_add_text(out, "\r\n");
            *column = 0;
            blank = blank == 0 ? 1 : blank;
        }
        for (size_t i = 0; i < blank; i++)
            (void)buffer_add_byte(out, ' ');
        (void)buffer_add(out, bytes_first(word, n));
        *column += blank + n;
        word = bytes_from(word, n);
        blank = 1;
        first = false;
    }
}

/* `value` is one line without control characters and without blanks at its ends. The first word
 * stays on the line of the name, however long: a line "Subject:" alone confuses programs. */
static void add_folded(struct buffer *out, struct bytes name, struct bytes value)
{
    assert(name.n > 0 && name.n <= HEADER_NAME_MAX);
    (void)buffer_add(out, name);
    (void)buffer_add_text(out, ": ");
    size_t n = piece_length(bytes_first(value, bytes_index(value, ' ')));
    (void)buffer_add(out, bytes_first(value, n));
    size_t column = name.n + 2 + n;
    value = bytes_from(value, n);
    while (value.n > 0) {
        size_t blank = blanks(value);
        value = bytes_from(value, blank);
        struct bytes word = bytes_first(value, bytes_index(value, ' '));
        add_word(out, &column, blank > BLANKS_MAX ? 1 : blank, word);
        value = bytes_from(value, word.n);
    }
    (void)buffer_add_text(out, "\r\n");
}

/* --- encoded words -------------------------------------------------------------------------------
 */

void header_write_words(struct buffer *out, struct bytes text)
{
    char encoded[4 * WORD_BYTES / 3 + 4];
    for (bool first = true; text.n > 0; first = false) {
        size_t n = text.n < WORD_BYTES ? text.n : WORD_BYTES;
        while (n < text.n && n > WORD_BYTES - 4 && (text.p[n] & 0xc0) == 0x80)
            n--;
        size_t length = base64_encode(encoded, bytes_first(text, n), PADDED);
        (void)buffer_add_text(out, first ? "=?utf-8?B?" : " =?utf-8?B?");
        (void)buffer_add(out, (struct bytes){(const uint8_t *)encoded, length});
        (void)buffer_add_text(out, "?=");
        text = bytes_from(text, n);
    }
}

static bool is_ascii(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= 128)
            return false;
    return true;
}

/* --- fields --------------------------------------------------------------------------------------
 */

/* One clean line, added as a field. */
static void add_line(struct buffer *out, struct bytes name, struct buffer *line)
{
    if (buffer_check(line) == ST_OK)
        add_folded(out, name, bytes_trim(buffer_bytes(line)));
    else
        out->overflow = true;
}

void header_write_text(struct buffer *out, struct bytes name, struct bytes text)
{
    struct buffer line, words;
    buffer_init(&line, text.n);
    buffer_init(&words, 4 * text.n + 64);
    enum status status = header_unfold(text, &line);
    struct bytes clean = buffer_bytes(&line);
    if (status == ST_OK && (!is_ascii(clean) || bytes_find(clean, BYTES_LITERAL("=?")) < clean.n)) {
        header_write_words(&words, clean);
        add_line(out, name, &words);
    } else {
        add_line(out, name, &line);
    }
    buffer_done(&line);
    buffer_done(&words);
}

void header_write_copy(struct buffer *out, struct bytes name, struct bytes value, bool utf8)
{
    struct buffer line;
    buffer_init(&line, value.n);
    if (header_unfold(value, &line) != ST_OK)
        line.overflow = true;
    bool keep = utf8 && bytes_utf8(buffer_bytes(&line));
    for (size_t i = 0; i < line.n && !keep; i++)
        if (line.p[i] >= 128)
            line.p[i] = '?';
    add_line(out, name, &line);
    buffer_done(&line);
}
