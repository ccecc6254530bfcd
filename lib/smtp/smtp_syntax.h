/* SPDX-License-Identifier: Apache-2.0
 * smtp: reading the words of the dialogue. Pure functions on one command line; nothing is
 * allocated, and what they return are views of the line. */
#ifndef SECUREMAIL_SMTP_SYNTAX_H
#define SECUREMAIL_SMTP_SYNTAX_H

#include <stdbool.h>

#include "buffer.h"
#include "bytes.h"
#include "smtp_envelope.h"
#include "status.h"

/* Bytes of a command line with its CRLF. RFC 5321 §4.5.3.1.4 asks for 512, and DSN, SIZE, 8BITMIME
 * and SMTPUTF8 add to that; 2048 holds them all. */
#define SMTP_LINE_MAX 2048
/* Bytes of an address: local part (64) @ domain (255). Longer local parts exist (bounce addresses
 * that hold another address) and are taken as long as the whole stays below this. */
#define SMTP_ADDRESS_MAX 320
/* Bytes of one decoded XFORWARD value. */
#define SMTP_XFORWARD_MAX 255

enum smtp_verb {
    SMTP_VERB_UNKNOWN,
    SMTP_VERB_HELO,
    SMTP_VERB_EHLO,
    SMTP_VERB_LHLO,
    SMTP_VERB_MAIL,
    SMTP_VERB_RCPT,
    SMTP_VERB_DATA,
    SMTP_VERB_RSET,
    SMTP_VERB_NOOP,
    SMTP_VERB_QUIT,
    SMTP_VERB_VRFY,
    SMTP_VERB_XFORWARD,
    SMTP_VERB_ABSENT,  /* known, but not offered here: EXPN, HELP, BDAT, AUTH, STARTTLS… */
    SMTP_VERB_FOREIGN, /* another protocol's: GET, POST…; a web browser that was sent here */
};

/* The command, any case, and what follows it without surrounding blanks. */
enum smtp_verb smtp_syntax_verb(struct bytes line, struct bytes *rest_out);

/* Take `keyword` ("FROM:", any case) and a path off the front of *rest: <address>, <>, or
 * <@route:address>. The address is without brackets and route, and may be empty. ST_BAD: not a
 * path, or not an address by smtp_syntax_address (but "<>" and "<postmaster>" are paths). */
enum status smtp_syntax_path(struct bytes *rest, struct bytes keyword,
                             struct bytes *address_out) MUST_CHECK;

/* Is this local@domain (RFC 5321 §4.1.2, RFC 6531 §3.3)? Quoted local parts and address literals
 * ("[192.0.2.1]") are; blanks, control characters, < and > never are, not even quoted: no
 * next hop may be led to see a second word. */
bool smtp_syntax_address(struct bytes address);

/* Take the next NAME or NAME=VALUE off *rest; `value_out` is empty if there is none. ST_NONE at
 * the end, ST_BAD if it is not a parameter (RFC 5321 §4.1.2, esmtp-param). */
enum status smtp_syntax_parameter(struct bytes *rest, struct bytes *name_out,
                                  struct bytes *value_out) MUST_CHECK;

/* A NOTIFY value: NEVER alone, or SUCCESS, FAILURE, DELAY once each (RFC 3461 §4.1)? */
bool smtp_syntax_notify(struct bytes value);
/* An ORCPT value: type;xtext (RFC 3461 §4.2)? */
bool smtp_syntax_orcpt(struct bytes value);
/* xtext of at least one character (RFC 3461 §4)? */
bool smtp_syntax_xtext(struct bytes value);
/* Decode xtext, append it; ST_BAD if it is none, or if it hides a control character. */
enum status smtp_syntax_xtext_decode(struct bytes value, struct buffer *out) MUST_CHECK;
/* Encode as xtext, append it; ST_LIMIT, which sticks in the buffer, if it does not fit. */
enum status smtp_syntax_xtext_encode(struct bytes text, struct buffer *out);

/* A host name or address literal as EHLO may give it: printable, no blanks, at most 255 bytes. */
bool smtp_syntax_host(struct bytes name);
/* Any byte above 127? */
bool smtp_syntax_eight_bit(struct bytes text);

/* "NAME", "ADDR", …; SMTP_XFORWARD_COUNT if it is none. */
enum smtp_xforward_attribute smtp_syntax_xforward(struct bytes name);
const char *smtp_syntax_xforward_name(enum smtp_xforward_attribute attribute);

#endif
