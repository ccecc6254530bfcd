/* SPDX-License-Identifier: Apache-2.0
 * accounts: slowing down who guesses. Failures are counted, persistently, for three things, each
 * with its own patience:
 *
 *     address and source together    5 free, then 15 s, 30 s, 60 s … up to 15 min
 *     source alone                  50 free, then  5 s, 10 s …       up to 15 min   (one source
 * trying many addresses) address alone                 50 free, then  5 s, 10 s …       up to  1
 * min   (many sources trying one address)
 *
 * The last is short on purpose: a longer one would let a stranger lock the owner out. A success
 * forgets the first of the three. A count is forgotten a day after its last failure. */
#ifndef SECUREMAIL_THROTTLE_H
#define SECUREMAIL_THROTTLE_H

#include "store.h"

#define THROTTLE_FORGET (24 * 3600) /* seconds */

/* What is tried, by whom. The source is a network address as text; of IPv6 the first 64 bits count.
 */
struct attempt {
    const char *what; /* "sign-in", "answer": each is counted apart */
    const char *address;
    const char *source;
};

/* ST_LIMIT, with the seconds still to wait, while one of the three is in its pause. */
enum status throttle_check(struct store_transaction *t, const struct attempt *attempt, int64_t now,
                           int64_t *wait_out) MUST_CHECK;
enum status throttle_failed(struct store_transaction *t, const struct attempt *attempt,
                            int64_t now) MUST_CHECK;
enum status throttle_succeeded(struct store_transaction *t,
                               const struct attempt *attempt) MUST_CHECK;

#endif
