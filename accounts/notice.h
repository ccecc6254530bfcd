/* SPDX-License-Identifier: Apache-2.0
 * accounts: the mails that the accounts service sends itself. A token must not pass through the
 * portal or the gateway, so these go straight to the mail server: plain text, one link, from
 * do_not_reply. */
#ifndef SECUREMAIL_NOTICE_H
#define SECUREMAIL_NOTICE_H

#include "buffer.h"

#define NOTICE_MAX 16384

struct notice_settings {
    const char *organisation; /* "Commonwealth of Massachusetts" */
    const char *portal; /* "https://securemail.example.org": links begin with it, never with what a
                           request said */
    const char *help;   /* help contact, one line */
    const char *from;   /* "do_not_reply@example.org" */
    const char *host_name; /* ours, for Message-ID and EHLO */
};

enum notice_kind {
    NOTICE_CONFIRM, /* "please confirm": link to /confirm/<token> */
    NOTICE_EXISTS,  /* somebody tried to register an address that has an account; no token */
};

struct notice {
    enum notice_kind kind;
    const char *to;    /* canonical address */
    const char *token; /* as it stands in the link; NULL for NOTICE_EXISTS */
    int64_t time;      /* when it was asked for */
    uint64_t unique;   /* random: for the Message-ID */
};

/* Append the whole mail, CRLF line ends. Nothing from outside but the canonical address and the
 * token gets in: a name that somebody typed at registration has no place in a mail to somebody
 * else. */
enum status notice_write(const struct notice_settings *settings, const struct notice *notice,
                         struct buffer *mail_out) MUST_CHECK;

#endif
