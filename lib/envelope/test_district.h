/* SPDX-License-Identifier: Apache-2.0
 * envelope: a district for the tests: master secret, parameters, a gateway's signing key, an
 * addressee. All of it is made of fixed bytes. */
#ifndef SECUREMAIL_TEST_DISTRICT_H
#define SECUREMAIL_TEST_DISTRICT_H

#include "carrier.h"
#include "master.h"

#define DISTRICT_TIME INT64_C(1795100000) /* when everything is sealed */
#define DISTRICT_EXPIRES INT64_C(1797519200)

struct district {
    struct master *master;
    struct ibe_sender *sender;
    struct sign_key *key;
    struct identity alice;
};

struct district *district_new(void);
void district_free(struct district *district);

/* n bytes that differ with `number`; the caller frees. */
struct secret *district_random(uint8_t number, size_t n);
/* Append a letter of n bytes that do not repeat. */
void district_letter(struct buffer *letter, size_t n);

/* The texts of a page, and everything that carrier_new takes; `random` is the caller's. */
extern const struct carrier_text district_text;
struct carrier_settings district_settings(const struct district *district,
                                          const struct secret *random);
/* Append the carrier of a letter, given in pieces of `step` bytes. */
enum status district_carrier(const struct carrier_settings *settings, struct bytes letter,
                             size_t step, struct buffer *html_out) MUST_CHECK;

/* Open an age file as the portal and the keyserver do together, and append the letter. */
enum status district_open(const struct district *district, struct bytes file,
                          const uint8_t hash[SIGN_HASH_SIZE], struct bytes signature,
                          struct buffer *letter_out) MUST_CHECK;

#endif
