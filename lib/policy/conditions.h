/* SPDX-License-Identifier: Apache-2.0
 * policy (private): the table of conditions. A new kind of condition is a new row. */
#ifndef SECUREMAIL_POLICY_CONDITIONS_H
#define SECUREMAIL_POLICY_CONDITIONS_H

#include "group.h"
#include "policy.h"

/* One value of a condition. */
struct condition_value {
    struct bytes text;   /* as written; outlives the value */
    uint64_t number;     /* of a size */
    char *address;       /* canonical; condition_done frees it */
    struct group *group; /* of a file of addresses; condition_done frees it */
};

struct condition {
    const char *key; /* in the configuration */
    /* Can `value->text` be a value? Prepares what `holds` needs; ST_BAD with a reason if not. */
    enum status (*read)(struct condition_value *value, struct why *why);
    /* Does it hold? */
    bool (*holds)(const struct condition_value *value, const struct policy_question *question);
};

/* The row of a key, or NULL. */
const struct condition *condition_find(const char *key);
void condition_done(struct condition_value *value);

#endif
