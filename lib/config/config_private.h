/* SPDX-License-Identifier: Apache-2.0
 * config (private): a configuration in memory, as reader (config.c) and look-up (lookup.c) share
 * it. */
#ifndef SECUREMAIL_CONFIG_PRIVATE_H
#define SECUREMAIL_CONFIG_PRIVATE_H

#include "config.h"

/* One value of a setting; a list has one for each item. */
struct config_value {
    const struct config_setting *setting;
    char *text;
};

/* The arrays have room for all that a file of that many lines and commas can hold. */
struct config {
    char *name;
    struct config_value *values;
    size_t value_count;
    struct config_rule *rules;
    size_t rule_count;
    struct config_entry *entries; /* of all rules, one rule's behind the other's */
    size_t entry_count;
};

#endif
