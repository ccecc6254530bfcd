/* SPDX-License-Identifier: Apache-2.0
 * http: fuzz target for forms. The first line is the Content-Type, the rest the body; it is read
 * whole and in pieces of 7 bytes, and both must end alike. */
#include "form.h"

static bool sink_begin(void *context, const struct form_part *part)
{
    (void)context;
    return part->filename != NULL;
}

static enum status sink_data(void *context, struct bytes bytes)
{
    size_t *total = context;

    *total += bytes.n;
    return ST_OK;
}

static enum status sink_end(void *context)
{
    (void)context;
    return ST_OK;
}

static enum status read_form(const char *type, struct bytes body, size_t step, size_t *total_out)
{
    static const struct form_limits limits = {.fields = 8, .field_size = 100, .total_size = 300};
    const struct form_sink sink = {sink_begin, sink_data, sink_end, total_out};
    struct form *form = NULL;
    enum status status = form_new(type, &limits, &sink, &form);

    for (size_t at = 0; status == ST_OK && at < body.n; at += step)
        status = form_add(form, bytes_first(bytes_from(body, at), step));
    if (status == ST_OK)
        status = form_end(form);
    if (status == ST_OK && form_text(form, "a") != NULL)
        *total_out += strlen(form_text(form, "a"));
    form_free(form);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes body = {data, size}, line = BYTES_NONE;
    char type[200];
    size_t whole = 0, pieces = 0;
    enum status status;

    if (!bytes_line(&body, &line) || !bytes_to_text(line, type, sizeof(type)) || body.n > 100000)
        return 0;
    status = read_form(type, body, body.n + 1, &whole);
    if (status != read_form(type, body, 7, &pieces) || (status == ST_OK && whole != pieces))
        abort();
    return 0;
}
