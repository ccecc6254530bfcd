/* SPDX-License-Identifier: Apache-2.0
 * notice: filling templates in, as mail. */
#include "notice_private.h"
#include "utf8.h"

/* --- quoted-printable ------------------------------------------------------------------------- */

/* A line of encoded text that is being filled. */
struct line {
    struct buffer *out;
    size_t length;
    bool blank; /* a blank is due; how it is written depends on what comes behind it */
};

#define LINE_LENGTH 75 /* and a “=” for a soft break */

static void put_encoded(struct line *line, uint8_t c, bool plain)
{
    static const char digits[] = "0123456789ABCDEF";
    const uint8_t encoded[3] = {plain ? c : '=', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};
    size_t n = plain ? 1 : 3;
    if (line->length + n > LINE_LENGTH) {
        (void)buffer_add_text(line->out, "=\r\n");
        line->length = 0;
    }
    (void)buffer_add(line->out, (struct bytes){encoded, n});
    line->length += n;
}

static void put_blank(struct line *line, bool before_break)
{
    if (line->blank)
        put_encoded(line, ' ', !before_break);
    line->blank = false;
}

/* One byte of text. A blank at the end of a line, and a dot or “From ” at its beginning, are what
 * mail servers change; encoding them costs nothing. */
static void put(struct line *line, uint8_t c)
{
    put_blank(line, c == '\n');
    if (c == '\n') {
        (void)buffer_add_text(line->out, "\r\n");
        line->length = 0;
    } else if (c == ' ') {
        line->blank = true;
    } else {
        bool first = line->length == 0 || line->length == LINE_LENGTH;
        put_encoded(line, c, c > ' ' && c < 0x7f && c != '=' && !(first && (c == '.' || c == 'F')));
    }
}

/* --- filling in ------------------------------------------------------------------------------- */

struct values {
    const struct notice_settings *settings;
    const struct notice_letter *letter;
    bool html;
};

/* As characters of HTML, in text and in attributes. */
static const char *entity(uint8_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

static void put_bytes(struct line *line, struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        put(line, text.p[i]);
}

/* A value from outside: one line of characters that are what they look like. */
static void put_value(struct line *line, const char *value, bool html)
{
    struct bytes rest = bytes_text(value);
    while (rest.n > 0) {
        struct bytes character = rest;
        uint32_t c = utf8_next(&rest);
        const char *escaped = html ? entity(character.p[0]) : NULL;
        character = bytes_first(character, character.n - rest.n);
        if (utf8_misleading(c))
            put(line, ' ');
        else if (c == UTF8_REPLACEMENT)
            put(line, '?');
        else
            put_bytes(line, escaped != NULL ? bytes_text(escaped) : character);
    }
}

static void put_sender(struct line *line, const struct notice_letter *letter, bool html)
{
    if (letter->sender_name[0] == '\0') {
        put_value(line, letter->sender_address, html);
        return;
    }
    put_value(line, letter->sender_name, html);
    put_value(line, " <", html);
    put_value(line, letter->sender_address, html);
    put_value(line, ">", html);
}

static const char *value_of(enum place place, const struct values *values)
{
    switch (place) {
    case PLACE_SENDER_NAME:
        return values->letter->sender_name[0] != '\0' ? values->letter->sender_name
                                                      : values->letter->sender_address;
    case PLACE_SENDER_ADDRESS:
        return values->letter->sender_address;
    case PLACE_RECIPIENT:
        return values->letter->recipient;
    case PLACE_UNTIL:
        return values->letter->until;
    case PLACE_ORGANISATION:
        return values->settings->organisation;
    case PLACE_PORTAL:
        return values->settings->portal;
    case PLACE_HOST:
        return values->settings->host;
    case PLACE_HELP:
        return values->settings->help;
    default:
        return "";
    }
}

/* What stands in a place is never read as a template. */
static void fill(const struct buffer *template, const struct values *values, struct buffer *out)
{
    struct bytes rest = buffer_bytes(template);
    struct template_step step;
    struct line line = {.out = out};
    while (template_next(&rest, &step)) {
        put_bytes(&line, step.before);
        if (step.place == PLACE_SENDER)
            put_sender(&line, values->letter, values->html);
        else
            put_value(&line, value_of(step.place, values), values->html);
    }
    put_blank(&line, true);
}

void notice_text(const struct notice *notice, const struct notice_settings *settings,
                 const struct notice_letter *letter, struct buffer *out)
{
    fill(&notice->text, &(struct values){settings, letter, false}, out);
}

void notice_html(const struct notice *notice, const struct notice_settings *settings,
                 const struct notice_letter *letter, struct buffer *out)
{
    fill(&notice->html, &(struct values){settings, letter, true}, out);
}
