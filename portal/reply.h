/* SPDX-License-Identifier: Apache-2.0
 * portal: what goes wrong, as an HTTP code and a page that says what happened and what to do. The
 * table in reply.c is the portal's translation of enum status and enum wire_reason; no page shows
 * either. */
#ifndef SECUREMAIL_REPLY_H
#define SECUREMAIL_REPLY_H

#include "visit.h"

enum reply {
    /* requests */
    REPLY_MALFORMED,
    REPLY_NOT_FOUND,
    REPLY_METHOD,
    REPLY_NO_LENGTH,
    REPLY_TOO_LARGE,
    REPLY_FORM_OLD,     /* the form's token is not good (any more) */
    REPLY_FORM_FOREIGN, /* the browser says the form came from another site */
    REPLY_SIGNED_OUT,   /* the session ended meanwhile */
    /* taking a message in */
    REPLY_UPLOAD_EMPTY,
    REPLY_NO_CARRIER,
    REPLY_UPLOAD_CUT,
    REPLY_UPLOAD_DAMAGED,
    REPLY_UNSIGNED,
    REPLY_FORGED,
    REPLY_FULL,
    /* opening it */
    REPLY_MESSAGE_GONE,
    REPLY_EXPIRED,
    REPLY_TOO_EARLY,
    REPLY_RECALLED,
    REPLY_REVOKED,
    REPLY_NOT_ADDRESSEE,
    REPLY_DAMAGED,
    REPLY_NOT_OURS, /* of a district whose keys are not here */
    REPLY_PART_GONE,
    /* accounts */
    REPLY_LINK_OLD,
    REPLY_THROTTLED,
    /* us */
    REPLY_CROWD,
    REPLY_BUSY,
    REPLY_FAULT,
    REPLY_COUNT
};

/* Answer with that page; what was built of the response so far is thrown away, but its cookies. */
void reply(struct visit *visit, enum reply reply);
/* The same with a sentence more, and a link of its own (both may be NULL). */
void reply_with(struct visit *visit, enum reply reply, const char *more, const char *link);

/* The page for a verdict of accounts that is not ST_OK. */
void reply_verdict(struct visit *visit, struct wire_verdict verdict);

#endif
