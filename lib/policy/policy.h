/* SPDX-License-Identifier: Apache-2.0
 * policy: rules → one decision for each recipient. Rules stand in the configuration; the first that
 * fits counts.
 *
 *     [policy "colleagues"]
 *     recipient-domain = example.gov, .example.gov
 *     action = pass
 *
 *     [policy "tagged"]
 *     subject-tag = Secure:, [secure]
 *     action = seal
 *
 *     [policies]
 *     default = seal
 *
 * All conditions of a rule must hold; of several values of one condition, one. */
#ifndef SECUREMAIL_POLICY_H
#define SECUREMAIL_POLICY_H

#include "address.h"
#include "config.h"

enum policy_action { POLICY_SEAL, POLICY_PASS, POLICY_REFUSE };

struct policy;

/* What was decided, and by which rule. Opaque: only policy_decide gives one, so a letter can leave
 * in clear only where a rule said so. */
struct policy_decision;

/* Read the rules. ST_BAD, naming file and line, for any mistake: an unknown key, a missing action,
 * a domain that is none. */
enum status policy_read(const struct config *config, struct policy **policy_out,
                        struct why *why) MUST_CHECK;
void policy_free(struct policy *policy);

/* What a decision may look at. */
struct policy_question {
    const char *subject;          /* decoded text; "" if there is none */
    const char *recipient_domain; /* canonical, as address_parse_domain makes it */
};

/* The decision lives as long as the policy. */
const struct policy_decision *policy_decide(const struct policy *policy,
                                            const struct policy_question *question);
enum policy_action policy_action(const struct policy_decision *decision);
/* The rule's name, "default" if none fitted. */
const char *policy_rule(const struct policy_decision *decision);

/* Does a subject carry this tag, in any case? At its beginning, also behind "Re:", "Fwd:" and the
 * like; a tag in brackets anywhere. */
bool policy_tagged(const char *subject, const char *tag);

#endif
