/* SPDX-License-Identifier: Apache-2.0
 * keyserver: writing the key log: what a start finds, what a crash, a full or a broken disk leaves.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "encode.h"
#include "file.h"
#include "key_log.h"
#include "test_key_sample.h"

static struct key_log *opened(const struct place *place)
{
    struct key_log *log = NULL;
    struct key_check found;
    struct why why = {""};
    if (key_log_open(place->path, &sample_head, &log, &found, &why) != ST_OK)
        fail_msg("%s", why.text);
    assert_int_equal(found.torn_bytes, 0);
    return log;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void the_log_is_that_of_the_specification(void **state)
{
    const struct place *place = *state;
    struct key_log *log = opened(place);
    struct key_record one = sample_first(), two = sample_second();
    struct stat found;
    one.number = two.number = 99; /* the log gives the numbers */
    assert_int_equal(key_log_append(log, &one), ST_OK);
    assert_int_equal(key_log_append(log, &two), ST_OK);
    key_log_close(log);
    sample_assert(place, HEAD FIRST SECOND);
    assert_int_equal(stat(place->path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
}

static void it_goes_on_where_it_ended(void **state)
{
    const struct place *place = *state;
    struct key_record two = sample_second();
    sample_write(place, HEAD FIRST);
    struct key_log *log = opened(place);
    assert_int_equal(key_log_append(log, &two), ST_OK);
    key_log_close(log);
    sample_assert(place, HEAD FIRST SECOND);
}

/* --- starting --------------------------------------------------------------------------------- */

static void an_unfinished_record_is_cut_off_only_when_told(void **state)
{
    const struct place *place = *state;
    struct key_log *log = NULL;
    struct key_check found;
    struct why why;
    struct key_record record = sample_second(), last;
    sample_write(place, HEAD FIRST "2 2026-11-24T02:00:06Z unk");
    assert_int_equal(key_log_open(place->path, &sample_head, &log, &found, &why), ST_OK);
    assert_int_equal(found.torn_bytes, 26);
    assert_int_equal(found.records, 1);
    assert_int_equal(key_log_append(log, &record), ST_TEMP);
    sample_assert(place, HEAD FIRST "2 2026-11-24T02:00:06Z unk");

    assert_int_equal(key_log_mend(log, NOW + 60, &why), ST_OK);
    assert_int_equal(key_log_append(log, &record), ST_OK);
    key_log_close(log);
    assert_int_equal(sample_check(place, &found, &why), ST_OK);
    assert_int_equal(found.records, 3);
    assert_int_equal(found.torn_bytes, 0);

    /* The second record says what happened. */
    struct buffer text;
    uint8_t chain[KEY_CHAIN_SIZE];
    buffer_init(&text, 1 << 16);
    assert_int_equal(file_read(place->path, &text, &why), ST_OK);
    struct bytes rest = buffer_bytes(&text), line;
    assert_true(bytes_starts(rest, BYTES_LITERAL(HEAD FIRST)));
    rest = bytes_from(rest, strlen(HEAD FIRST));
    assert_true(bytes_line(&rest, &line));
    assert_int_equal(hex_decode(bytes_text("f2c3ec6923816174196c519174b1b13e646dd6288db83a50"
                                           "aaaeee06ad39f048"),
                                chain, sizeof chain),
                     ST_OK);
    assert_int_equal(key_record_read(line, chain, &last, &why), ST_OK);
    assert_int_equal(last.result, KEY_TORN);
    assert_int_equal(last.time, NOW + 60);
    buffer_done(&text);
}

static void an_unfinished_head_is_written_again(void **state)
{
    const struct place *place = *state;
    struct key_log *log = NULL;
    struct key_check found;
    struct why why;
    sample_write(place, "securemail-key-");
    assert_int_equal(key_log_open(place->path, &sample_head, &log, &found, &why), ST_OK);
    assert_int_equal(found.lines, 0);
    assert_int_equal(key_log_mend(log, NOW, &why), ST_OK);
    key_log_close(log);
    sample_assert(place, HEAD);
}

static void what_is_damaged_or_not_ours_is_left_alone(void **state)
{
    const struct place *place = *state;
    struct key_log *log = NULL, *other;
    struct key_check found;
    struct why why = {""};
    const struct key_head another = {"another.example", NOW};

    sample_write(place, HEAD SECOND);
    assert_int_equal(key_log_open(place->path, &sample_head, &log, &found, &why), ST_BAD);
    assert_non_null(strstr(why.text, "line 2"));
    sample_assert(place, HEAD SECOND);

    sample_write(place, HEAD FIRST);
    assert_int_equal(key_log_open(place->path, &another, &log, &found, &why), ST_BAD);
    assert_non_null(strstr(why.text, "mail.example"));
    assert_null(log);

    other = opened(place);
    assert_int_equal(key_log_open(place->path, &sample_head, &log, &found, &why), ST_DENIED);
    key_log_close(other);
    assert_int_equal(key_log_open("/nonexistent/key.log", &sample_head, &log, &found, &why),
                     ST_FAIL);
    assert_int_equal(key_log_open(place->directory, &sample_head, &log, &found, &why), ST_FAIL);
}

/* --- the disk: the linker leads calls of fdatasync here, as meson.build says ------------------ */

int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);

static struct {
    atomic_uint count;
    atomic_bool fails;
} disk;

int __wrap_fdatasync(int fd)
{
    disk.count++;
    if (!disk.fails)
        return __real_fdatasync(fd);
    errno = EIO;
    return -1;
}

static void a_record_is_on_the_disk_when_append_returns(void **state)
{
    struct key_log *log = opened(*state);
    struct key_record one = sample_first();
    for (unsigned i = 0; i < 3; i++) {
        unsigned before = disk.count;
        assert_int_equal(key_log_append(log, &one), ST_OK);
        assert_int_equal(disk.count, before + 1);
    }
    key_log_close(log);
}

/* After a failed sync the kernel may call the lost pages clean: trying again would prove nothing.
 */
static void a_disk_that_failed_once_is_not_trusted_again(void **state)
{
    struct key_log *log = opened(*state);
    struct key_record one = sample_first();
    disk.fails = true;
    assert_int_equal(key_log_append(log, &one), ST_TEMP);
    disk.fails = false;
    assert_true(key_log_broken(log));
    assert_int_equal(key_log_append(log, &one), ST_TEMP);
    sample_assert(*state, HEAD FIRST); /* of which nobody knows whether it is on the disk */
    key_log_close(log);
}

/* --- faults ----------------------------------------------------------------------------------- */

static void a_full_disk_leaves_no_piece_of_a_record(void **state)
{
    const struct place *place = *state;
    struct key_log *log = opened(place);
    struct key_record one = sample_first(), two = sample_second();
    struct rlimit before, limit;

    /* The file may grow by ten bytes: the record is cut there. */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){strlen(HEAD) + 10, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(key_log_append(log, &one), ST_TEMP);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    sample_assert(place, HEAD);

    /* With space again, it goes on. */
    assert_false(key_log_broken(log));
    assert_int_equal(key_log_append(log, &one), ST_OK);
    assert_int_equal(key_log_append(log, &two), ST_OK);
    key_log_close(log);
    sample_assert(place, HEAD FIRST SECOND);
}

static void a_file_changed_by_another_hand_is_not_written_again(void **state)
{
    const struct place *place = *state;
    struct key_log *log = opened(place);
    struct key_record one = sample_first();
    assert_int_equal(key_log_append(log, &one), ST_OK);
    assert_int_equal(truncate(place->path, (off_t)strlen(HEAD)), 0);
    assert_int_equal(key_log_append(log, &one), ST_TEMP);
    assert_true(key_log_broken(log));
    assert_int_equal(key_log_append(log, &one), ST_TEMP);
    key_log_close(log);
    sample_assert(place, HEAD);
}

#define THREADS 8
#define EACH 25

static void *append_many(void *argument)
{
    struct key_record record = sample_first();
    for (unsigned i = 0; i < EACH; i++)
        if (key_log_append(argument, &record) != ST_OK)
            return argument;
    return NULL;
}

static void threads_write_one_chain(void **state)
{
    const struct place *place = *state;
    struct key_log *log = opened(place);
    struct key_check found;
    struct why why;
    pthread_t threads[THREADS];
    unsigned before = disk.count;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, log), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = log;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    key_log_close(log);
    assert_int_equal(sample_check(place, &found, &why), ST_OK);
    assert_int_equal(found.records, THREADS * EACH);
    assert_true(disk.count - before <= THREADS * EACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_FILE(the_log_is_that_of_the_specification),
        ON_A_FILE(it_goes_on_where_it_ended),
        ON_A_FILE(an_unfinished_record_is_cut_off_only_when_told),
        ON_A_FILE(an_unfinished_head_is_written_again),
        ON_A_FILE(what_is_damaged_or_not_ours_is_left_alone),
        ON_A_FILE(a_record_is_on_the_disk_when_append_returns),
        ON_A_FILE(a_disk_that_failed_once_is_not_trusted_again),
        ON_A_FILE(a_full_disk_leaves_no_piece_of_a_record),
        ON_A_FILE(a_file_changed_by_another_hand_is_not_written_again),
        ON_A_FILE(threads_write_one_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
