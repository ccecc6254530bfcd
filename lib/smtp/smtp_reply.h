/* SPDX-License-Identifier: Apache-2.0
 * smtp: one reply of an SMTP or LMTP server: "451 4.3.0 Try again later". Both ends use it: the
 * server writes replies, the client reads them, and a gateway hands the one it was given on. A
 * reply is always one bounded line of printable ASCII, whatever it was made from, so it can't carry
 * a second. */
#ifndef SECUREMAIL_SMTP_REPLY_H
#define SECUREMAIL_SMTP_REPLY_H

#include <stdbool.h>

#include "buffer.h"
#include "bytes.h"
#include "status.h"

#define SMTP_ENHANCED_SIZE 12 /* "5.999.999" and a NUL (RFC 3463 §2) */
#define SMTP_REPLY_TEXT_SIZE                                                                       \
    400 /* with the code in front it stays within RFC 5321 §4.5.3.1.5's 512 */

struct smtp_reply {
    int code;                          /* 200 … 599 */
    char enhanced[SMTP_ENHANCED_SIZE]; /* "4.3.0", or "" where there is none (greetings, 354) */
    char text[SMTP_REPLY_TEXT_SIZE];   /* for people; never empty */
};

/* A reply of our own. `code` is 200 … 599; `enhanced` is "" or begins with the code's first digit.
 * The text is cut to fit; what is not printable ASCII becomes '?'. */
struct smtp_reply smtp_reply_make(int code, const char *enhanced, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The three outcomes. */
bool smtp_reply_taken(const struct smtp_reply *reply); /* 2xx: the server answers for it now */
bool smtp_reply_later(
    const struct smtp_reply *reply); /* 4xx: the client keeps it and tries again */
bool smtp_reply_refused(const struct smtp_reply *reply); /* 5xx: it will never be taken */

/* One reply for several recipients, for a protocol that has room for only one: the first, if all
 * have the same outcome; otherwise 451 4.3.0, so that nothing is lost (and some of it may come
 * twice). n is at least 1. */
struct smtp_reply smtp_reply_merge(const struct smtp_reply *replies, size_t n);

/* Append "250 2.1.5 Text\r\n". */
enum status smtp_reply_write(const struct smtp_reply *reply, struct buffer *out) MUST_CHECK;

/* Take one line of a peer's reply, without its CRLF. The first line of a reply sets `reply`, a
 * further one ("250-…" lines came before) must have the same code and adds its text. `last_out`
 * tells whether this was the reply's last line. ST_BAD: not a reply; `reply` is then unchanged.
 * Start each reply with `reply->code == 0`. */
enum status smtp_reply_read(struct bytes line, struct smtp_reply *reply, bool *last_out) MUST_CHECK;

#endif
