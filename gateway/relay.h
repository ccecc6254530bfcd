/* SPDX-License-Identifier: Apache-2.0
 * gateway (private): the connection to the next hop, kept open from letter to letter. Only
 * outgoing.c sends by it. */
#ifndef SECUREMAIL_RELAY_H
#define SECUREMAIL_RELAY_H

#include "policy.h"
#include "smtp_client.h"

struct relay_settings {
    const char *where;     /* as in net.h */
    const char *host_name; /* ours */
    bool keep_line_ends;   /* bare CR and LF in a letter that passes go on as they are */

    /* Of a way to a trusted domain; all of it nothing for the one next hop. */
    const struct policy_route *route; /* whose way it is */
    const struct smtp_tls *tls;       /* whom to verify; `where` is then as in net_name.h */
    bool tls_first;                   /* not by STARTTLS */
};

struct relay;

struct relay *relay_new(const struct relay_settings *settings); /* the settings outlive it */
void relay_free(struct relay *relay);                           /* says QUIT; NULL is fine */

/* A connection on which a letter can be started: the kept one, if it still stands, or a new one. It
 * stays the relay's. ST_TEMP: nobody there. */
enum status relay_client(struct relay *relay, struct smtp_client **client_out, bool *kept_out,
                         struct why *why) MUST_CHECK;
/* Say QUIT and close: nobody else's host keeps a connection for us between letters. */
void relay_rest(struct relay *relay);
/* Whose way it is; NULL: the one next hop. */
const struct policy_route *relay_route(const struct relay *relay);
const char *relay_where(const struct relay *relay);
/* Close at once: a letter that was begun is thereby given up, and nothing of it is delivered. */
void relay_drop(struct relay *relay);

#endif
