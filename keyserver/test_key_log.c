/* SPDX-License-Identifier: Apache-2.0
 * keyserver: the key log: its lines against the specification, what checking finds, what a crash or
 * a full disk leaves. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "encode.h"
#include "file.h"
#include "key_log.h"

/* The example of docs/spec/key-log.md; its chains were computed by another program. */
#define HEAD                                                                                       \
    "securemail-key-log 1 mail.example 2026-11-24T02:00:00Z "                                      \
    "1ed2e7afd22ec9028df15febb3db1f4833bba1432dff775bc56029ec0d811943\n"
#define FIRST                                                                                      \
    "1 2026-11-24T02:00:05Z opened 1 2026-11-19T00:00:00Z alice@example.org 7 "                    \
    "abababababababababababababababababababababababababababababababab "                            \
    "f2c3ec6923816174196c519174b1b13e646dd6288db83a50aaaeee06ad39f048\n"
#define SECOND                                                                                     \
    "2 2026-11-24T02:00:06Z unknown-district 9 - - 7 "                                             \
    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd "                            \
    "ba5271deac5e920d76b6deedadb1e9c20b50160354e6ee2215f9968d369808d2\n"
#define NOW 1795485600 /* 2026-11-24T02:00:00Z */

static const struct key_head head = {"mail.example", NOW};

static struct key_record first(void)
{
    struct key_record record = {.number = 1,
                                .time = NOW + 5,
                                .result = KEY_OPENED,
                                .serial = 1,
                                .period_start = 1795046400, /* 2026-11-19 */
                                .address = "alice@example.org",
                                .account = 7};
    memset(record.message, 0xab, sizeof record.message);
    return record;
}

static struct key_record second(void)
{
    struct key_record record = {.number = 2,
                                .time = NOW + 6,
                                .result = KEY_UNKNOWN_DISTRICT,
                                .serial = 9,
                                .period_start = -1,
                                .account = 7};
    memset(record.message, 0xcd, sizeof record.message);
    return record;
}

/* --- a file for each test
 * ----------------------------------------------------------------------- */

struct place {
    char directory[32];
    char path[64];
};

static int set_up(void **state)
{
    static struct place place;
    place = (struct place){.directory = "/tmp/test_key_log.XXXXXX"};
    if (mkdtemp(place.directory) == NULL)
        return -1;
    snprintf(place.path, sizeof place.path, "%s/key.log", place.directory);
    *state = &place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    unlink(place->path);
    return rmdir(place->directory);
}

static void write_file(const struct place *place, const char *text)
{
    struct why why;
    assert_int_equal(file_replace(place->path, 0600, bytes_text(text), &why), ST_OK);
}

static void assert_file(const struct place *place, const char *text)
{
    struct buffer content;
    struct why why;
    buffer_init(&content, 1 << 20);
    assert_int_equal(file_read(place->path, &content, &why), ST_OK);
    assert_string_equal(buffer_text(&content), text);
    buffer_done(&content);
}

static enum status check_file(const struct place *place, struct key_check *found, struct why *why)
{
    int fd = open(place->path, O_RDONLY);
    enum status status = key_check(fd, found, why);
    close(fd);
    return status;
}

static struct key_log *opened(const struct place *place)
{
    struct key_log *log = NULL;
    struct key_check found;
    struct why why = {""};
    if (key_log_open(place->path, &head, &log, &found, &why) != ST_OK)
        fail_msg("%s", why.text);
    assert_int_equal(found.torn_bytes, 0);
    return log;
}

/* --- lines
 * -------------------------------------------------------------------------------------- */

static void the_log_is_that_of_the_specification(void **state)
{
    const struct place *place = *state;
    struct key_log *log = opened(place);
    struct key_record one = first(), two = second();
    struct stat found;
    one.number = two.number = 99; /* the log gives the numbers */
    assert_int_equal(key_log_append(log, &one), ST_OK);
    assert_int_equal(key_log_append(log, &two), ST_OK);
    key_log_close(log);
    assert_file(place, HEAD FIRST SECOND);
    assert_int_equal(stat(place->path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
}

static void it_goes_on_where_it_ended(void **state)
{
    const struct place *place = *state;
    struct key_record two = second();
    write_file(place, HEAD FIRST);
    struct key_log *log = opened(place);
    assert_int_equal(key_log_append(log, &two), ST_OK);
    key_log_close(log);
    assert_file(place, HEAD FIRST SECOND);
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    uint8_t chain[KEY_CHAIN_SIZE] = {0};
    struct key_head read_head;
    struct key_record read;
    struct why why;
    assert_int_equal(key_head_read(BYTES_LITERAL(HEAD), chain, &read_head, &why), ST_BAD); /* LF */
    assert_int_equal(
        key_head_read(bytes_first(BYTES_LITERAL(HEAD), sizeof HEAD - 2), chain, &read_head, &why),
        ST_OK);
    assert_string_equal(read_head.district, "mail.example");
    assert_int_equal(read_head.time, NOW);
    assert_int_equal(
        key_record_read(bytes_first(BYTES_LITERAL(FIRST), sizeof FIRST - 2), chain, &read, &why),
        ST_OK);
    struct key_record one = first(), two = second();
    assert_memory_equal(&read, &one, sizeof one);
    assert_int_equal(
        key_record_read(bytes_first(BYTES_LITERAL(SECOND), sizeof SECOND - 2), chain, &read, &why),
        ST_OK);
    assert_memory_equal(&read, &two, sizeof two);
}

static void fields_that_would_break_a_line_are_refused(void **state)
{
    (void)state;
    static const char *const addresses[] = {"a b@x", "a\n@x", "-", "a\x7f@x"};
    uint8_t chain[KEY_CHAIN_SIZE] = {1}, before[KEY_CHAIN_SIZE] = {1};
    struct buffer line;
    buffer_init(&line, KEY_LINE_MAX);
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct key_record record = first();
        bytes_to_text(bytes_text(addresses[i]), record.address, sizeof record.address);
        assert_int_equal(key_record_write(&record, chain, &line), ST_BAD);
        assert_memory_equal(chain, before, sizeof chain);
        buffer_clear(&line);
    }
    struct key_record record = first();
    record.period_start = INT64_C(253402300800); /* the year 10000 */
    assert_int_equal(key_record_write(&record, chain, &line), ST_BAD);
    buffer_done(&line);
}

static void a_line_has_room_for_the_longest_record(void **state)
{
    (void)state;
    uint8_t chain[KEY_CHAIN_SIZE] = {0}, again[KEY_CHAIN_SIZE] = {0};
    struct buffer line;
    struct key_record record = {.number = UINT64_MAX,
                                .time = INT64_C(253402300799),
                                .result = KEY_UNKNOWN_DISTRICT,
                                .serial = UINT64_MAX,
                                .period_start = INT64_C(253402300799),
                                .account = UINT64_MAX},
                      read;
    struct why why;
    memset(record.address, 'a', ADDRESS_MAX);
    buffer_init(&line, KEY_LINE_MAX);
    assert_int_equal(key_record_write(&record, chain, &line), ST_OK);
    assert_int_equal(
        key_record_read(bytes_first(buffer_bytes(&line), line.n - 1), again, &read, &why), ST_OK);
    assert_memory_equal(&read, &record, sizeof record);
    buffer_done(&line);
}

/* --- checking
 * ----------------------------------------------------------------------------------- */

static void checking_counts_what_is_there(void **state)
{
    const struct place *place = *state;
    struct key_check found;
    struct why why;
    char chain[65];
    write_file(place, HEAD FIRST SECOND);
    assert_int_equal(check_file(place, &found, &why), ST_OK);
    assert_int_equal(found.lines, 3);
    assert_int_equal(found.records, 2);
    assert_int_equal(found.bytes, strlen(HEAD FIRST SECOND));
    assert_int_equal(found.torn_bytes, 0);
    hex_encode(chain, BYTES_ARRAY(found.chain));
    assert_non_null(strstr(SECOND, chain));

    write_file(place, HEAD FIRST "2 2026-11-2");
    assert_int_equal(check_file(place, &found, &why), ST_OK);
    assert_int_equal(found.records, 1);
    assert_int_equal(found.torn_bytes, 11);
}

static void any_changed_character_is_found(void **state)
{
    const struct place *place = *state;
    struct key_check found;
    char text[] = HEAD FIRST SECOND;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        struct why why = {""};
        char before = text[i], line[16];
        text[i] = before == '1' ? '2' : '1';
        size_t changed = i < strlen(HEAD) ? 1 : i < strlen(HEAD FIRST) ? 2 : 3;
        snprintf(line, sizeof line, "line %zu:", changed);
        write_file(place, text);
        enum status status = check_file(place, &found, &why);
        /* Without its last LF, the last line is unfinished. */
        if (i == sizeof text - 2)
            assert_true(status == ST_OK && found.torn_bytes > 0);
        else if (status != ST_BAD || strncmp(why.text, line, strlen(line)) != 0)
            fail_msg("character %zu: %s", i, why.text);
        text[i] = before;
    }
}

static void lines_lost_or_moved_are_found(void **state)
{
    const struct place *place = *state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {FIRST SECOND, "line 1: not the head"},
        {HEAD SECOND, "line 2: "},
        {HEAD FIRST FIRST, "line 3: "},
        {HEAD FIRST HEAD, "line 3: "},
        {HEAD "\n" FIRST, "line 2: not of its form"},
        {HEAD FIRST SECOND "\n", "line 4: not of its form"},
        {"\n" HEAD, "line 1: not the head"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct key_check found;
        struct why why = {""};
        write_file(place, cases[i].text);
        assert_int_equal(check_file(place, &found, &why), ST_BAD);
        if (strncmp(why.text, cases[i].reason, strlen(cases[i].reason)) != 0)
            fail_msg("%zu: %s", i, why.text);
    }
}

/* L-3 alone: a log whose chain is right, but whose numbers skip one. */
static void a_gap_in_the_numbers_is_found(void **state)
{
    const struct place *place = *state;
    uint8_t chain[KEY_CHAIN_SIZE] = {0};
    struct key_check found;
    struct why why = {""};
    struct buffer text, line;
    struct key_record one = first();
    buffer_init(&text, 4 * KEY_LINE_MAX);
    buffer_init(&line, KEY_LINE_MAX);
    assert_int_equal(key_head_write(&head, chain, &text), ST_OK);
    one.number = 2;
    assert_int_equal(key_record_write(&one, chain, &line), ST_OK);
    buffer_add(&text, buffer_bytes(&line));
    write_file(place, buffer_text(&text));
    assert_int_equal(check_file(place, &found, &why), ST_BAD);
    assert_string_equal(why.text, "line 2: number 2 instead of 1");
    buffer_done(&text);
    buffer_done(&line);
}

static void a_line_without_end_is_not_swallowed(void **state)
{
    const struct place *place = *state;
    struct key_check found;
    struct why why = {""};
    static char text[200000];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, HEAD, strlen(HEAD));
    write_file(place, text);
    assert_int_equal(check_file(place, &found, &why), ST_BAD);
    assert_string_equal(why.text, "line 2: too long");
}

/* --- starting
 * ----------------------------------------------------------------------------------- */

static void an_unfinished_record_is_cut_off_only_when_told(void **state)
{
    const struct place *place = *state;
    struct key_log *log = NULL;
    struct key_check found;
    struct why why;
    struct key_record record = second(), last;
    write_file(place, HEAD FIRST "2 2026-11-24T02:00:06Z unk");
    assert_int_equal(key_log_open(place->path, &head, &log, &found, &why), ST_OK);
    assert_int_equal(found.torn_bytes, 26);
    assert_int_equal(found.records, 1);
    assert_int_equal(key_log_append(log, &record), ST_TEMP);
    assert_file(place, HEAD FIRST "2 2026-11-24T02:00:06Z unk");

    assert_int_equal(key_log_mend(log, NOW + 60, &why), ST_OK);
    assert_int_equal(key_log_append(log, &record), ST_OK);
    key_log_close(log);
    assert_int_equal(check_file(place, &found, &why), ST_OK);
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
    write_file(place, "securemail-key-");
    assert_int_equal(key_log_open(place->path, &head, &log, &found, &why), ST_OK);
    assert_int_equal(found.lines, 0);
    assert_int_equal(key_log_mend(log, NOW, &why), ST_OK);
    key_log_close(log);
    assert_file(place, HEAD);
}

static void what_is_damaged_or_not_ours_is_left_alone(void **state)
{
    const struct place *place = *state;
    struct key_log *log = NULL, *other;
    struct key_check found;
    struct why why = {""};
    const struct key_head another = {"another.example", NOW};

    write_file(place, HEAD SECOND);
    assert_int_equal(key_log_open(place->path, &head, &log, &found, &why), ST_BAD);
    assert_non_null(strstr(why.text, "line 2"));
    assert_file(place, HEAD SECOND);

    write_file(place, HEAD FIRST);
    assert_int_equal(key_log_open(place->path, &another, &log, &found, &why), ST_BAD);
    assert_non_null(strstr(why.text, "mail.example"));
    assert_null(log);

    other = opened(place);
    assert_int_equal(key_log_open(place->path, &head, &log, &found, &why), ST_DENIED);
    key_log_close(other);
    assert_int_equal(key_log_open("/nonexistent/key.log", &head, &log, &found, &why), ST_FAIL);
    assert_int_equal(key_log_open(place->directory, &head, &log, &found, &why), ST_FAIL);
}

/* --- faults
 * ------------------------------------------------------------------------------------- */

static void a_full_disk_leaves_no_piece_of_a_record(void **state)
{
    const struct place *place = *state;
    struct key_log *log = opened(place);
    struct key_record one = first(), two = second();
    struct rlimit before, limit;

    /* The file may grow by ten bytes: the record is cut there. */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){strlen(HEAD) + 10, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(key_log_append(log, &one), ST_TEMP);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_file(place, HEAD);

    /* With space again, it goes on. */
    assert_false(key_log_broken(log));
    assert_int_equal(key_log_append(log, &one), ST_OK);
    assert_int_equal(key_log_append(log, &two), ST_OK);
    key_log_close(log);
    assert_file(place, HEAD FIRST SECOND);
}

static void a_file_changed_by_another_hand_is_not_written_again(void **state)
{
    const struct place *place = *state;
    struct key_log *log = opened(place);
    struct key_record one = first();
    assert_int_equal(key_log_append(log, &one), ST_OK);
    assert_int_equal(truncate(place->path, (off_t)strlen(HEAD)), 0);
    assert_int_equal(key_log_append(log, &one), ST_TEMP);
    assert_true(key_log_broken(log));
    assert_int_equal(key_log_append(log, &one), ST_TEMP);
    key_log_close(log);
    assert_file(place, HEAD);
}

#define THREADS 8
#define EACH 25

static void *append_many(void *argument)
{
    struct key_record record = first();
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
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, log), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = log;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    key_log_close(log);
    assert_int_equal(check_file(place, &found, &why), ST_OK);
    assert_int_equal(found.records, THREADS * EACH);
}

#define ON_A_FILE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_FILE(the_log_is_that_of_the_specification),
        ON_A_FILE(it_goes_on_where_it_ended),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(fields_that_would_break_a_line_are_refused),
        cmocka_unit_test(a_line_has_room_for_the_longest_record),
        ON_A_FILE(checking_counts_what_is_there),
        ON_A_FILE(any_changed_character_is_found),
        ON_A_FILE(lines_lost_or_moved_are_found),
        ON_A_FILE(a_gap_in_the_numbers_is_found),
        ON_A_FILE(a_line_without_end_is_not_swallowed),
        ON_A_FILE(an_unfinished_record_is_cut_off_only_when_told),
        ON_A_FILE(an_unfinished_head_is_written_again),
        ON_A_FILE(what_is_damaged_or_not_ours_is_left_alone),
        ON_A_FILE(a_full_disk_leaves_no_piece_of_a_record),
        ON_A_FILE(a_file_changed_by_another_hand_is_not_written_again),
        ON_A_FILE(threads_write_one_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
