/* SPDX-License-Identifier: Apache-2.0
 * portal: tests of the spool on a real directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "spool.h"

#define NOW 1000000

static char folder[40];

static struct spool *open_spool(void)
{
    const struct spool_settings settings = {.directory = folder,
                                            .keep = 60,
                                            .bytes_max = 100,
                                            .source_max = 60,
                                            .messages_max = 4,
                                            .source_messages_max = 3};
    struct spool *spool;
    struct why why;

    assert_int_equal(spool_new(&settings, &spool, &why), ST_OK);
    return spool;
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/securemail-spool-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* fails if a file was left */
}

static int files(void)
{
    DIR *list = opendir(folder);
    int n = -2; /* . and .. */

    while (readdir(list) != NULL)
        n++;
    closedir(list);
    return n;
}

/* `number` makes it another message. */
static enum status write_numbered(struct spool *spool, const char *source, const char *text,
                                  uint8_t number, char id_out[SPOOL_ID_SIZE])
{
    const struct envelope envelope = {.header_n = 7, .id = {number}};
    const struct envelope_seal seal = {.time = 1, .expires = 2};
    struct spool_writer *writer = NULL;
    enum status status = spool_begin(spool, source, &writer);

    if (status == ST_OK)
        status = spool_add(writer, bytes_text(text));
    if (status == ST_OK)
        spool_keep(writer, &envelope, &seal, NOW, id_out);
    else
        spool_drop(writer);
    return status;
}

/* A message unlike all others. */
static enum status write_message(struct spool *spool, const char *source, const char *text,
                                 char id_out[SPOOL_ID_SIZE])
{
    static uint8_t number = 100;

    return write_numbered(spool, source, text, number++, id_out);
}

static void a_message_is_kept_as_it_came(void **state)
{
    struct spool *spool = open_spool();
    struct spool_message message;
    char id[SPOOL_ID_SIZE], path[100], content[5];
    struct stat file;
    int fd;

    (void)state;
    assert_int_equal(write_message(spool, "192.0.2.1", "hello", id), ST_OK);
    assert_int_equal(strlen(id), 32);
    assert_int_equal(spool_find(spool, id, NOW, &message), ST_OK);
    assert_string_equal(message.id, id);
    assert_int_equal(message.envelope.header_n, 7);
    assert_int_equal(message.seal.expires, 2);

    (void)snprintf(path, sizeof(path), "%s/%s", folder, id);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    assert_int_equal(spool_file(spool, id, &fd), ST_OK);
    assert_int_equal(io_read_all(fd, content, 5, io_deadline(1000)), ST_OK);
    assert_memory_equal(content, "hello", 5);
    close(fd);
    spool_free(spool);
}

static void a_message_goes_when_its_time_is_over(void **state)
{
    struct spool *spool = open_spool();
    struct spool_message message;
    char id[SPOOL_ID_SIZE];

    (void)state;
    assert_int_equal(write_message(spool, "s", "hello", id), ST_OK);
    spool_sweep(spool, NOW + 60);
    assert_int_equal(spool_find(spool, id, NOW + 60, &message), ST_OK);
    assert_int_equal(spool_find(spool, id, NOW + 61, &message), ST_NONE);
    assert_int_equal(files(), 1);
    spool_sweep(spool, NOW + 61);
    assert_int_equal(files(), 0);
    spool_free(spool);
}

static void what_is_not_kept_leaves_nothing(void **state)
{
    struct spool *spool = open_spool();
    struct spool_writer *writer;

    (void)state;
    assert_int_equal(spool_begin(spool, "s", &writer), ST_OK);
    assert_int_equal(spool_add(writer, BYTES_LITERAL("hello")), ST_OK);
    spool_sweep(spool, NOW * 2); /* does not take it out of the writer's hands */
    assert_int_equal(files(), 1);
    spool_drop(writer);
    assert_int_equal(files(), 0);
    spool_free(spool);
}

static void the_bounds_hold(void **state)
{
    static const char thirty[] = "012345678901234567890123456789";
    struct spool *spool = open_spool();
    char id[SPOOL_ID_SIZE];

    (void)state;
    assert_int_equal(write_message(spool, "a", thirty, id), ST_OK);
    assert_int_equal(write_message(spool, "a", thirty, id), ST_OK);
    assert_int_equal(write_message(spool, "a", "x", id), ST_LIMIT); /* 60 from one source */
    assert_int_equal(write_message(spool, "b", thirty, id), ST_OK);
    assert_int_equal(write_message(spool, "c", "01234567890", id), ST_LIMIT); /* 100 in all */
    assert_int_equal(write_message(spool, "c", "0123456789", id), ST_OK);
    assert_int_equal(files(), 4);
    assert_int_equal(write_message(spool, "d", "", id), ST_LIMIT); /* 4 messages */

    /* Room comes back with time. */
    spool_sweep(spool, NOW + 100);
    assert_int_equal(write_message(spool, "a", thirty, id), ST_OK);
    spool_free(spool);
}

static void one_source_has_its_share_of_messages(void **state)
{
    struct spool *spool = open_spool();
    struct spool_writer *writer;
    char id[SPOOL_ID_SIZE];

    (void)state;
    assert_int_equal(write_message(spool, "a", "x", id), ST_OK);
    assert_int_equal(write_message(spool, "a", "x", id), ST_OK);
    assert_int_equal(spool_begin(spool, "a", &writer), ST_OK); /* one that arrives counts too */
    assert_int_equal(write_message(spool, "a", "x", id), ST_LIMIT);
    assert_int_equal(write_message(spool, "b", "x", id), ST_OK);
    spool_drop(writer);
    assert_int_equal(write_message(spool, "a", "x", id), ST_OK);
    spool_free(spool);
}

static void the_same_message_is_kept_once_for_a_source(void **state)
{
    struct spool *spool = open_spool();
    struct spool_message message;
    char first[SPOOL_ID_SIZE], again[SPOOL_ID_SIZE], other[SPOOL_ID_SIZE];

    (void)state;
    assert_int_equal(write_numbered(spool, "a", "x", 1, first), ST_OK);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(write_numbered(spool, "a", "x", 1, again), ST_OK);
        assert_string_equal(again, first);
    }
    assert_int_equal(spool_find(spool, first, NOW, &message), ST_OK);
    assert_int_equal(files(), 1);

    /* Another message, and the same from elsewhere, are their own. */
    assert_int_equal(write_numbered(spool, "a", "x", 2, other), ST_OK);
    assert_string_not_equal(other, first);
    assert_int_equal(write_numbered(spool, "b", "x", 1, other), ST_OK);
    assert_string_not_equal(other, first);
    assert_int_equal(files(), 3);
    spool_free(spool);
}

static void names_from_outside_open_nothing(void **state)
{
    static const char *const names[] = {"",
                                        "..",
                                        "../x",
                                        "/etc/passwd",
                                        "00112233445566778899aabbccddeeff",
                                        "00112233445566778899aabbccddeef/"};
    struct spool *spool = open_spool();
    struct spool_message message;
    int fd;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(spool_find(spool, names[i], NOW, &message), ST_NONE);
        assert_int_equal(spool_file(spool, names[i], &fd), ST_NONE);
    }
    spool_free(spool);
}

static void make_file(const char *name)
{
    char path[100];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
}

/* After a crash: our files go, whatever else is there stays. */
static void a_new_start_is_clean(void **state)
{
    char path[100];

    (void)state;
    make_file("00112233445566778899aabbccddeeff");
    make_file("keep");
    spool_free(open_spool());
    assert_int_equal(files(), 1);
    (void)snprintf(path, sizeof(path), "%s/keep", folder);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(a_message_is_kept_as_it_came),
        TEST(a_message_goes_when_its_time_is_over),
        TEST(what_is_not_kept_leaves_nothing),
        TEST(the_bounds_hold),
        TEST(names_from_outside_open_nothing),
        TEST(a_new_start_is_clean),
        TEST(one_source_has_its_share_of_messages),
        TEST(the_same_message_is_kept_once_for_a_source),
    };

    return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
