/* SPDX-License-Identifier: Apache-2.0
 * policy: the rules of the configuration, and one decision per recipient. The first rule whose
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

/* Leave to send a letter in clear to one recipient. Only policy_decide makes one, and it lives as
 * long as the policy. The gateway's door to the relay asks for it. */
struct policy_leave;

struct decision {
    enum policy_action action;
    const char *rule;                 /* its name; lives as long as the policy */
    const struct policy_leave *leave; /* NULL unless the action is POLICY_PASS */
};

/* What the conditions look at. */
struct policy_letter {
    struct bytes subject; /* decoded, UTF-8 on one line; empty if there is none */
};

struct policy;

/* The rules of a configuration. ST_BAD, with file and line in the reason, for a key that is no
 * condition, a value that can't be one, a rule without conditions or without exactly one action. */
enum status policy_new(const struct config *config, struct policy **policy_out,
                       struct why *why) MUST_CHECK;
void policy_free(struct policy *policy); /* NULL is fine */

/* Decide for one recipient. `domain`: lower-case A-labels, of a canonical address. */
struct decision policy_decide(const struct policy *policy, const struct policy_letter *letter,
                              const char *domain);

/* "seal", "pass", "refuse": as in the configuration and in log lines. */
const char *policy_action_name(enum policy_action action);

#endif
