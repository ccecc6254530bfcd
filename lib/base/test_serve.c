/* SPDX-License-Identifier: Apache-2.0
 * base: stopping, and the server of threads. A stop is for the whole process and for good, so each
 * test runs in a child. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

#include "io.h"
#include "serve.h"
#include "stop.h"
#include "test_child.h"

/* In a child cmocka's asserts would tell nobody: the number of the line is the exit code. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__ % 251 + 1;                                                             \
    } while (0)

#define SOON 30000 /* milliseconds that nothing takes here */

static bool readable_within(int fd, int ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, ms) == 1;
}

static bool readable(int fd)
{
    return readable_within(fd, 0);
}

static int stop_by_signal(void)
{
    stop_catch();
    CHECK(!stop_requested() && !readable(stop_fd()));
    raise(SIGPIPE); /* is ignored */
    raise(SIGTERM);
    CHECK(stop_requested() && readable(stop_fd()));
    raise(SIGINT);
    CHECK(stop_requested() && readable(stop_fd()));
    return 0;
}

static int stop_and_leave(void)
{
    stop_catch();
    stop_request();
    return stop_requested() && readable(stop_fd()) ? 0 : 1;
}

static int stop_of_a_child(void)
{
    stop_catch();
    CHECK(in_child(stop_and_leave) == 0);
    CHECK(!stop_requested() && !readable(stop_fd()));
    return 0;
}

static void a_signal_asks_to_stop(void **state)
{
    (void)state;
    assert_int_equal(in_child(stop_by_signal), 0);
}

static void a_stop_of_a_child_is_none_of_its_parent(void **state)
{
    (void)state;
    assert_int_equal(in_child(stop_of_a_child), 0);
}

/* What the far side asks for, byte by byte: '?' answer; 'w' answer once nothing more can be read;
 * 'd' be deaf until the connection is shut down in both directions; 's' sleep on whatever happens.
 */
static void answer(int fd, const char *peer, void *context)
{
    char request;
    size_t n;
    (void)peer;
    while (io_read(fd, &request, 1, io_deadline(SOON), &n) == ST_OK) {
        struct pollfd end = {.fd = fd, .events = POLLRDHUP}, shut = {.fd = fd};
        if (request == 'w')
            poll(&end, 1, SOON);
        if (request == 'd')
            poll(&shut, 1, SOON); /* no events: only POLLHUP */
        if (request == 's')
            poll(NULL, 0, SOON);
        if (io_write_all(fd, bytes_text(context), io_deadline(SOON)) != ST_OK)
            return;
    }
}

static char answer_text[] = "!";
static struct serve settings = {.connection = answer, .context = answer_text};
static char where[64];

static void *serve_in_thread(void *grace_ms)
{
    return (void *)(uintptr_t)serve_threads(&settings, (int)(uintptr_t)grace_ms);
}

static bool start_server(unsigned max, uintptr_t grace_ms, pthread_t *thread_out)
{
    int port;
    settings.max = max;
    stop_catch();
    if (net_listen("127.0.0.1:0", 0, &settings.listener, NULL) != ST_OK ||
        net_port(settings.listener, &port) != ST_OK)
        return false;
    snprintf(where, sizeof where, "127.0.0.1:%d", port);
    return pthread_create(thread_out, NULL, serve_in_thread, (void *)grace_ms) == 0;
}

static uintptr_t stop_server(pthread_t thread)
{
    void *left = NULL;
    stop_request();
    pthread_join(thread, &left);
    return (uintptr_t)left;
}

/* A client that has asked; and has been answered. */
static int ask(const char *request)
{
    int fd = -1;
    if (net_connect(where, SOON, &fd, NULL) == ST_OK &&
        io_write_all(fd, bytes_text(request), io_deadline(SOON)) != ST_OK)
        io_close(&fd);
    return fd;
}

static bool answered(int fd)
{
    char byte = 0;
    size_t n;
    return io_read(fd, &byte, 1, io_deadline(SOON), &n) == ST_OK && byte == '!';
}

static bool ended(int fd)
{
    char byte;
    size_t n;
    return io_read(fd, &byte, 1, io_deadline(SOON), &n) == ST_NONE;
}

/* Two at once are served; a third waits for a place; a stop ends those that wait for nothing. */
static int several(void)
{
    pthread_t thread;
    CHECK(start_server(2, SOON, &thread));
    int first = ask("?"), second = ask("?");
    CHECK(answered(first) && answered(second));
    int third = ask("?");
    CHECK(third >= 0 && !readable_within(third, 100));
    io_close(&first);
    CHECK(answered(third));
    CHECK(stop_server(thread) == 0);
    CHECK(ended(second) && ended(third));
    return 0;
}

/* A request in hand when the stop comes is still answered. */
static int in_hand(void)
{
    pthread_t thread;
    CHECK(start_server(9, SOON, &thread));
    int client = ask("?w");
    CHECK(answered(client));
    CHECK(stop_server(thread) == 0);
    CHECK(answered(client) && ended(client));
    return 0;
}

/* Who does not end in the grace is shut down; who does not notice that either is counted. */
static int beyond_grace(void)
{
    pthread_t thread;
    CHECK(start_server(9, 10, &thread));
    int deaf = ask("?d"), asleep = ask("?s");
    CHECK(answered(deaf) && answered(asleep));
    CHECK(stop_server(thread) == 1);
    return 0;
}

static void a_server_serves_as_many_as_it_may(void **state)
{
    (void)state;
    assert_int_equal(in_child(several), 0);
}

static void what_is_in_hand_at_a_stop_is_answered(void **state)
{
    (void)state;
    assert_int_equal(in_child(in_hand), 0);
}

static void what_outlives_the_grace_is_shut_down_and_counted(void **state)
{
    (void)state;
    assert_int_equal(in_child(beyond_grace), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_asks_to_stop),
        cmocka_unit_test(a_stop_of_a_child_is_none_of_its_parent),
        cmocka_unit_test(a_server_serves_as_many_as_it_may),
        cmocka_unit_test(what_is_in_hand_at_a_stop_is_answered),
        cmocka_unit_test(what_outlives_the_grace_is_shut_down_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
