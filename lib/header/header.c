/* SPDX-License-Identifier: Apache-2.0
 * header: finding the fields. */
#include "header.h"

#include "memory.h"

/* The length of a field name at the beginning of a line (RFC 5322 §3.6.8: printable ASCII but the
 * colon), 0 if the line is no field. Blanks before the colon are an old form (§4.5.8) that some
 * programs honour, so they must be seen here too. */
static size_t field_name(struct bytes line, size_t *value_at_out)
{
    size_t n = 0;
    while (n < line.n && line.p[n] > ' ' && line.p[n] < 0x7f && line.p[n] != ':')
        n++;
    size_t colon = n;
    while (colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t'))
        colon++;
    if (n == 0 || colon == line.n || line.p[colon] != ':')
        return 0;
    *value_at_out = colon + 1;
    return n;
}

static bool continues(struct bytes rest)
{
    return rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* Only CRLF or LF end a line; a CR alone is a byte like others, and is dealt with where fields are
 * written. */
static size_t line_end(struct bytes rest)
{
    size_t end = bytes_index(rest, '\n');
    return end < rest.n ? end + 1 : rest.n;
}

static struct bytes without_line_end(struct bytes text)
{
    if (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    if (text.n > 0 && text.p[text.n - 1] == '\r')
        text.n--;
    return text;
}

enum status header_read(struct bytes letter, struct header *header_out)
{
    struct header header = {0};
    struct bytes rest = letter;
    size_t space = 0;
    while (rest.n > 0) {
        size_t end = line_end(rest), value_at = 0;
        struct bytes line = without_line_end(bytes_first(rest, end));
        if (line.n == 0) {
            header.size += end;
            break;
        }
        size_t name_n = field_name(line, &value_at);
        if (name_n == 0)
            break;
        while (continues(bytes_from(rest, end)))
            end += line_end(bytes_from(rest, end));
        header.size += end;
        if (header.size > HEADER_MAX || header.count == HEADER_FIELDS_MAX) {
            header_done(&header);
            return ST_LIMIT;
        }
        if (header.count == space) {
            space = space == 0 ? 32 : space * 2;
            struct header_field *fields = memory_new(space, sizeof *fields);
            if (header.count > 0)
                memcpy(fields, header.fields, header.count * sizeof *fields);
            free(header.fields);
            header.fields = fields;
        }
        struct bytes whole = without_line_end(bytes_first(rest, end));
        header.fields[header.count++] =
            (struct header_field){bytes_first(line, name_n), bytes_from(whole, value_at)};
        rest = bytes_from(rest, end);
    }
    *header_out = header;
    return ST_OK;
}

void header_done(struct header *header)
{
    free(header->fields);
    *header = (struct header){0};
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
    size_t count = 0;
    for (size_t i = 0; i < header->count; i++)
        count += bytes_equal_nocase(header->fields[i].name, bytes_text(name));
    return count;
}
