/* SPDX-License-Identifier: Apache-2.0
 * envelope: filling the carrier's page: every text escaped, every line short, ASCII alone. */
#include "page_private.h"

#include "utf8.h"

#define PORTAL_MAX 255
#define LANGUAGE_MAX 35
#define TEXT_MAX 300 /* bytes shown of a text (C-3) */
/* A blank behind column 46 ends the line; behind column 58 a word is broken inside a tag. So
 * "</bdi></dd></div>" still fits into 76. */
#define BREAK_AT 46
#define COLUMN_MAX 58

/* Where the writer is in the line; lines matter, see C-2. */
struct page {
    const struct carrier_text *text;
    struct buffer *out;
    size_t column;
};

/* --- what may stand in an attribute ----------------------------------------------------------- */

static bool only_of(struct bytes text, const char *allowed)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\0' || strchr(allowed, text.p[i]) == NULL)
            return false;
    return true;
}

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* "https://host", "http://[::1]:8080": nothing that ends an attribute or a directive, no path. */
static bool portal_valid(struct bytes portal)
{
    struct bytes http = BYTES_LITERAL("http://"), https = BYTES_LITERAL("https://");
    struct bytes host = BYTES_NONE;
    if (bytes_starts(portal, http))
        host = bytes_from(portal, http.n);
    else if (bytes_starts(portal, https))
        host = bytes_from(portal, https.n);
    return portal.n <= PORTAL_MAX && host.n > 0 && only_of(host, ALPHANUMERIC "-._:[]");
}

enum status page_check(const struct carrier_text *text)
{
    struct bytes language = bytes_text(text->language);
    bool valid = language.n > 0 && language.n <= LANGUAGE_MAX &&
                 only_of(language, ALPHANUMERIC "-") && portal_valid(bytes_text(text->portal));
    return valid ? ST_OK : ST_BAD;
}

/* --- characters ------------------------------------------------------------------------------- */

/* A character as it stands in text and in attributes; at most ten bytes and a NUL. */
static void character_text(uint32_t c, char text_out[12])
{
    if (c >= 0x20 && c < 0x7f && strchr("&<>\"'`", (int)c) == NULL)
        snprintf(text_out, 12, "%c", (int)c);
    else
        snprintf(text_out, 12, "&#%u;", c);
}

/* --- text ------------------------------------------------------------------------------------- */

static void add_raw(struct page *page, struct bytes markup)
{
    buffer_add(page->out, markup);
    for (size_t i = 0; i < markup.n; i++)
        page->column = markup.p[i] == '\n' ? 0 : page->column + 1;
}

static void add_character(struct page *page, uint32_t c)
{
    char text[12];
    c = utf8_misleading(c) ? ' ' : c;
    character_text(c, text);
    if (c == ' ' && page->column > BREAK_AT)
        add_raw(page, BYTES_LITERAL("\n"));
    else if (page->column + strlen(text) > COLUMN_MAX)
        add_raw(page, BYTES_LITERAL("<wbr\n>"));
    if (c != ' ' || page->column > 0)
        add_raw(page, bytes_text(text));
}

/* A text from outside: cut, and set apart from the direction of what is around it. */
static void add_foreign(struct page *page, const char *text)
{
    struct bytes whole = bytes_text(text), rest = bytes_first(whole, TEXT_MAX);
    bool cut = rest.n < whole.n;
    add_raw(page, BYTES_LITERAL("<bdi>"));
    while (rest.n > 3 || (rest.n > 0 && !cut))
        add_character(page, utf8_next(&rest));
    if (cut)
        add_character(page, 0x2026);
    add_raw(page, BYTES_LITERAL("</bdi>"));
}

/* --- templates -------------------------------------------------------------------------------- */

struct field {
    const char *name;
    const char *value;
};

static const char *find(const struct field *fields, size_t n, struct bytes name)
{
    for (size_t i = 0; i < n; i++)
        if (bytes_equal(name, bytes_text(fields[i].name)))
            return fields[i].value;
    return NULL;
}

#define FIND(fields, name) find(fields, sizeof(fields) / sizeof(fields)[0], name)

static const char *foreign_text(const struct carrier_text *t, struct bytes name)
{
    const struct field fields[] = {
        {"organisation", t->organisation},
        {"portal", t->portal},
        {"host", t->host},
        {"sender", t->sender},
        {"recipient", t->recipient},
        {"expires", t->expires},
        {"help", t->help},
    };
    return FIND(fields, name);
}

static const char *sentence(const struct carrier_text *text, struct bytes name)
{
    const struct page_sentences *s = page_sentences_in(text->language);
    const struct field fields[] = {
        {"language", s->language},
        {"title", s->title},
        {"heading", s->heading},
        {"from", s->from},
        {"to", s->to},
        {"until", s->until},
        {"place", s->place},
        {"help_label", s->help},
        {"steps_heading", s->steps_heading},
        {"step_press", s->step_press},
        {"step_check", s->step_check},
        {"step_sign_in", s->step_sign_in},
        {"cut", s->cut},
        {"button", s->button},
        {"password", s->password},
        {"trouble_heading", s->trouble_heading},
        {"trouble", s->trouble},
    };
    return FIND(fields, name);
}

/* Split at the next {{name}}: what stands before it, and the name; false if there is none. */
static bool next_field(struct bytes *rest, struct bytes *before_out, struct bytes *name_out)
{
    size_t at = bytes_find(*rest, BYTES_LITERAL("{{"));
    *before_out = bytes_first(*rest, at);
    *rest = bytes_from(*rest, at + 2);
    size_t end = bytes_find(*rest, BYTES_LITERAL("}}"));
    *name_out = bytes_first(*rest, end);
    *rest = bytes_from(*rest, end + 2);
    return name_out->n > 0;
}

static void add_sentence(struct page *page, const char *text)
{
    struct bytes rest = bytes_text(text), before = BYTES_NONE, name = BYTES_NONE;
    bool more;
    do {
        more = next_field(&rest, &before, &name);
        while (before.n > 0)
            add_character(page, utf8_next(&before));
        if (more)
            add_foreign(page, foreign_text(page->text, name));
    } while (more);
}

static void add_field(struct page *page, struct bytes name)
{
    bool raw = name.p[0] == '=';
    const char *words = sentence(page->text, raw ? bytes_from(name, 1) : name);
    if (raw)
        add_raw(page,
                bytes_text(words != NULL ? words : foreign_text(page->text, bytes_from(name, 1))));
    else if (words != NULL)
        add_sentence(page, words);
    else
        add_foreign(page, foreign_text(page->text, name));
}

void page_add(const char *part, const struct carrier_text *text, struct buffer *html_out)
{
    struct page page = {.text = text, .out = html_out};
    struct bytes rest = bytes_text(part), before = BYTES_NONE, name = BYTES_NONE;
    bool more;
    do {
        more = next_field(&rest, &before, &name);
        add_raw(&page, before);
        if (more)
            add_field(&page, name);
    } while (more);
}

void page_add_signature(struct bytes signature, struct buffer *html_out)
{
    while (signature.n > 0) {
        char text[12];
        uint32_t c = utf8_next(&signature);
        if (c == '\n')
            buffer_add_byte(html_out, '\n');
        else {
            character_text(c, text);
            buffer_add_text(html_out, text);
        }
    }
}
