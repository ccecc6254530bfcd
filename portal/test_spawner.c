/* SPDX-License-Identifier: Apache-2.0
 * portal: tests of the viewer's processes: how much memory they take, how they end, how many
 * readers they serve. */
#include "test_viewer.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "number.h"

/* --- memory (a sanitizer counts its own) --- */

#ifndef VIEWER_MEMORY
/* Bytes of address space that this process has now; its children begin with about as much. */
static size_t address_space(void)
{
    char text[64] = "";
    uint64_t pages = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    struct bytes first = bytes_text(text);
    first = bytes_first(first, bytes_index(first, ' '));
    assert_int_equal(number_parse(first, 1, UINT64_MAX, &pages), ST_OK);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* A child that runs out of memory dies; the mail can still be saved, and other mails shown. */
static void a_child_that_dies_is_a_failure(void **state)
{
    struct buffer mail;
    struct view *view = NULL;
    struct viewer_document document;
    (void)state;
    buffer_init(&mail, MAIL_MAX);
    buffer_add_text(&mail, "Content-Type: text/html; charset=iso-8859-2\r\n\r\n");
    repeat(&mail, "\xF9 is eight", 800000);
    int sealed = test_sealed(buffer_bytes(&mail), key);
    int small = test_sealed(BYTES_LITERAL(letter), key);

    /* Enough for libraries, the mail and its sealed form, but not to convert it. */
    struct viewer *narrow =
        start((struct viewer_settings){.memory = address_space() + 3 * mail.n + ((size_t)8 << 20)});
    assert_int_equal(viewer_describe(narrow, sealed, key, &view), ST_FAIL);
    struct viewer_request html = {VIEWER_HTML, 1, NULL};
    assert_int_equal(viewer_open(narrow, sealed, key, &html, &document), ST_FAIL);
    assert_int_equal(viewer_open(narrow, sealed, key, &WHOLE, &document), ST_OK);
    viewer_close(&document);
    assert_int_equal(viewer_describe(narrow, small, key, &view), ST_OK);
    view_free(view);
    viewer_stop(narrow);
    close(sealed);
    close(small);
    buffer_done(&mail);
}

/* A letter of 25 MiB is described, decoded and saved by children that each stay under three times
 * its size. Runs first: the kernel remembers the largest descendant only. */
static void a_large_letter_needs_less_than_three_times_its_size(void **state)
{
    enum { SIZE = 25 << 20 };
    struct buffer mail;
    struct view *view = NULL;
    struct viewer_document document;
    struct rusage children;
    (void)state;
    struct viewer *other = start((struct viewer_settings){0});
    buffer_init(&mail, MAIL_MAX);
    buffer_add_text(&mail, "Content-Type: application/pdf\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\n");
    while (mail.n < SIZE)
        buffer_add_text(&mail, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJz\r\n");
    int sealed = test_sealed(buffer_bytes(&mail), key);
    assert_int_equal(viewer_describe(other, sealed, key, &view), ST_OK);
    assert_int_equal(view->parts_n, 1);
    struct viewer_request decoded = {VIEWER_DECODED, 1, NULL};
    assert_int_equal(viewer_open(other, sealed, key, &decoded, &document), ST_OK);
    assert_int_equal(document.size, view->parts[0].size);
    viewer_close(&document);
    assert_int_equal(viewer_open(other, sealed, key, &WHOLE, &document), ST_OK);
    assert_int_equal(document.size, mail.n);
    viewer_close(&document);
    view_free(view);
    viewer_stop(other);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &children), 0);
    assert_in_range((size_t)children.ru_maxrss * 1024, 2 * mail.n, 3 * mail.n);
    close(sealed);
    buffer_done(&mail);
}
#endif

/* --- the spawner --- */

/* The newest child process of this one. */
static pid_t newest_child(void)
{
    char path[64], text[256] = "";
    uint64_t pid = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
    close(fd);
    struct bytes rest = bytes_trim(bytes_text(text));
    while (bytes_index(rest, ' ') < rest.n)
        rest = bytes_from(rest, bytes_index(rest, ' ') + 1);
    assert_int_equal(number_parse(rest, 1, INT32_MAX, &pid), ST_OK);
    return (pid_t)pid;
}

static void waiting_in_line_ends(void **state)
{
    struct view *view = NULL;
    (void)state;
    struct viewer *other = start((struct viewer_settings){.timeout_ms = 300});
    pid_t spawner = newest_child();
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    kill(spawner, SIGSTOP);
    assert_int_equal(viewer_describe(other, sealed, key, &view), ST_TEMP);
    kill(spawner, SIGCONT);

    /* The request nobody waits for any more does no harm. The machine may be slow: it may take some
     * tries. */
    enum status status = ST_TEMP;
    for (int tries = 0; tries < 50 && status != ST_OK; tries++)
        status = viewer_describe(other, sealed, key, &view);
    assert_int_equal(status, ST_OK);
    view_free(view);
    viewer_stop(other);
    close(sealed);
}

static void a_dead_spawner_is_a_failure(void **state)
{
    struct view *view = NULL;
    (void)state;
    struct viewer *other = start((struct viewer_settings){0});
    pid_t spawner = newest_child();
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    kill(spawner, SIGKILL);
    siginfo_t ended;
    assert_int_equal(waitid(P_PID, (id_t)spawner, &ended, WEXITED | WNOWAIT), 0);
    assert_int_equal(viewer_describe(other, sealed, key, &view), ST_FAIL);
    viewer_stop(other);
    close(sealed);
}

/* Whether the portal ends well or is killed, its spawner does not stay. */
static void the_spawner_ends_with_the_portal(void **state)
{
    (void)state;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int killed = 0; killed < 2; killed++) {
        int tell[2];
        pid_t spawner = 0;
        assert_int_equal(pipe(tell), 0);
        pid_t portal = fork();
        if (portal == 0) {
            viewer = start((struct viewer_settings){0});
            spawner = newest_child();
            if (write(tell[1], &spawner, sizeof spawner) != sizeof spawner || !killed)
                _exit(0);
            pause();
        }
        assert_int_equal(read(tell[0], &spawner, sizeof spawner), sizeof spawner);
        kill(portal, killed ? SIGKILL : 0);
        assert_int_equal(waitpid(portal, NULL, 0), portal);
        assert_int_equal(waitpid(spawner, NULL, 0), spawner); /* hangs if it stays */
        close(tell[0]);
        close(tell[1]);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* SIGTERM goes to every process of a service; the portal finishes what it has in hand, and so does
 * this. */
static void the_spawner_outlives_a_stop(void **state)
{
    struct view *view = NULL;
    (void)state;
    struct viewer *other = start((struct viewer_settings){0});
    pid_t spawner = newest_child();
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    kill(spawner, SIGTERM);
    kill(spawner, SIGINT);
    assert_int_equal(viewer_describe(other, sealed, key, &view), ST_OK);
    view_free(view);
    viewer_stop(other);
    close(sealed);
}

/* Real user of a process. */
static uint64_t user_of(pid_t pid)
{
    char path[64], text[4096] = "";
    uint64_t uid = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
    close(fd);
    struct bytes line = bytes_text(strstr(text, "Uid:\t") + 5);
    assert_int_equal(number_parse(bytes_first(line, bytes_index(line, '\t')), 0, UINT32_MAX, &uid),
                     ST_OK);
    return uid;
}

/* Started as root, it does not stay root. */
static void the_spawner_becomes_another_user(void **state)
{
    struct view *view = NULL;
    (void)state;
    if (geteuid() != 0)
        skip();
    struct viewer *other = start((struct viewer_settings){.user = "nobody"});
    assert_int_equal(user_of(newest_child()), 65534);
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    assert_int_equal(viewer_describe(other, sealed, key, &view), ST_OK);
    view_free(view);
    viewer_stop(other);
    close(sealed);
}

/* --- many readers --- */

static void *read_often(void *context)
{
    struct viewer *shared = context;
    uintptr_t good = 0;
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    for (int i = 0; i < 20; i++) {
        struct view *view = NULL;
        if (viewer_describe(shared, sealed, key, &view) == ST_OK)
            good += view->parts_n == 3;
        view_free(view);
    }
    close(sealed);
    return (void *)good;
}

static unsigned open_descriptors(void)
{
    unsigned n = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder) != NULL)
        n++;
    closedir(folder);
    return n;
}

/* More readers than children: they wait in line, all are served, nothing is left over. */
static void many_readers_are_served(void **state)
{
    pthread_t threads[8];
    (void)state;
    unsigned before = open_descriptors();
    struct viewer *shared =
        start((struct viewer_settings){.children_max = 2, .timeout_ms = 120000});
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, shared), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *good = NULL;
        pthread_join(threads[i], &good);
        assert_int_equal((uintptr_t)good, 20);
    }
    viewer_stop(shared);
    assert_int_equal(open_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifndef VIEWER_MEMORY
        cmocka_unit_test(a_large_letter_needs_less_than_three_times_its_size),
        cmocka_unit_test(a_child_that_dies_is_a_failure),
#endif
        cmocka_unit_test(waiting_in_line_ends),
        cmocka_unit_test(a_dead_spawner_is_a_failure),
        cmocka_unit_test(the_spawner_ends_with_the_portal),
        cmocka_unit_test(the_spawner_outlives_a_stop),
        cmocka_unit_test(the_spawner_becomes_another_user),
        cmocka_unit_test(many_readers_are_served),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
