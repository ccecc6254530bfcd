/* SPDX-License-Identifier: Apache-2.0
 * inspect: a mail's parts and texts, and those of the mails in it. */
#include "inspect_private.h"

#include "inspect.h"
#include "view.h"

#define TEXT_MAX ((size_t)32 << 20) /* bytes of one text as UTF-8 */

struct inspection {
    const struct policy *policy;
    struct policy_content *content;
    unsigned depth;
};

static enum status look_at(struct inspection *inspection, struct bytes mail);

static enum status look_text(const struct inspection *inspection, struct bytes text)
{
    return policy_look_text(inspection->policy, text, inspection->content);
}

static enum status look_html(const struct inspection *inspection, struct bytes html)
{
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    enum status status = inspect_strip(html, &text);
    if (status == ST_OK)
        status = look_text(inspection, buffer_bytes(&text));
    buffer_done(&text);
    return status;
}

static enum status add(struct bytes piece, void *context)
{
    struct buffer *buffer = context;
    return buffer_add(buffer, piece);
}

/* A mail in the mail. */
static enum status look_message(struct inspection *inspection, struct bytes mail, unsigned number)
{
    struct buffer inner;
    const struct view_sink sink = {add, &inner};
    if (inspection->depth == INSPECT_DEPTH_MAX)
        return ST_LIMIT;
    buffer_init(&inner, mail.n + 1);
    inspection->depth++;
    enum status status = view_read_part(mail, number, &sink);
    if (status == ST_OK)
        status = look_at(inspection, buffer_bytes(&inner));
    inspection->depth--;
    buffer_done(&inner);
    return status;
}

static enum status look_part(struct inspection *inspection, struct bytes mail,
                             const struct view_part *part)
{
    struct buffer text;
    enum status status = ST_OK;
    bool attached = !part->in_body || part->name[0] != '\0';
    if (attached)
        policy_look_part(inspection->policy, part->name, part->type, inspection->content);
    if (part->kind == VIEW_MESSAGE)
        return look_message(inspection, mail, part->number);
    if (part->kind != VIEW_TEXT && part->kind != VIEW_HTML)
        return ST_OK;
    buffer_init(&text, TEXT_MAX);
    status = part->kind == VIEW_TEXT ? view_read_text(mail, part->number, &text)
                                     : view_read_html(mail, part->number, "x", &text);
    if (status == ST_OK)
        status = part->kind == VIEW_TEXT ? look_text(inspection, buffer_bytes(&text))
                                         : look_html(inspection, buffer_bytes(&text));
    buffer_done(&text);
    return status;
}

static enum status look_at(struct inspection *inspection, struct bytes mail)
{
    struct view *view = NULL;
    enum status status = view_make(mail, &view);
    if (status != ST_OK)
        return status;
    if (view->more_parts)
        status = ST_LIMIT;
    if (status == ST_OK)
        status = look_text(inspection, bytes_text(view->subject));
    for (size_t i = 0; i < view->parts_n && status == ST_OK; i++)
        status = look_part(inspection, mail, &view->parts[i]);
    view_free(view);
    return status;
}

enum status inspect_mail(const struct policy *policy, struct bytes mail,
                         struct policy_content *content)
{
    struct inspection inspection = {.policy = policy, .content = content};
    return look_at(&inspection, mail);
}
