/* SPDX-License-Identifier: Apache-2.0
 * accounts: slowing down who guesses, or has mails sent. Attempts are counted, persistently, for
 * three things, each with its own patience: address and source together, the source alone (one
 * source trying many addresses), the address alone (many sources trying one). After its free
 * attempts each further one earns a pause that doubles up to a bound; throttle.c has the table.
 *
 * An attempt is counted before it is made, in one transaction with the check, so that a hundred at
 * once are no better than one after the other; one that succeeds is taken back. The bound for an
 * address alone is short on purpose: a longer one would let a stranger lock the owner out. A count
 * is forgotten a day after its last attempt. */
#ifndef SECUREMAIL_THROTTLE_H
#define SECUREMAIL_THROTTLE_H

#include "store.h"

#define THROTTLE_FORGET (24 * 3600) /* seconds */
#define THROTTLE_COUNTS 3

enum attempt_kind { ATTEMPT_SIGN_IN, ATTEMPT_CONFIRM, ATTEMPT_REGISTER, ATTEMPT_KINDS };

/* What is tried, by whom. The source is a network address as text; of IPv6 the first 64 bits count.
 */
struct attempt {
    enum attempt_kind kind;
    const char *address;
    const char *source;
    int64_t now;
};

/* What the counts were before an attempt was counted. */
struct throttle_ticket {
    struct store_throttle before[THROTTLE_COUNTS];
};

/* Count an attempt. ST_LIMIT, with the seconds still to wait, while one of the three is in its
 * pause; nothing is counted then. */
enum status throttle_take(struct store_transaction *t, const struct attempt *attempt,
                          struct throttle_ticket *ticket_out, int64_t *wait_out) MUST_CHECK;
/* It was not made after all (too busy): uncount it. */
enum status throttle_give_back(struct store_transaction *t,
                               const struct throttle_ticket *ticket) MUST_CHECK;
/* It succeeded: uncount it, and forget what this source did to this address before. */
enum status throttle_succeeded(struct store_transaction *t,
                               const struct throttle_ticket *ticket) MUST_CHECK;

#endif
