/* SPDX-License-Identifier: Apache-2.0
 * policy: from the configuration's rules to a decision. */
#include "policy.h"

#include <stdlib.h>

#include "conditions.h"
#include "header_text.h"
#include "memory.h"
#include "route.h"

#define VALUES_MAX 1000 /* of one rule */

/* One value of one condition. */
struct value {
    const struct condition *condition;
    struct condition_value value; /* its text points into the rule's own copy */
};

struct policy_decision {
    enum policy_action action;
    const char *rule;
    char *refusal;       /* or NULL */
    char *outer_subject; /* or NULL */
    bool removes_tag;
    struct policy_route route;
    const struct rule *from; /* NULL: the default */
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
    size_t places;   /* questions about the content */
    bool asks_words; /* some of them are about words */
};

static const char *const action_names[POLICY_ACTIONS] = {
    [POLICY_SEAL] = "seal",     [POLICY_PASS] = "pass",
    [POLICY_TLS] = "tls",       [POLICY_TLS_OR_SEAL] = "tls-or-seal",
    [POLICY_REFUSE] = "refuse",
};

const char *policy_action_name(enum policy_action action)
{
    return action_names[action];
}

static enum status find_action(struct bytes name, enum policy_action *action_out)
{
    for (int i = 0; i < POLICY_ACTIONS; i++) {
        if (!bytes_equal(bytes_text(action_names[i]), name))
            continue;
        *action_out = (enum policy_action)i;
        return ST_OK;
    }
    return ST_BAD;
}

/* --- reading the rules ------------------------------------------------------------------------ */

/* Where a mistake is: "securemail.conf:12:10: policy “name”: …". */
struct place {
    const struct config *config;
    const char *rule;
    unsigned line, column;
    struct why *why;
};

static enum status mistake(const struct place *place, const char *what)
{
    return why_set(place->why, ST_BAD, "%s:%u:%u: policy “%s”: %s", config_name(place->config),
                   place->line, place->column, place->rule, what);
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
                              struct place *place)
{
    const struct condition *condition = condition_find(entry->key);
    if (condition == NULL) {
        place->column = 1;
        return mistake(place, "this is neither a condition nor “action”");
    }
    char *text = memory_text(entry->value);
    rule->texts[rule->text_count++] = text;
    struct bytes rest = bytes_text(text);
    while (rest.n > 0) {
        struct why why = {""};
        size_t n = bytes_index(rest, ',');
        struct value value = {condition, {.text = bytes_trim(bytes_first(rest, n))}};
        place->column = entry->column + (unsigned)(value.value.text.p - (const uint8_t *)text);
        if (rule->count == VALUES_MAX)
            return mistake(place, "too many values in one rule");
        if (condition->read(&value.value, &why) != ST_OK) {
            condition_done(&value.value);
            return mistake(place, why.text);
        }
        insert_value(rule, value);
        rest = bytes_from(rest, n + 1);
    }
    return ST_OK;
}

/* "The text of a refusal", in quotes: a mail server prints it to the sender. */
static enum status read_refusal(struct rule *rule, struct bytes text, struct place *place)
{
    bool good = text.n > 2 && text.n - 2 <= POLICY_REFUSAL_MAX && text.p[0] == '"' &&
                text.p[text.n - 1] == '"';
    for (size_t i = 0; i < text.n && good; i++)
        good = text.p[i] >= ' ' && text.p[i] < 127;
    if (!good)
        return mistake(place, "write refuse, or refuse \"text\" of at most 120 ASCII characters");
    rule->decision.refusal = memory_new(text.n - 1, 1);
    memcpy(rule->decision.refusal, text.p + 1, text.n - 2);
    return ST_OK;
}

static enum status read_action(struct rule *rule, const struct config_entry *entry,
                               struct place *place)
{
    struct bytes text = bytes_text(entry->value);
    struct bytes word = bytes_first(text, bytes_index(text, ' '));
    struct bytes rest = bytes_trim(bytes_from(text, word.n));
    if (find_action(word, &rule->decision.action) != ST_OK ||
        (rest.n > 0 && rule->decision.action != POLICY_REFUSE))
        return mistake(place,
                       "the action is pass, seal, tls, tls-or-seal, refuse or refuse \"text\"");
    return rest.n == 0 ? ST_OK : read_refusal(rule, rest, place);
}

static enum status read_switch(bool *switch_out, const struct config_entry *entry,
                               const struct place *place)
{
    *switch_out = strcmp(entry->value, "yes") == 0;
    return *switch_out || strcmp(entry->value, "no") == 0 ? ST_OK
                                                          : mistake(place, "write yes or no");
}

static enum status read_subject(struct rule *rule, const struct config_entry *entry,
                                const struct place *place)
{
    if (rule->decision.outer_subject != NULL)
        return mistake(place, "a second outer-subject");
    if (strlen(entry->value) > POLICY_SUBJECT_MAX)
        return mistake(place, "a subject of more than 160 bytes");
    rule->decision.outer_subject = memory_text(entry->value);
    return ST_OK;
}

static bool has_tag(const struct rule *rule)
{
    const struct condition *tag = condition_find("subject-tag");
    for (size_t i = 0; i < rule->count; i++)
        if (rule->values[i].condition == tag)
            return true;
    return false;
}

/* What must be true of the rule as a whole. */
static enum status check_rule(struct rule *rule, bool acts, const struct place *place)
{
    struct why why = {""};
    enum policy_action action = rule->decision.action;
    bool by_tls = action == POLICY_TLS || action == POLICY_TLS_OR_SEAL;
    if (!acts)
        return mistake(place, "no action");
    if (rule->count == 0)
        return mistake(place, "no condition: it would decide for every letter");
    if (rule->decision.removes_tag && !has_tag(rule))
        return mistake(place, "remove-tag without a subject-tag");
    return route_check(&rule->decision.route, by_tls, &why) == ST_OK ? ST_OK
                                                                     : mistake(place, why.text);
}

/* One line of a rule: what it does, or a condition. */
static enum status read_entry(struct rule *rule, const struct config_entry *entry, bool *acts,
                              struct place *place)
{
    place->line = entry->line;
    place->column = entry->column;
    if (strcmp(entry->key, "remove-tag") == 0)
        return read_switch(&rule->decision.removes_tag, entry, place);
    if (strcmp(entry->key, "outer-subject") == 0)
        return read_subject(rule, entry, place);
    if (strcmp(entry->key, "action") != 0) {
        struct why why = {""};
        enum status status = route_read(&rule->decision.route, entry->key, entry->value, &why);
        if (status == ST_BAD)
            return mistake(place, why.text);
        return status == ST_OK ? ST_OK : add_values(rule, entry, place);
    }
    if (*acts)
        return mistake(place, "a second action");
    *acts = true;
    return read_action(rule, entry, place);
}

static enum status read_rule(struct rule *rule, const struct config_rule *from, struct place *place)
{
    bool acts = false;
    enum status status = ST_OK;
    rule->decision.rule = rule->name = memory_text(from->name);
    rule->decision.from = rule;
    rule->values = memory_new(VALUES_MAX, sizeof *rule->values);
    rule->texts = memory_new(from->count + 1, sizeof *rule->texts);
    for (size_t i = 0; i < from->count && status == ST_OK; i++)
        status = read_entry(rule, &from->entries[i], &acts, place);
    place->line = from->line;
    place->column = 1;
    return status == ST_OK ? check_rule(rule, acts, place) : status;
}

static bool about_content(const struct condition *condition)
{
    return condition->holds == NULL;
}

/* Give each question about the content its bit. */
static enum status place_questions(struct policy *policy, struct why *why)
{
    for (size_t i = 0; i < policy->count; i++)
        for (size_t k = 0; k < policy->rules[i].count; k++) {
            struct value *value = &policy->rules[i].values[k];
            if (!about_content(value->condition))
                continue;
            if (policy->places == POLICY_CONTENT_MAX)
                return why_set(why, ST_BAD, "the rules ask more than %d questions about content",
                               POLICY_CONTENT_MAX);
            value->value.place = policy->places++;
            policy->asks_words |= value->value.words != NULL;
        }
    return ST_OK;
}

enum status policy_read(const struct config *config, struct policy **policy_out, struct why *why)
{
    size_t count = 0;
    const struct config_rule *rules = config_rules(config, &count);
    struct policy *policy = memory_new(1, sizeof *policy);
    policy->rules = memory_new(count + 1, sizeof *policy->rules);
    policy->fallback.rule = POLICY_DEFAULT_RULE;
    enum status status = find_action(bytes_text(config_text(config, "policies", "default")),
                                     &policy->fallback.action);
    for (size_t i = 0; i < count && status == ST_OK; i++) {
        struct place place = {.config = config, .rule = rules[i].name, .why = why};
        policy->count++;
        status = read_rule(&policy->rules[i], &rules[i], &place);
    }
    if (status == ST_OK)
        status = place_questions(policy, why);
    if (status == ST_OK)
        *policy_out = policy;
    else
        policy_free(policy);
    return status;
}

static void rule_done(struct rule *rule)
{
    for (size_t i = 0; i < rule->count; i++)
        condition_done(&rule->values[i].value);
    for (size_t i = 0; i < rule->text_count; i++)
        free(rule->texts[i]);
    free(rule->texts);
    free(rule->values);
    route_done(&rule->decision.route);
    free(rule->decision.refusal);
    free(rule->decision.outer_subject);
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

/* --- deciding --------------------------------------------------------------------------------- */

/* Where the content is not known: does a rule speak that asks for something in it? It does if it
 * protects. */
static bool cautious(const struct rule *rule)
{
    return rule->decision.action == POLICY_SEAL || rule->decision.action == POLICY_REFUSE;
}

static bool value_holds(const struct rule *rule, const struct value *value,
                        const struct policy_question *question)
{
    const struct policy_content *content = question->content;
    size_t place = value->value.place;
    if (!about_content(value->condition))
        return value->condition->holds(&value->value, question);
    if (content == NULL || !content->known)
        return cautious(rule);
    return (content->found[place / 8] >> place % 8 & 1) != 0;
}

/* Each condition named must hold by one of its values. Gives the first that does not, or NULL. With
 * `content` only those about the content are asked, without it only the others. */
static const struct condition *failing_half(const struct rule *rule, bool content,
                                            const struct policy_question *question)
{
    size_t i = 0;
    while (i < rule->count) {
        const struct condition *condition = rule->values[i].condition;
        bool asked = about_content(condition) == content, holds = !asked;
        for (; i < rule->count && rule->values[i].condition == condition; i++)
            holds = holds || value_holds(rule, &rule->values[i], question);
        if (!holds)
            return condition;
    }
    return NULL;
}

static const struct condition *failing(const struct rule *rule,
                                       const struct policy_question *question)
{
    const struct condition *condition = failing_half(rule, false, question);
    return condition != NULL ? condition : failing_half(rule, true, question);
}

const struct policy_decision *policy_decide(const struct policy *policy,
                                            const struct policy_question *question)
{
    for (size_t i = 0; i < policy->count; i++)
        if (failing(&policy->rules[i], question) == NULL)
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

const char *policy_refusal(const struct policy_decision *decision)
{
    return decision->refusal;
}

const char *policy_outer_subject(const struct policy_decision *decision)
{
    return decision->outer_subject;
}

struct bytes policy_remove_tag(const struct policy_decision *decision, struct bytes subject)
{
    const struct condition *tag = condition_find("subject-tag");
    const struct rule *rule = decision->removes_tag ? decision->from : NULL;
    for (size_t i = 0; rule != NULL && i < rule->count; i++)
        if (rule->values[i].condition == tag && header_tag(subject, rule->values[i].value.text))
            return rule->values[i].value.text;
    return BYTES_NONE;
}

const struct policy_route *policy_route(const struct policy_decision *decision)
{
    const struct policy_route *route = &decision->route;
    return route->to == NULL && route->transport == NULL ? NULL : route;
}

bool policy_has(const struct policy *policy, enum policy_action action)
{
    for (size_t i = 0; i < policy->count; i++)
        if (policy->rules[i].decision.action == action)
            return true;
    return policy->fallback.action == action;
}

/* --- the content ------------------------------------------------------------------------------ */

bool policy_asks_content(const struct policy *policy)
{
    return policy->places > 0;
}

bool policy_needs_content(const struct policy *policy, const struct policy_question *question)
{
    for (size_t i = 0; i < policy->count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (failing_half(rule, false, question) != NULL)
            continue;
        for (size_t k = 0; k < rule->count; k++)
            if (about_content(rule->values[k].condition))
                return true;
        return false;
    }
    return false;
}

static void note(const struct value *value, bool found, struct policy_content *content)
{
    size_t place = value->value.place;
    content->found[place / 8] |= (uint8_t)(found << place % 8);
}

void policy_look_part(const struct policy *policy, const char *name, const char *type,
                      struct policy_content *content)
{
    for (size_t i = 0; i < policy->count; i++)
        for (size_t k = 0; k < policy->rules[i].count; k++) {
            const struct value *value = &policy->rules[i].values[k];
            if (value->condition->in_part != NULL)
                note(value, value->condition->in_part(&value->value, name, type), content);
        }
}

enum status policy_look_text(const struct policy *policy, struct bytes text,
                             struct policy_content *content)
{
    struct words_text *words = policy->asks_words ? words_text_new(text) : NULL;
    const struct condition_text asked = {text, words};
    if (policy->asks_words && words == NULL)
        return ST_FAIL;
    for (size_t i = 0; i < policy->count; i++)
        for (size_t k = 0; k < policy->rules[i].count; k++) {
            const struct value *value = &policy->rules[i].values[k];
            if (value->condition->in_text != NULL)
                note(value, value->condition->in_text(&value->value, &asked), content);
        }
    words_text_free(words);
    return ST_OK;
}

/* --- why -------------------------------------------------------------------------------------- */

size_t policy_count(const struct policy *policy)
{
    return policy->count;
}

const struct policy_decision *policy_at(const struct policy *policy, size_t i)
{
    return i < policy->count ? &policy->rules[i].decision : &policy->fallback;
}

const char *policy_fails(const struct policy *policy, size_t i,
                         const struct policy_question *question)
{
    const struct condition *condition = failing(&policy->rules[i], question);
    return condition == NULL ? NULL : condition->key;
}
