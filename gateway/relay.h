/* SPDX-License-Identifier: Apache-2.0
 * gateway (private): the connection to the next hop, kept open from letter to letter. Only
 * outgoing.c sends by it. */
#ifndef SECUREMAIL_RELAY_H
#define SECUREMAIL_RELAY_H

#include "smtp_client.h"

struct relay_settings {
    const char *where;     /* as in net.h */
    const char *host_name; /* ours */
    bool keep_line_ends;   /* bare CR and LF in a letter that passes go on as they are */
};

struct relay;

struct relay *relay_new(const struct relay_settings *settings); /* the settings outlive it */
void relay_free(struct relay *relay);                           /* says QUIT; NULL is fine */

/* A connection on which a letter can be started: the kept one, if it still stands, or a new one. It
 * stays the relay's. ST_TEMP: nobody there. */
enum status relay_client(struct relay *relay, struct smtp_client **client_out, bool *kept_out,
                         struct why *why) MUST_CHECK;
/* Close at once: a letter that was begun is thereby given up, and nothing of it is delivered. */
void relay_drop(struct relay *relay);

#endif
