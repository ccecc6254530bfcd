/* SPDX-License-Identifier: Apache-2.0
 * base: the locks of a room: user, Landlock, seccomp. */
#include "room.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void room_harden(void)
{
    struct rlimit none = {0, 0};
    /* With a standard descriptor closed, the next file opened would be taken for it. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            abort();
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        abort();
    umask(077);
}

/* --- the user
 * ------------------------------------------------------------------------------------------- */

static enum status drop_user(const char *name, struct why *why)
{
    if (name == NULL || name[0] == '\0' || geteuid() != 0)
        return ST_OK;
    struct passwd *user = getpwnam(name);
    if (user == NULL)
        return why_set(why, ST_FAIL, "there is no user “%s”", name);
    if (initgroups(name, user->pw_gid) != 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
        return why_set(why, ST_FAIL, "can't become user “%s”: %s", name, strerror(errno));
    /* Trust, but try: there must be no way back. */
    if (user->pw_uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
        return why_set(why, ST_FAIL, "user “%s” can become root again", name);
    /* A change of user makes a process dumpable again. */
    return prctl(PR_SET_DUMPABLE, 0) == 0 ? ST_OK : ST_FAIL;
}

/* --- Landlock: which files
 * ------------------------------------------------------------------------------- */

#define FILE_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILE_WRITE                                                                                 \
    (FILE_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                  \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK)
/* Everything of Landlock's first version is refused unless a path allows it. */
#define FILE_ALL (LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)
/* What makes sense on a single file. */
#define FILE_ONLY                                                                                  \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE)

static enum status allow_path(int rules, const char *path, uint64_t access, struct why *why)
{
    struct stat found;
    enum status status = ST_FAIL;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &found) == 0) {
        if (!S_ISDIR(found.st_mode))
            access &= FILE_ONLY;
        struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
        if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
            status = ST_OK;
    }
    if (status != ST_OK)
        why_set(why, ST_FAIL, "room: %s: %s", path, strerror(errno));
    io_close(&fd);
    return status;
}

static enum status lock_files(const char *const *read_paths, const char *const *write_paths,
                              struct why *why)
{
    struct landlock_ruleset_attr all = {.handled_access_fs = FILE_ALL};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    if (rules < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP
                   ? ST_OK
                   : why_set(why, ST_FAIL, "room: %s", strerror(errno));
    enum status status = ST_OK;
    for (const char *const *path = read_paths; status == ST_OK && path != NULL && *path != NULL;
         path++)
        status = allow_path(rules, *path, FILE_READ, why);
    for (const char *const *path = write_paths; status == ST_OK && path != NULL && *path != NULL;
         path++)
        status = allow_path(rules, *path, FILE_WRITE, why);
    if (status == ST_OK && syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        status = why_set(why, ST_FAIL, "room: %s", strerror(errno));
    io_close(&rules);
    return status;
}

/* --- seccomp: which system calls
 * -------------------------------------------------------------------------- */

/* Never needed by any of our programs, and each a step out of a room. Numbers, not names, come from
 * the headers; one that this architecture lacks is negative and is skipped. */
static const int never[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(personality),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setgroups),
    SCMP_SYS(capset),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(move_pages),
    SCMP_SYS(mbind),
    SCMP_SYS(fanotify_init),
};

static int refuse(scmp_filter_ctx filter, int call)
{
    return call < 0 ? 0 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
}

/* Sockets by family: what the rights do not name can't be made. */
static int lock_sockets(scmp_filter_ctx filter, unsigned rights)
{
    static const int other[] = {AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG, AF_BLUETOOTH,
                                AF_XDP,     AF_KEY,    AF_TIPC,  AF_RDS};
    int result = 0;
    for (size_t i = 0; i < COUNT(other) && result == 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)other[i]));
    if (result == 0 && (rights & ROOM_UNIX) == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
    if (result == 0 && (rights & ROOM_TCP) == 0) {
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_EQ, AF_INET));
        if (result == 0)
            result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                      SCMP_A0(SCMP_CMP_EQ, AF_INET6));
    }
    if (result == 0 && (rights & (ROOM_TCP | ROOM_UNIX)) == 0)
        result = refuse(filter, SCMP_SYS(connect));
    return result;
}

/* New processes and threads. The flags of clone3 lie in memory, where a filter can't look, so it is
 * “not there”, and the C library falls back to clone. Namespaces are never ours to make. */
static int lock_clones(scmp_filter_ctx filter, unsigned rights)
{
    const scmp_datum_t namespaces =
        CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
    int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    for (scmp_datum_t bit = 1; bit != 0 && bit <= namespaces && result == 0; bit <<= 1)
        if ((namespaces & bit) != 0)
            result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                      SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit));
    if (result == 0 && (rights & ROOM_PROCESS) == 0) {
        result = refuse(filter, SCMP_SYS(fork));
        if (result == 0)
            result = refuse(filter, SCMP_SYS(vfork));
        if (result == 0)
            result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    }
    if (result == 0 && (rights & ROOM_THREAD) == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                  SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    return result;
}

/* Memory that can be written must not become code. */
static int lock_code(scmp_filter_ctx filter)
{
    int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mprotect), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 4));
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mmap), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 4));
    return result;
}

static enum status lock_calls(unsigned rights, struct why *why)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int result = filter == NULL ? -ENOMEM : seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    for (size_t i = 0; i < COUNT(never) && result == 0; i++)
        result = refuse(filter, never[i]);
    if (result == 0)
        result = lock_sockets(filter, rights);
    if (result == 0)
        result = lock_clones(filter, rights);
    if (result == 0)
        result = lock_code(filter);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result == 0 ? ST_OK : why_set(why, ST_FAIL, "room: seccomp: %s", strerror(-result));
}

enum status room_enter(const struct room *room, struct why *why)
{
    enum status status = drop_user(room->user, why);
    if (status == ST_OK && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        status = why_set(why, ST_FAIL, "room: %s", strerror(errno));
    if (status == ST_OK)
        status = lock_files(room->read_paths, room->write_paths, why);
    if (status == ST_OK)
        status = lock_calls(room->rights, why);
    return status;
}

/* --- the cell
 * --------------------------------------------------------------------------------------------- */

/* Reading, writing, memory, time, the end. Anything else kills. */
static const int cell_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
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
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrusage),
};

static int limit(int what, rlim_t value)
{
    struct rlimit both = {value, value};
    return setrlimit(what, &both);
}

enum status room_enter_cell(size_t memory, unsigned seconds, struct why *why)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_FSIZE, 0) != 0 ||
        limit(RLIMIT_CPU, seconds) != 0 || limit(RLIMIT_AS, memory) != 0 ||
        limit(RLIMIT_NPROC, 0) != 0)
        return why_set(why, ST_FAIL, "cell: %s", strerror(errno));
    if (lock_files(NULL, NULL, why) != ST_OK)
        return ST_FAIL;

    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int result = filter == NULL ? -ENOMEM : 0;
    for (size_t i = 0; i < COUNT(cell_calls) && result == 0; i++)
        if (cell_calls[i] >= 0)
            result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, cell_calls[i], 0);
    /* Memory, but no code; libraries that look for a file are told there is none rather than
     * killed. */
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
    static const int absent[] = {SCMP_SYS(openat), SCMP_SYS(open),     SCMP_SYS(access),
                                 SCMP_SYS(stat),   SCMP_SYS(readlink), SCMP_SYS(ioctl),
                                 SCMP_SYS(fcntl),  SCMP_SYS(prlimit64)};
    for (size_t i = 0; i < COUNT(absent) && result == 0; i++)
        if (absent[i] >= 0)
            result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOENT), absent[i], 0);
    /* The C library asks for the status of a descriptor by this call with an empty path; with a
     * path there is nothing. */
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                                  SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOENT), SCMP_SYS(newfstatat), 1,
                                  SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0));
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result == 0 ? ST_OK : why_set(why, ST_FAIL, "cell: seccomp: %s", strerror(-result));
}
