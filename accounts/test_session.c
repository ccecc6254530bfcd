/* SPDX-License-Identifier: Apache-2.0
 * accounts: the rules of signing in and of sessions, and what is kept of all that. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "accounts.h"
#include "audit.h"
#include "encode.h"
#include "test_place.h"
#include "throttle.h"

/* --- signing in
 * ----------------------------------------------------------------------------------------- */

static void the_right_password_opens_and_any_other_does_not(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    secret_free(member(service, "alice@example.org"));
    assert_int_equal(sign_in_from(service, "ALICE@EXAMPLE.ORG", PASSWORD, "192.0.2.1", NOW), ST_OK);
    assert_int_equal(sign_in_from(service, "alice@example.org", PASSWORD " ", "192.0.2.1", NOW),
                     ST_DENIED);
    assert_int_equal(sign_in_from(service, "alice@example.org", "", "192.0.2.1", NOW), ST_DENIED);
    assert_int_equal(sign_in_from(service, "nobody@example.org", PASSWORD, "192.0.2.1", NOW),
                     ST_DENIED);
}

/* Five failures are free, then a pause that grows; another source is not in it; a success ends it.
 * The same holds for an address that does not exist. */
static void guessing_is_slowed_down(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    secret_free(member(service, "alice@example.org"));
    static const char *const names[] = {"alice@example.org", "nobody@example.org"};
    for (int n = 0; n < 2; n++) {
        for (int i = 0; i < 6; i++)
            assert_int_equal(sign_in_from(service, names[n], "wrong", "192.0.2.66", NOW),
                             ST_DENIED);
        assert_int_equal(sign_in_from(service, names[n], PASSWORD, "192.0.2.66", NOW + 14),
                         ST_LIMIT);
    }
    assert_int_equal(sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.1", NOW), ST_OK);
    assert_int_equal(sign_in_from(service, "alice@example.org", "wrong", "192.0.2.66", NOW + 15),
                     ST_DENIED);
    assert_int_equal(
        sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.66", NOW + 15 + 29),
        ST_LIMIT);
    assert_int_equal(
        sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.66", NOW + 15 + 30), ST_OK);
    assert_int_equal(sign_in_from(service, "alice@example.org", "wrong", "192.0.2.66", NOW + 46),
                     ST_DENIED);
    assert_int_equal(sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.66", NOW + 46),
                     ST_OK);
}

static void one_network_is_one_source(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    secret_free(member(service, "alice@example.org"));
    for (int i = 0; i < 6; i++) {
        char source[64];
        snprintf(source, sizeof source, "2001:db8:1:2::%x", i + 1);
        assert_int_equal(sign_in_from(service, "alice@example.org", "wrong", source, NOW),
                         ST_DENIED);
    }
    assert_int_equal(
        sign_in_from(service, "alice@example.org", PASSWORD, "2001:db8:1:2:ffff::1", NOW),
        ST_LIMIT);
    assert_int_equal(sign_in_from(service, "alice@example.org", PASSWORD, "2001:db8:1:3::1", NOW),
                     ST_OK);
}

/* Sources without end cannot lock the owner out for more than a minute. */
static void a_crowd_cannot_lock_the_owner_out(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    secret_free(member(service, "alice@example.org"));
    struct store_transaction *t = NULL;
    struct throttle_ticket ticket;
    int64_t now = NOW, wait = 0, longest = 0;
    assert_int_equal(store_begin(service->store, &t), ST_OK);
    for (int i = 0; i < 200; i++) {
        char source[64];
        snprintf(source, sizeof source, "198.51.100.%d", i);
        struct attempt attempt = {ATTEMPT_SIGN_IN, "alice@example.org", source, now};
        while (throttle_take(t, &attempt, &ticket, &wait) == ST_LIMIT) {
            longest = wait > longest ? wait : longest;
            attempt.now = now += wait;
        }
    }
    assert_int_equal(longest, 60);
    assert_int_equal(store_commit(t), ST_OK);
    assert_int_equal(sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.1", now + 59),
                     ST_LIMIT);
    assert_int_equal(sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.1", now + 60),
                     ST_OK);
}

static void *guess(void *service)
{
    return (void *)(uintptr_t)sign_in_from(service, "alice@example.org", "a guess", "192.0.2.66",
                                           NOW);
}

/* An attempt is counted before it is made: forty at once are no better than one after the other. */
static void guessing_in_parallel_gains_nothing(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    secret_free(member(service, "alice@example.org"));
    pthread_t threads[40];
    size_t tried = 0;
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, guess, service), 0);
    for (size_t i = 0; i < 40; i++) {
        void *status;
        pthread_join(threads[i], &status);
        tried += (uintptr_t)status == ST_DENIED;
        assert_true((uintptr_t)status == ST_DENIED || (uintptr_t)status == ST_LIMIT);
    }
    assert_int_equal(tried, 6);
}

/* A hundred good sign-ins from one place (an office behind one address) count for nothing. */
static void success_is_not_counted(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    secret_free(member(service, "alice@example.org"));
    for (int i = 0; i < 100; i++)
        assert_int_equal(sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.1", NOW),
                         ST_OK);
}

/* --- sessions
 * ------------------------------------------------------------------------------------------- */

static void a_session_ends_by_idling_by_age_and_by_signing_out(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    struct secret *idle = member(service, "alice@example.org");
    assert_int_equal(find_session(service, idle, NOW + 1800), ST_OK); /* and this use counts */
    assert_int_equal(find_session(service, idle, NOW + 3600), ST_OK);
    assert_int_equal(find_session(service, idle, NOW + 3600 + 1801), ST_NONE);
    struct secret *aged = member(service, "bob@example.org");
    for (int64_t at = 0; at <= 43200; at += 1800)
        assert_int_equal(find_session(service, aged, NOW + at), ST_OK);
    assert_int_equal(find_session(service, aged, NOW + 43201), ST_NONE);
    struct secret *left = member(service, "carol@example.org");
    assert_int_equal(session_sign_out(service, secret_bytes(left), NOW), ST_OK);
    assert_int_equal(find_session(service, left, NOW), ST_NONE);
    assert_int_equal(session_sign_out(service, secret_bytes(left), NOW), ST_OK);
    left->p[0] ^= 1;
    assert_int_equal(find_session(service, left, NOW), ST_NONE);
    secret_free(idle), secret_free(aged), secret_free(left);
}

static void sweeping_ends_old_sessions(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    struct secret *session = member(service, "alice@example.org");
    assert_int_equal(accounts_sweep(service, NOW + 1800), ST_OK);
    assert_int_equal(find_session(service, session, NOW), ST_OK);
    assert_int_equal(accounts_sweep(service, NOW + 1801), ST_OK);
    assert_int_equal(find_session(service, session, NOW), ST_NONE);
    secret_free(session);
}

/* --- what is kept
 * --------------------------------------------------------------------------------------- */

static void the_file_holds_no_password_answer_or_token(void **state)
{
    struct place *place = *state;
    struct secret *session = member(&place->service, "alice@example.org");
    struct registered r = registered(&place->service, "bob@example.org", NOW);
    const struct bytes wanted[] = {
        T(PASSWORD),     T("a cat"), T("A Cat"), secret_bytes(session), secret_bytes(r.browser),
        mailed_token(&r)};
    size_t read = 0;
    static uint8_t content[4 << 20];
    for (int i = 0; i < 2; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", place->path, i == 0 ? "" : "-wal");
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        read += fread(content + read, 1, sizeof content - read, file);
        fclose(file);
    }
    struct bytes all = {content, read};
    assert_true(bytes_find(all, T("alice@example.org")) <
                all.n); /* the search finds what is there */
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_int_equal(bytes_find(all, wanted[i]), all.n);
    secret_free(session);
    secret_free(r.browser);
}

static void every_event_is_in_the_chain_and_a_change_shows(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    struct secret *session = member(service, "alice@example.org");
    sign_in_from(service, "alice@example.org", "wrong", "192.0.2.1", NOW + 1);
    sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.1", NOW + 2);
    assert_int_equal(session_sign_out(service, secret_bytes(session), NOW + 3), ST_OK);
    secret_free(session);
    static const char *const wanted[] = {"registered", "confirmed", "sign-in-refused", "sign-in",
                                         "sign-out"};
    struct store_transaction *t = NULL;
    struct store_event event;
    int64_t number = 0;
    assert_int_equal(store_begin(service->store, &t), ST_OK);
    for (int64_t i = 0; i < 5; i++) {
        assert_int_equal(store_event_by_number(t, i + 1, &event), ST_OK);
        assert_string_equal(event.event, wanted[i]);
    }
    assert_int_equal(audit_verify(t, &number), ST_OK);
    assert_int_equal(number, 5);
    event.number = 6; /* V-2: the last event again, with a chain that does not fit */
    assert_int_equal(store_event_add(t, &event), ST_OK);
    assert_int_equal(audit_verify(t, &number), ST_BAD);
    assert_int_equal(number, 6);
    store_rollback(t);
    assert_int_equal(store_begin(service->store, &t), ST_OK);
    event.number = 7; /* V-1: there is no sixth */
    assert_int_equal(store_event_add(t, &event), ST_OK);
    assert_int_equal(audit_verify(t, &number), ST_BAD);
    assert_int_equal(number, 6);
    store_rollback(t);
}

static void the_chain_is_that_of_the_specifications_example(void **state)
{
    (void)state;
    static const struct store_event events[] = {
        {1, 1795485000, "registered", "alice@example.org", "192.0.2.1", {0}},
        {2, 1795485060, "sign-in-refused", "alice@example.org", "2001:db8::7", {0}},
    };
    static const char *const wanted[] = {
        "5e03677203e13c7160bae578645834e8b8d4b73223a1d9fa3dec8d6a0b615323",
        "dd9cda0f990c6c9af4105a257c46f79731a09e0cda41d6b2291e40fde288f236",
    };
    uint8_t chain[STORE_HASH_SIZE] = {0};
    char text[2 * STORE_HASH_SIZE + 1];
    for (size_t i = 0; i < 2; i++) {
        audit_hash(chain, &events[i], chain);
        hex_encode(text, BYTES_ARRAY(chain));
        assert_string_equal(text, wanted[i]);
    }
}

int main(void)
{
#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        PLACED(the_right_password_opens_and_any_other_does_not),
        PLACED(guessing_is_slowed_down),
        PLACED(one_network_is_one_source),
        PLACED(a_crowd_cannot_lock_the_owner_out),
        PLACED(guessing_in_parallel_gains_nothing),
        PLACED(success_is_not_counted),
        PLACED(a_session_ends_by_idling_by_age_and_by_signing_out),
        PLACED(sweeping_ends_old_sessions),
        PLACED(the_file_holds_no_password_answer_or_token),
        PLACED(every_event_is_in_the_chain_and_a_change_shows),
        cmocka_unit_test(the_chain_is_that_of_the_specifications_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
