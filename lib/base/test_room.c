/* SPDX-License-Identifier: Apache-2.0
 * base: children that enter a room and try what its card forbids. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <cmocka.h>

#include "io.h"
#include "room.h"
#include "secret.h"
#include "test_child.h"

#define NOT_ENTERED 255
#define CELL_MEMORY (256u << 20)

/* Where the kernel lacks Landlock, a room does without, and the tests of files are skipped. */
static bool landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

static void *nothing(void *p)
{
    return p;
}

static bool can_start_a_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

static bool can_fork(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child > 0 && waitpid(child, NULL, 0) == child;
}

/* Which of the steps out of a room succeed: one bit each. */
enum step {
    STEP_EXEC = 1,
    STEP_TCP = 2,
    STEP_UNIX = 4,
    STEP_FORK = 8,
    STEP_THREAD = 16,
    STEP_FILE = 32,
    STEP_CODE = 64
};

static int small_steps(void)
{
    int out = 0;
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_INET6, SOCK_STREAM, 0) >= 0)
        out |= STEP_TCP;
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
        out |= STEP_UNIX;
    if (open("/etc/hostname", O_RDONLY) >= 0)
        out |= STEP_FILE;
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
        MAP_FAILED)
        out |= STEP_CODE;
    if (can_start_a_thread())
        out |= STEP_THREAD;
    if (can_fork())
        out |= STEP_FORK;
    return out;
}

static int steps_out(void)
{
    int out = small_steps();
    return execl("/bin/true", "true", (char *)NULL) == 0 || errno != EPERM ? out | STEP_EXEC : out;
}

static int in_room_with(unsigned rights, int (*what)(void))
{
    static const char *const paths[] = {"/etc", NULL};
    const struct room room = {
        .name = "test", .rights = rights, .read_paths = rights == 0 ? NULL : paths};
    room_harden();
    return room_enter(&room, NULL) == ST_OK ? what() : NOT_ENTERED;
}

#define ALL_RIGHTS (ROOM_TCP | ROOM_UNIX | ROOM_PROCESS | ROOM_THREAD)

static int steps_of_closed_room(void)
{
    return in_room_with(0, steps_out);
}

static int steps_of_open_room(void)
{
    return in_room_with(ALL_RIGHTS, steps_out);
}

static int steps_of_threads(void)
{
    return in_room_with(ROOM_THREAD, steps_out);
}

static int steps_of_processes(void)
{
    return in_room_with(ROOM_PROCESS, steps_out);
}

static void a_room_lets_out_what_its_rights_say_and_never_exec(void **state)
{
    (void)state;
    int always_file = landlock() ? 0 : STEP_FILE;
    /* Without a room each step succeeds: the test can tell. */
    assert_int_equal(in_child(small_steps),
                     STEP_TCP | STEP_UNIX | STEP_FILE | STEP_CODE | STEP_THREAD | STEP_FORK);
    assert_int_equal(in_child(steps_of_closed_room), always_file);
    assert_int_equal(in_child(steps_of_threads), STEP_THREAD | STEP_FILE);
    assert_int_equal(in_child(steps_of_processes), STEP_FORK | STEP_FILE);
    assert_int_equal(in_child(steps_of_open_room),
                     STEP_TCP | STEP_UNIX | STEP_FORK | STEP_THREAD | STEP_FILE);
}

/* Calls that no room may make, with arguments for which the kernel itself would say anything but
 * EPERM to a user without rights. The numbers with a high bit are what the kernel cuts to 32. */
static int refused_calls(void)
{
    const long high = 1L << 32;
    char path[] = "/etc/hostname";
    const struct {
        long call, a, b, c;
        int error;
    } cases[] = {
        {SYS_socket, AF_NETLINK, SOCK_RAW, 0, EPERM},
        {SYS_socket, AF_PACKET, 0, 0, EPERM},
        {SYS_socket, AF_UNSPEC, SOCK_STREAM, 0, EPERM},
        {SYS_socket, 39 /* AF_NFC */, SOCK_RAW, 0, EPERM},
        {SYS_socket, 46 /* none yet */, SOCK_RAW, 0, EPERM},
        {SYS_socket, high | AF_UNIX, SOCK_STREAM, 0, EPERM},
        {SYS_socket, high | AF_NETLINK, SOCK_RAW, 0, EPERM},
        {SYS_socketpair, AF_INET, SOCK_STREAM, 0, EPERM},
        {SYS_ptrace, PTRACE_TRACEME, 0, 0, EPERM},
        {SYS_process_vm_readv, getpid(), 0, 0, EPERM},
        {SYS_kcmp, getpid(), getpid(), 1, EPERM},
        {SYS_personality, 0xffffffff, 0, 0, EPERM},
        {SYS_setuid, getuid(), 0, 0, EPERM},
        {SYS_unshare, 0, 0, 0, EPERM},
        {SYS_truncate, (long)path, 0, 0, EPERM},
        {SYS_mknod, (long)"/tmp/x/x/x", S_IFIFO, 0, EPERM},
        {SYS_io_uring_setup, 1, 0, 0, EPERM},
        {SYS_clone3, 0, 0, 0, ENOSYS},
        {SYS_pkey_mprotect, 0, 0, PROT_EXEC, EPERM},
        {SYS_shmat, -1, 0, 0, EPERM},
        {SYS_ioctl, 0, TIOCSTI, (long)path, EPERM},
        {SYS_ioctl, 0, high | TIOCSTI, (long)path, EPERM},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        errno = 0;
        if (syscall(cases[i].call, cases[i].a, cases[i].b, cases[i].c, -1, 0) != -1 ||
            errno != cases[i].error)
            return (int)i + 1;
    }
    return 0;
}

static int refused_in_open_room(void)
{
    return in_room_with(ALL_RIGHTS, refused_calls);
}

static int refused_in_closed_room(void)
{
    return in_room_with(0, refused_calls);
}

static void some_calls_are_refused_whatever_the_rights(void **state)
{
    (void)state;
    assert_int_not_equal(in_child(refused_calls), 0); /* the test can tell */
    assert_int_equal(in_child(refused_in_open_room), 0);
    assert_int_equal(in_child(refused_in_closed_room), 0);
}

/* --- files --- */

static int only_named_paths(void)
{
    static const char *const paths[] = {"/etc/hostname", NULL};
    const struct room room = {.name = "one file", .read_paths = paths};
    if (room_enter(&room, NULL) != ST_OK)
        return NOT_ENTERED;
    return (open("/etc/hostname", O_RDONLY) >= 0 ? 1 : 0) |
           (open("/etc/passwd", O_RDONLY) >= 0 ? 2 : 0) |
           (open("/etc/hostname", O_WRONLY) >= 0 ? 4 : 0) |
           (open("/etc", O_RDONLY | O_DIRECTORY) >= 0 ? 8 : 0);
}

static char folder[32], outside[32];

/* Inside the folder files come and go; outside of it none can be made. */
static int write_in_the_folder(void)
{
    static const char *const paths[] = {folder, NULL};
    const struct room room = {.name = "one folder", .write_paths = paths};
    char a[64], b[64], c[64];
    snprintf(a, sizeof a, "%s/a", folder);
    snprintf(b, sizeof b, "%s/b", folder);
    snprintf(c, sizeof c, "%s/c", outside);
    if (room_enter(&room, NULL) != ST_OK)
        return NOT_ENTERED;
    int fd = open(a, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) != 0 || rename(a, b) != 0 ||
        open(b, O_RDONLY) < 0 || unlink(b) != 0)
        return 1;
    return open(c, O_RDWR | O_CREAT, 0600) >= 0 ? 2 : 0;
}

static int missing_path(void)
{
    static const char *const paths[] = {"/no/such/path", NULL};
    const struct room room = {.name = "nowhere", .read_paths = paths};
    struct why why = {""};
    return room_enter(&room, &why) == ST_FAIL && strstr(why.text, "/no/such/path") != NULL ? 0 : 1;
}

static void only_the_named_paths_can_be_opened(void **state)
{
    (void)state;
    if (!landlock())
        skip();
    assert_int_equal(in_child(only_named_paths), 1);
    assert_int_equal(in_child(missing_path), 0);
    snprintf(folder, sizeof folder, "/tmp/test-room-XXXXXX");
    snprintf(outside, sizeof outside, "/tmp/test-room-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_non_null(mkdtemp(outside));
    assert_int_equal(in_child(write_in_the_folder), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rmdir(outside), 0);
}

/* --- the user --- */

static bool has_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0)
        return true;
    return (data[0].effective | data[0].permitted | data[1].effective | data[1].permitted) != 0;
}

static int become_nobody(void)
{
    const struct room room = {.name = "nobody", .user = "nobody"};
    int with_parent = 0;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (room_enter(&room, NULL) != ST_OK)
        return NOT_ENTERED;
    /* Whoever ends with its parent still does: a change of user alone would forget it. */
    prctl(PR_GET_PDEATHSIG, &with_parent);
    return geteuid() == 0 || getegid() == 0 || getuid() == 0 || has_capabilities() ||
           prctl(PR_GET_DUMPABLE) != 0 || with_parent != SIGTERM;
}

static int stay(void)
{
    const struct room room = {.name = "stay"};
    return room_enter(&room, NULL) == ST_OK ? has_capabilities() : NOT_ENTERED;
}

static int become_missing(void)
{
    const struct room room = {.name = "missing", .user = "no-such-user-here"};
    struct why why = {""};
    return room_enter(&room, &why) == ST_FAIL && strstr(why.text, "no-such-user-here") != NULL ? 0
                                                                                               : 1;
}

static int become_root(void)
{
    const struct room room = {.name = "root", .user = "root"};
    return room_enter(&room, NULL) == ST_FAIL ? 0 : 1;
}

static void the_user_is_dropped_for_good_or_the_door_stays_shut(void **state)
{
    (void)state;
    assert_int_equal(in_child(stay), 0);
    if (geteuid() != 0)
        skip();
    assert_true(has_capabilities()); /* the test can tell */
    assert_int_equal(in_child(become_nobody), 0);
    assert_int_equal(in_child(become_missing), 0);
    assert_int_equal(in_child(become_root), 0);
}

static int hardened(void)
{
    struct rlimit core;
    close(0);
    room_harden();
    getrlimit(RLIMIT_CORE, &core);
    bool quiet = prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
                 core.rlim_max == 0;
    return quiet && fcntl(0, F_GETFD) >= 0 && umask(0) == 077 ? 0 : 1;
}

static void hardening_leaves_no_core_and_no_new_rights(void **state)
{
    (void)state;
    assert_int_equal(in_child(hardened), 0);
}

/* --- the cell --- */

static int cell_works(void)
{
    int tube[2];
    char byte;
    if (pipe(tube) != 0 || room_enter_cell(CELL_MEMORY, 5, NULL) != ST_OK)
        return NOT_ENTERED;
    /* Memory, secrets, pipes and time are what a cell has. */
    void *memory = malloc(8u << 20);
    struct secret *secret = secret_new(32);
    if (memory == NULL || io_write_all(tube[1], BYTES_LITERAL("x"), io_deadline(1000)) != ST_OK ||
        io_read_all(tube[0], &byte, 1, io_deadline(1000)) != ST_OK)
        return 1;
    secret_free(secret);
    /* Not even whether a file exists is told. */
    struct stat found;
    if (open("/etc/hostname", O_RDONLY) >= 0 || access("/etc/hostname", F_OK) == 0 ||
        stat("/etc/hostname", &found) == 0 ||
        fstatat(0, "/etc/hostname", &found, AT_EMPTY_PATH) == 0)
        return 2;
    /* More than its share is refused. */
    void *more = malloc(2 * (size_t)CELL_MEMORY);
    __asm__ volatile("" : : "r"(more) : "memory");
    return more == NULL ? 0 : 3;
}

static int cell_in_a_room(void)
{
    return in_room_with(ROOM_PROCESS, cell_works);
}

/* One call in the cell; it must not come back. */
static int cell_try(int what)
{
    int pair[2];
    struct sockaddr_un elsewhere = {.sun_family = AF_UNIX, .sun_path = "/tmp/elsewhere"};
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0 ||
        room_enter_cell(CELL_MEMORY, 5, NULL) != ST_OK)
        return NOT_ENTERED;
    switch (what) {
    case 0:
        return socket(AF_UNIX, SOCK_STREAM, 0);
    case 1:
        return fork() == 0 ? 1 : 2;
    case 2:
        return execl("/bin/true", "true", (char *)NULL);
    case 3:
        return (int)sendto(pair[0], "x", 1, 0, (void *)&elsewhere, sizeof elsewhere);
    case 4:
        return mprotect(&elsewhere, 1, PROT_EXEC);
    case 5:
        return kill(getppid(), 0);
    case 6:
        return unlink("/tmp/elsewhere");
    default:
        return prctl(PR_GET_DUMPABLE);
    }
}

static int cell_spins(void)
{
    if (room_enter_cell(CELL_MEMORY, 1, NULL) != ST_OK)
        return NOT_ENTERED;
    for (volatile unsigned i = 0;; i++)
        ;
}

static int tried;

static int try_one(void)
{
    return cell_try(tried);
}

static void a_cell_has_memory_and_pipes_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(in_child(cell_works), 0);
    assert_int_equal(in_child(cell_in_a_room), 0);
    for (tried = 0; tried < 8; tried++)
        if (in_child(try_one) != -SIGSYS)
            fail_msg("call %d was not the last", tried);
    int end = in_child(cell_spins);
    assert_true(end == -SIGXCPU || end == -SIGKILL);
}

/* --- the stack --- */

/* What a callee left on the stack is gone after burning. */
static __attribute__((noinline)) void leave_a_trace(void)
{
    volatile char trace[4096];
    for (size_t i = 0; i < sizeof trace; i++)
        trace[i] = 'K';
}

static __attribute__((noinline)) size_t traces(void)
{
    __attribute__((uninitialized)) volatile char stack[8192];
    size_t count = 0;
    __asm__ volatile("" : : "r"(stack) : "memory");
    for (size_t i = 0; i < sizeof stack; i++)
        count += stack[i] == 'K';
    return count;
}

static void the_dead_stack_is_burnt(void **state)
{
    (void)state;
    leave_a_trace();
    assert_true(traces() > 1000); /* the test can see what lies there */
    leave_a_trace();
    secret_burn_stack();
    assert_int_equal(traces(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_room_lets_out_what_its_rights_say_and_never_exec),
        cmocka_unit_test(some_calls_are_refused_whatever_the_rights),
        cmocka_unit_test(only_the_named_paths_can_be_opened),
        cmocka_unit_test(the_user_is_dropped_for_good_or_the_door_stays_shut),
        cmocka_unit_test(hardening_leaves_no_core_and_no_new_rights),
        cmocka_unit_test(a_cell_has_memory_and_pipes_and_nothing_else),
        cmocka_unit_test(the_dead_stack_is_burnt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
