/* SPDX-License-Identifier: Apache-2.0
 * base: the locks of a room, each in a file of its own; room.h says what they are for. */
#ifndef SECUREMAIL_ROOM_PRIVATE_H
#define SECUREMAIL_ROOM_PRIVATE_H

#include <seccomp.h>

#include "room.h"

/* Landlock: from here on only these paths can be opened, changed or unlinked. ST_OK without effect
 * where the kernel lacks Landlock; ST_FAIL if a path does not exist. */
enum status room_lock_files(const char *const *read_paths, const char *const *write_paths,
                            struct why *why) MUST_CHECK;
/* Seccomp: refuse the calls that no program needs, and those that `rights` does not name. */
enum status room_lock_calls(unsigned rights, struct why *why) MUST_CHECK;

/* One rule without conditions; a call that this architecture lacks (a negative number) is fine.
 * Returns 0 or a negative errno, as libseccomp does. */
int room_rule(scmp_filter_ctx filter, uint32_t action, int call);
/* Give a finished filter to the kernel, unless `result` says that making it failed; release it. */
enum status room_load(scmp_filter_ctx filter, int result, struct why *why) MUST_CHECK;

#endif
