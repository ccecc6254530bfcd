/* SPDX-License-Identifier: Apache-2.0
 * mail: a description in bytes, from the viewer's cell to the portal.
 *
 *     "SMV1"
 *     from, to, cc, date, subject             texts
 *     text, html (4 each), flags (1), parts (4)
 *     for each part: flags (1), size (8), type, name, content-id
 *
 * A text is its length (2) and its bytes; numbers are big-endian. Flags: of the view, 1 truncated
 * and 2 more parts; of a part, 1 attachment and 2 in the body. A part's number is its place; its
 * kind and safe name follow from the rest and are made by the side that reads. */
#include "view.h"

#include "mail_text_private.h"
#include "memory.h"
#include "secret.h"

static const struct bytes magic = BYTES_LITERAL("SMV1");

enum { FLAG_TRUNCATED = 1, FLAG_MORE_PARTS = 2 };
enum { FLAG_ATTACHMENT = 1, FLAG_IN_BODY = 2 };

/* --- writing --- */

static void write_number(struct buffer *out, uint64_t value, size_t n)
{
    for (size_t i = n; i > 0; i--)
        (void)buffer_add_byte(out, (uint8_t)(value >> (8 * (i - 1))));
}

static void write_text(struct buffer *out, const char *text)
{
    write_number(out, strlen(text), 2);
    (void)buffer_add_text(out, text);
}

static void write_part(struct buffer *out, const struct view_part *part)
{
    write_number(out, (part->attachment ? FLAG_ATTACHMENT : 0) | (part->in_body ? FLAG_IN_BODY : 0),
                 1);
    write_number(out, part->size, 8);
    write_text(out, part->type);
    write_text(out, part->name);
    write_text(out, part->content_id);
}

enum status view_write(const struct view *view, struct buffer *out)
{
    (void)buffer_add(out, magic);
    write_text(out, view->from);
    write_text(out, view->to);
    write_text(out, view->cc);
    write_text(out, view->date);
    write_text(out, view->subject);
    write_number(out, view->text, 4);
    write_number(out, view->html, 4);
    write_number(
        out, (view->truncated ? FLAG_TRUNCATED : 0) | (view->more_parts ? FLAG_MORE_PARTS : 0), 1);
    write_number(out, view->parts_n, 4);
    for (size_t i = 0; i < view->parts_n; i++)
        write_part(out, &view->parts[i]);
    return buffer_check(out);
}

/* --- reading: each step fails for good, so it is asked once, at the end --- */

struct reader {
    struct bytes rest;
    bool bad;
};

static uint64_t read_number(struct reader *reader, size_t n, uint64_t max)
{
    uint64_t value = 0;
    reader->bad |= reader->rest.n < n;
    if (reader->bad)
        return 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | reader->rest.p[i];
    reader->rest = bytes_from(reader->rest, n);
    reader->bad |= value > max;
    return reader->bad ? 0 : value;
}

static char *read_text(struct reader *reader, size_t max)
{
    size_t n = (size_t)read_number(reader, 2, max);
    struct bytes text = bytes_first(reader->rest, n);
    reader->bad |= text.n < n || !mail_text_is_clean(text);
    char *copy = memory_new(text.n + 1, 1);
    reader->bad |= !bytes_to_text(text, copy, text.n + 1);
    reader->rest = bytes_from(reader->rest, n);
    return copy;
}

static void read_part(struct reader *reader, struct view_part *part, unsigned number)
{
    unsigned flags = (unsigned)read_number(reader, 1, FLAG_ATTACHMENT | FLAG_IN_BODY);
    part->number = number;
    part->attachment = (flags & FLAG_ATTACHMENT) != 0;
    part->in_body = (flags & FLAG_IN_BODY) != 0;
    part->size = read_number(reader, 8, UINT64_MAX);
    part->type = read_text(reader, VIEW_TYPE_MAX);
    part->name = read_text(reader, VIEW_NAME_MAX);
    part->content_id = read_text(reader, VIEW_NAME_MAX);
    reader->bad |= !view_type_valid(bytes_text(part->type));
    part->kind = view_kind_of(part->type);
    part->safe_name = view_safe_name(part->name, part->type, number);
}

/* The body, where there is one, is a part of the right kind. */
static bool body_fits(const struct view *view)
{
    if (view->text > view->parts_n || view->html > view->parts_n)
        return false;
    return (view->text == 0 || view->parts[view->text - 1].kind == VIEW_TEXT) &&
           (view->html == 0 || view->parts[view->html - 1].kind == VIEW_HTML);
}

enum status view_parse(struct bytes wire, struct view **view_out)
{
    struct reader reader = {bytes_from(wire, magic.n), !bytes_starts(wire, magic)};
    struct view *view = memory_new(1, sizeof *view);
    view->from = read_text(&reader, VIEW_TEXT_MAX);
    view->to = read_text(&reader, VIEW_TEXT_MAX);
    view->cc = read_text(&reader, VIEW_TEXT_MAX);
    view->date = read_text(&reader, VIEW_TEXT_MAX);
    view->subject = read_text(&reader, VIEW_TEXT_MAX);
    view->text = (unsigned)read_number(&reader, 4, VIEW_PARTS_MAX);
    view->html = (unsigned)read_number(&reader, 4, VIEW_PARTS_MAX);
    unsigned flags = (unsigned)read_number(&reader, 1, FLAG_TRUNCATED | FLAG_MORE_PARTS);
    view->truncated = (flags & FLAG_TRUNCATED) != 0;
    view->more_parts = (flags & FLAG_MORE_PARTS) != 0;

    size_t parts_n = (size_t)read_number(&reader, 4, VIEW_PARTS_MAX);
    view->parts = memory_new(parts_n + 1, sizeof *view->parts);
    for (; view->parts_n < parts_n && !reader.bad; view->parts_n++)
        read_part(&reader, &view->parts[view->parts_n], (unsigned)view->parts_n + 1);

    if (reader.bad || reader.rest.n > 0 || !body_fits(view)) {
        view_free(view);
        return ST_BAD;
    }
    *view_out = view;
    return ST_OK;
}

static void free_text(char *text)
{
    if (text != NULL)
        secret_wipe(text, strlen(text));
    free(text);
}

void view_free(struct view *view)
{
    if (view == NULL)
        return;
    for (size_t i = 0; i < view->parts_n; i++) {
        struct view_part *part = &view->parts[i];
        free_text(part->type);
        free_text(part->name);
        free_text(part->safe_name);
        free_text(part->content_id);
    }
    free(view->parts);
    free_text(view->from);
    free_text(view->to);
    free_text(view->cc);
    free_text(view->date);
    free_text(view->subject);
    free(view);
}
