/* SPDX-License-Identifier: Apache-2.0
 * cli: a mail on this side of the gateway, as the question that rules are asked. */
#ifndef SECUREMAIL_MAIL_QUESTION_H
#define SECUREMAIL_MAIL_QUESTION_H

#include "address.h"
#include "header_text.h"
#include "policy.h"

#define MAIL_RECIPIENTS_MAX 1000

struct mail_question {
    struct header *header; /* points into the mail */
    struct buffer subject;
    uint64_t size;
    struct address sender; /* "" if there is none */
    struct policy_content content;
    bool inspected; /* content says what was found */
    struct address recipients[MAIL_RECIPIENTS_MAX];
    size_t recipient_count;
};

/* From a mail's first bytes (its whole header must be among them) and its size: sender is
 * Return-Path or else From, recipients those of To, Cc and Bcc. The mail outlives it. ST_LIMIT: the
 * header is beyond what the gateway takes. mail_question_done is due whatever the answer was. */
enum status mail_question_read(struct bytes mail, uint64_t size,
                               struct mail_question *mail_out) MUST_CHECK;
void mail_question_done(struct mail_question *mail);

/* What the rules are asked for one of them. The mail is looked into, once, if they ask for its
 * content: `text` is all of it. */
struct policy_question mail_question_for(struct mail_question *mail, const struct policy *policy,
                                         struct bytes text, const struct address *recipient);

#endif
