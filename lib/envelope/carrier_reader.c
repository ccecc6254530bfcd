/* SPDX-License-Identifier: Apache-2.0
 * envelope: finding message and signature in a saved carrier (docs/spec/envelope.md §5).
 *
 * It is tolerant in HTML: it looks at the `value` of every input, wherever and however quoted, and
 * knows the two by how they begin. It can afford to be: the armor is strict, and the signature says
 * whether what was found is right.
 *
 *     text ──'<'──▶ tag name ──▶ between ──▶ attribute name ──'='──▶ before value ──▶ value
 *      ▲                           │  ▲                                              │
 *      └────────────'>'────────────┘  └────────────── its quote ─────────────────────┘
 */
#include "carrier.h"

#include "armor_private.h"
#include "memory.h"
#include "reference_private.h"

#define NAME_MAX_SIZE 16      /* longer names of tags and attributes are none of ours */
#define REFERENCE_MAX_SIZE 12 /* "&NewLine;" and "&#x0000002b;" fit */
#define MARK_SIZE 11          /* how much of a value is looked at to know what it is */

static const char message_mark[] = "-----BEGIN ";
static const char signature_mark[] = "untrusted c";

enum place {
    TEXT,
    TAG_BEGIN,
    TAG_NAME,
    DECLARATION, /* "<!…>" and "<?…>" */
    BETWEEN,     /* in a tag, before an attribute's name or behind it */
    ATTRIBUTE,
    BEFORE_VALUE,
    VALUE,
    REFERENCE, /* in a value, behind an ampersand */
};

/* What the value is that is being read. */
enum content { UNKNOWN, MESSAGE, SIGNATURE, NEITHER };

/* A short name in lower case; what does not fit makes it a name of nothing. */
struct name {
    char text[NAME_MAX_SIZE + 1];
    size_t n;
};

struct carrier_reader {
    enum place place;
    struct name tag, attribute;
    uint8_t quote;            /* that ends the value: " or ', or 0 for an unquoted one */
    const uint8_t *value_end; /* during a call: the next quote, or the piece's end; NULL: look */
    enum content content;
    char mark[MARK_SIZE];
    size_t mark_n;
    char reference[REFERENCE_MAX_SIZE];
    size_t reference_n;

    struct armor_reader *armor;
    struct buffer *file_out; /* during a call */
    bool message_begun, message_ended, signature_begun, signature_ended, form_ended;
    struct buffer signature;
    enum status status; /* ST_OK until something is wrong */
    const char *why;    /* what is wrong, if it is not the armor */
};

struct carrier_reader *carrier_reader_new(void)
{
    struct carrier_reader *reader = memory_new(1, sizeof *reader);
    reader->armor = armor_reader_new();
    buffer_init(&reader->signature, SIGN_TEXT_MAX);
    return reader;
}

void carrier_reader_free(struct carrier_reader *reader)
{
    if (reader == NULL)
        return;
    armor_reader_free(reader->armor);
    buffer_done(&reader->signature);
    free(reader);
}

/* --- names ------------------------------------------------------------------------------------ */

static void name_add(struct name *name, uint8_t c)
{
    if (name->n < NAME_MAX_SIZE)
        name->text[name->n] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : (char)c;
    if (name->n <= NAME_MAX_SIZE)
        name->n++;
}

static bool name_is(const struct name *name, const char *text)
{
    return name->n == strlen(text) && memcmp(name->text, text, name->n) == 0;
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* --- what values hold ------------------------------------------------------------------------- */

static void broken(struct carrier_reader *reader, const char *why)
{
    reader->status = ST_BAD;
    reader->why = why;
}

static void give(struct carrier_reader *reader, struct bytes text)
{
    if (reader->content == MESSAGE)
        reader->status = armor_reader_add(reader->armor, text, reader->file_out);
    else if (reader->content == SIGNATURE && buffer_add(&reader->signature, text) != ST_OK)
        broken(reader, "E-29: the signature is too long");
}

/* Enough was seen to know what this value is. The second of a kind is one too many (E-27). */
static void recognise(struct carrier_reader *reader)
{
    bool *begun = NULL;
    reader->content = NEITHER;
    if (memcmp(reader->mark, message_mark, MARK_SIZE) == 0) {
        reader->content = MESSAGE;
        begun = &reader->message_begun;
    } else if (memcmp(reader->mark, signature_mark, MARK_SIZE) == 0) {
        reader->content = SIGNATURE;
        begun = &reader->signature_begun;
    }
    if (begun == NULL)
        return;
    if (*begun)
        broken(reader, reader->content == MESSAGE ? "E-27: two messages in one page"
                                                  : "E-27: two signatures in one page");
    *begun = true;
    if (reader->status == ST_OK)
        give(reader, (struct bytes){(const uint8_t *)reader->mark, MARK_SIZE});
}

/* Characters of a value, references resolved. The first ones are kept: they tell what it is. */
static void take_value(struct carrier_reader *reader, struct bytes text)
{
    while (reader->content == UNKNOWN && text.n > 0) {
        uint8_t c = text.p[0];
        text = bytes_from(text, 1);
        if (reader->mark_n == 0 && blank(c))
            continue;
        reader->mark[reader->mark_n++] = (char)c;
        if (reader->mark_n == MARK_SIZE)
            recognise(reader);
    }
    if (reader->status == ST_OK && text.n > 0)
        give(reader, text);
}

static void begin_value(struct carrier_reader *reader, uint8_t quote)
{
    bool ours = name_is(&reader->tag, "input") && name_is(&reader->attribute, "value");
    reader->quote = quote;
    reader->value_end = NULL;
    reader->content = ours ? UNKNOWN : NEITHER;
    reader->mark_n = 0;
    reader->place = VALUE;
}

static void end_value(struct carrier_reader *reader)
{
    if (reader->content == MESSAGE)
        reader->message_ended = true;
    if (reader->content == SIGNATURE)
        reader->signature_ended = true;
    reader->attribute.n = 0;
    reader->place = BETWEEN;
}

/* --- character references --------------------------------------------------------------------- */

static bool in_reference(uint8_t c)
{
    return c == '#' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Behind an ampersand. What is no reference that we know stays as it is. Gives what is left. */
static struct bytes take_reference(struct carrier_reader *reader, struct bytes html)
{
    uint8_t c = html.p[0];
    if (in_reference(c) && reader->reference_n < REFERENCE_MAX_SIZE) {
        reader->reference[reader->reference_n++] = (char)c;
        return bytes_from(html, 1);
    }
    struct bytes text = {(const uint8_t *)reader->reference, reader->reference_n};
    char character = reference_character(text);
    reader->place = VALUE;
    if (character != 0) {
        take_value(reader, (struct bytes){(const uint8_t *)&character, 1});
        return c == ';' ? bytes_from(html, 1) : html;
    }
    take_value(reader, BYTES_LITERAL("&"));
    take_value(reader, text);
    return html;
}

/* --- the page --------------------------------------------------------------------------------- */

/* What of the text is before the value's quote. It is looked for once a piece, not once a
 * reference: a value of ampersands must not take the square of its length. */
static struct bytes before_quote(struct carrier_reader *reader, struct bytes html)
{
    if (reader->value_end == NULL)
        reader->value_end = html.p + bytes_index(html, reader->quote);
    return bytes_first(html, (size_t)(reader->value_end - html.p));
}

/* A run of a value up to its end or a reference, in one piece. Gives what is left. */
static struct bytes take_run(struct carrier_reader *reader, struct bytes html)
{
    size_t n = 0;
    if (reader->quote != 0) {
        n = bytes_index(before_quote(reader, html), '&');
    } else {
        while (n < html.n && !blank(html.p[n]) && html.p[n] != '>' && html.p[n] != '&')
            n++;
    }
    take_value(reader, bytes_first(html, n));
    html = bytes_from(html, n);
    if (html.n == 0)
        return html;
    if (html.p[0] == '&') {
        reader->reference_n = 0;
        reader->place = REFERENCE;
        return bytes_from(html, 1);
    }
    end_value(reader);
    return reader->quote != 0 ? bytes_from(html, 1) : html; /* '>' ends the tag too */
}

static void end_tag(struct carrier_reader *reader)
{
    if (name_is(&reader->tag, "/form") && reader->message_ended)
        reader->form_ended = true;
    reader->place = TEXT;
}

/* Behind "<": a tag, a declaration, or just this character. */
static void begin_tag(struct carrier_reader *reader, uint8_t c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    reader->tag.n = 0;
    reader->attribute.n = 0;
    if (letter || c == '/') {
        name_add(&reader->tag, c);
        reader->place = TAG_NAME;
    } else if (c != '<') {
        reader->place = c == '!' || c == '?' ? DECLARATION : TEXT;
    }
}

/* A character of an attribute's name, or around it. */
static void take_attribute(struct carrier_reader *reader, uint8_t c)
{
    if (c == '=' && reader->attribute.n > 0) {
        reader->place = BEFORE_VALUE;
    } else if (blank(c) || c == '/') {
        reader->place = BETWEEN;
    } else {
        if (reader->place == BETWEEN)
            reader->attribute.n = 0;
        name_add(&reader->attribute, c);
        reader->place = ATTRIBUTE;
    }
}

/* One character of a tag, outside values. */
static void take_markup(struct carrier_reader *reader, uint8_t c)
{
    if (reader->place == TAG_BEGIN)
        begin_tag(reader, c);
    else if (c == '>')
        end_tag(reader);
    else if (reader->place == TAG_NAME && blank(c))
        reader->place = BETWEEN;
    else if (reader->place == TAG_NAME)
        name_add(&reader->tag, c);
    else if (reader->place != DECLARATION)
        take_attribute(reader, c);
}

/* Behind "=": blanks, then a quote or the value's first character. Gives what is left. */
static struct bytes take_before_value(struct carrier_reader *reader, struct bytes html)
{
    uint8_t c = html.p[0];
    if (blank(c))
        return bytes_from(html, 1);
    if (c == '"' || c == '\'') {
        begin_value(reader, c);
        return bytes_from(html, 1);
    }
    begin_value(reader, 0);
    return html;
}

static struct bytes take_text(struct carrier_reader *reader, struct bytes html)
{
    size_t n = bytes_index(html, '<');
    if (n < html.n)
        reader->place = TAG_BEGIN;
    return bytes_from(html, n + 1);
}

static struct bytes take(struct carrier_reader *reader, struct bytes html)
{
    switch (reader->place) {
    case TEXT:
        return take_text(reader, html);
    case VALUE:
        return take_run(reader, html);
    case BEFORE_VALUE:
        return take_before_value(reader, html);
    case REFERENCE:
        return take_reference(reader, html);
    case TAG_BEGIN:
    case TAG_NAME:
    case DECLARATION:
    case BETWEEN:
    case ATTRIBUTE:
        take_markup(reader, html.p[0]);
        break;
    }
    return bytes_from(html, 1);
}

enum status carrier_reader_add(struct carrier_reader *reader, struct bytes html,
                               struct buffer *file_out)
{
    reader->file_out = file_out;
    reader->value_end = NULL;
    while (html.n > 0 && reader->status == ST_OK)
        html = take(reader, html);
    return reader->status;
}

enum status carrier_reader_end(struct carrier_reader *reader, uint8_t hash_out[SIGN_HASH_SIZE],
                               struct buffer *signature_out)
{
    if (reader->status != ST_OK)
        return reader->status;
    if (!reader->message_begun)
        return ST_NONE;
    bool signature_cut = reader->signature_begun ? !reader->signature_ended : !reader->form_ended;
    if (!reader->message_ended || signature_cut)
        return ST_TEMP;
    enum status status = armor_reader_end(reader->armor, hash_out);
    return status == ST_OK ? buffer_add(signature_out, bytes_trim(buffer_bytes(&reader->signature)))
                           : status;
}

const char *carrier_reader_why(const struct carrier_reader *reader)
{
    return reader->why != NULL ? reader->why : armor_reader_why(reader->armor);
}
