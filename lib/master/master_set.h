/* SPDX-License-Identifier: Apache-2.0
 * master: the master secrets of a district, one for each serial, in a directory of their own
 * (docs/spec/params.md §5). The newest gives the parameters; the older ones open the mail that was
 * sealed before. */
#ifndef SECUREMAIL_MASTER_SET_H
#define SECUREMAIL_MASTER_SET_H

#include "master.h"

#define MASTER_SET_MAX 64 /* serials kept at once */

struct master_set;

/* Read every file of the directory; all are behind the same passphrase, or none is (`passphrase` is
 * NULL). The directory belongs to us or to root, and nobody else may write in it (ST_DENIED), and
 * so with its files (file_read_secret). ST_NONE: there is no directory, or nothing in it. ST_BAD,
 * with rule and file: a name that is no serial, or files that do not fit together (M-9 to M-11). */
enum status master_set_read(const char *directory, const struct secret *passphrase,
                            struct master_set **set_out, struct why *why) MUST_CHECK;
/* One of a master at hand, which becomes the set's. */
struct master_set *master_set_of(struct master *master);
void master_set_free(struct master_set *set); /* NULL is fine */

/* The master of a serial, or NULL; lives as long as the set. */
const struct master *master_set_find(const struct master_set *set, uint64_t serial);
/* That of the highest serial; there always is one. */
const struct master *master_set_newest(const struct master_set *set);
size_t master_set_count(const struct master_set *set);

#endif
