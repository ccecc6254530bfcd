/* SPDX-License-Identifier: Apache-2.0
 * gateway: the mail around a sealed letter. Nothing of the letter is in it but the header fields
 * that readers sort, thread and answer by; the notice stands where the text was.
 *
 *     Received, From, To, Cc, Subject, Date, Message-ID, …
 *     Content-Type: multipart/mixed
 *         multipart/alternative        text first: some phones lose a text behind an attachment
 *             text/plain               the notice
 *             text/html                the notice
 *         text/html, 7bit              the attachment SecureMessage.html: what the caller adds
 *     --…--
 */
#ifndef SECUREMAIL_WRAP_H
#define SECUREMAIL_WRAP_H

#include "look.h"
#include "notice.h"

#define WRAP_UNIQUE_SIZE 33
/* The most that wrap_begin can append: fields grow where their text has to be encoded. */
#define WRAP_MAX (32 * HEADER_MAX + 2 * NOTICE_MAX)

struct wrap {
    const struct look *look;
    const struct notice *notice;
    const struct notice_settings *settings;
    const struct notice_letter *words;
    const char *sender;            /* of the envelope; "" for none */
    const char *host_name;         /* ours */
    char unique[WRAP_UNIQUE_SIZE]; /* random hexadecimal digits */
    int64_t now;
    const char *subject; /* in place of the letter's, UTF-8; NULL: the letter's */
    struct bytes tag;    /* to be taken off the letter's; empty: none */
    bool utf8;           /* the letter is SMTPUTF8: addresses may be UTF-8 */
};

/* Append all that comes before the attachment's content. */
enum status wrap_begin(const struct wrap *wrap, struct buffer *out) MUST_CHECK;
/* Append what comes behind it. */
enum status wrap_end(const char *unique, struct buffer *out) MUST_CHECK;

#endif
