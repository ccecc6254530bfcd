/* SPDX-License-Identifier: Apache-2.0
 * gateway: looking into a letter, where rules ask for its content. */
#ifndef SECUREMAIL_INSIDE_H
#define SECUREMAIL_INSIDE_H

#include "gateway.h"
#include "smtp_server.h"

/* Have the letter looked into, in a child (lib/inspect). The body is rewound before and after. What
 * can't be looked into is not known, and `why` says why: rules that protect then speak, others do
 * not. */
void inside_look(const struct gateway *gateway, const struct smtp_transaction *letter,
                 struct policy_content *content_out, struct why *why);

#endif
