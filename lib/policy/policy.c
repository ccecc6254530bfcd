/* SPDX-License-Identifier: Apache-2.0
 * policy: from the configuration's rules to a decision. */
#include "policy.h"

#include <stdlib.h>

#include "conditions.h"
#include "memory.h"

#define VALUES_MAX 1000 /* of one rule */

/* One value of one condition. */
struct value {
    const struct condition *condition;
    struct bytes text; /* points into the rule's own copy */
};

struct policy_decision {
    enum policy_action action;
    const char *rule;
};

struct rule {
    struct policy_decision decision;
    char *name;
    struct value *values; /* values of one condition stand side by side */
    size_t count;
    char **texts; /* the copies that the values point into */
    size_t text_count;
};

struct policy {
    struct rule *rules;
    size_t count;
    struct policy_decision fallback;
};

static const char *const action_names[] = {
    [POLICY_SEAL] = "seal",
    [POLICY_PASS] = "pass",
    [POLICY_REFUSE] = "refuse",
};

const char *policy_action_name(enum policy_action action)
{
    return action_names[action];
}

static enum status find_action(const char *name, enum policy_action *action_out)
{
    for (int i = POLICY_SEAL; i <= POLICY_REFUSE; i++) {
        if (strcmp(action_names[i], name) != 0)
            continue;
        *action_out = (enum policy_action)i;
        return ST_OK;
    }
    return ST_BAD;
}

/* --- reading the rules
 * ---------------------------------------------------------------------------- */

/* Where a mistake is: "securemail.conf:12: policy “name”: …". */
struct place {
    const struct config *config;
    const char *rule;
    unsigned line;
    struct why *why;
};

static enum status mistake(const struct place *place, const char *what)
{
    return why_set(place->why, ST_BAD, "%s:%u: policy “%s”: %s", config_name(place->config),
                   place->line, place->rule, what);
}

/* Values stay sorted by condition, in the order in which the conditions were first named. */
static void insert_value(struct rule *rule, struct value value)
{
    size_t at = rule->count;
    for (size_t i = 0; i < rule->count; i++)
        if (rule->values[i].condition == value.condition)
            at = i + 1;
    memmove(&rule->values[at + 1], &rule->values[at], (rule->count - at) * sizeof value);
    rule->values[at] = value;
    rule->count++;
}

/* The values of one line, parted by commas. */
static enum status add_values(struct rule *rule, const struct config_entry *entry,
                              const struct place *place)
{
    const struct condition *condition = condition_find(entry->key);
    if (condition == NULL)
        return mistake(place, "this is neither a condition nor “action”");
    char *text = memory_text(entry->value);
    rule->texts[rule->text_count++] = text;
    struct bytes rest = bytes_text(text);
    while (rest.n > 0) {
        struct why why = {""};
        size_t n = bytes_index(rest, ',');
        struct value value = {condition, bytes_trim(bytes_first(rest, n))};
        if (rule->count == VALUES_MAX)
            return mistake(place, "too many values in one rule");
        if (condition->check(value.text, &why) != ST_OK)
            return mistake(place, why.text);
        insert_value(rule, value);
        rest = bytes_from(rest, n + 1);
    }
    return ST_OK;
}

static enum status read_rule(struct rule *rule, const struct config_rule *from, struct place *place)
{
    bool acts = false;
    rule->decision.rule = rule->name = memory_text(from->name);
    rule->values = memory_new(VALUES_MAX, sizeof *rule->values);
    rule->texts = memory_new(from->count + 1, sizeof *rule->texts);
    for (size_t i = 0; i < from->count; i++) {
        const struct config_entry *entry = &from->entries[i];
        place->line = entry->line;
        if (strcmp(entry->key, "action") != 0) {
            enum status status = add_values(rule, entry, place);
            if (status != ST_OK)
                return status;
            continue;
        }
        if (acts)
            return mistake(place, "a second action");
        if (find_action(entry->value, &rule->decision.action) != ST_OK)
            return mistake(place, "the action is pass, seal or refuse");
        acts = true;
    }
    place->line = from->line;
    if (!acts)
        return mistake(place, "no action");
    return rule->count > 0 ? ST_OK
                           : mistake(place, "no condition: it would decide for every letter");
}

enum status policy_read(const struct config *config, struct policy **policy_out, struct why *why)
{
    size_t count = 0;
    const struct config_rule *rules = config_rules(config, &count);
    struct policy *policy = memory_new(1, sizeof *policy);
    policy->rules = memory_new(count + 1, sizeof *policy->rules);
    policy->fallback.rule = POLICY_DEFAULT_RULE;
    enum status status =
        find_action(config_text(config, "policies", "default"), &policy->fallback.action);
    for (size_t i = 0; i < count && status == ST_OK; i++) {
        struct place place = {.config = config, .rule = rules[i].name, .why = why};
        policy->count++;
        status = read_rule(&policy->rules[i], &rules[i], &place);
    }
    if (status == ST_OK)
        *policy_out = policy;
    else
        policy_free(policy);
    return status;
}

static void rule_done(struct rule *rule)
{
    for (size_t i = 0; i < rule->text_count; i++)
        free(rule->texts[i]);
    free(rule->texts);
    free(rule->values);
    free(rule->name);
}

void policy_free(struct policy *policy)
{
    if (policy == NULL)
        return;
    for (size_t i = 0; i < policy->count; i++)
        rule_done(&policy->rules[i]);
    free(policy->rules);
    free(policy);
}

/* --- deciding
 * ------------------------------------------------------------------------------------- */

/* Each condition named must hold by one of its values. */
static bool rule_holds(const struct rule *rule, const struct policy_question *question)
{
    size_t i = 0;
    while (i < rule->count) {
        const struct condition *condition = rule->values[i].condition;
        bool holds = false;
        for (; i < rule->count && rule->values[i].condition == condition; i++)
            holds = holds || condition->holds(rule->values[i].text, question);
        if (!holds)
            return false;
    }
    return true;
}

const struct policy_decision *policy_decide(const struct policy *policy,
                                            const struct policy_question *question)
{
    for (size_t i = 0; i < policy->count; i++)
        if (rule_holds(&policy->rules[i], question))
            return &policy->rules[i].decision;
    return &policy->fallback;
}

enum policy_action policy_action(const struct policy_decision *decision)
{
    return decision->action;
}

const char *policy_rule(const struct policy_decision *decision)
{
    return decision->rule;
}
