/* SPDX-License-Identifier: Apache-2.0
 * cli: a mail as a question. */
#include "mail_question.h"

#include <stdlib.h>

#include "inspect.h"
#include "memory.h"

static void add_recipients(struct mail_question *mail, const char *name)
{
    struct header_mailbox *found = memory_new(MAIL_RECIPIENTS_MAX, sizeof *found);
    for (size_t i = 0; i < mail->header->count; i++) {
        const struct header_field *field = &mail->header->fields[i];
        if (!bytes_equal_nocase(field->name, bytes_text(name)))
            continue;
        size_t room = MAIL_RECIPIENTS_MAX - mail->recipient_count;
        size_t n = header_mailboxes(field->value, found, room);
        for (size_t k = 0; k < n; k++)
            if (address_parse(bytes_text(found[k].address),
                              &mail->recipients[mail->recipient_count], NULL) == ST_OK)
                mail->recipient_count++;
    }
    free(found);
}

static bool find_sender(struct mail_question *mail, const char *name)
{
    struct header_mailbox mailbox;
    const struct header_field *field = header_find(mail->header, name);
    return field != NULL && header_mailbox(field->value, &mailbox) == ST_OK &&
           address_parse(bytes_text(mailbox.address), &mail->sender, NULL) == ST_OK;
}

enum status mail_question_read(struct bytes mail, uint64_t size, struct mail_question *mail_out)
{
    *mail_out = (struct mail_question){.size = size};
    buffer_init(&mail_out->subject, 4 * HEADER_MAX);
    enum status status = header_read(mail, true, &mail_out->header);
    if (status != ST_OK)
        return status;
    const struct header_field *subject = header_find(mail_out->header, "Subject");
    if (subject != NULL)
        status = header_decode(subject->value, &mail_out->subject);
    if (!find_sender(mail_out, "Return-Path") && !find_sender(mail_out, "From"))
        mail_out->sender.text[0] = '\0';
    add_recipients(mail_out, "To");
    add_recipients(mail_out, "Cc");
    add_recipients(mail_out, "Bcc");
    return status;
}

void mail_question_done(struct mail_question *mail)
{
    header_free(mail->header);
    buffer_done(&mail->subject);
}

/* --- its content, by the gateway's own inspector -----------------------------------------------
 */

static enum status next(void *context, struct bytes *piece_out)
{
    struct bytes *rest = context;
    *piece_out = *rest;
    *rest = BYTES_NONE;
    return piece_out->n > 0 ? ST_OK : ST_NONE;
}

static void look_inside(struct mail_question *mail, const struct policy *policy, struct bytes text)
{
    static const struct inspect_limits limits = {(size_t)512 << 20, 20};
    struct why why;
    const struct inspect_source source = {.next = next, .context = &text, .size = text.n};
    inspect(policy, &source, &limits, &mail->content, &why);
    mail->inspected = true;
}

struct policy_question mail_question_for(struct mail_question *mail, const struct policy *policy,
                                         struct bytes text, const struct address *recipient)
{
    struct policy_question question = {
        .subject = buffer_bytes(&mail->subject),
        .header = mail->header,
        .size = mail->size,
        .sender = mail->sender.text,
        .recipient = recipient->text,
    };
    if (!mail->inspected && policy_needs_content(policy, &question))
        look_inside(mail, policy, text);
    question.content = mail->inspected ? &mail->content : NULL;
    return question;
}
