/* SPDX-License-Identifier: Apache-2.0
 * policy (private): the lines of a rule that say which way a letter goes by TLS. */
#ifndef SECUREMAIL_POLICY_ROUTE_H
#define SECUREMAIL_POLICY_ROUTE_H

#include "policy.h"

/* Take a line of a rule. ST_NONE: the key is none of these; ST_BAD with a reason: no such value, or
 * given before. The texts are copies. */
enum status route_read(struct policy_route *route, const char *key, const char *value,
                       struct why *why) MUST_CHECK;
/* All lines were read: is there a way if one is `needed`, and none if not? Fills in the name. */
enum status route_check(struct policy_route *route, bool needed, struct why *why) MUST_CHECK;
void route_done(struct policy_route *route);

#endif
