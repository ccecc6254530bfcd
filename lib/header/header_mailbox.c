/* SPDX-License-Identifier: Apache-2.0
 * header: who stands first in a From field. */
#include "header_charset.h"
#include "header_text.h"

/* Where a walk over an address list is. */
struct walk {
    struct bytes rest;
    struct buffer phrase;  /* words outside of <…>, quotes taken off */
    struct buffer angle;   /* between < and > */
    struct buffer comment; /* of the last comment */
    bool in_angle, had_angle;
};

/* Take a quoted string (RFC 5322 §3.2.4) off the front, its content to `out`. */
static struct bytes take_quoted(struct bytes rest, struct buffer *out)
{
    rest = bytes_from(rest, 1);
    while (rest.n > 0 && rest.p[0] != '"') {
        if (rest.p[0] == '\\' && rest.n > 1)
            rest = bytes_from(rest, 1);
        (void)buffer_add_byte(out, rest.p[0]);
        rest = bytes_from(rest, 1);
    }
    return bytes_from(rest, 1);
}

/* Take a comment (§3.2.2), which may hold others. */
static struct bytes take_comment(struct bytes rest, struct buffer *out)
{
    buffer_clear(out);
    unsigned depth = 0;
    do {
        bool escaped = rest.p[0] == '\\' && rest.n > 1;
        rest = bytes_from(rest, escaped);
        if (!escaped && rest.p[0] == '(')
            depth++;
        else if (!escaped && rest.p[0] == ')')
            depth--;
        else
            (void)buffer_add_byte(out, rest.p[0]);
        rest = bytes_from(rest, 1);
    } while (rest.n > 0 && depth > 0);
    return rest;
}

/* One step; false at the end of the first mailbox. */
static bool step(struct walk *walk)
{
    struct buffer *words = walk->in_angle ? &walk->angle : &walk->phrase;
    uint8_t c = walk->rest.p[0];
    switch (c) {
    case '"':
        walk->rest = take_quoted(walk->rest, words);
        return true;
    case '(':
        walk->rest = take_comment(walk->rest, &walk->comment);
        return true;
    case '<':
        walk->in_angle = walk->had_angle = true;
        break;
    case '>':
        walk->in_angle = false;
        break;
    case ':': /* a group's name ends here */
        if (!walk->in_angle)
            buffer_clear(&walk->phrase);
        break;
    case ',':
    case ';':
        if (!walk->in_angle)
            return false;
        break;
    default:
        (void)buffer_add_byte(words, c);
    }
    walk->rest = bytes_from(walk->rest, 1);
    return true;
}

/* Into a C string of a fixed size, without blanks, as clean UTF-8; "" if it does not fit. */
static void put_address(struct bytes text, char *text_out, size_t size)
{
    struct buffer clean, packed;
    buffer_init(&clean, 4 * text.n);
    buffer_init(&packed, size - 1);
    if (bytes_utf8(text))
        charset_add(&clean, CHARSET_UTF8, text);
    for (size_t i = 0; i < clean.n; i++)
        if (clean.p[i] != ' ')
            (void)buffer_add_byte(&packed, clean.p[i]);
    if (buffer_check(&packed) != ST_OK || !bytes_to_text(buffer_bytes(&packed), text_out, size))
        text_out[0] = '\0';
    buffer_done(&clean);
    buffer_done(&packed);
}

/* Decoded, cut at a character's edge. */
static void put_name(struct bytes text, char *text_out, size_t size)
{
    struct buffer name;
    buffer_init(&name, 4 * text.n + 8);
    struct bytes decoded = BYTES_NONE;
    if (header_decode(text, &name) == ST_OK)
        decoded = bytes_first(bytes_trim(buffer_bytes(&name)), size - 1);
    while (!bytes_utf8(decoded))
        decoded.n--;
    if (!bytes_to_text(decoded, text_out, size))
        text_out[0] = '\0';
    buffer_done(&name);
}

/* The next mailbox of a line, which goes on behind it. False: there is none any more. */
static bool take_mailbox(struct bytes *line, struct header_mailbox *mailbox_out)
{
    struct walk walk = {.rest = *line};
    buffer_init(&walk.phrase, line->n);
    buffer_init(&walk.angle, line->n);
    buffer_init(&walk.comment, line->n);
    bool more = true;
    while (more && walk.rest.n > 0) {
        more = step(&walk);
        /* An empty place in the list, ", bob@example.org", is passed over. */
        if (!more && !walk.had_angle && bytes_trim(buffer_bytes(&walk.phrase)).n == 0) {
            walk.rest = bytes_from(walk.rest, 1);
            more = true;
        }
    }

    /* "Name <address>", or "address (Name)". */
    struct bytes phrase = buffer_bytes(&walk.phrase);
    struct bytes comment = buffer_bytes(&walk.comment);
    bool found = walk.had_angle || bytes_trim(phrase).n > 0;
    put_address(walk.had_angle ? buffer_bytes(&walk.angle) : phrase, mailbox_out->address,
                sizeof mailbox_out->address);
    put_name(walk.had_angle && bytes_trim(phrase).n > 0 ? phrase : comment, mailbox_out->name,
             sizeof mailbox_out->name);
    *line = walk.rest;
    buffer_done(&walk.phrase);
    buffer_done(&walk.angle);
    buffer_done(&walk.comment);
    return found;
}

enum status header_mailbox(struct bytes value, struct header_mailbox *mailbox_out)
{
    return header_mailboxes(value, mailbox_out, 1) == 1 ? ST_OK : ST_NONE;
}

size_t header_mailboxes(struct bytes value, struct header_mailbox *mailboxes_out, size_t max)
{
    struct buffer line;
    struct header_mailbox mailbox;
    size_t count = 0;
    buffer_init(&line, value.n);
    bool good = header_unfold(value, &line) == ST_OK;
    struct bytes rest = buffer_bytes(&line);
    while (good && count < max && take_mailbox(&rest, &mailbox)) {
        good = strchr(mailbox.address, '@') != NULL;
        if (good)
            mailboxes_out[count++] = mailbox;
    }
    buffer_done(&line);
    return count;
}
