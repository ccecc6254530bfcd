/* SPDX-License-Identifier: Apache-2.0
 * policy: reading rules and applying them. A condition is a row of a table, so that the next one is
 * a row and a function. */
#include "policy.h"

#include <assert.h>

#include "memory.h"

#define RULES_MAX 1000
#define VALUES_MAX 10000

struct policy_decision {
    enum policy_action action;
    const char *rule;
};

/* One value of one condition, ready to be compared. */
struct value {
    const struct condition *condition;
    char *text;
};

struct rule {
    struct policy_decision decision;
    struct value *values;
    size_t count;
};

struct policy {
    struct rule *rules;
    size_t count;
    struct policy_decision fallback;
};

/* --- conditions
 * ----------------------------------------------------------------------------------------- */

static enum status read_domain(const char *text, char **value_out, struct why *why)
{
    char domain[ADDRESS_MAX + 1], value[ADDRESS_MAX + 2];
    bool below = text[0] == '.';
    enum status status = address_parse_domain(bytes_text(text + below), domain, why);
    if (status != ST_OK)
        return status;
    snprintf(value, sizeof value, "%s%s", below ? "." : "", domain);
    *value_out = memory_text(value);
    return ST_OK;
}

/* "example.com" is that domain, ".example.com" every domain below it. */
static bool domain_holds(const char *value, const struct policy_question *question)
{
    const char *domain = question->recipient_domain;
    if (value[0] != '.')
        return strcmp(domain, value) == 0;
    size_t n = strlen(domain), tail = strlen(value);
    return n > tail && strcmp(domain + n - tail, value) == 0;
}

static enum status read_tag(const char *text, char **value_out, struct why *why)
{
    if (strlen(text) > 100)
        return why_set(why, ST_BAD, "a subject tag of more than 100 characters");
    *value_out = memory_text(text);
    return ST_OK;
}

static bool tag_holds(const char *value, const struct policy_question *question)
{
    return policy_tagged(question->subject, value);
}

static const struct condition {
    const char *key;
    enum status (*read)(const char *text, char **value_out, struct why *why);
    bool (*holds)(const char *value, const struct policy_question *question);
} conditions[] = {
    {"recipient-domain", read_domain, domain_holds},
    {"subject-tag", read_tag, tag_holds},
};

#define CONDITIONS (sizeof conditions / sizeof conditions[0])

/* "Re:", "Fwd:", "AW:", "Re[2]:": a short word, perhaps a count, a colon. Returns what follows, or
 * the same text. */
static struct bytes after_reply_mark(struct bytes subject)
{
    static const char *const marks[] = {"re", "fw", "fwd", "aw", "wg", "rv", "enc", "res"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct bytes mark = bytes_text(marks[i]);
        if (!bytes_starts_nocase(subject, mark))
            continue;
        struct bytes rest = bytes_from(subject, mark.n);
        if (rest.n > 2 && rest.p[0] == '[')
            rest = bytes_from(rest, bytes_index(rest, ']') + 1);
        if (rest.n > 0 && rest.p[0] == ':')
            return bytes_trim(bytes_from(rest, 1));
    }
    return subject;
}

bool policy_tagged(const char *subject, const char *tag)
{
    struct bytes rest = bytes_trim(bytes_text(subject)), wanted = bytes_text(tag);
    if (tag[0] == '[')
        for (size_t i = 0; i + wanted.n <= rest.n; i++)
            if (bytes_starts_nocase(bytes_from(rest, i), wanted))
                return true;
    for (;;) {
        if (bytes_starts_nocase(rest, wanted))
            return true;
        struct bytes next = after_reply_mark(rest);
        if (next.n == rest.n)
            return false;
        rest = next;
    }
}

/* --- reading
 * -------------------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    enum policy_action action;
} actions[] = {{"seal", POLICY_SEAL}, {"pass", POLICY_PASS}, {"refuse", POLICY_REFUSE}};

static enum status read_action(const char *word, enum policy_action *action_out, struct why *why)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(word, actions[i].word) == 0) {
            *action_out = actions[i].action;
            return ST_OK;
        }
    return why_set(why, ST_BAD, "“%s” is no action: seal, pass or refuse", word);
}

/* One value of a condition; values stand in one line, parted by commas. */
static enum status add_value(struct rule *rule, const struct condition *condition,
                             struct bytes item, struct why *why)
{
    char text[512], *value = NULL;
    if (item.n == 0 || !bytes_to_text(item, text, sizeof text))
        return why_set(why, ST_BAD, "an empty or overlong value");
    if (rule->count == VALUES_MAX)
        return why_set(why, ST_BAD, "more than %d values", VALUES_MAX);
    enum status status = condition->read(text, &value, why);
    if (status != ST_OK)
        return status;
    struct value *values = memory_new(rule->count + 1, sizeof *values);
    if (rule->count > 0)
        memcpy(values, rule->values, rule->count * sizeof *values);
    free(rule->values);
    rule->values = values;
    rule->values[rule->count++] = (struct value){condition, value};
    return ST_OK;
}

static enum status add_values(struct rule *rule, const struct condition *condition,
                              const char *text, struct why *why)
{
    struct bytes rest = bytes_text(text);
    enum status status = ST_OK;
    for (bool more = true; more && status == ST_OK;) {
        size_t comma = bytes_index(rest, ',');
        status = add_value(rule, condition, bytes_trim(bytes_first(rest, comma)), why);
        more = comma < rest.n;
        rest = bytes_from(rest, comma + 1);
    }
    return status;
}

static enum status read_entry(struct rule *rule, const struct config_entry *entry, bool *acts,
                              struct why *why)
{
    if (strcmp(entry->key, "action") == 0) {
        if (*acts)
            return why_set(why, ST_BAD, "a second action");
        *acts = true;
        return read_action(entry->value, &rule->decision.action, why);
    }
    for (size_t i = 0; i < CONDITIONS; i++)
        if (strcmp(entry->key, conditions[i].key) == 0)
            return add_values(rule, &conditions[i], entry->value, why);
    return why_set(why, ST_BAD, "“%s” is no condition", entry->key);
}

static enum status read_rule(const struct config *config, const struct config_rule *from,
                             struct rule *rule, struct why *why)
{
    bool acts = false;
    struct why inner = {""};
    rule->decision.rule = memory_text(from->name);
    for (size_t i = 0; i < from->count; i++)
        if (read_entry(rule, &from->entries[i], &acts, &inner) != ST_OK)
            return why_set(why, ST_BAD, "%s:%u: policy “%s”: %s", config_name(config),
                           from->entries[i].line, from->name, inner.text);
    if (!acts)
        return why_set(why, ST_BAD, "%s:%u: policy “%s” has no action", config_name(config),
                       from->line, from->name);
    return ST_OK;
}

enum status policy_read(const struct config *config, struct policy **policy_out, struct why *why)
{
    size_t count = 0;
    const struct config_rule *rules = config_rules(config, &count);
    struct policy *policy = memory_new(1, sizeof *policy);
    enum status status = count > RULES_MAX ? why_set(why, ST_BAD, "%s: more than %d rules",
                                                     config_name(config), RULES_MAX)
                                           : ST_OK;
    policy->rules = memory_new(count, sizeof *policy->rules);
    while (status == ST_OK && policy->count < count) {
        size_t i = policy->count++; /* counted first, so that half a rule is freed too */
        status = read_rule(config, &rules[i], &policy->rules[i], why);
    }
    policy->fallback.rule = "default";
    if (status == ST_OK)
        status =
            read_action(config_text(config, "policies", "default"), &policy->fallback.action, why);
    if (status == ST_OK) {
        *policy_out = policy;
        policy = NULL;
    }
    policy_free(policy);
    return status;
}

void policy_free(struct policy *policy)
{
    if (policy == NULL)
        return;
    for (size_t i = 0; i < policy->count; i++) {
        for (size_t j = 0; j < policy->rules[i].count; j++)
            free(policy->rules[i].values[j].text);
        free(policy->rules[i].values);
        free((char *)(uintptr_t)policy->rules[i].decision.rule);
    }
    free(policy->rules);
    free(policy);
}

/* --- deciding
 * ------------------------------------------------------------------------------------------- */

/* Every condition that the rule has must hold for at least one of its values. */
static bool rule_fits(const struct rule *rule, const struct policy_question *question)
{
    for (size_t c = 0; c < CONDITIONS; c++) {
        bool asked = false, holds = false;
        for (size_t i = 0; i < rule->count && !holds; i++)
            if (rule->values[i].condition == &conditions[c]) {
                asked = true;
                holds = conditions[c].holds(rule->values[i].text, question);
            }
        if (asked && !holds)
            return false;
    }
    return true;
}

const struct policy_decision *policy_decide(const struct policy *policy,
                                            const struct policy_question *question)
{
    for (size_t i = 0; i < policy->count; i++)
        if (rule_fits(&policy->rules[i], question))
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
