/* SPDX-License-Identifier: Apache-2.0
 * ibe: a district's public parameters: all that a gateway needs to seal. One signed text file
 * (docs/spec/params.md): the DER of RFC 5408's IBESysParams in base64 between BEGIN and END lines,
 * then the minisign signature of the district's authority key, which a gateway pins. */
#ifndef SECUREMAIL_PARAMS_H
#define SECUREMAIL_PARAMS_H

#include "identity.h"
#include "sign.h"

#define PARAMS_FILE_MAX 16384
#define PARAMS_PUBLIC_SIZE 96           /* Ppub, compressed G2 */
#define PARAMS_MLKEM_SIZE 1184          /* ML-KEM-768 encapsulation key */
#define PARAMS_FINGERPRINT_SIZE 32      /* SHA-256 of the DER without the validity */
#define PARAMS_FINGERPRINT_TEXT_SIZE 80 /* 16 groups of four digits, 15 blanks, a NUL */
#define PARAMS_INTERVAL_MAX 31622400    /* seconds: a leap year */

struct params {
    char district[IDENTITY_DISTRICT_MAX + 1];
    uint64_t serial;
    int64_t not_before, not_after; /* validity, seconds since 1970, both included */
    uint32_t interval;             /* seconds of a period; one week is 604800 */
    uint8_t public_point[PARAMS_PUBLIC_SIZE];
    uint8_t mlkem[PARAMS_MLKEM_SIZE];
    uint8_t fingerprint[PARAMS_FINGERPRINT_SIZE];
};

/* Read and check a file: signature by `authority`, form, group membership of the point, ML-KEM key
 * check (FIPS 203 §7.2). ST_BAD with the rule and a reason. Validity in time is the caller's
 * question: params_valid. */
enum status params_read(struct bytes file, const struct sign_public *authority,
                        struct params *params_out, struct why *why) MUST_CHECK;
bool params_valid(const struct params *params, int64_t now);
/* May `next` take the place of `present` at a sender's? ST_BAD with a reason: another district
 * (P-9), an older serial (P-10), other keys under the same serial (P-11), or issued before (P-12):
 * who can bring files, but not sign them, can't turn a sender back. */
enum status params_succeed(const struct params *present, const struct params *next,
                           struct why *why) MUST_CHECK;
/* Is this text (64 hexadecimal digits, with or without blanks) their fingerprint? */
bool params_fingerprint_is(const struct params *params, struct bytes text);
/* Append the signed file. `fingerprint` of the struct is not read but computed. ST_BAD if a field
 * is not what params_read would take, ST_LIMIT if it does not fit. */
enum status params_write(const struct params *params, const struct sign_key *authority,
                         struct buffer *file_out) MUST_CHECK;
/* "3f9a 02c1 …": 16 groups of four hexadecimal digits, for people to compare, and a NUL. */
void params_fingerprint_text(const struct params *params,
                             char text_out[PARAMS_FINGERPRINT_TEXT_SIZE]);

#endif
