/* SPDX-License-Identifier: Apache-2.0
 * accounts: the rules of registering, signing in and sessions, on a real store, with a clock and
 * randomness of the test's and a mailbox instead of a mail server. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "accounts.h"
#include "audit.h"
#include "encode.h"
#include "random.h"
#include "registration.h"
#include "session.h"
#include "throttle.h"

#define T(text) bytes_text(text)
#define NOW 1795000000
#define PASSWORD "correct horse battery staple"

static char mailbox[NOTICE_MAX];
static int mails;
static enum status send_status;

static enum status catch_mail(const struct mailer_settings *settings, const char *to,
                              struct bytes mail, struct why *why)
{
    (void)settings, (void)to, (void)why;
    assert_true(bytes_to_text(mail, mailbox, sizeof mailbox));
    mails++;
    return send_status;
}

struct place {
    char folder[64], path[96];
    struct service_settings settings;
    struct service service;
};

static int place_make(void **state)
{
    static struct place place;
    const struct password_settings passwords = {
        .memory = 8192, .passes = 1, .at_once = 2, .wait_ms = 1000};
    place.settings = (struct service_settings){
        .notice = {"Commonwealth of Example", "https://mail.example.org", "help@example.org",
                   "do_not_reply@example.org", "accounts.example.org"},
        .session_idle = 1800,
        .session_max = 43200,
        .confirm_time = 7 * 86400,
        .pending_max = 3,
    };
    snprintf(place.folder, sizeof place.folder, "/tmp/test-accounts-XXXXXX");
    assert_non_null(mkdtemp(place.folder));
    snprintf(place.path, sizeof place.path, "%s/accounts.db", place.folder);
    place.service = (struct service){
        .settings = &place.settings, .send = catch_mail, .passwords = passwords_new(&passwords)};
    assert_int_equal(store_open(place.path, &place.service.store, NULL), ST_OK);
    mails = 0;
    send_status = ST_OK;
    *state = &place;
    return 0;
}

static int place_remove(void **state)
{
    struct place *place = *state;
    char path[128];
    store_close(place->service.store);
    passwords_free(place->service.passwords);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", place->path, (const char *[]){"", "-wal", "-shm"}[i]);
        unlink(path);
    }
    return rmdir(place->folder);
}

/* --- helpers
 * -------------------------------------------------------------------------------------------- */

static struct address address(const char *text)
{
    struct address address;
    assert_int_equal(address_parse(T(text), &address, NULL), ST_OK);
    return address;
}

struct registered {
    struct registration_random random;
    struct secret *browser;
    enum status status;
    enum registration_fault fault;
};

static struct registered try_register(struct service *service, const char *to, const char *password,
                                      int64_t now)
{
    struct registered r = {.browser = NULL};
    struct address who = address(to);
    const struct registration registration = {.address = &who,
                                              .name = T("Alice Example"),
                                              .password = T(password),
                                              .question = 2,
                                              .answer = T("A Cat"),
                                              .terms = 1,
                                              .language = T("en"),
                                              .source = T("192.0.2.1"),
                                              .return_to = T("00112233445566778899aabbccddeeff"),
                                              .now = now};
    random_fill(&r.random, sizeof r.random);
    struct registration_outcome outcome = {.browser = NULL};
    r.status = registration_take(service, &registration, &r.random, &outcome, NULL);
    r.browser = outcome.browser;
    r.fault = outcome.fault;
    return r;
}

static struct registered registered(struct service *service, const char *to, int64_t now)
{
    struct registered r = try_register(service, to, PASSWORD, now);
    assert_int_equal(r.status, ST_OK);
    assert_non_null(r.browser);
    return r;
}

static struct bytes mailed_token(const struct registered *r)
{
    return BYTES_ARRAY(r->random.token);
}

struct proof {
    struct bytes token, browser, password;
};

static enum status confirm_with(struct service *service, const struct proof *proof, int64_t now,
                                struct secret **session_out)
{
    struct session_random random;
    struct confirmation found;
    int64_t wait = 0;
    random_fill(&random, sizeof random);
    const struct confirm confirm = {proof->token, proof->browser, proof->password, "192.0.2.1",
                                    now,          &random};
    return registration_confirm(service, &confirm, session_out, &found, &wait);
}

/* A registered and confirmed account with a session. */
static struct secret *member(struct service *service, const char *to)
{
    struct secret *session = NULL;
    struct registered r = registered(service, to, NOW);
    assert_int_equal(
        confirm_with(service,
                     &(struct proof){mailed_token(&r), secret_bytes(r.browser), BYTES_NONE}, NOW,
                     &session),
        ST_OK);
    secret_free(r.browser);
    return session;
}

static enum status sign_in_from(struct service *service, const char *to, const char *password,
                                const char *source, int64_t now)
{
    struct secret *session = NULL;
    struct session_random random;
    struct address who = address(to);
    int64_t wait = 0;
    random_fill(&random, sizeof random);
    const struct sign_in in = {&who, T(password), source, now, &random};
    enum status status = session_sign_in(service, &in, &session, &wait);
    assert_true((status == ST_OK) == (session != NULL));
    assert_true((status == ST_LIMIT) == (wait > 0));
    secret_free(session);
    return status;
}

static enum status find_session(struct service *service, const struct secret *session, int64_t now)
{
    struct store_session found;
    struct store_account account;
    return session_find(service, secret_bytes(session), now, &found, &account);
}

/* --- registering
 * ---------------------------------------------------------------------------------------- */

static void the_mail_has_one_link_and_says_what_for(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    struct registered r = registered(service, "Alice@Example.org", NOW);
    char token[TOKEN_TEXT_SIZE], link[200];
    token_encode(token, sizeof token, BYTES_ARRAY(r.random.token));
    snprintf(link, sizeof link, "\r\nhttps://mail.example.org/confirm/%s\r\n", token);
    assert_int_equal(mails, 1);
    char *found = strstr(mailbox, link);
    assert_non_null(found);
    assert_null(strstr(found + 2, "https://mail.example.org/confirm/") == found + 2
                    ? strstr(found + 10, "https://")
                    : "two links");
    assert_non_null(strstr(mailbox, "\r\nTo: <alice@example.org>\r\n"));
    assert_non_null(
        strstr(mailbox, "From: Commonwealth of Example\r\n <do_not_reply@example.org>\r\n"));
    assert_non_null(strstr(mailbox, "\r\nAuto-Submitted: auto-generated\r\n"));
    assert_non_null(strstr(mailbox, "help@example.org"));
    assert_non_null(strstr(mailbox, "for: alice@example.org."));
    assert_null(
        strstr(mailbox, "Alice Example")); /* what a stranger typed is not sent to anybody */
    secret_free(r.browser);
}

static void weak_passwords_and_wrong_fields_are_refused_and_no_mail_goes_out(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    static const char *const weak[] = {
        "",           "short1!",           "password",     "12345678",
        "qwertyuiop", "alice@example.org", "commonwealth", "iloveyou2",
        "Password1!"};
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        struct registered r = try_register(service, "alice@example.org", weak[i], NOW);
        if (r.status != ST_BAD || r.fault != REGISTRATION_PASSWORD)
            fail_msg("“%s” was taken", weak[i]);
    }
    assert_int_equal(mails, 0);
}

static void a_mail_that_cannot_be_sent_leaves_nothing_behind(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    send_status = ST_TEMP;
    struct registered r = try_register(service, "alice@example.org", PASSWORD, NOW);
    assert_int_equal(r.status, ST_TEMP);
    assert_null(r.browser);
    struct confirmation found;
    assert_int_equal(registration_view(service, mailed_token(&r), BYTES_NONE, NOW, &found),
                     ST_NONE);
}

/* The answer does not tell whether there is an account; the mail does, to the one who may know. */
static void registering_again_looks_the_same_and_changes_nothing(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    secret_free(member(service, "alice@example.org"));
    struct registered r =
        try_register(service, "alice@example.org", "another long passphrase", NOW);
    assert_int_equal(r.status, ST_OK);
    assert_non_null(r.browser);
    assert_non_null(strstr(mailbox, "registered already"));
    assert_null(strstr(mailbox, "/confirm/"));
    struct secret *session = NULL;
    assert_int_equal(
        confirm_with(service,
                     &(struct proof){mailed_token(&r), secret_bytes(r.browser), BYTES_NONE}, NOW,
                     &session),
        ST_NONE);
    assert_int_equal(
        sign_in_from(service, "alice@example.org", "another long passphrase", "192.0.2.1", NOW),
        ST_DENIED);
    assert_int_equal(sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.1", NOW), ST_OK);
    secret_free(r.browser);
}

static void only_so_many_registrations_of_one_address_wait(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    for (int i = 0; i < 3; i++) {
        struct registered r = registered(service, "alice@example.org", NOW);
        secret_free(r.browser);
    }
    assert_int_equal(try_register(service, "alice@example.org", PASSWORD, NOW).status, ST_LIMIT);
    struct registered other = registered(service, "bob@example.org", NOW);
    secret_free(other.browser);
}

/* --- confirming
 * ----------------------------------------------------------------------------------------- */

static void looking_at_a_link_changes_nothing(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    struct registered r = registered(service, "alice@example.org", NOW);
    struct confirmation found;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(registration_view(service, mailed_token(&r), BYTES_NONE, NOW, &found),
                         ST_OK);
        assert_string_equal(found.address, "alice@example.org");
        assert_string_equal(found.return_to, "00112233445566778899aabbccddeeff");
        assert_false(found.same_browser);
    }
    assert_int_equal(
        registration_view(service, mailed_token(&r), secret_bytes(r.browser), NOW, &found), ST_OK);
    assert_true(found.same_browser);
    assert_int_equal(sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.1", NOW),
                     ST_DENIED);
    secret_free(r.browser);
}

static void the_link_alone_confirms_nothing(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    struct registered r = registered(service, "alice@example.org", NOW),
                      other = registered(service, "bob@example.org", NOW);
    struct secret *session = NULL;
    struct bytes link = mailed_token(&r);
    assert_int_equal(
        confirm_with(service, &(struct proof){link, BYTES_NONE, BYTES_NONE}, NOW, &session),
        ST_DENIED);
    assert_int_equal(confirm_with(service,
                                  &(struct proof){link, secret_bytes(other.browser), BYTES_NONE},
                                  NOW, &session),
                     ST_DENIED);
    assert_int_equal(confirm_with(service, &(struct proof){link, BYTES_NONE, T("wrong password")},
                                  NOW, &session),
                     ST_DENIED);
    assert_null(session);
    assert_int_equal(
        confirm_with(service, &(struct proof){link, BYTES_NONE, T(PASSWORD)}, NOW, &session),
        ST_OK);
    assert_int_equal(find_session(service, session, NOW), ST_OK);
    secret_free(session);
    secret_free(r.browser);
    secret_free(other.browser);
}

static void a_link_works_once_and_ends_the_others(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    struct registered stranger = registered(service, "alice@example.org", NOW),
                      alice = registered(service, "alice@example.org", NOW);
    struct secret *session = NULL, *second = NULL;
    assert_int_equal(
        confirm_with(service,
                     &(struct proof){mailed_token(&alice), secret_bytes(alice.browser), BYTES_NONE},
                     NOW, &session),
        ST_OK);
    assert_int_equal(
        confirm_with(service,
                     &(struct proof){mailed_token(&alice), secret_bytes(alice.browser), BYTES_NONE},
                     NOW, &second),
        ST_NONE);
    assert_int_equal(confirm_with(service,
                                  &(struct proof){mailed_token(&stranger),
                                                  secret_bytes(stranger.browser), BYTES_NONE},
                                  NOW, &second),
                     ST_NONE);
    assert_null(second);
    secret_free(session);
    secret_free(stranger.browser);
    secret_free(alice.browser);
}

static void a_link_expires(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    struct registered r = registered(service, "alice@example.org", NOW);
    struct secret *session = NULL;
    int64_t last = NOW + 7 * 86400;
    struct confirmation found;
    assert_int_equal(registration_view(service, mailed_token(&r), BYTES_NONE, last, &found), ST_OK);
    assert_int_equal(
        confirm_with(service,
                     &(struct proof){mailed_token(&r), secret_bytes(r.browser), BYTES_NONE},
                     last + 1, &session),
        ST_NONE);
    secret_free(r.browser);
}

static void it_was_not_me_ends_that_registration(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    struct registered r = registered(service, "alice@example.org", NOW);
    struct secret *session = NULL;
    assert_int_equal(registration_deny(service, mailed_token(&r), "192.0.2.9", NOW), ST_OK);
    assert_int_equal(
        confirm_with(service,
                     &(struct proof){mailed_token(&r), secret_bytes(r.browser), BYTES_NONE}, NOW,
                     &session),
        ST_NONE);
    assert_int_equal(registration_deny(service, mailed_token(&r), "192.0.2.9", NOW), ST_NONE);
    secret_free(r.browser);
}

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

/* A thousand sources cannot lock the owner out for more than a minute. */
static void a_crowd_cannot_lock_the_owner_out(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    secret_free(member(service, "alice@example.org"));
    struct store_transaction *t = NULL;
    assert_int_equal(store_begin(service->store, &t), ST_OK);
    for (int i = 0; i < 1000; i++) {
        char source[64];
        snprintf(source, sizeof source, "198.51.%d.%d", i / 250, i % 250);
        const struct attempt attempt = {"sign-in", "alice@example.org", source};
        assert_int_equal(throttle_failed(t, &attempt, NOW), ST_OK);
    }
    assert_int_equal(store_commit(t), ST_OK);
    assert_int_equal(sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.1", NOW + 59),
                     ST_LIMIT);
    assert_int_equal(sign_in_from(service, "alice@example.org", PASSWORD, "192.0.2.1", NOW + 60),
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
    event.number = 6; /* the last event again, with a chain that does not fit */
    assert_int_equal(store_event_add(t, &event), ST_OK);
    assert_int_equal(audit_verify(t, &number), ST_BAD);
    assert_int_equal(number, 6);
    store_rollback(t);
}

static void answers_compare_without_case_blanks_and_punctuation(void **state)
{
    (void)state;
    struct secret *a = NULL, *b = NULL;
    assert_int_equal(password_answer(T("  St.  Mary's  School. "), &a), ST_OK);
    assert_int_equal(password_answer(T("st mary's school"), &b), ST_OK);
    assert_true(secret_equal(secret_bytes(a), secret_bytes(b)));
    secret_free(a), secret_free(b);
    assert_int_equal(password_answer(T(" .. "), &a), ST_BAD);
    assert_int_equal(password_answer(T("\xff"), &a), ST_BAD);
}

/* Names and hosts cannot smuggle a field or a second recipient into a notice. */
static void a_notice_cannot_be_injected_into(void **state)
{
    (void)state;
    struct buffer mail;
    struct notice_settings settings = {"Org", "https://p", "help", "from@example.org", "h"};
    struct notice notice = {NOTICE_CONFIRM, "a@b.c\r\nBcc: x@y.z", "t", NOW, 1};
    buffer_init(&mail, NOTICE_MAX);
    assert_int_equal(notice_write(&settings, &notice, &mail), ST_BAD);
    notice.to = "a@b.c";
    settings.organisation = "Evil, \"Org\" <x@y.z>";
    assert_int_equal(notice_write(&settings, &notice, &mail), ST_OK);
    assert_null(strstr(buffer_text(&mail), "From: Evil"));
    assert_non_null(strstr(buffer_text(&mail), "From: =?UTF-8?B?"));
    buffer_done(&mail);
}

int main(void)
{
#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        PLACED(the_mail_has_one_link_and_says_what_for),
        PLACED(weak_passwords_and_wrong_fields_are_refused_and_no_mail_goes_out),
        PLACED(a_mail_that_cannot_be_sent_leaves_nothing_behind),
        PLACED(registering_again_looks_the_same_and_changes_nothing),
        PLACED(only_so_many_registrations_of_one_address_wait),
        PLACED(looking_at_a_link_changes_nothing),
        PLACED(the_link_alone_confirms_nothing),
        PLACED(a_link_works_once_and_ends_the_others),
        PLACED(a_link_expires),
        PLACED(it_was_not_me_ends_that_registration),
        PLACED(the_right_password_opens_and_any_other_does_not),
        PLACED(guessing_is_slowed_down),
        PLACED(one_network_is_one_source),
        PLACED(a_crowd_cannot_lock_the_owner_out),
        PLACED(a_session_ends_by_idling_by_age_and_by_signing_out),
        PLACED(sweeping_ends_old_sessions),
        PLACED(the_file_holds_no_password_answer_or_token),
        PLACED(every_event_is_in_the_chain_and_a_change_shows),
        cmocka_unit_test(answers_compare_without_case_blanks_and_punctuation),
        cmocka_unit_test(a_notice_cannot_be_injected_into),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
