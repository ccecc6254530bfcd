/* SPDX-License-Identifier: Apache-2.0
 * base: connecting to a host by its name. */
#ifndef SECUREMAIL_NET_NAME_H
#define SECUREMAIL_NET_NAME_H

#include "status.h"

#define NET_NAME_FILES 5 /* at most */

/* Files that the C library looks names up with: a room that does so may read them. NULL-terminated,
 * those that exist. */
const char *const *net_name_files(void);
/* Have the C library load what it loads when it looks a name up: before the room is entered. */
void net_name_prepare(void);

/* Connect to "mx.example.org:25", "192.0.2.1:25" or "[2001:db8::1]:25": to the first of its
 * addresses that answers, within `timeout_ms` for each. The descriptor blocks. ST_TEMP, with a
 * reason, if the name has none or nobody answers; ST_BAD if `where` is of no such form. */
enum status net_connect_name(const char *where, int timeout_ms, int *fd_out,
                             struct why *why) MUST_CHECK;

#endif
