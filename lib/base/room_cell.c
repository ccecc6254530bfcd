/* SPDX-License-Identifier: Apache-2.0
 * base: the cell, where foreign mail is parsed: a short list of system calls is allowed, a few that
 * libraries try in passing are told that there is nothing, and any other ends the process. */
#include "room.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "room_private.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Reading, writing, memory, time, the end. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(close),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(sysinfo), /* the C library's qsort asks how much memory there is */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Looked for by the C library, GLib and iconv in passing. newfstatat with an empty path would be
 * fstat, but the filter can't read the path: no file's existence is told. */
static const struct {
    int call;
    int error;
} absent[] = {
    {SCMP_SYS(open), ENOENT},     {SCMP_SYS(openat), ENOENT},     {SCMP_SYS(stat), ENOENT},
    {SCMP_SYS(lstat), ENOENT},    {SCMP_SYS(newfstatat), ENOENT}, {SCMP_SYS(statx), ENOENT},
    {SCMP_SYS(access), ENOENT},   {SCMP_SYS(faccessat), ENOENT},  {SCMP_SYS(faccessat2), ENOENT},
    {SCMP_SYS(readlink), ENOENT}, {SCMP_SYS(readlinkat), ENOENT}, {SCMP_SYS(getcwd), ENOENT},
    {SCMP_SYS(ioctl), ENOTTY},    {SCMP_SYS(fcntl), EPERM},       {SCMP_SYS(prlimit64), EPERM},
};

static int limit(int what, rlim_t value)
{
    struct rlimit both = {value, value};
    return setrlimit(what, &both);
}

static enum status limit_cell(size_t memory, unsigned seconds, struct why *why)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_FSIZE, 0) != 0 || limit(RLIMIT_NPROC, 0) != 0 ||
        limit(RLIMIT_CPU, seconds) != 0 || limit(RLIMIT_AS, memory) != 0)
        return why_set(why, ST_FAIL, "cell: %s", strerror(errno));
    return ST_OK;
}

/* Memory, but no code; sending, but only to the socket's own peer. */
static int allow_in_part(scmp_filter_ctx filter)
{
    int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1,
                                  SCMP_A4(SCMP_CMP_EQ, 0, 0));
    return result;
}

enum status room_enter_cell(size_t memory, unsigned seconds, struct why *why)
{
    if (limit_cell(memory, seconds, why) != ST_OK || room_lock_files(NULL, NULL, why) != ST_OK)
        return ST_FAIL;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL)
        return why_set(why, ST_FAIL, "cell: seccomp: no memory");
    int result = 0;
    for (size_t i = 0; i < COUNT(allowed) && result == 0; i++)
        result = room_rule(filter, SCMP_ACT_ALLOW, allowed[i]);
    for (size_t i = 0; i < COUNT(absent) && result == 0; i++)
        result = room_rule(filter, SCMP_ACT_ERRNO(absent[i].error), absent[i].call);
    if (result == 0)
        result = allow_in_part(filter);
    return room_load(filter, result, why);
}
