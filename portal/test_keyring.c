/* SPDX-License-Identifier: Apache-2.0
 * portal: tests of the keyring, the forms' tokens, and dates and sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "envelope.h"
#include "guard.h"
#include "human.h"
#include "keyring.h"
#include "questions.h"
#include "source.h"

#define NOW 1000
#define IDLE 60
#define ALICE BYTES_LITERAL("alice's session token, 32 bytes.")
#define BOB BYTES_LITERAL("bob's session token, 32 bytes...")
#define FIRST "00000000000000000000000000000001"
#define SECOND "00000000000000000000000000000002"
#define THIRD "00000000000000000000000000000003"

static void put(struct keyring *keyring, struct bytes session, const char *message, int64_t now,
                uint8_t byte)
{
    const struct keyring_place place = keyring_expect(keyring, session, message);
    struct secret *key = secret_new(ENVELOPE_OPENED_SIZE);

    memset(key->p, byte, key->n);
    assert_int_equal(keyring_put(keyring, &place, now, key), ST_OK);
    secret_free(key);
}

/* The first byte of the key, or -1 if there is none. */
static int get(struct keyring *keyring, struct bytes session, const char *message, int64_t now)
{
    struct secret *key = NULL;
    int byte = -1;

    if (keyring_get(keyring, session, message, now, &key) == ST_OK)
        byte = key->p[ENVELOPE_OPENED_SIZE - 1];
    secret_free(key);
    return byte;
}

static int get_by_token(struct keyring *keyring, const char *token, const char *message,
                        int64_t now)
{
    struct secret *key = NULL;
    int byte = -1;

    if (keyring_get_by_token(keyring, token, message, now, &key) == ST_OK)
        byte = key->p[0];
    secret_free(key);
    return byte;
}

static void a_key_belongs_to_session_and_message(void **state)
{
    struct keyring *keyring = keyring_new(4, IDLE);

    (void)state;
    put(keyring, ALICE, FIRST, NOW, 1);
    put(keyring, BOB, SECOND, NOW, 2);
    assert_int_equal(get(keyring, ALICE, FIRST, NOW), 1);
    assert_int_equal(get(keyring, BOB, SECOND, NOW), 2);
    assert_int_equal(get(keyring, ALICE, SECOND, NOW), -1);
    assert_int_equal(get(keyring, BOB, FIRST, NOW), -1);
    put(keyring, ALICE, FIRST, NOW, 3);
    assert_int_equal(get(keyring, ALICE, FIRST, NOW), 3);
    keyring_free(keyring);
}

static void keys_go_with_their_session(void **state)
{
    struct keyring *keyring = keyring_new(4, IDLE);

    (void)state;
    put(keyring, ALICE, FIRST, NOW, 1);
    put(keyring, ALICE, SECOND, NOW, 2);
    put(keyring, BOB, FIRST, NOW, 3);
    keyring_forget_session(keyring, ALICE);
    assert_int_equal(get(keyring, ALICE, FIRST, NOW), -1);
    assert_int_equal(get(keyring, ALICE, SECOND, NOW), -1);
    assert_int_equal(get(keyring, BOB, FIRST, NOW), 3);
    keyring_free(keyring);
}

/* Somebody signs out while accounts is still asked for a key. */
static void a_late_key_does_not_come_back(void **state)
{
    struct keyring *keyring = keyring_new(4, IDLE);
    const struct keyring_place alice = keyring_expect(keyring, ALICE, FIRST);
    const struct keyring_place bob = keyring_expect(keyring, BOB, FIRST);
    struct secret *key = secret_new(ENVELOPE_OPENED_SIZE);

    (void)state;
    memset(key->p, 1, key->n);
    keyring_forget_session(keyring, ALICE);
    assert_int_equal(keyring_put(keyring, &alice, NOW, key), ST_NONE);
    assert_int_equal(get(keyring, ALICE, FIRST, NOW), -1);
    assert_int_equal(keyring_put(keyring, &bob, NOW, key), ST_OK);
    assert_int_equal(get(keyring, BOB, FIRST, NOW), 1);
    secret_free(key);
    keyring_free(keyring);
}

static void pictures_keep_no_key_alive(void **state)
{
    struct keyring *keyring = keyring_new(4, IDLE);
    char token[KEYRING_TOKEN_SIZE];

    (void)state;
    put(keyring, ALICE, FIRST, NOW, 1);
    assert_int_equal(keyring_token(keyring, ALICE, FIRST, token), ST_OK);
    assert_int_equal(get_by_token(keyring, token, FIRST, NOW + IDLE), 1);
    assert_int_equal(get_by_token(keyring, token, FIRST, NOW + IDLE + 1), -1);
    assert_int_equal(get(keyring, ALICE, FIRST, NOW + IDLE), -1);
    keyring_free(keyring);
}

static void keys_go_when_they_idle(void **state)
{
    struct keyring *keyring = keyring_new(4, IDLE);

    (void)state;
    put(keyring, ALICE, FIRST, NOW, 1);
    assert_int_equal(get(keyring, ALICE, FIRST, NOW + IDLE), 1); /* a use: counts anew */
    assert_int_equal(get(keyring, ALICE, FIRST, NOW + 2 * IDLE), 1);
    keyring_sweep(keyring, NOW + 3 * IDLE);
    assert_int_equal(get(keyring, ALICE, FIRST, NOW + 3 * IDLE), 1);
    keyring_sweep(keyring, NOW + 4 * IDLE + 1);
    assert_int_equal(get(keyring, ALICE, FIRST, NOW + 3 * IDLE), -1);

    /* Also between two sweeps. */
    put(keyring, ALICE, FIRST, NOW, 1);
    assert_int_equal(get(keyring, ALICE, FIRST, NOW + IDLE + 1), -1);
    keyring_free(keyring);
}

static void the_oldest_key_makes_room(void **state)
{
    struct keyring *keyring = keyring_new(2, IDLE);

    (void)state;
    put(keyring, ALICE, FIRST, NOW, 1);
    put(keyring, ALICE, SECOND, NOW + 1, 2);
    assert_int_equal(get(keyring, ALICE, FIRST, NOW + 2), 1);
    put(keyring, ALICE, THIRD, NOW + 3, 3);
    assert_int_equal(get(keyring, ALICE, FIRST, NOW + 4), 1);
    assert_int_equal(get(keyring, ALICE, SECOND, NOW + 4), -1);
    assert_int_equal(get(keyring, ALICE, THIRD, NOW + 4), 3);
    keyring_free(keyring);
}

static void a_view_token_opens_one_message(void **state)
{
    struct keyring *keyring = keyring_new(4, IDLE);
    char first[KEYRING_TOKEN_SIZE], second[KEYRING_TOKEN_SIZE];

    (void)state;
    put(keyring, ALICE, FIRST, NOW, 1);
    put(keyring, ALICE, SECOND, NOW, 2);
    assert_int_equal(keyring_token(keyring, ALICE, FIRST, first), ST_OK);
    assert_int_equal(keyring_token(keyring, ALICE, SECOND, second), ST_OK);
    assert_int_equal(keyring_token(keyring, BOB, SECOND, second), ST_NONE);
    assert_string_not_equal(first, second);
    assert_int_equal(get_by_token(keyring, first, FIRST, NOW), 1);
    assert_int_equal(get_by_token(keyring, first, SECOND, NOW), -1);
    assert_int_equal(get_by_token(keyring, "00000000000000000000000000000000", FIRST, NOW), -1);
    assert_int_equal(get_by_token(keyring, "", FIRST, NOW), -1);
    keyring_forget_session(keyring, ALICE);
    assert_int_equal(get_by_token(keyring, first, FIRST, NOW), -1);
    assert_int_equal(get_by_token(keyring, "00000000000000000000000000000000", "", NOW), -1);
    keyring_free(keyring);
}

/* --- tokens of forms ------------------------------------------------------------------------- */

static void a_form_token_is_for_one_route_and_person(void **state)
{
    static const uint8_t key[GUARD_KEY_SIZE] = {1}, other[GUARD_KEY_SIZE] = {2};
    char token[GUARD_TOKEN_SIZE];

    (void)state;
    guard_make(BYTES_ARRAY(key), "/sign-in", "browser", token);
    assert_true(guard_check(BYTES_ARRAY(key), "/sign-in", "browser", token));
    assert_false(guard_check(BYTES_ARRAY(other), "/sign-in", "browser", token));
    assert_false(guard_check(BYTES_ARRAY(key), "/sign-out", "browser", token));
    assert_false(guard_check(BYTES_ARRAY(key), "/sign-in", "browse", token));
    assert_false(guard_check(BYTES_ARRAY(key), "/sign-inb", "rowser", token));
    assert_false(guard_check(BYTES_ARRAY(key), "/sign-in", "browser", ""));
    assert_false(guard_check(BYTES_ARRAY(key), "/sign-in", "browser", NULL));
    token[0] = token[0] == 'A' ? 'B' : 'A';
    assert_false(guard_check(BYTES_ARRAY(key), "/sign-in", "browser", token));
}

static void a_form_of_another_site_is_known(void **state)
{
    static const struct {
        const char *origin, *fetch_site;
        bool same;
    } examples[] = {
        {"", "", true},
        {"https://mail.example.org", "same-origin", true},
        {"https://mail.example.org", "", true},
        {"null", "same-origin", true},
        {"null", "", true}, /* the token decides */
        {"null", "cross-site", false},
        {"null", "none", false},
        {"https://evil.example", "", false},
        {"https://evil.example", "same-origin", false},
        {"http://mail.example.org", "", false},
        {"https://mail.example.org.evil.example", "", false},
        {"https://mail.example.org", "same-site", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct http_request request = {.origin = examples[i].origin,
                                             .fetch_site = examples[i].fetch_site};

        assert_int_equal(guard_same_site(&request, "https://mail.example.org"), examples[i].same);
    }
}

static void a_source_is_a_household(void **state)
{
    static const char *const examples[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"2001:db8::1", "2001:db8::/64"},
        {"2001:db8::ffff:1:2:3", "2001:db8::/64"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"::1", "::/64"},
        {"", ""},
        {"evil", ""},
    };
    char source[SOURCE_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        source_of(examples[i][0], source);
        assert_string_equal(source, examples[i][1]);
    }
}

/* --- for people ------------------------------------------------------------------------------ */

static void dates_and_sizes_are_readable(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } sizes[] = {
        {0, "0 bytes"},      {1, "1 byte"},       {999, "999 bytes"},     {1000, "1.0 KB"},
        {9999, "9.9 KB"},    {10000, "10 KB"},    {999999, "999 KB"},     {1000000, "1.0 MB"},
        {26214400, "26 MB"}, {78643200, "78 MB"}, {1234567890, "1.2 GB"}, {UINT64_MAX, "18 EB"},
    };
    char text[HUMAN_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        human_size(sizes[i].bytes, text);
        assert_string_equal(text, sizes[i].text);
    }
    human_day(1795485600, text); /* 2026-11-24T02:00:00Z */
    assert_string_equal(text, "24 November 2026");
    human_time(1795485600 + 61, text);
    assert_string_equal(text, "24 November 2026, 02:01 UTC");
    human_wait(1, text);
    assert_string_equal(text, "1 second");
    human_wait(119, text);
    assert_string_equal(text, "119 seconds");
    human_wait(121, text);
    assert_string_equal(text, "3 minutes");
    human_wait(7200, text);
    assert_string_equal(text, "2 hours");
    human_day(0, text);
    assert_string_equal(text, "1 January 1970");
}

static void questions_have_numbers(void **state)
{
    (void)state;
    assert_null(question_text(0));
    assert_null(question_text(QUESTIONS_N + 1));
    for (size_t i = 1; i <= QUESTIONS_N; i++)
        assert_non_null(question_text(i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_belongs_to_session_and_message),
        cmocka_unit_test(keys_go_with_their_session),
        cmocka_unit_test(a_late_key_does_not_come_back),
        cmocka_unit_test(pictures_keep_no_key_alive),
        cmocka_unit_test(keys_go_when_they_idle),
        cmocka_unit_test(the_oldest_key_makes_room),
        cmocka_unit_test(a_view_token_opens_one_message),
        cmocka_unit_test(a_form_token_is_for_one_route_and_person),
        cmocka_unit_test(a_form_of_another_site_is_known),
        cmocka_unit_test(a_source_is_a_household),
        cmocka_unit_test(dates_and_sizes_are_readable),
        cmocka_unit_test(questions_have_numbers),
    };

    return cmocka_run_group_tests_name("portal", tests, NULL, NULL);
}
