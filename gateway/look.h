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
    struct bytes text;          /* the letter's first bytes, which the header points into */
    struct buffer subject;      /* decoded; empty if there is none */
    struct header_mailbox from; /* who wrote, as the letter says, else as the envelope does */
    size_t received;            /* Received fields: hops so far */
};

/* Look at a letter's top; the body is rewound before and after. ST_LIMIT: its header is beyond
 * header.h's limits. ST_TEMP: it can't be read back. The look must not be moved; it lives as long
 * as the body. look_done is due whatever the answer was. */
enum status look_at(struct look *look, struct smtp_body *body, const char *sender) MUST_CHECK;
void look_done(struct look *look);

/* Other bytes in place of some of a letter's. */
struct look_edit {
    uint64_t at, n;     /* which bytes of the letter */
    struct buffer text; /* what stands there instead; the caller's to end */
};

/* The letter's first Subject field without this tag. ST_LIMIT if it gets too large. */
enum status look_untag(const struct look *look, struct bytes tag,
                       struct look_edit *edit_out) MUST_CHECK;

#endif
