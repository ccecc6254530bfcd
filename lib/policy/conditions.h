/* SPDX-License-Identifier: Apache-2.0
 * policy (private): the table of conditions. A new kind of condition is a new row. */
#ifndef SECUREMAIL_POLICY_CONDITIONS_H
#define SECUREMAIL_POLICY_CONDITIONS_H

#include "group.h"
#include "policy.h"
#include "words.h"

/* One value of a condition. */
struct condition_value {
    struct bytes text;        /* as written; outlives the value */
    uint64_t number;          /* of a size */
    char *address;            /* canonical; condition_done frees it */
    struct group *group;      /* of a file of addresses; condition_done frees it */
    struct words_list *words; /* likewise */
    size_t place;             /* of a question about the content: its bit in what was found */
};

/* A text of the letter, as it is searched. */
struct condition_text {
    struct bytes text;
    const struct words_text *words; /* NULL where no rule asks for words */
};

struct condition {
    const char *key; /* in the configuration */
    /* Can `value->text` be a value? Prepares what `holds` needs; ST_BAD with a reason if not. */
    enum status (*read)(struct condition_value *value, struct why *why);
    /* Does it hold? NULL: that is asked of the content, part by part, or text by text. */
    bool (*holds)(const struct condition_value *value, const struct policy_question *question);
    bool (*in_part)(const struct condition_value *value, const char *name, const char *type);
    bool (*in_text)(const struct condition_value *value, const struct condition_text *text);
};

/* The row of a key, or NULL. */
const struct condition *condition_find(const char *key);
void condition_done(struct condition_value *value);

#endif
