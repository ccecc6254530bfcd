/* SPDX-License-Identifier: Apache-2.0
 * smtp: the envelope of a letter: what MAIL, RCPT and XFORWARD say. The server fills one in, the
 * client sends one. All texts are C strings that somebody else owns and live as long as he says;
 * none holds control characters. */
#ifndef SECUREMAIL_SMTP_ENVELOPE_H
#define SECUREMAIL_SMTP_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum smtp_flavour {
    SMTP_FLAVOUR_LMTP, /* RFC 2033: one reply per recipient after the letter */
    SMTP_FLAVOUR_SMTP, /* RFC 5321: one reply for all */
};

/* What to do with a CR or LF that is not part of a CRLF, and with NUL, inside a letter. RFC 5321
 * §2.3.8 forbids all three, and programs that disagree about them are how letters are smuggled. */
enum smtp_line_ends {
    SMTP_LINE_ENDS_REJECT, /* refuse the letter */
    SMTP_LINE_ENDS_KEEP,   /* they are bytes like others; only CRLF ends a line */
};

struct smtp_recipient {
    const char *address; /* as given between < and >, any source route left out */
    const char
        *notify; /* DSN's NOTIFY as given ("NEVER", "SUCCESS,FAILURE"), or NULL (RFC 3461 §4.1) */
    const char
        *original; /* DSN's ORCPT as given ("rfc822;bob@example.org", xtext), or NULL (§4.2) */
};

/* The attributes of Postfix's XFORWARD: where a letter came from before it reached the mail server
 * that hands it to us. */
enum smtp_xforward_attribute {
    SMTP_XFORWARD_NAME, /* the first client's host name */
    SMTP_XFORWARD_ADDR, /* its address: "192.0.2.1", "IPV6:2001:db8::1" */
    SMTP_XFORWARD_PORT,
    SMTP_XFORWARD_PROTO, /* "ESMTP" */
    SMTP_XFORWARD_HELO,
    SMTP_XFORWARD_IDENT,  /* the mail server's name for the letter: its queue id */
    SMTP_XFORWARD_SOURCE, /* "LOCAL" or "REMOTE" */
    SMTP_XFORWARD_COUNT
};

struct smtp_xforward {
    const char *value[SMTP_XFORWARD_COUNT]; /* decoded; NULL: not given or unavailable */
};

struct smtp_envelope {
    const char *sender; /* between < and >; "" for notices, which must not be answered */
    bool eight_bit;     /* BODY=8BITMIME (RFC 6152) */
    bool utf8;          /* SMTPUTF8 (RFC 6531): addresses and header may be UTF-8 */
    uint64_t size;      /* bytes as declared by SIZE (RFC 1870); 0: not said */
    const char *ret;    /* DSN's RET, "FULL" or "HDRS", or NULL (RFC 3461 §4.3) */
    const char *envid;  /* DSN's ENVID as given (xtext), or NULL (§4.4) */
    const struct smtp_recipient *recipients;
    size_t recipient_count;
    const struct smtp_xforward *xforward; /* NULL: none */
};

#endif
