/* SPDX-License-Identifier: Apache-2.0
 * gateway: one sealed copy of a letter, as the mail that carries it. It is made piece by piece
 * while it is sent, so that a letter of any size passes through a few hundred kilobytes. */
#ifndef SECUREMAIL_PARCEL_H
#define SECUREMAIL_PARCEL_H

#include "gateway.h"
#include "look.h"
#include "smtp_server.h"

#define PARCEL_ID_SIZE 65 /* the envelope's id in hexadecimal digits, and a NUL */

struct parcel;

struct parcel_settings {
    const struct gateway *gateway;
    const struct smtp_transaction *letter; /* its body is read while the parcel is */
    const struct look *look;
    const struct address *recipient;
    const char *subject; /* as in struct wrap */
    struct bytes tag;
    int64_t now;
};

/* Begin: encapsulate to the recipient's address, write what comes before the letter. ST_TEMP: the
 * parameters are not valid now. ST_LIMIT: the header grows beyond all measure. The letter outlives
 * the parcel; only one parcel of a letter is read at a time. */
enum status parcel_new(const struct parcel_settings *settings,
                       struct parcel **parcel_out) MUST_CHECK;
void parcel_free(struct parcel *parcel); /* NULL is fine */

/* The next piece of the mail, valid until the next call; ST_NONE after the last. After any other
 * answer than ST_OK and ST_NONE the mail is not whole and must not be delivered. */
enum status parcel_next(struct parcel *parcel, struct bytes *piece_out) MUST_CHECK;

/* Names this copy in logs, and in the keyserver's. */
const char *parcel_id(const struct parcel *parcel);

#endif
