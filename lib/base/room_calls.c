/* SPDX-License-Identifier: Apache-2.0
 * base: the lock on system calls, by seccomp(2). Everything is allowed that is not refused, and
 * what is refused answers EPERM, so that a library that tries its luck can go on without.
 *
 * Conditions look at an argument as the 64 bits of its register, while the kernel takes a socket's
 * family from the lower 32: the rules are written so that no high bit slips past them. */
#include "room_private.h"

#include <errno.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define REFUSE SCMP_ACT_ERRNO(EPERM)

static const int never[] = {
    /* another program */
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(uselib),
    /* another process's memory and descriptors */
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    /* another user, other rights */
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(capset),
    SCMP_SYS(personality),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    /* another view of the system */
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(chroot),
    SCMP_SYS(pivot_root),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(truncate), /* by path: old Landlock does not see it; ftruncate is fine */
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(fanotify_init),
    /* the machine */
    SCMP_SYS(reboot),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(syslog),
    SCMP_SYS(vhangup),
    /* large parts of the kernel that nothing here needs; io_uring would do what is refused above */
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(mbind),
    SCMP_SYS(set_mempolicy),
    SCMP_SYS(move_pages),
    SCMP_SYS(migrate_pages),
};

int room_rule(scmp_filter_ctx filter, uint32_t action, int call)
{
    return call < 0 ? 0 : seccomp_rule_add(filter, action, call, 0);
}

static int refuse_if(scmp_filter_ctx filter, int call, struct scmp_arg_cmp condition)
{
    return call < 0 ? 0 : seccomp_rule_add(filter, REFUSE, call, 1, condition);
}

/* Sockets by family: all but those that the rights name. Families end at AF_INET6 here: the last
 * rule refuses the higher ones, and high bits. */
static int lock_sockets(scmp_filter_ctx filter, unsigned rights)
{
    int result = refuse_if(filter, SCMP_SYS(socketpair), SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
    for (unsigned family = 0; family <= AF_INET6 && result == 0; family++) {
        bool internet = family == AF_INET || family == AF_INET6;
        if (!(internet && (rights & ROOM_TCP) != 0) &&
            !(family == AF_UNIX && (rights & ROOM_UNIX) != 0))
            result = refuse_if(filter, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, family, 0));
    }
    if (result == 0)
        result = refuse_if(filter, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_GT, AF_INET6, 0));
    if (result == 0 && (rights & (ROOM_TCP | ROOM_UNIX)) == 0)
        result = room_rule(filter, REFUSE, SCMP_SYS(connect));
    return result;
}

/* New processes, threads and namespaces, by the flags of clone. Those of clone3 lie in memory,
 * where a filter can't look: it is “not there”, and the C library falls back to clone. */
static int lock_clones(scmp_filter_ctx filter, unsigned rights)
{
    static const scmp_datum_t namespaces[] = {CLONE_NEWNS,    CLONE_NEWUSER, CLONE_NEWPID,
                                              CLONE_NEWNET,   CLONE_NEWUTS,  CLONE_NEWIPC,
                                              CLONE_NEWCGROUP};
    int result = room_rule(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
    for (size_t i = 0; i < COUNT(namespaces) && result == 0; i++)
        result = refuse_if(filter, SCMP_SYS(clone),
                           SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
    if (result == 0 && (rights & ROOM_THREAD) == 0)
        result = refuse_if(filter, SCMP_SYS(clone),
                           SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    if ((rights & ROOM_PROCESS) != 0)
        return result;
    if (result == 0)
        result = refuse_if(filter, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    if (result == 0)
        result = room_rule(filter, REFUSE, SCMP_SYS(fork));
    return result == 0 ? room_rule(filter, REFUSE, SCMP_SYS(vfork)) : result;
}

/* Nothing that was written becomes code. So libraries are loaded before the door closes. */
static int lock_code(scmp_filter_ctx filter)
{
    static const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(pkey_mprotect)};
    int result = 0;
    for (size_t i = 0; i < COUNT(calls) && result == 0; i++)
        result = refuse_if(filter, calls[i], SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    return result == 0 ? room_rule(filter, REFUSE, SCMP_SYS(shmat)) : result;
}

/* Typing into the terminal that started us would be a way to run another program. */
static int lock_terminal(scmp_filter_ctx filter)
{
    const scmp_datum_t command = 0xffffffff;
    int result = refuse_if(filter, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, command, TIOCSTI));
    return result == 0
               ? refuse_if(filter, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, command, TIOCLINUX))
               : result;
}

enum status room_load(scmp_filter_ctx filter, int result, struct why *why)
{
    /* Calls of another architecture (32 bits on a 64-bit kernel) have other numbers. */
    if (result == 0)
        result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (result == 0)
        result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result == 0 ? ST_OK : why_set(why, ST_FAIL, "room: seccomp: %s", strerror(-result));
}

enum status room_lock_calls(unsigned rights, struct why *why)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == NULL)
        return why_set(why, ST_FAIL, "room: seccomp: no memory");
    int result = 0;
    for (size_t i = 0; i < COUNT(never) && result == 0; i++)
        result = room_rule(filter, REFUSE, never[i]);
    if (result == 0)
        result = lock_sockets(filter, rights);
    if (result == 0)
        result = lock_clones(filter, rights);
    if (result == 0)
        result = lock_code(filter);
    if (result == 0)
        result = lock_terminal(filter);
    return room_load(filter, result, why);
}
