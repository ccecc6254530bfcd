/* SPDX-License-Identifier: Apache-2.0
 * policy: the rules of the configuration, and one decision for each recipient. The first rule whose
 * conditions all hold decides; where no rule speaks, [policies] default does.
 *
 *     [policy "colleagues"]                      a recipient in one of these domains …
 *     recipient-domain = example.org, .example.org
 *     action = pass                              … gets the letter as it is
 *
 * Conditions of different kinds must all hold; of several values of one kind, one is enough. */
#ifndef SECUREMAIL_POLICY_H
#define SECUREMAIL_POLICY_H

#include "config.h"

#define POLICY_DEFAULT_RULE "default" /* the rule's name where no rule spoke */

enum policy_action {
    POLICY_SEAL, /* the recipient gets a sealed copy, or none */
    POLICY_PASS, /* the letter goes on as it is */
    POLICY_REFUSE,
};

struct policy;

/* The rules of a configuration. ST_BAD, with file and line in the reason, for a key that is no
 * condition, a value that can't be one, a rule without conditions or without exactly one action. */
enum status policy_read(const struct config *config, struct policy **policy_out,
                        struct why *why) MUST_CHECK;
void policy_free(struct policy *policy); /* NULL is fine */

/* What the conditions look at. */
struct policy_question {
    struct bytes subject;         /* decoded, UTF-8 on one line; empty if there is none */
    const char *recipient_domain; /* lower-case A-labels, of a canonical address */
};

/* What was decided, and by which rule. Opaque: policy_decide alone gives one, so a letter can go in
 * clear only where a rule said so. */
struct policy_decision;

/* Decide for one recipient. The decision lives as long as the policy. */
const struct policy_decision *policy_decide(const struct policy *policy,
                                            const struct policy_question *question);
enum policy_action policy_action(const struct policy_decision *decision);
/* The rule's name, POLICY_DEFAULT_RULE where no rule spoke. */
const char *policy_rule(const struct policy_decision *decision);

/* "seal", "pass", "refuse": as in the configuration and in log lines. */
const char *policy_action_name(enum policy_action action);

#endif
