/* SPDX-License-Identifier: Apache-2.0
 * portal: tests of the viewer as its pages use it: real children in real cells. What a child that
 * was taken over could answer is in test_viewer_hostile.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "clock.h"
#include "number.h"
#include "test_sealed.h"
#include "viewer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAIL_MAX (64 << 20)

static struct viewer *viewer;
static struct secret *key;

static struct viewer *start(struct viewer_settings settings)
{
    struct viewer *started = NULL;
    struct why why = {""};
    if (viewer_start(&settings, &started, &why) != ST_OK)
        fail_msg("%s", why.text);
    return started;
}

static int set_up(void **state)
{
    (void)state;
    key = test_key();
    viewer = start((struct viewer_settings){0});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    viewer_stop(viewer);
    secret_free(key);
    return 0;
}

/* Read a document whole. */
static void read_document(const struct viewer_document *document, struct buffer *out)
{
    buffer_init(out, MAIL_MAX);
    uint8_t *space = buffer_space(out, (size_t)document->size + 1);
    assert_non_null(space);
    assert_int_equal(pread(document->fd, space, (size_t)document->size + 1, 0), document->size);
    out->n += (size_t)document->size;
}

static void opens_as(int sealed, struct viewer_request request, const char *type,
                     struct bytes content)
{
    struct viewer_document document;
    struct buffer read;
    assert_int_equal(viewer_open(viewer, sealed, key, &request, &document), ST_OK);
    assert_string_equal(document.type, type);
    assert_int_equal(document.size, content.n);
    assert_int_equal(lseek(document.fd, 0, SEEK_CUR), 0);
    read_document(&document, &read);
    assert_true(bytes_equal(buffer_bytes(&read), content));
    buffer_done(&read);
    viewer_close(&document);
    assert_int_equal(document.fd, -1);
}

#define WHOLE ((struct viewer_request){VIEWER_WHOLE, 0, NULL})

/* --- what is shown
 * ---------------------------------------------------------------------------------------- */

/* Sizes around the chunks of the age file; bytes of every value. */
static void a_mail_is_handed_on_byte_for_byte(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, 65535, 65536, 65537, 131072, 3000000};
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct buffer mail;
        buffer_init(&mail, MAIL_MAX);
        for (size_t n = 0; n < sizes[i]; n++)
            buffer_add_byte(&mail, (uint8_t)(n * 7 >> 3));
        int sealed = test_sealed(buffer_bytes(&mail), key);
        opens_as(sealed, WHOLE, "message/rfc822", buffer_bytes(&mail));
        close(sealed);
        buffer_done(&mail);
    }
}

static const char letter[] =
    "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\nTo: bob@example.net\r\nSubject: Papers\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=shift_jis\r\n\r\n\x93\xFA\x96{\r\n"
    "--b\r\nContent-Type: text/html; charset=iso-8859-2\r\n\r\n<img src=\"cid:p@x\">\xF9\r\n"
    "--b\r\nContent-Type: image/png; name=\"a/b.png\"\r\nContent-ID: <p@x>\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--b--\r\n";

static void a_mail_is_described(void **state)
{
    struct view *view = NULL;
    (void)state;
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    assert_int_equal(viewer_describe(viewer, sealed, key, &view), ST_OK);
    assert_string_equal(view->from, "Jürgen <j@example.org>");
    assert_string_equal(view->subject, "Papers");
    assert_int_equal(view->text, 1);
    assert_int_equal(view->parts_n, 3);
    assert_int_equal(view->parts[2].kind, VIEW_PICTURE);
    assert_int_equal(view->parts[2].size, 4);
    assert_string_equal(view->parts[2].safe_name, "b.png");
    view_free(view);
    close(sealed);
}

/* Charsets are converted in the cell, where no converter can be loaded any more. */
static void parts_are_opened_in_each_form(void **state)
{
    (void)state;
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    opens_as(sealed, (struct viewer_request){VIEWER_TEXT, 1, NULL}, "text/plain",
             BYTES_LITERAL("日本\n"));
    opens_as(sealed, (struct viewer_request){VIEWER_HTML, 2, "/read/1/picture/"}, "text/html",
             BYTES_LITERAL("<meta charset=\"utf-8\"><base target=\"_blank\">"
                           "<img src=\"/read/1/picture/3\">ů"));
    opens_as(sealed, (struct viewer_request){VIEWER_DECODED, 3, NULL}, "image/png",
             BYTES_LITERAL("\x89PNG"));
    opens_as(sealed, (struct viewer_request){VIEWER_DECODED, 1, NULL}, "text/plain",
             BYTES_LITERAL("\x93\xFA\x96{"));
    close(sealed);
}

static void what_is_not_there_is_none(void **state)
{
    static const struct viewer_request requests[] = {
        {VIEWER_DECODED, 0, NULL}, {VIEWER_DECODED, 4, NULL}, {VIEWER_TEXT, 2, NULL},
        {VIEWER_TEXT, 3, NULL},    {VIEWER_HTML, 1, NULL},    {VIEWER_HTML, 4000000000u, NULL},
    };
    struct viewer_document document = {.fd = 77};
    (void)state;
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    for (size_t i = 0; i < COUNT(requests); i++)
        assert_int_equal(viewer_open(viewer, sealed, key, &requests[i], &document), ST_NONE);
    assert_int_equal(document.fd, 77);
    close(sealed);
}

/* Nobody can change what was handed on, not through the file nor through memory. */
static void a_document_is_frozen(void **state)
{
    struct viewer_document document;
    (void)state;
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    assert_int_equal(viewer_open(viewer, sealed, key, &WHOLE, &document), ST_OK);
    assert_int_equal(pwrite(document.fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(document.fd, 0), -1);
    assert_ptr_equal(mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, document.fd, 0), MAP_FAILED);
    viewer_close(&document);
    close(sealed);
}

/* --- what is refused
 * -------------------------------------------------------------------------------------- */

static void a_damaged_file_is_bad(void **state)
{
    (void)state;
    struct buffer mail;
    buffer_init(&mail, MAIL_MAX);
    while (mail.n < 200000)
        buffer_add_text(&mail, "canary\r\n");
    int sealed = test_sealed(buffer_bytes(&mail), key);
    off_t size = lseek(sealed, 0, SEEK_END);
    const off_t places[] = {0, 30, size - 1, size - 4000, size - 70000, size - 200000};
    for (size_t i = 0; i < COUNT(places); i++) {
        struct view *view = NULL;
        struct viewer_document document;
        test_flip(sealed, places[i]);
        assert_int_equal(viewer_open(viewer, sealed, key, &WHOLE, &document), ST_BAD);
        assert_int_equal(viewer_describe(viewer, sealed, key, &view), ST_BAD);
        test_flip(sealed, places[i]);
    }
    const off_t cuts[] = {size - 1, size - 16, size - 3500, 100, 0};
    for (size_t i = 0; i < COUNT(cuts); i++) {
        struct viewer_document document;
        assert_int_equal(ftruncate(sealed, cuts[i]), 0);
        assert_int_equal(viewer_open(viewer, sealed, key, &WHOLE, &document), ST_BAD);
    }
    close(sealed);
    buffer_done(&mail);
}

static void a_wrong_key_is_bad(void **state)
{
    struct view *view = NULL;
    (void)state;
    struct secret *other = secret_new(key->n);
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    assert_int_equal(viewer_describe(viewer, sealed, other, &view), ST_BAD);
    close(sealed);
    secret_free(other);
}

/* --- hostile mails
 * ---------------------------------------------------------------------------------------- */

static void repeat(struct buffer *mail, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buffer_add_text(mail, text);
}

static void nested_groups(struct buffer *mail)
{
    buffer_add_text(mail, "To: ");
    repeat(mail, "g:", 41000);
    buffer_add_text(mail, "\r\n\r\nbody");
}

static void odd_parameter(struct buffer *mail)
{
    buffer_add_text(mail, "Content-Type: multipart/mixed; ");
    repeat(mail, "é", 60);
    buffer_add_text(mail, "=x\r\n\r\nbody");
}

static void deep_multiparts(struct buffer *mail)
{
    for (unsigned i = 0; i < 100000; i++)
        buffer_add_format(mail, "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n--b%u\r\n", i,
                          i);
}

static void deep_messages(struct buffer *mail)
{
    repeat(mail, "Content-Type: message/rfc822\r\n\r\n", 200000);
}

static void many_parts(struct buffer *mail)
{
    buffer_add_text(mail, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    repeat(mail, "--b\r\n\r\nx\r\n", 200000);
}

/* Each gives a description in good time, can be saved, and leaves the next reader alone. */
static void hostile_mails_are_shown_or_refused(void **state)
{
    static void (*const makers[])(struct buffer *) = {nested_groups, odd_parameter, deep_multiparts,
                                                      deep_messages, many_parts};
    (void)state;
    for (size_t i = 0; i < COUNT(makers); i++) {
        struct buffer mail;
        struct view *view = NULL;
        buffer_init(&mail, MAIL_MAX);
        makers[i](&mail);
        int sealed = test_sealed(buffer_bytes(&mail), key);
        assert_int_equal(viewer_describe(viewer, sealed, key, &view), ST_OK);
        assert_in_range(view->parts_n, 1, VIEW_PARTS_MAX);
        opens_as(sealed, WHOLE, "message/rfc822", buffer_bytes(&mail));
        view_free(view);
        close(sealed);
        buffer_done(&mail);
    }
}

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

/* --- the spawner
 * ------------------------------------------------------------------------------------------ */

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

/* --- many readers
 * ----------------------------------------------------------------------------------------- */

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
#endif
        cmocka_unit_test(a_mail_is_handed_on_byte_for_byte),
        cmocka_unit_test(a_mail_is_described),
        cmocka_unit_test(parts_are_opened_in_each_form),
        cmocka_unit_test(what_is_not_there_is_none),
        cmocka_unit_test(a_document_is_frozen),
        cmocka_unit_test(a_damaged_file_is_bad),
        cmocka_unit_test(a_wrong_key_is_bad),
        cmocka_unit_test(hostile_mails_are_shown_or_refused),
#ifndef VIEWER_MEMORY
        cmocka_unit_test(a_child_that_dies_is_a_failure),
#endif
        cmocka_unit_test(waiting_in_line_ends),
        cmocka_unit_test(a_dead_spawner_is_a_failure),
        cmocka_unit_test(the_spawner_ends_with_the_portal),
        cmocka_unit_test(the_spawner_outlives_a_stop),
        cmocka_unit_test(many_readers_are_served),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
