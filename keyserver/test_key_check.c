/* SPDX-License-Identifier: Apache-2.0
 * keyserver: lines of the key log against the specification, and what checking a log finds. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "encode.h"
#include "test_key_sample.h"

/* --- lines ------------------------------------------------------------------------------------ */

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
    struct key_record one = sample_first(), two = sample_second();
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
        struct key_record record = sample_first();
        bytes_to_text(bytes_text(addresses[i]), record.address, sizeof record.address);
        assert_int_equal(key_record_write(&record, chain, &line), ST_BAD);
        assert_memory_equal(chain, before, sizeof chain);
        buffer_clear(&line);
    }
    struct key_record record = sample_first();
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

/* --- checking --------------------------------------------------------------------------------- */

static void checking_counts_what_is_there(void **state)
{
    const struct place *place = *state;
    struct key_check found;
    struct why why;
    char chain[65];
    sample_write(place, HEAD FIRST SECOND);
    assert_int_equal(sample_check(place, &found, &why), ST_OK);
    assert_int_equal(found.lines, 3);
    assert_int_equal(found.records, 2);
    assert_int_equal(found.bytes, strlen(HEAD FIRST SECOND));
    assert_int_equal(found.torn_bytes, 0);
    hex_encode(chain, BYTES_ARRAY(found.chain));
    assert_non_null(strstr(SECOND, chain));

    sample_write(place, HEAD FIRST "2 2026-11-2");
    assert_int_equal(sample_check(place, &found, &why), ST_OK);
    assert_int_equal(found.records, 1);
    assert_int_equal(found.torn_bytes, 11);
}

/* L-1, L-2 or L-4, for each character there is; L-5 for the last line end. */
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
        sample_write(place, text);
        enum status status = sample_check(place, &found, &why);
        /* Without its last LF, the last line is unfinished. */
        if (i == sizeof text - 2)
            assert_true(status == ST_OK && found.torn_bytes > 0);
        else if (status != ST_BAD || strncmp(why.text, line, strlen(line)) != 0)
            fail_msg("character %zu: %s", i, why.text);
        text[i] = before;
    }
}

/* A successor's, whose chain would be right here. */
#define HEAD_OF_VERSION_2                                                                          \
    "securemail-key-log 2 mail.example 2026-11-24T02:00:00Z "                                      \
    "5fb88c863aac4fa0b696c3106f9be1f8a108b0e17a33882932059bf72b1bb5bc\n"

static void lines_lost_or_moved_are_found(void **state)
{
    const struct place *place = *state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {FIRST SECOND, "line 1: not the head"},      /* L-1 */
        {HEAD_OF_VERSION_2, "line 1: not the head"}, /* L-1 */
        {HEAD SECOND, "line 2: the chain"},          /* L-4 */
        {HEAD FIRST FIRST, "line 3: "},
        {HEAD FIRST HEAD, "line 3: "},
        {HEAD "\n" FIRST, "line 2: not of its form"}, /* L-2 */
        {HEAD FIRST SECOND "\n", "line 4: not of its form"},
        {"\n" HEAD, "line 1: not the head"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct key_check found;
        struct why why = {""};
        sample_write(place, cases[i].text);
        assert_int_equal(sample_check(place, &found, &why), ST_BAD);
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
    struct key_record one = sample_first();
    buffer_init(&text, 4 * KEY_LINE_MAX);
    buffer_init(&line, KEY_LINE_MAX);
    assert_int_equal(key_head_write(&sample_head, chain, &text), ST_OK);
    one.number = 2;
    assert_int_equal(key_record_write(&one, chain, &line), ST_OK);
    buffer_add(&text, buffer_bytes(&line));
    sample_write(place, buffer_text(&text));
    assert_int_equal(sample_check(place, &found, &why), ST_BAD);
    assert_string_equal(why.text, "line 2: number 2 instead of 1");
    buffer_done(&text);
    buffer_done(&line);
}

/* L-2 */
static void a_line_without_end_is_not_swallowed(void **state)
{
    const struct place *place = *state;
    struct key_check found;
    struct why why = {""};
    static char text[200000];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, HEAD, strlen(HEAD));
    sample_write(place, text);
    assert_int_equal(sample_check(place, &found, &why), ST_BAD);
    assert_string_equal(why.text, "line 2: too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(fields_that_would_break_a_line_are_refused),
        cmocka_unit_test(a_line_has_room_for_the_longest_record),
        ON_A_FILE(checking_counts_what_is_there),
        ON_A_FILE(any_changed_character_is_found),
        ON_A_FILE(lines_lost_or_moved_are_found),
        ON_A_FILE(a_gap_in_the_numbers_is_found),
        ON_A_FILE(a_line_without_end_is_not_swallowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
