/* SPDX-License-Identifier: Apache-2.0
 * header: writing an address list whose names are not ASCII (RFC 5322 §3.4, RFC 2047 §5). */
#include "header_charset.h"
#include "header_text.h"
#include "header_write.h"

/* What stands between the special characters of an address list. */
enum run_kind { RUN_PHRASE, RUN_ADDRESS, RUN_COMMENT };

struct run {
    enum run_kind kind;
    struct bytes text; /* as written, with quotes or parentheses */
};

static bool ends_run(uint8_t c)
{
    return c == '<' || c == ',' || c == ';' || c == ':' || c == '(';
}

/* The length of a quoted string or a comment at the beginning, up to its closing character. */
static size_t enclosed_length(struct bytes text, uint8_t close)
{
    size_t i = 1;
    while (i < text.n && text.p[i] != close)
        i += text.p[i] == '\\' ? 2 : 1;
    return i < text.n ? i + 1 : text.n;
}

static struct run next_run(struct bytes text)
{
    if (text.p[0] == '(')
        return (struct run){RUN_COMMENT, bytes_first(text, enclosed_length(text, ')'))};
    if (text.p[0] == '<')
        return (struct run){RUN_ADDRESS, bytes_first(text, bytes_index(text, '>') + 1)};

    /* A name, or an address without brackets. */
    size_t n = 0;
    bool at = false;
    while (n < text.n && !ends_run(text.p[n])) {
        at = at || text.p[n] == '@';
        n += text.p[n] == '"' ? enclosed_length(bytes_from(text, n), '"') : 1;
    }
    return (struct run){at ? RUN_ADDRESS : RUN_PHRASE, bytes_first(text, n)};
}

/* The text of a phrase or comment: quotes and escapes off. */
static void add_plain(struct buffer *out, struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\\' && i + 1 < text.n)
            i++;
        else if (text.p[i] == '"' || text.p[i] == '(' || text.p[i] == ')')
            continue;
        (void)buffer_add_byte(out, text.p[i]);
    }
}

static bool is_ascii(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= 128)
            return false;
    return true;
}

static void add_words(struct buffer *out, const struct run *run)
{
    struct buffer plain;
    buffer_init(&plain, run->text.n);
    add_plain(&plain, run->text);
    (void)buffer_add_text(out, run->kind == RUN_COMMENT ? "(" : " ");
    header_write_words(out, bytes_trim(buffer_bytes(&plain)));
    (void)buffer_add_text(out, run->kind == RUN_COMMENT ? ")" : " ");
    buffer_done(&plain);
}

static void add_run(struct buffer *out, const struct run *run, bool utf8)
{
    if (is_ascii(run->text) || (run->kind == RUN_ADDRESS && utf8)) {
        (void)buffer_add(out, run->text);
        return;
    }
    if (run->kind != RUN_ADDRESS) {
        add_words(out, run);
        return;
    }
    /* An address can't be encoded; without SMTPUTF8 it has no right to be here. */
    for (size_t i = 0; i < run->text.n; i++)
        (void)buffer_add_byte(out, run->text.p[i] < 128 ? run->text.p[i] : '?');
}

void header_write_addresses(struct buffer *out, struct bytes name, struct bytes value, bool utf8)
{
    if (is_ascii(value)) {
        header_write_copy(out, name, value, false);
        return;
    }
    struct buffer line, text, list;
    buffer_init(&line, value.n);
    buffer_init(&text, 4 * value.n);
    buffer_init(&list, 32 * value.n + 64);
    if (header_unfold(value, &line) != ST_OK)
        out->overflow = true;
    bool valid = bytes_utf8(buffer_bytes(&line));
    charset_add(&text, valid ? CHARSET_UTF8 : CHARSET_WINDOWS, buffer_bytes(&line));

    struct bytes rest = buffer_bytes(&text);
    while (rest.n > 0) {
        struct run run = next_run(rest);
        if (run.text.n == 0)
            run.text = bytes_first(rest, 1); /* a comma, a semicolon, a colon */
        add_run(&list, &run, utf8);
        rest = bytes_from(rest, run.text.n);
    }
    header_write_copy(out, name, buffer_bytes(&list), true);
    buffer_done(&line);
    buffer_done(&text);
    buffer_done(&list);
}
