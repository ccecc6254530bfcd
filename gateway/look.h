/* SPDX-License-Identifier: Apache-2.0
 * gateway: what is looked at of a letter: its top header, nothing else. */
#ifndef SECUREMAIL_LOOK_H
#define SECUREMAIL_LOOK_H

#include "header.h"
#include "header_text.h"
#include "smtp_body.h"

struct look {
    struct header *header;      /* points into the body, or into `top` */
    struct buffer top;          /* the first pieces, where one does not hold the header */
    struct buffer subject;      /* decoded; empty if there is none */
    struct header_mailbox from; /* who wrote, as the letter says, else as the envelope does */
    size_t received;            /* Received fields: hops so far */
};

/* Look at a letter's top; the body is rewound before and after. ST_LIMIT: its header is beyond
 * header.h's limits. ST_TEMP: it can't be read back. The look must not be moved; it lives as long
 * as the body. look_done is due whatever the answer was. */
enum status look_at(struct look *look, struct smtp_body *body, const char *sender) MUST_CHECK;
void look_done(struct look *look);

#endif
