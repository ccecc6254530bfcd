/* SPDX-License-Identifier: Apache-2.0
 * policy (private): the table of conditions. A new kind of condition is a new row. */
#ifndef SECUREMAIL_POLICY_CONDITIONS_H
#define SECUREMAIL_POLICY_CONDITIONS_H

#include "policy.h"

struct condition {
    const char *key; /* in the configuration */
    /* Can this be a value? ST_BAD with a reason if not. */
    enum status (*check)(struct bytes value, struct why *why);
    /* Does it hold? */
    bool (*holds)(struct bytes value, const struct policy_question *question);
};

/* The row of a key, or NULL. */
const struct condition *condition_find(const char *key);

#endif
