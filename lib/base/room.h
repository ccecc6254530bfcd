/* SPDX-License-Identifier: Apache-2.0
 * base: locking a program into its room. The order in each main is: acquire what is needed (files,
 * sockets, keys), enter the room, work. After room_enter the process can do what its card says, and
 * a foreign byte has not been read before.
 *
 * Three locks, each of which holds alone: the user and all capabilities are dropped; Landlock
 * limits files to the paths named (none named: no file at all can be opened); seccomp refuses
 * system calls by group, with EPERM. Landlock is skipped where the kernel lacks it, the others
 * never. Descriptors that are open on entering stay open, so close what the room is not to have.
 * Libraries that load others while they work (iconv, name services) have to be made to load them
 * before. */
#ifndef SECUREMAIL_ROOM_H
#define SECUREMAIL_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

enum room_right {
    ROOM_TCP =
        1, /* may make IPv4 and IPv6 sockets (accepting on an inherited one needs no right) */
    ROOM_UNIX = 2,    /* may make Unix sockets: reach the next program */
    ROOM_PROCESS = 4, /* may fork children of itself (never: run another program) */
    ROOM_THREAD = 8,  /* may start threads */
};

struct room {
    const char *name;
    unsigned rights;               /* of enum room_right */
    const char *const *read_paths; /* NULL-terminated, or NULL for none */
    const char *const
        *write_paths; /* files and directories it may read, write, create and unlink in */
    const char *user; /* to become, when started as root; NULL or "": stay; never root */
};

/* The first line of each main: no core dump, not traceable (PR_SET_DUMPABLE), umask 077, standard
 * descriptors open, no new privileges. */
void room_harden(void);
/* Lock the door. execve is refused in every room. ST_FAIL if a lock can't be had. */
enum status room_enter(const struct room *room, struct why *why) MUST_CHECK;
/* The viewer's cell: only reading and writing descriptors already open, memory, time, exit. Looking
 * for a file answers that there is none; any other call ends the process (SIGSYS). `memory`: bytes
 * of address space; `seconds`: of processor time (then SIGKILL). May be entered from inside a room
 * with ROOM_PROCESS, by a child. */
enum status room_enter_cell(size_t memory, unsigned seconds, struct why *why) MUST_CHECK;

#endif
