/* SPDX-License-Identifier: Apache-2.0
 * ibe: what a message is sealed to: a district, a serial, an address and a period, as the DER of
 * RFC 5408's IBEIdentityInfo under our own OIDs (docs/spec/ibe.md draws it). identity_encode is the
 * only function that makes identity bytes; gateway, accounts, keyserver and tests all use it. */
#ifndef SECUREMAIL_IDENTITY_H
#define SECUREMAIL_IDENTITY_H

#include "address.h"

#define IDENTITY_DISTRICT_MAX                                                                      \
    120 /* characters of a district name: visible ASCII without blanks                             \
         */
#define IDENTITY_SERIAL_MAX 0x7fffffff
#define IDENTITY_MAX 512 /* bytes of an encoded identity */

struct identity {
    char district[IDENTITY_DISTRICT_MAX + 1];
    uint64_t serial; /* grows with each new master secret; 1 ≤ serial < 2^31 */
    struct address address;
    int64_t period_start; /* seconds since 1970, UTC: a multiple of the interval */
};

/* floor(time / interval) × interval; time ≥ 0, interval ≥ 1. */
int64_t identity_period(int64_t time, uint32_t interval);

/* A district name: 1 to IDENTITY_DISTRICT_MAX characters from '!' to '~'; a URI or a plain name. */
bool identity_district_valid(struct bytes district);

/* The identity bytes. ST_BAD if a field is out of its range or the address is not canonical. */
enum status identity_encode(const struct identity *identity, uint8_t bytes_out[IDENTITY_MAX],
                            size_t *n_out) MUST_CHECK;
/* Strict DER: ST_BAD for anything identity_encode would not have written (the result is encoded
 * again and compared, so there is one text for each identity). */
enum status identity_decode(struct bytes bytes, struct identity *identity_out) MUST_CHECK;

#endif
