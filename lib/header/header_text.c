/* SPDX-License-Identifier: Apache-2.0
 * header: unfolding, and the encoded words of RFC 2047. */
#include "header_text.h"

#include "encode.h"
#include "header_charset.h"

#define WORD_TEXT_MAX 4096 /* RFC 2047 §2 says 75; programs write more */

enum status header_unfold(struct bytes value, struct buffer *out)
{
    value = bytes_trim(value);
    uint8_t *to = buffer_space(out, value.n);
    if (to == NULL)
        return ST_LIMIT;
    size_t n = 0;
    for (size_t i = 0; i < value.n; i++) {
        uint8_t byte = value.p[i];
        bool crlf = byte == '\r' && i + 1 < value.n && value.p[i + 1] == '\n';
        if (crlf || byte == '\n')
            continue;
        to[n++] = byte < ' ' || byte == 127 ? ' ' : byte;
    }
    out->n += n;
    return ST_OK;
}

/* --- one encoded word ----------------------------------------------------------------------------
 */

struct word {
    enum charset charset;
    uint8_t encoding; /* 'B' or 'Q' */
    struct bytes text;
    size_t length; /* of the whole, from "=?" to "?=" */
};

/* Read "=?charset?encoding?text?=" at the beginning; the charset may have a language behind a '*'
 * (RFC 2231 §5). */
static bool word_read(struct bytes from, struct word *word_out)
{
    if (!bytes_starts(from, BYTES_LITERAL("=?")))
        return false;
    struct bytes rest = bytes_from(from, 2);
    size_t n = bytes_index(rest, '?');
    struct bytes name = bytes_first(rest, n);
    rest = bytes_from(rest, n + 1);
    if (rest.n < 2 || rest.p[1] != '?')
        return false;
    uint8_t encoding = rest.p[0] & (uint8_t)~0x20;
    rest = bytes_from(rest, 2);
    struct bytes near = bytes_first(rest, WORD_TEXT_MAX);
    size_t end = bytes_find(near, BYTES_LITERAL("?="));
    enum charset charset = charset_find(bytes_first(name, bytes_index(name, '*')));
    if (end == near.n || charset == CHARSET_OTHER || (encoding != 'B' && encoding != 'Q') ||
        bytes_index(bytes_first(rest, end), ' ') != end)
        return false;
    *word_out = (struct word){.charset = charset,
                              .encoding = encoding,
                              .text = bytes_first(rest, end),
                              .length = from.n - rest.n + end + 2};
    return true;
}

/* Q (RFC 2047 §4.2): quoted-printable with '_' for a blank. */
static enum status decode_q(struct bytes text, struct buffer *out)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t byte = text.p[i] == '_' ? ' ' : text.p[i];
        if (byte == '=') {
            if (hex_decode(bytes_first(bytes_from(text, i + 1), 2), &byte, 1) != ST_OK)
                return ST_BAD;
            i += 2;
        }
        if (buffer_add_byte(out, byte) != ST_OK)
            return ST_LIMIT;
    }
    return ST_OK;
}

static enum status decode_b(struct bytes text, struct buffer *out)
{
    size_t n = 0;
    uint8_t *to = buffer_space(out, text.n);
    if (to == NULL)
        return ST_LIMIT;
    enum status status = base64_decode(text, PADDED, to, text.n, &n);
    if (status != ST_OK)
        status = base64_decode(text, UNPADDED, to, text.n, &n);
    if (status == ST_OK)
        out->n += n;
    return status;
}

/* --- a whole value -------------------------------------------------------------------------------
 */

/* Words that stand side by side may share a character between them, so their bytes are gathered
 * before they are made text. */
struct decoder {
    struct buffer *out;
    struct buffer bytes;
    enum charset charset; /* of what is gathered; CHARSET_OTHER: nothing is */
    enum charset raw;     /* of what stands outside of words */
};

static void flush(struct decoder *decoder)
{
    if (decoder->charset != CHARSET_OTHER)
        charset_add(decoder->out, decoder->charset, buffer_bytes(&decoder->bytes));
    buffer_clear(&decoder->bytes);
    decoder->charset = CHARSET_OTHER;
}

static bool take_word(struct decoder *decoder, const struct word *word)
{
    if (word->charset != decoder->charset)
        flush(decoder);
    size_t before = decoder->bytes.n;
    enum status status = word->encoding == 'B' ? decode_b(word->text, &decoder->bytes)
                                               : decode_q(word->text, &decoder->bytes);
    if (status != ST_OK) {
        decoder->bytes.n = before;
        return false;
    }
    decoder->charset = word->charset;
    return true;
}

/* Blanks between two words belong to neither (RFC 2047 §6.2). */
static size_t blanks_before_word(struct bytes rest)
{
    struct word word;
    size_t n = 0;
    while (n < rest.n && rest.p[n] == ' ')
        n++;
    return n > 0 && word_read(bytes_from(rest, n), &word) ? n : 0;
}

static void decode(struct decoder *decoder, struct bytes rest)
{
    struct word word;
    while (rest.n > 0) {
        if (word_read(rest, &word) && take_word(decoder, &word)) {
            rest = bytes_from(rest, word.length);
            rest = bytes_from(rest, blanks_before_word(rest));
            continue;
        }
        /* Plain text, up to what may be the next word. */
        size_t n = 1 + bytes_find(bytes_from(rest, 1), BYTES_LITERAL("=?"));
        flush(decoder);
        charset_add(decoder->out, decoder->raw, bytes_first(rest, n));
        rest = bytes_from(rest, n);
    }
    flush(decoder);
}

enum status header_decode(struct bytes value, struct buffer *out)
{
    struct buffer line;
    buffer_init(&line, value.n);
    enum status status = header_unfold(value, &line);
    if (status == ST_OK) {
        struct bytes text = buffer_bytes(&line);
        struct decoder decoder = {.out = out,
                                  .raw = bytes_utf8(text) ? CHARSET_UTF8 : CHARSET_WINDOWS};
        buffer_init(&decoder.bytes, value.n + 1);
        decode(&decoder, text);
        buffer_done(&decoder.bytes);
        status = buffer_check(out);
    }
    buffer_done(&line);
    return status;
}
