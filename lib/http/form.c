/* SPDX-License-Identifier: Apache-2.0
 * http: the fields of a form, whichever way they are encoded. */
#include "form.h"

#include "form_private.h"
#include "media_type.h"
#include "memory.h"

#define BOUNDARY_MAX 70 /* RFC 2046 §5.1.1 */

struct field {
    char name[FORM_NAME_MAX + 1];
    struct buffer value;
};

struct form {
    struct form_limits limits;
    struct form_sink sink; /* begin is NULL if there is none */
    enum status status;    /* the first failure */

    struct multipart *multipart; /* one of these two */
    struct urlencoded *urlencoded;

    struct field *fields; /* limits.fields of them */
    size_t fields_n;
    size_t begun; /* fields that began, collected or not */
    size_t total; /* bytes collected */

    /* The field in hand. */
    char name[FORM_NAME_MAX + 1];
    char filename[FORM_FILENAME_MAX + 1];
    char type[FORM_TYPE_MAX + 1];
    bool streamed;
};

/* --- making one ------------------------------------------------------------------------------ */

/* RFC 2046 §5.1.1: 1 to 70 characters of a certain set, the last one no blank. We take the visible
 * ones of ASCII. */
static bool boundary_good(struct bytes boundary)
{
    if (boundary.n == 0 || boundary.n > BOUNDARY_MAX)
        return false;
    for (size_t i = 0; i < boundary.n; i++)
        if (boundary.p[i] <= 0x20 || boundary.p[i] >= 0x7f)
            return false;
    return true;
}

enum status form_new(const char *content_type, const struct form_limits *limits,
                     const struct form_sink *sink, struct form **form_out)
{
    struct bytes type = bytes_text(content_type);
    struct multipart *multipart = NULL;
    struct urlencoded *urlencoded = NULL;
    char boundary[BOUNDARY_MAX + 1];
    struct form *form;

    if (media_type_is(type, "multipart/form-data")) {
        if (media_type_parameter(type, "boundary", boundary, sizeof(boundary)) != ST_OK ||
            !boundary_good(bytes_text(boundary)))
            return ST_BAD;
        multipart = multipart_new(bytes_text(boundary));
    } else if (media_type_is(type, "application/x-www-form-urlencoded")) {
        urlencoded = urlencoded_new();
    } else {
        return ST_BAD;
    }

    form = memory_new(1, sizeof(*form));
    form->limits = *limits;
    form->multipart = multipart;
    form->urlencoded = urlencoded;
    form->fields = memory_new(limits->fields, sizeof(*form->fields));
    if (sink != NULL)
        form->sink = *sink;
    *form_out = form;
    return ST_OK;
}

void form_free(struct form *form)
{
    if (form == NULL)
        return;
    for (size_t i = 0; i < form->fields_n; i++)
        buffer_done(&form->fields[i].value);
    free(form->fields);
    multipart_free(form->multipart);
    urlencoded_free(form->urlencoded);
    free(form);
}

/* --- bytes in -------------------------------------------------------------------------------- */

enum status form_add(struct form *form, struct bytes bytes)
{
    if (form->status != ST_OK)
        return form->status;
    if (form->multipart != NULL)
        form->status = multipart_read(form->multipart, form, bytes);
    else
        form->status = urlencoded_read(form->urlencoded, form, bytes);
    return form->status;
}

enum status form_end(struct form *form)
{
    if (form->status != ST_OK)
        return form->status;
    if (form->multipart != NULL)
        form->status = multipart_end(form->multipart);
    else
        form->status = urlencoded_end(form->urlencoded, form);
    return form->status;
}

/* --- fields, as the parsers find them -------------------------------------------------------- */

static struct field *field_find(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->fields_n; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return &form->fields[i];
    return NULL;
}

/* Names are shown, compared and stored: no control characters, and UTF-8. */
static bool clean_text(struct bytes bytes, char *text_out, size_t size)
{
    for (size_t i = 0; i < bytes.n; i++)
        if (bytes.p[i] < 0x20 || bytes.p[i] == 0x7f)
            return false;
    return bytes_utf8(bytes) && bytes_to_text(bytes, text_out, size);
}

/* Some browsers send a whole path; only its last component is a name. */
static struct bytes last_component(struct bytes path)
{
    size_t begin = path.n;

    while (begin > 0 && path.p[begin - 1] != '/' && path.p[begin - 1] != '\\')
        begin--;
    return bytes_from(path, begin);
}

enum status form_begin(struct form *form, struct bytes name, struct bytes filename,
                       struct bytes type)
{
    bool file = filename.p != NULL;
    struct form_part part;
    struct field *field;

    if (++form->begun > form->limits.fields)
        return ST_LIMIT;
    if (name.n == 0 || !clean_text(name, form->name, sizeof(form->name)) ||
        !clean_text(last_component(filename), form->filename, sizeof(form->filename)) ||
        !clean_text(type, form->type, sizeof(form->type)))
        return ST_BAD;

    part = (struct form_part){form->name, file ? form->filename : NULL, form->type};
    form->streamed = form->sink.begin != NULL && form->sink.begin(form->sink.context, &part);
    if (form->streamed)
        return ST_OK;

    /* Two values under one name: which one would count? */
    if (field_find(form, form->name) != NULL)
        return ST_BAD;
    field = &form->fields[form->fields_n++];
    (void)bytes_to_text(name, field->name, sizeof(field->name));
    buffer_init(&field->value, form->limits.field_size);
    return ST_OK;
}

enum status form_data(struct form *form, struct bytes bytes)
{
    if (form->streamed)
        return form->sink.data(form->sink.context, bytes);
    if (bytes.n > form->limits.total_size - form->total)
        return ST_LIMIT;
    form->total += bytes.n;
    return buffer_add(&form->fields[form->fields_n - 1].value, bytes);
}

enum status form_finish(struct form *form)
{
    struct bytes value;

    if (form->streamed)
        return form->sink.end(form->sink.context);
    value = buffer_bytes(&form->fields[form->fields_n - 1].value);
    return bytes_utf8(value) && bytes_index(value, '\0') == value.n ? ST_OK : ST_BAD;
}

/* --- fields, as a page asks for them --------------------------------------------------------- */

const char *form_text(const struct form *form, const char *name)
{
    struct field *field = field_find(form, name);

    return field == NULL ? NULL : buffer_text(&field->value);
}

struct secret *form_take_secret(struct form *form, const char *name)
{
    struct field *field = field_find(form, name);
    struct secret *secret;

    if (field == NULL || field->value.n == 0)
        return NULL;
    secret = secret_copy(buffer_bytes(&field->value));
    buffer_clear(&field->value);
    return secret;
}
