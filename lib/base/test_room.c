/* SPDX-License-Identifier: Apache-2.0
 * base: children that enter a room and try what its card forbids. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "room.h"
#include "secret.h"
#include "serve.h"
#include "io.h"
#include "stop.h"

/* Run `what` in a child; its result is the child's exit code, or minus the signal that ended it. */
static int in_child(int (*what)(void))
{
    pid_t child = fork();
    if (child == 0)
        _exit(what());
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void *nothing(void *p)
{
    return p;
}

/* Which of the steps outside succeed: one bit each. */
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
    pthread_t thread;
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_INET6, SOCK_STREAM, 0) >= 0)
        out |= STEP_TCP;
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
        out |= STEP_UNIX;
    if (open("/etc/hostname", O_RDONLY) >= 0)
        out |= STEP_FILE;
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
        MAP_FAILED)
        out |= STEP_CODE;
    if (pthread_create(&thread, NULL, nothing, NULL) == 0) {
        pthread_join(thread, NULL);
        out |= STEP_THREAD;
    }
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    if (child > 0) {
        waitpid(child, NULL, 0);
        out |= STEP_FORK;
    }
    return out;
}

static int steps_out(void)
{
    int out = small_steps();
    return execl("/bin/true", "true", (char *)NULL) == 0 || errno != EPERM ? out | STEP_EXEC : out;
}

static int closed_room(void)
{
    const struct room room = {.name = "closed"};
    room_harden();
    return room_enter(&room, NULL) == ST_OK ? steps_out() : 255;
}

static int open_room(void)
{
    static const char *const paths[] = {"/etc", NULL};
    const struct room room = {.name = "open",
                              .rights = ROOM_TCP | ROOM_UNIX | ROOM_PROCESS | ROOM_THREAD,
                              .read_paths = paths};
    room_harden();
    return room_enter(&room, NULL) == ST_OK ? steps_out() : 255;
}

static void a_room_without_rights_lets_nothing_out(void **state)
{
    (void)state;
    assert_int_equal(in_child(small_steps),
                     STEP_TCP | STEP_UNIX | STEP_FILE | STEP_CODE | STEP_THREAD | STEP_FORK);
    assert_int_equal(in_child(closed_room), 0);
}

static void a_room_lets_out_what_its_rights_say_and_never_exec(void **state)
{
    (void)state;
    assert_int_equal(in_child(open_room),
                     STEP_TCP | STEP_UNIX | STEP_FORK | STEP_THREAD | STEP_FILE);
}

static int other_files(void)
{
    static const char *const paths[] = {"/etc/hostname", NULL};
    const struct room room = {.name = "one file", .read_paths = paths};
    if (room_enter(&room, NULL) != ST_OK)
        return 255;
    return (open("/etc/hostname", O_RDONLY) >= 0 ? 1 : 0) |
           (open("/etc/passwd", O_RDONLY) >= 0 ? 2 : 0) |
           (open("/etc/hostname", O_WRONLY) >= 0 ? 4 : 0);
}

static void only_the_named_file_can_be_read(void **state)
{
    (void)state;
    assert_int_equal(in_child(other_files), 1);
}

static int become_nobody(void)
{
    const struct room room = {.name = "nobody", .user = "nobody"};
    if (room_enter(&room, NULL) != ST_OK)
        return 255;
    return geteuid() == 0 || getegid() == 0 || getuid() == 0 ? 1 : 0;
}

static int become_missing(void)
{
    const struct room room = {.name = "missing", .user = "no-such-user-here"};
    struct why why = {""};
    return room_enter(&room, &why) == ST_FAIL && strstr(why.text, "no-such-user-here") != NULL ? 0
                                                                                               : 1;
}

static void the_user_is_dropped_for_good_or_the_door_stays_shut(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_child(become_nobody), 0);
    assert_int_equal(in_child(become_missing), 0);
}

static int hardened(void)
{
    struct rlimit core;
    room_harden();
    getrlimit(RLIMIT_CORE, &core);
    return prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
                   core.rlim_max == 0
               ? 0
               : 1;
}

static void hardening_leaves_no_core_and_no_new_rights(void **state)
{
    (void)state;
    assert_int_equal(in_child(hardened), 0);
}

#define CELL_MEMORY (256u << 20)

static int cell_works(void)
{
    int tube[2];
    char byte;
    if (pipe(tube) != 0 || room_enter_cell(CELL_MEMORY, 5, NULL) != ST_OK)
        return 255;
    /* Memory, pipes and time are what a cell has. */
    void *memory = malloc(8u << 20);
    if (memory == NULL || write(tube[1], "x", 1) != 1 || read(tube[0], &byte, 1) != 1)
        return 1;
    if (open("/etc/hostname", O_RDONLY) >= 0)
        return 2;
    /* More than its share is refused. */
    void *more = malloc(2 * (size_t)CELL_MEMORY);
    __asm__ volatile("" : : "r"(more) : "memory");
    return more == NULL ? 0 : 3;
}

static int cell_socket(void)
{
    if (room_enter_cell(CELL_MEMORY, 5, NULL) != ST_OK)
        return 255;
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int cell_fork(void)
{
    if (room_enter_cell(CELL_MEMORY, 5, NULL) != ST_OK)
        return 255;
    return fork() == 0 ? 1 : 2;
}

static int cell_exec(void)
{
    if (room_enter_cell(CELL_MEMORY, 5, NULL) != ST_OK)
        return 255;
    return execl("/bin/true", "true", (char *)NULL);
}

static int cell_spins(void)
{
    if (room_enter_cell(CELL_MEMORY, 1, NULL) != ST_OK)
        return 255;
    for (volatile unsigned i = 0;; i++)
        ;
}

static void a_cell_has_memory_and_pipes_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(in_child(cell_works), 0);
    assert_int_equal(in_child(cell_socket), -SIGSYS);
    assert_int_equal(in_child(cell_fork), -SIGSYS);
    assert_int_equal(in_child(cell_exec), -SIGSYS);
    int ended = in_child(cell_spins);
    assert_true(ended == -SIGXCPU || ended == -SIGKILL);
}

/* What a callee left on the stack is gone after burning. */
static __attribute__((noinline)) void leave_a_trace(void)
{
    volatile char trace[4096];
    for (size_t i = 0; i < sizeof trace; i++)
        trace[i] = 'K';
}

static __attribute__((noinline, no_sanitize("address"))) size_t traces(void)
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

static char answer_text[] = "!";

static void answer(int fd, const char *peer, void *context)
{
    char byte;
    size_t n;
    (void)peer;
    while (io_read(fd, &byte, 1, io_deadline(10000), &n) == ST_OK)
        if (io_write_all(fd, bytes_text(context), io_deadline(1000)) != ST_OK)
            return;
}

static void *serve_in_thread(void *settings)
{
    return (void *)(uintptr_t)serve_threads(settings, 2000);
}

/* Two at once are served, a stop lets both go, and none is left. */
static void a_server_serves_several_and_ends_in_order(void **state)
{
    (void)state;
    struct serve settings = {.max = 2, .connection = answer, .context = answer_text};
    int port, clients[2];
    char where[64], byte;
    size_t n;
    pthread_t thread;
    void *left = NULL;
    assert_int_equal(net_listen("127.0.0.1:0", 0, &settings.listener, NULL), ST_OK);
    assert_int_equal(net_port(settings.listener, &port), ST_OK);
    snprintf(where, sizeof where, "127.0.0.1:%d", port);
    stop_catch();
    pthread_create(&thread, NULL, serve_in_thread, &settings);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(net_connect(where, 1000, &clients[i], NULL), ST_OK);
        assert_int_equal(io_write_all(clients[i], BYTES_LITERAL("?"), io_deadline(1000)), ST_OK);
        assert_int_equal(io_read(clients[i], &byte, 1, io_deadline(5000), &n), ST_OK);
        assert_int_equal(byte, '!');
    }
    stop_request();
    pthread_join(thread, &left);
    assert_null(left);
    io_close(&clients[0]), io_close(&clients[1]), io_close(&settings.listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_room_without_rights_lets_nothing_out),
        cmocka_unit_test(a_room_lets_out_what_its_rights_say_and_never_exec),
        cmocka_unit_test(only_the_named_file_can_be_read),
        cmocka_unit_test(the_user_is_dropped_for_good_or_the_door_stays_shut),
        cmocka_unit_test(hardening_leaves_no_core_and_no_new_rights),
        cmocka_unit_test(a_cell_has_memory_and_pipes_and_nothing_else),
        cmocka_unit_test(the_dead_stack_is_burnt),
        cmocka_unit_test(a_server_serves_several_and_ends_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
