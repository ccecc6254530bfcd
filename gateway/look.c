/* SPDX-License-Identifier: Apache-2.0
 * gateway: looking at a letter. */
#include "look.h"

#include "header_write.h"

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
    look->text = smtp_body_top(body);
    enum status status =
        header_read(look->text, look->text.n == smtp_body_size(body), &look->header);
    if (status != ST_TEMP)
        return status;
    status = read_on(look, body);
    look->text = buffer_bytes(&look->top);
    return status;
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

/* A field from its name to its line end. */
static struct bytes whole_field(struct bytes text, const struct header_field *field)
{
    size_t at = (size_t)(field->name.p - text.p);
    size_t end = (size_t)(field->value.p + field->value.n - text.p);
    if (end < text.n && text.p[end] == '\r')
        end++;
    if (end < text.n && text.p[end] == '\n')
        end++;
    return bytes_first(bytes_from(text, at), end - at);
}

enum status look_untag(const struct look *look, struct bytes tag, struct look_edit *edit_out)
{
    struct buffer subject;
    const struct header_field *field = header_find(look->header, "Subject");
    *edit_out = (struct look_edit){.at = 0};
    buffer_init(&edit_out->text, 16 * HEADER_MAX);
    if (field == NULL)
        return ST_OK;
    struct bytes old = whole_field(look->text, field);
    edit_out->at = (uint64_t)(old.p - look->text.p);
    edit_out->n = old.n;
    buffer_init(&subject, look->subject.n + 1);
    enum status status = header_remove_tag(buffer_bytes(&look->subject), tag, &subject);
    header_write_text(&edit_out->text, BYTES_LITERAL("Subject"), buffer_bytes(&subject));
    if (status == ST_OK)
        status = buffer_check(&edit_out->text);
    buffer_done(&subject);
    return status;
}

void look_done(struct look *look)
{
    header_free(look->header);
    buffer_done(&look->top);
    buffer_done(&look->subject);
}
