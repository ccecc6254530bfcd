/* SPDX-License-Identifier: Apache-2.0
 * header: from lines to fields. */
#include "header.h"

#include <stdlib.h>

#include "memory.h"

/* What a line of a header can be. */
enum line_kind { LINE_FIELD, LINE_MORE, LINE_EMPTY, LINE_FOREIGN };

/* The length of the field name at the beginning of a line (RFC 5322 §3.6.8: visible ASCII but the
 * colon), or 0. *colon_out is where its colon is; blanks before it are an old habit (§4.5). */
static size_t name_length(struct bytes line, size_t *colon_out)
{
    size_t n = 0;
    while (n < line.n && line.p[n] > ' ' && line.p[n] < 127 && line.p[n] != ':')
        n++;
    size_t colon = n;
    while (colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t'))
        colon++;
    if (colon == line.n || line.p[colon] != ':')
        return 0;
    *colon_out = colon;
    return n;
}

static enum line_kind line_kind(struct bytes line)
{
    size_t colon;
    if (line.n == 0)
        return LINE_EMPTY;
    if (line.p[0] == ' ' || line.p[0] == '\t')
        return LINE_MORE;
    return name_length(line, &colon) > 0 ? LINE_FIELD : LINE_FOREIGN;
}

static struct header_field make_field(struct bytes line)
{
    size_t colon = 0;
    size_t n = name_length(line, &colon);
    /* An empty value still points to its place: the next line may go on with it. */
    return (struct header_field){.name = bytes_first(line, n),
                                 .value = {line.p + colon + 1, line.n - colon - 1}};
}

/* Add one line. ST_NONE: the header ended before it (LINE_FOREIGN) or with it (LINE_EMPTY). */
static enum status add_line(struct header *header, struct header_field *fields, struct bytes line)
{
    switch (line_kind(line)) {
    case LINE_FIELD:
        if (header->count == HEADER_FIELDS_MAX)
            return ST_LIMIT;
        fields[header->count++] = make_field(line);
        return ST_OK;
    case LINE_MORE:
        if (header->count == 0)
            return ST_NONE;
        /* The value goes on to the end of this line; the line end between them stays in it. */
        struct header_field *last = &fields[header->count - 1];
        last->value.n = (size_t)(line.p + line.n - last->value.p);
        return ST_OK;
    default:
        return ST_NONE;
    }
}

static enum status read_lines(struct bytes text, bool whole, struct header *header,
                              struct header_field *fields)
{
    struct bytes rest = text, line;
    while (rest.n > 0) {
        /* A line without its end may go on behind this text. */
        if (!whole && bytes_index(rest, '\n') == rest.n)
            break;
        struct bytes before = rest;
        if (!bytes_line(&rest, &line))
            break;
        enum status status = add_line(header, fields, line);
        if (status == ST_NONE) {
            header->n = text.n - (line.n == 0 ? rest.n : before.n);
            return header->n > HEADER_MAX ? ST_LIMIT : ST_OK;
        }
        if (status != ST_OK)
            return status;
    }
    if (text.n - rest.n > HEADER_MAX || (!whole && text.n >= HEADER_MAX))
        return ST_LIMIT;
    header->n = text.n;
    return whole ? ST_OK : ST_TEMP;
}

enum status header_read(struct bytes text, bool whole, struct header **header_out)
{
    struct header *header = memory_new(1, sizeof *header);
    struct header_field *fields = memory_new(HEADER_FIELDS_MAX, sizeof *fields);
    header->fields = fields;
    enum status status = read_lines(text, whole, header, fields);
    if (status == ST_OK)
        *header_out = header;
    else
        header_free(header);
    return status;
}

void header_free(struct header *header)
{
    if (header == NULL)
        return;
    free((void *)(uintptr_t)header->fields);
    free(header);
}

const struct header_field *header_find(const struct header *header, const char *name)
{
    for (size_t i = 0; i < header->count; i++)
        if (bytes_equal_nocase(header->fields[i].name, bytes_text(name)))
            return &header->fields[i];
    return NULL;
}

size_t header_count(const struct header *header, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < header->count; i++)
        n += bytes_equal_nocase(header->fields[i].name, bytes_text(name));
    return n;
}
