/* SPDX-License-Identifier: Apache-2.0
 * base: a process that opens files for one that is locked in. It is forked before the room is
 * entered and before a secret is there; it opens for reading alone, and only what `allowed` says:
 * so a program reads its configuration again without the right to open any file. While it is there,
 * file_read (file.h) has its files opened by it.
 *
 *     parent                                helper
 *       | --- a path, without its end ------> |
 *       | <-- errno or 0 (1 byte), with the --|  SOCK_SEQPACKET
 *       |     file, or any other descriptor   | */
#ifndef SECUREMAIL_FILE_HELPER_H
#define SECUREMAIL_FILE_HELPER_H

#include <stdbool.h>

#include "status.h"

#define FILE_HELPER_NAME "file-helper" /* of the process, as in ps -o comm */

/* Start it, once. `allowed` is asked in the helper, each time. It ends with its parent. */
enum status file_helper_start(bool (*allowed)(void *context, const char *path), void *context,
                              struct why *why) MUST_CHECK;
bool file_helper_is_there(void);
/* For a forked child that is not to have it: from now on files are opened by ourselves. */
void file_helper_leave(void);
/* Have a file opened. ST_NONE if there is no such file, ST_DENIED if it may not be had, ST_FAIL
 * otherwise, with a reason. The caller closes *fd_out. */
enum status file_helper_open(const char *path, int *fd_out, struct why *why) MUST_CHECK;

#endif
