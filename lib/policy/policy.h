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
#include "header.h"

#define POLICY_DEFAULT_RULE "default" /* the rule's name where no rule spoke */
#define POLICY_REFUSAL_MAX 120        /* bytes of the text of a refusal */
#define POLICY_SUBJECT_MAX 160        /* bytes of a subject given by a rule */
#define POLICY_CONTENT_MAX 1024       /* questions about the content, of all rules */

enum policy_action {
    POLICY_SEAL,        /* the recipient gets a sealed copy, or none */
    POLICY_PASS,        /* the letter goes on as it is */
    POLICY_TLS,         /* it goes on as it is, by verified TLS to the recipient's domain, or not */
    POLICY_TLS_OR_SEAL, /* likewise, and where that is not safe a sealed copy goes */
    POLICY_REFUSE,
    POLICY_ACTIONS
};

struct policy;

/* The rules of a configuration, and the files of addresses that they name. ST_BAD, with file, line
 * and column in the reason, for a key that is no condition, a value that can't be one, a rule
 * without conditions or without exactly one action. */
enum status policy_read(const struct config *config, struct policy **policy_out,
                        struct why *why) MUST_CHECK;
void policy_free(struct policy *policy); /* NULL is fine */

/* What was found in a letter's content: a bit for each question that the rules have about it. */
struct policy_content {
    bool known; /* false: it could not be looked at */
    uint8_t found[POLICY_CONTENT_MAX / 8];
};

/* What the conditions look at. */
struct policy_question {
    struct bytes subject;        /* decoded, UTF-8 on one line; empty if there is none */
    const struct header *header; /* the letter's top header */
    uint64_t size;               /* bytes of the letter */
    const char *sender;          /* the envelope's, canonical; "" for none, and for one that has no
                                    canonical form */
    const char *recipient;       /* canonical */
    const struct policy_content *content; /* NULL, or not known: conditions on it hold in rules that
                                             seal or refuse, and don't in those that do less */
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
/* What the sender is told: printable ASCII; NULL where the rule says nothing or does not refuse. */
const char *policy_refusal(const struct policy_decision *decision);
/* The subject tag that is to be taken off the letter's subject: the one of the rule's tags that
 * this subject has. Empty if the rule keeps it. */
struct bytes policy_remove_tag(const struct policy_decision *decision, struct bytes subject);

/* What stands as subject outside of a sealed copy, UTF-8; NULL: the letter's own. */
const char *policy_outer_subject(const struct policy_decision *decision);

/* The way of a letter that goes by TLS; NULL texts were not given. Either `to`, which the gateway
 * verifies itself, or `transport`. */
struct policy_route {
    char *to;        /* host:port */
    char *name;      /* DNS name that the certificate at `to` must carry; never NULL with it */
    char *ca_file;   /* whose CAs it is verified by; NULL: [gateway] ca-file */
    char *mode;      /* "starttls", "implicit"; NULL: starttls */
    char *transport; /* on this host: the mail server's own, which sends by TLS that it verifies */
};

/* Of a decision for tls or tls-or-seal; NULL of any other. */
const struct policy_route *policy_route(const struct policy_decision *decision);

/* Does any rule, or the default, have this action? */
bool policy_has(const struct policy *policy, enum policy_action action);

/* --- the content: asked for once a letter, and only where a rule gets so far
 * ----------------------
 */

/* Does any rule ask for content? */
bool policy_asks_content(const struct policy *policy);
/* Does the decision for this question depend on the content? */
bool policy_needs_content(const struct policy *policy, const struct policy_question *question);
/* Look at a part of the letter, by file name ("" for none) and type ("image/png"); at a text in it
 * (UTF-8). Bits are only ever set. In a cell: this is a foreign letter. ST_FAIL: out of memory. */
void policy_look_part(const struct policy *policy, const char *name, const char *type,
                      struct policy_content *content);
enum status policy_look_text(const struct policy *policy, struct bytes text,
                             struct policy_content *content) MUST_CHECK;

/* --- for people who ask why --------------------------------------------------------------------
 */

/* How many rules there are, and rule i in their order; the one at `count` is the default. */
size_t policy_count(const struct policy *policy);
const struct policy_decision *policy_at(const struct policy *policy, size_t i);
/* The first condition of rule i that does not hold ("recipient-domain"); NULL if all hold. */
const char *policy_fails(const struct policy *policy, size_t i,
                         const struct policy_question *question);

/* "seal", "pass", …: as in the configuration and in log lines. */
const char *policy_action_name(enum policy_action action);

#endif
