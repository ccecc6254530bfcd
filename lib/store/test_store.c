/* SPDX-License-Identifier: Apache-2.0
 * store: the suite that every database must pass. What it expects is the contract in store.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store.h"

struct place {
    char folder[64], path[96];
    struct store *store;
};

static int place_make(void **state)
{
    static struct place place;
    snprintf(place.folder, sizeof place.folder, "/tmp/test-store-XXXXXX");
    assert_non_null(mkdtemp(place.folder));
    snprintf(place.path, sizeof place.path, "%s/accounts.db", place.folder);
    assert_int_equal(store_open(place.path, &place.store, NULL), ST_OK);
    *state = &place;
    return 0;
}

static int place_remove(void **state)
{
    struct place *place = *state;
    char path[128];
    store_close(place->store);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", place->path, (const char *[]){"", "-wal", "-shm"}[i]);
        unlink(path);
    }
    return rmdir(place->folder);
}

static struct store_transaction *begin(struct place *place)
{
    struct store_transaction *t = NULL;
    assert_int_equal(store_begin(place->store, &t), ST_OK);
    return t;
}

static const struct store_account alice = {.name = "Alicé",
                                           .language = "en",
                                           .password = "$argon2id$…",
                                           .question = 3,
                                           .answer = "$argon2id$a",
                                           .terms = 1,
                                           .created = 1000};

static int64_t add_alice(struct store_transaction *t)
{
    int64_t id = 0;
    assert_int_equal(store_account_add(t, &alice, &id), ST_OK);
    assert_int_equal(store_address_add(t, id, "alice@example.org", 1001), ST_OK);
    return id;
}

static void an_account_is_found_by_its_address_with_all_it_had(void **state)
{
    struct store_transaction *t = begin(*state);
    int64_t id = add_alice(t);
    struct store_account found;
    assert_int_equal(store_account_by_address(t, "alice@example.org", &found), ST_OK);
    assert_int_equal(found.id, id);
    assert_string_equal(found.name, alice.name);
    assert_string_equal(found.language, "en");
    assert_string_equal(found.password, alice.password);
    assert_int_equal(found.question, 3);
    assert_string_equal(found.answer, alice.answer);
    assert_int_equal(found.terms, 1);
    assert_int_equal(found.state, STORE_ACTIVE);
    assert_int_equal(found.created, 1000);
    assert_int_equal(store_account_by_id(t, id, &found), ST_OK);
    assert_string_equal(found.name, alice.name);
    assert_int_equal(store_account_by_address(t, "bob@example.org", &found), ST_NONE);
    assert_int_equal(store_commit(t), ST_OK);
}

static void an_address_has_one_owner_and_an_owner_several_addresses(void **state)
{
    struct store_transaction *t = begin(*state);
    int64_t a = add_alice(t), b = 0;
    assert_int_equal(store_account_add(t, &alice, &b), ST_OK);
    assert_int_not_equal(a, b);
    assert_int_equal(store_address_add(t, b, "alice@example.org", 1), ST_DENIED);
    assert_int_equal(store_address_add(t, a, "a.lice@example.org", 1), ST_OK);
    assert_int_equal(store_address_proved(t, a, "a.lice@example.org"), ST_OK);
    assert_int_equal(store_address_proved(t, b, "a.lice@example.org"), ST_NONE);
    assert_int_equal(store_commit(t), ST_OK);
}

static void what_is_rolled_back_did_not_happen(void **state)
{
    struct store_transaction *t = begin(*state);
    add_alice(t);
    store_rollback(t);
    t = begin(*state);
    struct store_account found;
    assert_int_equal(store_account_by_address(t, "alice@example.org", &found), ST_NONE);
    store_rollback(t);
    store_rollback(NULL);
}

/* A child commits one account, begins another, and is killed: the first is there, the second is
 * not. */
static void a_kill_loses_only_what_was_not_committed(void **state)
{
    struct place *place = *state;
    store_close(place->store);
    place->store = NULL;
    pid_t child = fork();
    if (child == 0) {
        struct store *store = NULL;
        struct store_transaction *t = NULL;
        int64_t id;
        if (store_open(place->path, &store, NULL) != ST_OK || store_begin(store, &t) != ST_OK ||
            store_account_add(t, &alice, &id) != ST_OK ||
            store_address_add(t, id, "kept@example.org", 1) != ST_OK || store_commit(t) != ST_OK ||
            store_begin(store, &t) != ST_OK ||
            store_address_add(t, id, "lost@example.org", 1) != ST_OK)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(store_open(place->path, &place->store, NULL), ST_OK);
    struct store_transaction *t = begin(place);
    struct store_account found;
    assert_int_equal(store_account_by_address(t, "kept@example.org", &found), ST_OK);
    assert_int_equal(store_account_by_address(t, "lost@example.org", &found), ST_NONE);
    store_rollback(t);
}

static void registrations_wait_side_by_side(void **state)
{
    struct store_transaction *t = begin(*state);
    struct store_pending a = {.token = {1},
                              .browser = {9},
                              .address = "alice@example.org",
                              .return_to = "00ff",
                              .expires = 500,
                              .account = alice};
    struct store_pending b = a, found;
    b.token[0] = 2;
    int64_t count = -1;
    assert_int_equal(store_pending_add(t, &a), ST_OK);
    assert_int_equal(store_pending_add(t, &b), ST_OK);
    assert_int_equal(store_pending_add(t, &b), ST_DENIED);
    assert_int_equal(store_pending_count(t, "alice@example.org", &count), ST_OK);
    assert_int_equal(count, 2);
    assert_int_equal(store_pending_by_token(t, a.token, &found), ST_OK);
    assert_memory_equal(found.browser, a.browser, STORE_HASH_SIZE);
    assert_string_equal(found.address, "alice@example.org");
    assert_string_equal(found.return_to, "00ff");
    assert_int_equal(found.expires, 500);
    assert_string_equal(found.account.password, alice.password);
    assert_int_equal(found.account.question, 3);
    assert_int_equal(store_pending_remove(t, found.id), ST_OK);
    assert_int_equal(store_pending_by_token(t, a.token, &found), ST_NONE);
    assert_int_equal(store_pending_by_token(t, b.token, &found), ST_OK);
    assert_int_equal(store_pending_remove_address(t, "alice@example.org"), ST_OK);
    assert_int_equal(store_pending_by_token(t, b.token, &found), ST_NONE);
    store_rollback(t);
}

static void the_oldest_of_an_address_is_removed(void **state)
{
    struct store_transaction *t = begin(*state);
    struct store_pending first = {.token = {1}, .address = "alice@example.org", .account = alice},
                         found;
    struct store_pending second = first, other = first;
    second.token[0] = 2;
    other.token[0] = 3;
    snprintf(other.address, sizeof other.address, "bob@example.org");
    assert_int_equal(store_pending_add(t, &other), ST_OK);
    assert_int_equal(store_pending_add(t, &first), ST_OK);
    assert_int_equal(store_pending_add(t, &second), ST_OK);
    assert_int_equal(store_pending_remove_oldest(t, "alice@example.org"), ST_OK);
    assert_int_equal(store_pending_by_token(t, first.token, &found), ST_NONE);
    assert_int_equal(store_pending_by_token(t, second.token, &found), ST_OK);
    assert_int_equal(store_pending_by_token(t, other.token, &found), ST_OK);
    store_rollback(t);
}

static void sessions_are_found_touched_and_ended(void **state)
{
    struct store_transaction *t = begin(*state);
    int64_t id = add_alice(t);
    struct store_session a = {.token = {7},
                              .account = id,
                              .address = "alice@example.org",
                              .form_key = {8},
                              .created = 10,
                              .used = 10};
    struct store_session b = a, found;
    b.token[0] = 6;
    assert_int_equal(store_session_add(t, &a), ST_OK);
    assert_int_equal(store_session_add(t, &b), ST_OK);
    assert_int_equal(store_session_touch(t, a.token, 20), ST_OK);
    assert_int_equal(store_session_by_token(t, a.token, &found), ST_OK);
    assert_int_equal(found.account, id);
    assert_int_equal(found.created, 10);
    assert_int_equal(found.used, 20);
    assert_memory_equal(found.form_key, a.form_key, STORE_HASH_SIZE);
    assert_int_equal(store_session_remove(t, a.token), ST_OK);
    assert_int_equal(store_session_by_token(t, a.token, &found), ST_NONE);
    assert_int_equal(store_session_remove_account(t, id), ST_OK);
    assert_int_equal(store_session_by_token(t, b.token, &found), ST_NONE);
    store_rollback(t);
}

static void a_session_needs_an_account(void **state)
{
    struct store_transaction *t = begin(*state);
    struct store_session orphan = {.token = {1}, .account = 4711, .address = "x@example.org"};
    assert_int_equal(store_session_add(t, &orphan), ST_DENIED);
    store_rollback(t);
}

static void throttles_are_kept(void **state)
{
    struct store_transaction *t = begin(*state);
    struct store_throttle throttle = {"abcd", 1, 100}, found;
    assert_int_equal(store_throttle_get(t, "abcd", &found), ST_NONE);
    assert_int_equal(store_throttle_set(t, &throttle), ST_OK);
    throttle.failures = 2;
    assert_int_equal(store_throttle_set(t, &throttle), ST_OK);
    assert_int_equal(store_throttle_get(t, "abcd", &found), ST_OK);
    assert_int_equal(found.failures, 2);
    assert_int_equal(found.last, 100);
    assert_int_equal(store_throttle_remove(t, "abcd"), ST_OK);
    assert_int_equal(store_throttle_get(t, "abcd", &found), ST_NONE);
    store_rollback(t);
}

static void events_come_back_in_order(void **state)
{
    struct store_transaction *t = begin(*state);
    struct store_event event = {1, 50, "registered", "alice@example.org", "127.0.0.1", {3}}, found;
    assert_int_equal(store_event_last(t, &found), ST_NONE);
    assert_int_equal(store_event_add(t, &event), ST_OK);
    assert_int_equal(store_event_add(t, &event), ST_DENIED);
    event.number = 2;
    assert_int_equal(store_event_add(t, &event), ST_OK);
    assert_int_equal(store_event_last(t, &found), ST_OK);
    assert_int_equal(found.number, 2);
    assert_int_equal(store_event_by_number(t, 1, &found), ST_OK);
    assert_string_equal(found.event, "registered");
    assert_string_equal(found.source, "127.0.0.1");
    store_rollback(t);
}

static void sweeping_removes_what_is_over_and_nothing_else(void **state)
{
    struct store_transaction *t = begin(*state);
    int64_t id = add_alice(t);
    struct store_pending old = {.token = {1},
                                .address = "a@example.org",
                                .expires = 99,
                                .account = alice},
                         fresh = old, p;
    fresh.token[0] = 2, fresh.expires = 100;
    struct store_session idle = {
        .token = {1}, .account = id, .address = "a@example.org", .created = 90, .used = 69};
    struct store_session aged = idle, live = idle, s;
    aged.token[0] = 2, aged.created = 9, aged.used = 99;
    live.token[0] = 3, live.used = 70;
    struct store_throttle throttle = {"k", 1, 49}, found;
    assert_int_equal(store_pending_add(t, &old) | store_pending_add(t, &fresh), ST_OK);
    assert_int_equal(store_session_add(t, &idle) | store_session_add(t, &aged) |
                         store_session_add(t, &live),
                     ST_OK);
    assert_int_equal(store_throttle_set(t, &throttle), ST_OK);
    struct store_sweep sweep = {.now = 100, .idle_since = 70, .made_since = 10, .failed_since = 50};
    assert_int_equal(store_sweep(t, &sweep), ST_OK);
    assert_int_equal(store_pending_by_token(t, old.token, &p), ST_NONE);
    assert_int_equal(store_pending_by_token(t, fresh.token, &p), ST_OK);
    assert_int_equal(store_session_by_token(t, idle.token, &s), ST_NONE);
    assert_int_equal(store_session_by_token(t, aged.token, &s), ST_NONE);
    assert_int_equal(store_session_by_token(t, live.token, &s), ST_OK);
    assert_int_equal(store_throttle_get(t, "k", &found), ST_NONE);
    store_rollback(t);
}

/* Text is data: quotes, semicolons and comment signs go in and come out. */
static void text_is_never_taken_for_a_statement(void **state)
{
    struct store_transaction *t = begin(*state);
    struct store_account nasty = alice, found;
    snprintf(nasty.name, sizeof nasty.name, "Robert'); DROP TABLE account;--");
    int64_t id;
    assert_int_equal(store_account_add(t, &nasty, &id), ST_OK);
    assert_int_equal(store_account_by_id(t, id, &found), ST_OK);
    assert_string_equal(found.name, nasty.name);
    store_rollback(t);
}

static void change_file(struct place *place, const char *sql)
{
    sqlite3 *handle = NULL;
    assert_int_equal(sqlite3_open(place->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
}

static void a_row_that_somebody_edited_is_refused_not_believed(void **state)
{
    struct place *place = *state;
    struct store_transaction *t = begin(place);
    struct store_session session = {.token = {5},
                                    .account = add_alice(t),
                                    .address = "alice@example.org"},
                         found;
    assert_int_equal(store_session_add(t, &session), ST_OK);
    assert_int_equal(store_commit(t), ST_OK);
    change_file(place, "UPDATE session SET form_key = x'00'");
    t = begin(place);
    assert_int_equal(store_session_by_token(t, session.token, &found), ST_FAIL);
    store_rollback(t);
}

static void a_newer_schema_is_refused(void **state)
{
    struct place *place = *state;
    struct store *second = NULL;
    struct why why = {""};
    change_file(place, "UPDATE schema_version SET version = 99");
    assert_int_equal(store_open(place->path, &second, &why), ST_FAIL);
    assert_non_null(strstr(why.text, "99"));
}

static void only_we_can_read_the_file(void **state)
{
    struct place *place = *state;
    struct stat found;
    assert_int_equal(stat(place->path, &found), 0);
    assert_int_equal(found.st_mode & 077, 0);
}

int main(void)
{
#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        PLACED(an_account_is_found_by_its_address_with_all_it_had),
        PLACED(an_address_has_one_owner_and_an_owner_several_addresses),
        PLACED(what_is_rolled_back_did_not_happen),
        PLACED(a_kill_loses_only_what_was_not_committed),
        PLACED(registrations_wait_side_by_side),
        PLACED(the_oldest_of_an_address_is_removed),
        PLACED(sessions_are_found_touched_and_ended),
        PLACED(a_session_needs_an_account),
        PLACED(throttles_are_kept),
        PLACED(events_come_back_in_order),
        PLACED(sweeping_removes_what_is_over_and_nothing_else),
        PLACED(text_is_never_taken_for_a_statement),
        PLACED(a_row_that_somebody_edited_is_refused_not_believed),
        PLACED(a_newer_schema_is_refused),
        PLACED(only_we_can_read_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
