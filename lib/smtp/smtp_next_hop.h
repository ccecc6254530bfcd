/* SPDX-License-Identifier: Apache-2.0
 * smtp (private): the client's connection, as its three files share it: smtp_client.c carries a
 * letter's data and its replies, smtp_client_open.c says hello, smtp_client_start.c says the
 * envelope. */
#ifndef SECUREMAIL_SMTP_NEXT_HOP_H
#define SECUREMAIL_SMTP_NEXT_HOP_H

#include "smtp_client.h"
#include "smtp_lines.h"
#include "smtp_link.h"

/* What the peer's EHLO reply offers. */
struct smtp_offers {
    bool pipelining, eight_bit, utf8, size, dsn, starttls;
    uint64_t size_max; /* 0: no limit, or not said */
    bool xforward[SMTP_XFORWARD_COUNT];
};

struct smtp_client {
    struct smtp_client_settings settings;
    struct smtp_link link;
    struct smtp_offers offers;

    bool in_letter; /* 354 was said, the final dot was not sent */
    bool in_doubt;
    bool left_over;          /* the peer has an open transaction that must be forgotten (RSET) */
    struct smtp_lines lines; /* of the letter being sent */

    /* For each recipient of the last envelope: the reply to hand on, and is it still open, that is,
     * not the peer's own and last word? */
    size_t recipient_count;
    bool *open;
    struct smtp_reply *replies;
};

/* A new envelope of n recipients: all open, all with a 451, nothing in doubt. */
void smtp_client_expect(struct smtp_client *client, size_t n);

/* Give every open recipient this reply, and close them. */
void smtp_client_settle(struct smtp_client *client, const struct smtp_reply *reply);

/* The dialogue of smtp_client_start, on a connection in step, for an envelope that is fit. */
enum status smtp_client_exchange(struct smtp_client *client, const struct smtp_envelope *envelope,
                                 struct why *why) MUST_CHECK;

/* Read one line of the reply to EHLO. */
void smtp_offers_read(struct smtp_offers *offers, struct bytes line);

#endif
