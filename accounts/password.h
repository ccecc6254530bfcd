/* SPDX-License-Identifier: Apache-2.0
 * accounts: passwords and answers: what is good enough, how it is kept, how it is checked.
 *
 * Kept as Argon2id strings (RFC 9106). Argon2id is made to be slow and large, so only a few are
 * computed at once; whoever does not get a place within the waiting time is told to try again. */
#ifndef SECUREMAIL_PASSWORD_H
#define SECUREMAIL_PASSWORD_H

#include "secret.h"
#include "status.h"

#define PASSWORD_MIN 8   /* characters (code points) */
#define PASSWORD_MAX 256 /* bytes */
#define PASSWORD_SCORE 3 /* of zxcvbn's 0 … 4: more than 10^8 guesses */
#define PASSWORD_TEXT_SIZE 128

struct password_settings {
    uint64_t memory; /* bytes for one computation */
    unsigned passes;
    unsigned at_once; /* computations at the same time */
    int wait_ms;      /* how long one may wait for its turn */
};

struct passwords; /* the settings and the turnstile */
struct passwords *passwords_new(const struct password_settings *settings);
void passwords_free(struct passwords *passwords);

/* ST_OK if it is long and rare enough. `context`: words that make a password weak here (address,
 * name, organisation), ended by NULL. ST_LIMIT: too long; ST_BAD: too short, too common, or not
 * UTF-8. */
enum status password_good(struct bytes password, const char *const *context) MUST_CHECK;

/* An answer to a security question, made comparable: NFKC would need a library; ASCII case, blanks
 * and punctuation at the ends and repeated blanks do not count. The caller frees. ST_BAD if nothing
 * is left or it is not UTF-8. */
enum status password_answer(struct bytes answer, struct secret **answer_out) MUST_CHECK;

/* The Argon2id string, with a fresh salt. ST_TEMP: no turn within the waiting time; ST_FAIL: no
 * memory. */
enum status password_hash(struct passwords *passwords, struct bytes password,
                          char text_out[PASSWORD_TEXT_SIZE]) MUST_CHECK;
/* ST_OK or ST_DENIED; ST_TEMP as above. `text` NULL means there is no such account: the same work
 * is done and the answer is ST_DENIED. */
enum status password_check(struct passwords *passwords, struct bytes password,
                           const char *text) MUST_CHECK;

#endif
