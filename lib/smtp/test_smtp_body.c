/* SPDX-License-Identifier: Apache-2.0
 * smtp: tests of a letter's bytes: what goes in comes out, and what lies on the disk is not it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "random.h"
#include "smtp_body.h"

static char directory[] = "/tmp/test_smtp_body.XXXXXX";
static struct smtp_body_settings settings = {.directory = directory, .random_fill = random_fill};

/* Bytes that tell their place. */
static uint8_t *pattern(size_t n)
{
    uint8_t *p = malloc(n + 1);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 7 + i / 251 + i / 65536);
    return p;
}

static void assert_content(struct smtp_body *body, const uint8_t *p, size_t n)
{
    size_t at = 0;
    struct bytes piece;
    enum status status;
    smtp_body_rewind(body);
    while ((status = smtp_body_read(body, &piece)) == ST_OK) {
        assert_true(piece.n == SMTP_BODY_PIECE || at + piece.n == n);
        assert_true(at + piece.n <= n);
        assert_memory_equal(piece.p, p + at, piece.n);
        at += piece.n;
    }
    assert_int_equal(status, ST_NONE);
    assert_int_equal(at, n);
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,
                                   1,
                                   SMTP_BODY_PIECE - 1,
                                   SMTP_BODY_PIECE,
                                   SMTP_BODY_PIECE + 1,
                                   300000,
                                   SMTP_BODY_MEMORY - 1,
                                   SMTP_BODY_MEMORY,
                                   SMTP_BODY_MEMORY + 1,
                                   SMTP_BODY_MEMORY + SMTP_BODY_PIECE,
                                   3 * SMTP_BODY_MEMORY + 12345};
    static const size_t cuts[] = {1000, 65536, 70001, 5000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t j = 0; j < sizeof cuts / sizeof cuts[0]; j++) {
            size_t n = sizes[i];
            uint8_t *p = pattern(n);
            struct smtp_body *body = smtp_body_new(&settings);
            for (size_t at = 0; at < n; at += cuts[j])
                assert_int_equal(
                    smtp_body_add(body, bytes_first((struct bytes){p + at, n - at}, cuts[j])),
                    ST_OK);
            assert_int_equal(smtp_body_size(body), n);

            /* Any number of times. */
            assert_content(body, p, n);
            assert_content(body, p, n);
            struct bytes top = smtp_body_top(body);
            assert_int_equal(top.n, n < SMTP_BODY_PIECE ? n : SMTP_BODY_PIECE);
            if (top.n > 0)
                assert_memory_equal(top.p, p, top.n);
            smtp_body_free(body);
            free(p);
        }
}

/* The body's file: the only descriptor whose link points into our directory. */
static int find_file(void)
{
    for (int fd = 3; fd < 256; fd++) {
        char link[64], target[256];
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, target, sizeof target - 1);
        if (n > 0 && strncmp(target, directory, strlen(directory)) == 0)
            return fd;
    }
    return -1;
}

static struct smtp_body *large_body(const char *canary)
{
    struct smtp_body *body = smtp_body_new(&settings);
    for (size_t n = 0; n < 2 * SMTP_BODY_MEMORY; n += strlen(canary))
        assert_int_equal(smtp_body_add(body, bytes_text(canary)), ST_OK);
    return body;
}

static void test_file_is_sealed_and_unnamed(void **state)
{
    (void)state;
    /* 32 bytes, so that each block of the letter is the same. */
    const char canary[] = "heron-quartz-7193 stands here.\r\n";
    struct smtp_body *body = large_body(canary);
    int fd = find_file();
    assert_true(fd >= 0);

    /* No name leads to it, it is ours alone, and the word is not in it. */
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_nlink, 0);
    assert_int_equal(status.st_mode & 0077, 0);
    assert_true(status.st_size > SMTP_BODY_MEMORY / 2);
    char *content = malloc((size_t)status.st_size);
    assert_int_equal(pread(fd, content, (size_t)status.st_size, 0), status.st_size);
    assert_null(memmem(content, (size_t)status.st_size, "heron", 5));

    /* Two equal blocks of plaintext don't look equal either: each has its own nonce. */
    assert_memory_not_equal(content, content + SMTP_BODY_PIECE + 16, 64);
    free(content);
    smtp_body_free(body);
    assert_int_equal(find_file(), -1);
}

static void test_changed_file_is_noticed(void **state)
{
    (void)state;
    struct smtp_body *body = large_body("0123456789");
    int fd = find_file();
    uint8_t byte;
    assert_int_equal(pread(fd, &byte, 1, 70000), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 70000), 1);

    struct bytes piece;
    assert_int_equal(smtp_body_read(body, &piece), ST_OK);
    assert_int_equal(smtp_body_read(body, &piece), ST_TEMP);
    smtp_body_free(body);
}

static void test_shortened_file_is_noticed(void **state)
{
    (void)state;
    struct smtp_body *body = large_body("0123456789");
    assert_int_equal(ftruncate(find_file(), 100000), 0);
    struct bytes piece;
    assert_int_equal(smtp_body_read(body, &piece), ST_OK);
    assert_int_equal(smtp_body_read(body, &piece), ST_TEMP);
    smtp_body_free(body);
}

static enum status fill(struct smtp_body *body, size_t n)
{
    static const uint8_t zeros[SMTP_BODY_PIECE];
    enum status status = ST_OK;
    for (size_t at = 0; at < n && status == ST_OK; at += sizeof zeros)
        status = smtp_body_add(body, BYTES_ARRAY(zeros));
    return status;
}

/* A disk that is full at any point: the letter fails, for good, and nothing else does. */
static void test_full_disk(void **state)
{
    (void)state;
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 0; room < 3000000; room += 333333) {
        limit = (struct rlimit){room, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        struct smtp_body *body = smtp_body_new(&settings);
        assert_int_equal(fill(body, 4000000), ST_TEMP);
        assert_int_equal(smtp_body_add(body, BYTES_LITERAL("x")), ST_TEMP);
        struct bytes piece;
        assert_int_equal(smtp_body_read(body, &piece), ST_TEMP);
        smtp_body_free(body);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

static void test_no_directory(void **state)
{
    (void)state;
    struct smtp_body_settings nowhere = {"/nonexistent/directory", random_fill};
    struct smtp_body *body = smtp_body_new(&nowhere);
    assert_int_equal(fill(body, SMTP_BODY_MEMORY), ST_OK);
    assert_int_equal(fill(body, 1), ST_TEMP);
    smtp_body_free(body);
    smtp_body_free(NULL);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL ? -1 : 0;
}

/* Nothing was left behind, or this fails. */
static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_file_is_sealed_and_unnamed),
        cmocka_unit_test(test_changed_file_is_noticed),
        cmocka_unit_test(test_shortened_file_is_noticed),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_no_directory),
    };
    return cmocka_run_group_tests_name("smtp_body", tests, make_directory, remove_directory);
}
