/* SPDX-License-Identifier: Apache-2.0
 * header: what fields say to people: encoded words and mailboxes. */
#include "encode.h"
#include "header.h"

/* --- characters
 * ----------------------------------------------------------------------------------------- */

enum charset { CHARSET_UTF8, CHARSET_LATIN1, CHARSET_LATIN9, CHARSET_WINDOWS, CHARSET_OTHER };

static enum charset charset_of(struct bytes name)
{
    static const struct {
        const char *name;
        enum charset charset;
    } known[] = {
        {"utf-8", CHARSET_UTF8},           {"us-ascii", CHARSET_UTF8},
        {"ascii", CHARSET_UTF8},           {"iso-8859-1", CHARSET_LATIN1},
        {"latin1", CHARSET_LATIN1},        {"iso-8859-15", CHARSET_LATIN9},
        {"windows-1252", CHARSET_WINDOWS}, {"cp1252", CHARSET_WINDOWS},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (bytes_equal_nocase(name, bytes_text(known[i].name)))
            return known[i].charset;
    return CHARSET_OTHER;
}

/* 0x80 … 0x9f of windows-1252 (0: not assigned), and what ISO-8859-15 changed. */
static uint32_t code_point(enum charset charset, uint8_t byte)
{
    static const uint16_t windows[32] = {
        0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};
    static const uint8_t latin9[] = {0xa4, 0xa6, 0xa8, 0xb4, 0xb8, 0xbc, 0xbd, 0xbe};
    static const uint16_t latin9_is[] = {0x20ac, 0x160, 0x161, 0x17d, 0x17e, 0x152, 0x153, 0x178};
    if (charset == CHARSET_WINDOWS && byte >= 0x80 && byte < 0xa0)
        return windows[byte - 0x80] != 0 ? windows[byte - 0x80] : 0xfffd;
    for (size_t i = 0; charset == CHARSET_LATIN9 && i < sizeof latin9; i++)
        if (byte == latin9[i])
            return latin9_is[i];
    return byte;
}

static void add_code_point(struct buffer *out, uint32_t c)
{
    uint8_t utf8[3];
    if (c < 0x80) {
        buffer_add_byte(out, (uint8_t)c);
    } else if (c < 0x800) {
        utf8[0] = (uint8_t)(0xc0 | c >> 6), utf8[1] = (uint8_t)(0x80 | (c & 63));
        buffer_add(out, (struct bytes){utf8, 2});
    } else {
        utf8[0] = (uint8_t)(0xe0 | c >> 12), utf8[1] = (uint8_t)(0x80 | (c >> 6 & 63)),
        utf8[2] = (uint8_t)(0x80 | (c & 63));
        buffer_add(out, (struct bytes){utf8, 3});
    }
}

/* Text of a charset as clean UTF-8: no control characters, and what is not UTF-8 but claims to be
 * is taken for windows-1252, which it most often is. */
static void add_text(struct buffer *out, struct bytes text, enum charset charset)
{
    if (charset == CHARSET_UTF8 && !bytes_utf8(text))
        charset = CHARSET_WINDOWS;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c < ' ' || c == 0x7f)
            buffer_add_byte(out, ' ');
        else if (c < 0x80 || charset == CHARSET_UTF8)
            buffer_add_byte(out, c);
        else if (charset == CHARSET_LATIN1 && c < 0xa0)
            add_code_point(out, 0xfffd);
        else
            add_code_point(out, code_point(charset, c));
    }
}

/* --- encoded words
 * -------------------------------------------------------------------------------------- */

/* "=?charset*language?Q?text?=" taken apart. */
struct word {
    enum charset charset;
    uint8_t encoding; /* 'B' or 'Q' */
    struct bytes text;
    size_t n; /* of the whole */
};

static bool parse_word(struct bytes at, struct word *word_out)
{
    struct word word = {0};
    if (!bytes_starts(at, BYTES_LITERAL("=?")))
        return false;
    struct bytes rest = bytes_from(at, 2);
    size_t end = bytes_index(rest, '?');
    struct bytes name = bytes_first(rest, end);
    word.charset = charset_of(bytes_first(name, bytes_index(name, '*')));
    rest = bytes_from(rest, end + 1);
    if (rest.n < 2 || rest.p[1] != '?')
        return false;
    word.encoding = rest.p[0] & 0xdf;
    rest = bytes_from(rest, 2);
    end = bytes_index(rest, '?');
    word.text = bytes_first(rest, end);
    if (end + 1 >= rest.n || rest.p[end + 1] != '=' || word.charset == CHARSET_OTHER ||
        (word.encoding != 'B' && word.encoding != 'Q') ||
        bytes_index(word.text, ' ') != word.text.n || word.text.n > 1000)
        return false;
    word.n = (size_t)(rest.p + end + 2 - at.p);
    *word_out = word;
    return true;
}

static size_t decode_q(struct bytes text, uint8_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '=' &&
            hex_decode(bytes_first(bytes_from(text, i + 1), 2), out + n, 1) == ST_OK) {
            n++;
            i += 2;
        } else {
            out[n++] = text.p[i] == '_' ? ' ' : text.p[i];
        }
    }
    return n;
}

/* Real mail leaves the padding off, or has it where none belongs. */
static size_t decode_b(struct bytes text, uint8_t *out, size_t size)
{
    size_t n = 0;
    while (text.n > 0 && text.p[text.n - 1] == '=')
        text.n--;
    return base64_decode(text, UNPADDED, out, size, &n) == ST_OK ? n : 0;
}

static void add_word(struct buffer *out, const struct word *word)
{
    uint8_t decoded[1000];
    size_t n = word->encoding == 'Q' ? decode_q(word->text, decoded)
                                     : decode_b(word->text, decoded, sizeof decoded);
    add_text(out, (struct bytes){decoded, n}, word->charset);
}

static size_t blanks(struct bytes text)
{
    size_t n = 0;
    while (n < text.n &&
           (text.p[n] == ' ' || text.p[n] == '\t' || text.p[n] == '\r' || text.p[n] == '\n'))
        n++;
    return n;
}

enum status header_text(struct bytes value, struct buffer *text_out)
{
    struct bytes rest = bytes_trim(value);
    bool after_word = false;
    struct word word;
    while (rest.n > 0 && !text_out->overflow) {
        size_t gap = blanks(rest);
        struct bytes next = bytes_from(rest, gap);
        if (parse_word(next, &word)) {
            /* Blanks between two encoded words do not count (RFC 2047 §6.2). */
            if (gap > 0 && !after_word)
                buffer_add_byte(text_out, ' ');
            add_word(text_out, &word);
            rest = bytes_from(next, word.n);
            after_word = true;
            continue;
        }
        if (gap > 0)
            buffer_add_byte(text_out, ' ');
        size_t n = next.n > 0 ? 1 : 0;
        while (n < next.n && blanks(bytes_from(next, n)) == 0 &&
               !bytes_starts(bytes_from(next, n), BYTES_LITERAL("=?")))
            n++;
        add_text(text_out, bytes_first(next, n), CHARSET_UTF8);
        rest = bytes_from(next, n);
        after_word = false;
    }
    return buffer_check(text_out);
}

/* --- mailboxes
 * ------------------------------------------------------------------------------------------ */

/* One pass over an address list: quoted strings lose their quotes, comments go, and the first
 * mailbox ends at a comma. */
struct scan {
    struct buffer phrase, angle;
    bool in_angle, had_angle;
    int comment;
};

static size_t scan_quoted(struct scan *scan, struct bytes text, struct buffer *out)
{
    size_t i = 1;
    bool keep_quotes = scan->in_angle;
    if (keep_quotes)
        buffer_add_byte(out, '"');
    for (; i < text.n && text.p[i] != '"'; i++) {
        if (text.p[i] == '\\' && i + 1 < text.n)
            i++;
        buffer_add_byte(out, text.p[i]);
    }
    if (keep_quotes)
        buffer_add_byte(out, '"');
    return i + 1;
}

static size_t scan_one(struct scan *scan, struct bytes text)
{
    struct buffer *out = scan->in_angle ? &scan->angle : &scan->phrase;
    uint8_t c = text.p[0];
    if (c == '\\' && scan->comment > 0)
        return 2;
    if (c == '(' || (c == ')' && scan->comment > 0)) {
        scan->comment += c == '(' ? 1 : -1;
        return 1;
    }
    if (scan->comment > 0)
        return 1;
    if (c == '"')
        return scan_quoted(scan, text, out);
    if (c == '<' && !scan->had_angle) {
        scan->in_angle = scan->had_angle = true;
    } else if (c == '>') {
        scan->in_angle = false;
    } else {
        buffer_add_byte(out, c);
    }
    return 1;
}

bool header_mailbox(struct bytes value, struct header_mailbox *mailbox_out)
{
    struct scan scan = {0};
    struct header_mailbox mailbox = {.name = ""};
    struct buffer text;
    buffer_init(&scan.phrase, 2048);
    buffer_init(&scan.angle, 512);
    buffer_init(&text, sizeof mailbox.name - 1);
    struct bytes rest = value;
    while (rest.n > 0 && !(rest.p[0] == ',' && !scan.in_angle && scan.comment == 0))
        rest = bytes_from(rest, scan_one(&scan, rest));

    struct bytes phrase = bytes_trim(buffer_bytes(&scan.phrase));
    struct bytes found = scan.had_angle ? bytes_trim(buffer_bytes(&scan.angle)) : phrase;
    struct buffer address;
    buffer_init(&address, sizeof mailbox.address - 1);
    add_text(&address, found, CHARSET_UTF8);
    bool good = bytes_index(found, '@') < found.n && buffer_check(&address) == ST_OK &&
                bytes_to_text(buffer_bytes(&address), mailbox.address, sizeof mailbox.address);
    if (good && scan.had_angle && header_text(phrase, &text) == ST_OK && text.n > 0)
        good = bytes_to_text(bytes_trim(buffer_bytes(&text)), mailbox.name, sizeof mailbox.name);
    if (good)
        *mailbox_out = mailbox;
    buffer_done(&scan.phrase);
    buffer_done(&scan.angle);
    buffer_done(&text);
    buffer_done(&address);
    return good;
}
