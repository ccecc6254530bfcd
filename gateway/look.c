/* SPDX-License-Identifier: Apache-2.0
 * gateway: looking at a letter. */
#include "look.h"

/* Gather pieces until the header's end is among them. */
static enum status read_on(struct look *look, struct smtp_body *body)
{
    struct bytes piece;
    enum status status = ST_TEMP;
    smtp_body_rewind(body);
    while (status == ST_TEMP) {
        if (smtp_body_read(body, &piece) != ST_OK)
            break;
        if (buffer_add(&look->top, piece) != ST_OK)
            return ST_LIMIT;
        bool whole = look->top.n == smtp_body_size(body);
        status = header_read(buffer_bytes(&look->top), whole, &look->header);
    }
    smtp_body_rewind(body);
    return status;
}

static enum status read_header(struct look *look, struct smtp_body *body)
{
    struct bytes top = smtp_body_top(body);
    enum status status = header_read(top, top.n == smtp_body_size(body), &look->header);
    return status == ST_TEMP ? read_on(look, body) : status;
}

static enum status read_subject(struct look *look)
{
    const struct header_field *field = header_find(look->header, "Subject");
    return field == NULL ? ST_OK : header_decode(field->value, &look->subject);
}

static void read_writer(struct look *look, const char *sender)
{
    const struct header_field *field = header_find(look->header, "From");
    if (field != NULL && header_mailbox(field->value, &look->from) == ST_OK)
        return;
    look->from.name[0] = '\0';
    if (!bytes_to_text(bytes_text(sender), look->from.address, sizeof look->from.address))
        look->from.address[0] = '\0';
}

enum status look_at(struct look *look, struct smtp_body *body, const char *sender)
{
    *look = (struct look){.header = NULL};
    buffer_init(&look->top, HEADER_MAX + SMTP_BODY_PIECE);
    buffer_init(&look->subject, 4 * HEADER_MAX); /* decoding makes at most three bytes of one */
    enum status status = read_header(look, body);
    if (status == ST_OK)
        status = read_subject(look);
    if (status != ST_OK)
        return status;
    look->received = header_count(look->header, "Received");
    read_writer(look, sender);
    return ST_OK;
}

void look_done(struct look *look)
{
    header_free(look->header);
    buffer_done(&look->top);
    buffer_done(&look->subject);
}
