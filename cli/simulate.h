/* SPDX-License-Identifier: Apache-2.0
 * cli: what rules would do to many mails. */
#ifndef SECUREMAIL_SIMULATE_H
#define SECUREMAIL_SIMULATE_H

#include "policy.h"

/* Ask the rules about every mail in these places (Maildirs, or files of mails as mbox has them;
 * NULL-terminated), and print a table of rules on standard output: how many letters, how many
 * recipients, how many bytes. With `json` it is one JSON object. Progress stands on standard error
 * while that is a terminal. A mail that can't be read is counted and does not end it. */
enum status simulate(const struct policy *policy, char *const *places, bool json,
                     struct why *why) MUST_CHECK;

#endif
