/* SPDX-License-Identifier: Apache-2.0
 * accounts: what the tests share. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "random.h"
#include "test_place.h"

char mailbox[NOTICE_MAX];
int mails;
enum status send_status;

static enum status catch_mail(const struct mailer_settings *settings, const char *to,
                              struct bytes mail, struct why *why)
{
    (void)settings, (void)to, (void)why;
    assert_true(bytes_to_text(mail, mailbox, sizeof mailbox));
    mails++;
    return send_status;
}

int place_make(void **state)
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

int place_remove(void **state)
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

struct address address(const char *text)
{
    struct address address;
    assert_int_equal(address_parse(T(text), &address, NULL), ST_OK);
    return address;
}

struct registered try_register(struct service *service, const char *to, const char *password,
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

struct registered registered(struct service *service, const char *to, int64_t now)
{
    struct registered r = try_register(service, to, PASSWORD, now);
    assert_int_equal(r.status, ST_OK);
    assert_non_null(r.browser);
    return r;
}

struct bytes mailed_token(const struct registered *r)
{
    return BYTES_ARRAY(r->random.token);
}

enum status confirm_with(struct service *service, const struct proof *proof, int64_t now,
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
struct secret *member(struct service *service, const char *to)
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

enum status sign_in_from(struct service *service, const char *to, const char *password,
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

enum status find_session(struct service *service, const struct secret *session, int64_t now)
{
    struct store_session found;
    struct store_account account;
    return session_find(service, secret_bytes(session), now, &found, &account);
}
