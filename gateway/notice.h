/* SPDX-License-Identifier: Apache-2.0
 * gateway: what the carrier mail says: who wrote, what to do, on which host it will open, until
 * when, whom to ask. Once as text, once as HTML. */
#ifndef SECUREMAIL_NOTICE_H
#define SECUREMAIL_NOTICE_H

#include "buffer.h"

#define NOTICE_DATE_SIZE 40
#define NOTICE_MAX 16384 /* bytes of one of the two parts, encoded */

struct notice_settings {
    const char *organisation, *portal, *host, *help;
};

/* What changes from letter to letter; UTF-8. */
struct notice_letter {
    const char *sender;    /* "Dana Whitfield <dana@agency.example>" */
    const char *recipient; /* the address it is sealed to */
    const char *expires;   /* notice_date */
};

/* "22 February 2027": the day in UTC. */
void notice_date(int64_t time, char text_out[NOTICE_DATE_SIZE]);

/* Append the body of a part in quoted-printable (RFC 2045 §6.7), CRLF line ends. */
void notice_text(const struct notice_settings *settings, const struct notice_letter *letter,
                 struct buffer *out);
void notice_html(const struct notice_settings *settings, const struct notice_letter *letter,
                 struct buffer *out);

#endif
