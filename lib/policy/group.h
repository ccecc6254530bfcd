/* SPDX-License-Identifier: Apache-2.0
 * policy (private): a file of addresses and domains, one a line:
 *
 *     # the court, and its clinic
 *     clerk@court.example
 *     court.example            every address in this domain
 *     .court.example           and in those below it
 *
 * Blank lines and those that begin with # say nothing. Spelling is free: what is compared is the
 * canonical form. */
#ifndef SECUREMAIL_POLICY_GROUP_H
#define SECUREMAIL_POLICY_GROUP_H

#include "address.h"

#define GROUP_FILE_MAX (64 << 20)   /* bytes */
#define GROUP_MEMBERS_MAX (1 << 20) /* lines that say something */

struct group;

/* Read a file. ST_BAD with path, line and reason for a line that is neither; ST_NONE, ST_LIMIT and
 * so on with the path where it can't be read. */
enum status group_read(const char *path, struct group **group_out, struct why *why) MUST_CHECK;
void group_free(struct group *group); /* NULL is fine */

/* Is the canonical address in it: itself, by its domain, or by a domain above that? */
bool group_holds(const struct group *group, const char *address);

#endif
