/* SPDX-License-Identifier: Apache-2.0
 * accounts: the rules of registering and confirming. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "encode.h"
#include "test_place.h"

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

/* Of more than may wait the oldest goes: to refuse would let a stranger keep the owner out. */
static void the_oldest_registration_makes_room(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    struct registered r[4];
    struct confirmation found;
    for (int i = 0; i < 4; i++)
        r[i] = registered(service, "alice@example.org", NOW);
    assert_int_equal(registration_view(service, mailed_token(&r[0]), BYTES_NONE, NOW, &found),
                     ST_NONE);
    for (int i = 1; i < 4; i++)
        assert_int_equal(registration_view(service, mailed_token(&r[i]), BYTES_NONE, NOW, &found),
                         ST_OK);
    for (int i = 0; i < 4; i++)
        secret_free(r[i].browser);
}

/* Whoever holds a message for an address can have mails sent to it: a few, then he waits, whether
 * it has an account or not. */
static void registering_sends_only_a_few_mails(void **state)
{
    struct service *service = &((struct place *)*state)->service;
    static const char *const names[] = {"member@example.org", "stranger@example.org"};
    secret_free(member(service, names[0]));
    for (int n = 0; n < 2; n++) {
        int taken = 0, limited = 0;
        mails = 0;
        for (int i = 0; i < 40; i++) {
            struct registered r = try_register(service, names[n], PASSWORD, NOW + 1000);
            taken += r.status == ST_OK;
            limited += r.status == ST_LIMIT;
            secret_free(r.browser);
        }
        assert_int_equal(mails, taken);
        assert_int_equal(taken + limited, 40);
        assert_true(taken <= 5);
    }
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
        PLACED(the_oldest_registration_makes_room),
        PLACED(registering_sends_only_a_few_mails),
        PLACED(looking_at_a_link_changes_nothing),
        PLACED(the_link_alone_confirms_nothing),
        PLACED(a_link_works_once_and_ends_the_others),
        PLACED(a_link_expires),
        PLACED(it_was_not_me_ends_that_registration),
        cmocka_unit_test(answers_compare_without_case_blanks_and_punctuation),
        cmocka_unit_test(a_notice_cannot_be_injected_into),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
