/* SPDX-License-Identifier: Apache-2.0
 * portal: tests of registering, confirming, signing in and out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clock.h"
#include "test_browser.h"

static void signing_in_tells_nothing(void **state)
{
    char with_account[sizeof(answer.body)];

    (void)state;
    assert_int_equal(post("/sign-in", "/sign-in", "&address=+Reader%40EXAMPLE.org+"), 200);
    assert_non_null(strstr(answer.body, "value=\"" READER "\""));
    assert_int_equal(post("/sign-in", "/sign-in", "&address=nobody"), 422);
    assert_non_null(strstr(answer.body, "value=\"nobody\"")); /* what was typed stays */

    script.sign_in = WIRE_REFUSE(ST_DENIED, REASON_WRONG_PASSWORD);
    assert_int_equal(post("/sign-in/password", "/sign-in/password",
                          "&address=" READER "&password=hunter2secret"),
                     403);
    assert_null(strstr(answer.body, "hunter2secret"));
    assert_null(strstr(answer.cookies, "__Host-session=A")); /* no session begins */
    memcpy(with_account, answer.body, sizeof(with_account));
    assert_int_equal(
        post("/sign-in/password", "/sign-in/password", "&address=" READER "&password=another"),
        403);
    assert_string_equal(answer.body, with_account);
}

static void too_many_attempts_are_told_when(void **state)
{
    (void)state;
    script.sign_in = (struct wire_verdict){ST_LIMIT, REASON_THROTTLED, 240};
    assert_int_equal(
        post("/sign-in/password", "/sign-in/password", "&address=" READER "&password=x"), 429);
    assert_non_null(strstr(answer.body, "try again in 4 minutes"));
}

static void signing_in_leads_back_to_the_message(void **state)
{
    char fields[200], expected[100];

    (void)state;
    script.sign_in = WIRE_OK;
    (void)snprintf(fields, sizeof(fields), "&address=" READER "&password=x&message=%s", message_id);
    assert_int_equal(post("/sign-in/password", "/sign-in/password", fields), 303);
    (void)snprintf(expected, sizeof(expected), "/read/%s", message_id);
    assert_string_equal(answer.location, expected);
    assert_non_null(strstr(answer.cookies, "__Host-session="));
    assert_non_null(strstr(answer.cookies, "; Path=/; HttpOnly; SameSite=Lax; Secure\n"));

    /* The session that this browser had is over. */
    script.session_of = OTHER;
    script.changes = 0;
    assert_int_equal(post("/sign-in/password", "/sign-in/password", fields), 303);
    assert_int_equal(script.changes, 2);
    assert_non_null(strstr(answer.cookies, "__Host-session=AQ"));
    assert_null(strstr(answer.cookies, "__Host-session=;"));

    /* Nowhere else: a foreign address in that field is no address. */
    assert_int_equal(post("/sign-in/password", "/sign-in/password",
                          "&address=" READER "&password=x&message=%2F%2Fevil.example"),
                     303);
    assert_string_equal(answer.location, "/");
}

static void who_is_signed_in_is_not_asked_again(void **state)
{
    char expected[100];

    (void)state;
    script.session_of = READER;
    (void)snprintf(expected, sizeof(expected), "/read/%s", message_id);
    assert_int_equal(read_path("/register"), 303);
    assert_string_equal(answer.location, expected);
    assert_int_equal(read_path("/sign-in"), 303);
    assert_string_equal(answer.location, expected);
}

static void registration_loses_nothing_typed(void **state)
{
    char path[100];

    (void)state;
    (void)snprintf(path, sizeof(path), "/read/%s/register", message_id);
    assert_int_equal(post("/read/*/register", path,
                          "&name=Anna+%3CB%3E&password=abcdefgh1&again=different&question=3"
                          "&answer=blue&terms=yes"),
                     422);
    assert_non_null(strstr(answer.body, "value=\"Anna &lt;B&gt;\""));
    assert_non_null(strstr(answer.body, "value=\"blue\""));
    assert_non_null(strstr(answer.body, "<option value=\"3\" selected"));
    assert_non_null(strstr(answer.body, " checked "));
    assert_non_null(strstr(answer.body, "<a href=\"#again\">"));
    assert_null(strstr(answer.body, "abcdefgh1"));
    assert_int_equal(script.changes, 0);

    /* Each field that is missing is named. */
    assert_int_equal(post("/read/*/register", path, ""), 422);
    assert_non_null(strstr(answer.body, "<a href=\"#name\">"));
    assert_non_null(strstr(answer.body, "<a href=\"#password\">"));
    assert_non_null(strstr(answer.body, "<a href=\"#question\">"));
    assert_non_null(strstr(answer.body, "<a href=\"#answer\">"));
    assert_non_null(strstr(answer.body, "<a href=\"#terms\">"));
}

/* Accounts may take its time: a mail is handed over, a password waits for its turn. */
static void what_takes_time_is_waited_for(void **state)
{
    char path[100];

    (void)state;
    script.registered = WIRE_OK;
    (void)snprintf(path, sizeof(path), "/read/%s/register", message_id);
    assert_int_equal(post("/read/*/register", path,
                          "&name=A&password=abcdefgh1&again=abcdefgh1&question=3&answer=b&terms=1"),
                     303);
    assert_int_equal(script.waited_ms, 90000);
    assert_int_equal(
        post("/sign-in/password", "/sign-in/password", "&address=" READER "&password=x"), 303);
    assert_int_equal(script.waited_ms, 20000);
    script.waited_ms = 0;
    (void)snprintf(path, sizeof(path), "/confirm/%s", session_text);
    (void)post("/confirm/*", path, "&password=x");
    assert_int_equal(script.waited_ms, 20000);
}

/* The portal was restarted, or the form was open for long: its token is not good any more. */
static void an_old_registration_form_is_shown_again(void **state)
{
#define TYPED                                                                                      \
    "&name=Anna+%3CB%3E&password=abcdefgh1&again=abcdefgh1&question=3&answer=blue&terms=yes"
    static const char sentence[] = "This page was open for a long time. Nothing was sent; please "
                                   "type your password again and press Register.";
    char path[100], fields[300], *token, *end;
    struct question old = {.path = path, .cookies = all_cookies(), .body = "token=AAAA" TYPED};

    (void)state;
    script.registered = WIRE_OK;
    (void)snprintf(path, sizeof(path), "/read/%s/register", message_id);
    for (int i = 0; i < 2; i++) {
        old.origin = i == 0 ? portal.origin : "null";
        old.fetch_site = i == 0 ? "" : "same-origin";
        assert_int_equal(ask(&old), 403);
        assert_non_null(strstr(answer.body, sentence));
        assert_non_null(strstr(answer.body, "<a href=\"#password\">"));
        assert_non_null(strstr(answer.body, "value=\"Anna &lt;B&gt;\""));
        assert_non_null(strstr(answer.body, "value=\"blue\""));
        assert_non_null(strstr(answer.body, "<option value=\"3\" selected"));
        assert_non_null(strstr(answer.body, " checked "));
        assert_null(strstr(answer.body, "abcdefgh1"));
        assert_int_equal(script.changes, 0);
    }

    /* The form it shows is a good one. */
    token = strstr(answer.body, "name=\"token\" value=\"");
    assert_non_null(token);
    token += strlen("name=\"token\" value=\"");
    end = strchr(token, '"');
    (void)snprintf(fields, sizeof(fields), "token=%.*s%s", (int)(end - token), token, TYPED);
    old.body = fields;
    assert_int_equal(ask(&old), 303);
    assert_int_equal(script.changes, 1);
}

/* Nobody else's page fills our form in: not another site's, not one of which the browser says
 * nothing, not one that a browser without our cookie sends. */
static void a_foreign_registration_form_is_not_shown_again(void **state)
{
    char path[100];
    const struct question foreign[] = {
        {.origin = "https://evil.example", .cookies = all_cookies()},
        {.origin = "https://evil.example", .fetch_site = "same-origin", .cookies = all_cookies()},
        {.origin = portal.origin, .fetch_site = "cross-site", .cookies = all_cookies()},
        {.origin = "null", .fetch_site = "same-site", .cookies = all_cookies()},
        {.origin = "null", .cookies = all_cookies()},
        {.cookies = all_cookies()},
        {.origin = portal.origin, .fetch_site = "same-origin"},
    };

    (void)state;
    (void)snprintf(path, sizeof(path), "/read/%s/register", message_id);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        struct question question = foreign[i];

        question.path = path;
        question.body = "token=AAAA" TYPED;
        assert_int_equal(ask(&question), 403);
        assert_null(strstr(answer.body, "Anna"));
        assert_null(strstr(answer.body, "blue"));
        assert_int_equal(script.changes, 0);
    }
}

static void registration_takes_the_address_from_the_message(void **state)
{
    char path[100];

    (void)state;
    script.registered = WIRE_OK;
    (void)snprintf(path, sizeof(path), "/read/%s/register", message_id);
    assert_int_equal(post("/read/*/register", path,
                          "&address=" OTHER "&name=Anna&password=abcdefgh1&again=abcdefgh1"
                          "&question=3&answer=blue&terms=yes"),
                     303);
    assert_string_equal(script.last.address, READER);
    assert_string_equal(script.last.return_to, message_id);
    assert_int_equal(script.last.question, 3);
    assert_non_null(strstr(answer.cookies, "__Host-pending="));

    script.registered = WIRE_REFUSE(ST_BAD, REASON_WEAK_PASSWORD);
    assert_int_equal(post("/read/*/register", path,
                          "&name=Anna&password=abcdefgh1&again=abcdefgh1"
                          "&question=3&answer=blue&terms=yes"),
                     422);
    assert_non_null(strstr(answer.body, "easy to guess"));
}

static void confirming_needs_more_than_the_link(void **state)
{
    char path[100];

    (void)state;
    (void)snprintf(path, sizeof(path), "/confirm/%s", session_text);
    assert_int_equal(ask(&(struct question){.path = path}), 200);
    assert_non_null(strstr(answer.body, "R. &lt;Reader&gt;"));
    assert_non_null(strstr(answer.body, "type=\"password\""));
    assert_int_equal(post("/confirm/*", path, ""), 403);
    assert_int_equal(script.changes, 0);
    assert_int_equal(post("/confirm/*", path, "&password=abcdefgh1"), 303);
    assert_non_null(strstr(answer.cookies, "__Host-session="));
    assert_int_equal(ask(&(struct question){.path = "/confirm/short"}), 410);
}

static void signing_out_wipes(void **state)
{
    struct secret *session = token_of(1), *key = NULL;

    (void)state;
    give_key();
    script.session_of = READER;
    assert_int_equal(post("/sign-out", "/sign-out", ""), 303);
    assert_string_equal(answer.location, "/signed-out");
    assert_non_null(strstr(answer.cookies, "__Host-session=; Path=/; HttpOnly; SameSite=Lax; "
                                           "Secure; Max-Age=0"));
    assert_int_equal(script.changes, 1);
    assert_int_equal(
        keyring_get(portal.keyring, secret_bytes(session), message_id, clock_now(), &key), ST_NONE);
    secret_free(session);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, browser_set_up, browser_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(signing_in_tells_nothing),
        TEST(too_many_attempts_are_told_when),
        TEST(signing_in_leads_back_to_the_message),
        TEST(who_is_signed_in_is_not_asked_again),
        TEST(registration_loses_nothing_typed),
        TEST(what_takes_time_is_waited_for),
        TEST(an_old_registration_form_is_shown_again),
        TEST(a_foreign_registration_form_is_not_shown_again),
        TEST(registration_takes_the_address_from_the_message),
        TEST(confirming_needs_more_than_the_link),
        TEST(signing_out_wipes),
    };

    return cmocka_run_group_tests_name("portal people", tests, NULL, NULL);
}
