/* SPDX-License-Identifier: Apache-2.0
 * portal: tests of the routes and of reading: who may, who may not, and what each is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clock.h"
#include "test_browser.h"

/* --- routes ---------------------------------------------------------------------------------- */

/* What each route answers to somebody who is not signed in, holds no token and has no cookie. A
 * route that is not here fails the test: whoever adds one says here who may use it. */
static const struct {
    bool post;
    const char *path;
    unsigned code;
} stranger[] = {
    {false, "/", 200},
    {false, "/upload", 200},
    {true, "/open", 400}, /* allowed; but there is no message in the form */
    {true, "/upload", 403},
    {false, "/read/*/register", 200},
    {true, "/read/*/register", 403},
    {false, "/read/*/registered", 200},
    {false, "/confirm/*", 200},
    {true, "/confirm/*", 403},
    {true, "/confirm/*/deny", 403},
    {false, "/confirmed", 200},
    {false, "/sign-in", 200},
    {true, "/sign-in", 403},
    {false, "/read/*/sign-in", 200},
    {false, "/sign-in/password", 200},
    {true, "/sign-in/password", 403},
    {true, "/sign-out", 403},
    {false, "/signed-out", 200},
    {false, "/read/*", 303},
    {false, "/read/*/body", 303},
    {false, "/read/*/message.eml", 303},
    {false, "/read/*/part/*/view", 303},
    {false, "/read/*/part/*/download", 303},
    {false, "/read/*/picture/*/*", 404},
    {false, "/help", 200},
    {false, "/terms", 200},
    {false, "/style.css", 200},
    {false, "/logo.svg", 200},
    {false, "/favicon.ico", 200},
    {false, "/seal.svg", 200},
    {false, "/robots.txt", 200},
    {false, "/.well-known/securemail-parameters", 200},
};
#define STRANGER_N (sizeof(stranger) / sizeof(stranger[0]))

static void every_route_says_who_may(void **state)
{
    (void)state;
    give_key();
    assert_int_equal(routes_n, STRANGER_N);
    for (size_t i = 0; i < routes_n; i++) {
        size_t j = 0;

        while (j < STRANGER_N && (stranger[j].post != routes[i].post ||
                                  strcmp(stranger[j].path, routes[i].path) != 0))
            j++;
        assert_true(j < STRANGER_N);
        if (ask(&(struct question){.path = path_of(&routes[i]),
                                   .body = routes[i].post ? "" : NULL}) != stranger[j].code)
            fail_msg("%s: %u", routes[i].path, answer.code);
        assert_null(strstr(answer.body, "The <text>"));
    }
    assert_int_equal(script.changes, 0);
    assert_int_equal(script.opened, 0);
}

static void a_get_changes_nothing(void **state)
{
    (void)state;
    script.session_of = READER;
    give_key();
    for (size_t i = 0; i < routes_n; i++)
        if (!routes[i].post)
            (void)ask(&(struct question){.path = path_of(&routes[i]), .cookies = all_cookies()});
    assert_int_equal(script.changes, 0);
}

static void a_post_needs_the_token_of_its_route(void **state)
{
    (void)state;
    script.session_of = READER;
    for (size_t i = 0; i < routes_n; i++) {
        struct question question = {.path = path_of(&routes[i]), .cookies = all_cookies()};

        if (!routes[i].post || routes[i].form == FORM_FOREIGN)
            continue;
        script.changes = 0;
        question.body = "";
        assert_int_equal(ask(&question), 403);
        question.body = "token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_int_equal(ask(&question), 403);
        question.body = form_of("/another/route", "");
        assert_int_equal(ask(&question), 403);
        question.body = form_of(routes[i].path, "");
        question.fetch_site = "cross-site";
        assert_int_equal(ask(&question), 403);
        question.fetch_site = NULL;
        question.origin = "https://evil.example";
        assert_int_equal(ask(&question), 403);
        question.origin = NULL;
        question.cookies = ""; /* the token of somebody else's browser */
        assert_int_equal(ask(&question), 403);
        assert_int_equal(script.changes, 0);
        question.cookies = all_cookies();
        (void)ask(&question);
        assert_null(strstr(answer.body, "open for too long"));
    }
}

static void what_is_not_declared_is_not_there(void **state)
{
    static const char *const paths[] = {
        "/admin",      "//",           "/read",         "/read/",    "/read//",   "/upload/",
        "/Upload",     "/style.css/",  "/read/*",       "/confirm/", "/read/a/b", "/read/a/part/1",
        "/index.html", "/.well-known", "/read/a/body/x"};

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (ask(&(struct question){.path = paths[i]}) != 404 && strcmp(paths[i], "/read/*") != 0)
            fail_msg("%s: %u", paths[i], answer.code);
    assert_int_equal(ask(&(struct question){.path = "/open"}), 405);
    assert_int_equal(ask(&(struct question){.path = "/sign-out"}), 405);
    assert_int_equal(ask(&(struct question){.path = "/help", .body = ""}), 405);
    assert_int_equal(ask(&(struct question){.path = "/read/" NO_MESSAGE_ID}), 410);
}

/* --- the log --------------------------------------------------------------------------------- */

#define LINE(route, code)                                                                          \
    "securemail request-refused method=POST route=" route " code=" code " source=192.0.2.1\n"

static void each_refused_form_is_logged(void **state)
{
    static const struct {
        struct question question;
        unsigned code;
        const char *line;
    } examples[] = {
        {{.path = "/upload", .body = ""}, 403, LINE("/upload", "403")},
        {{.path = "/sign-in", .body = "token=SECRET", .origin = "https://evil.example"},
         403,
         LINE("/sign-in", "403")},
        {{.path = "/sign-in", .body = "token=SECRET"}, 403, LINE("/sign-in", "403")},
        {{.path = "/sign-in", .body = "%zz"}, 400, LINE("/sign-in", "400")},
        {{.path = "/sign-out", .body = "token=SECRET"}, 403, LINE("/sign-out", "403")},
        {{.path = "/read/" NO_MESSAGE_ID "/register", .body = ""},
         410,
         LINE("/read/*/register", "410")},
        {{.path = "/confirm/SECRET/deny", .body = ""}, 403, LINE("/confirm/*/deny", "403")},
        {{.path = "/SECRET", .body = ""}, 404, LINE("\"\"", "404")},
        {{.path = "/help", .body = ""}, 405, LINE("\"\"", "405")},
        /* Not forms: the front's own log has them. */
        {{.path = "/SECRET"}, 404, ""},
        {{.path = "/open"}, 405, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        log_catch();
        (void)ask(&examples[i].question);
        assert_string_equal(log_caught(), examples[i].line);
        assert_int_equal(answer.code, examples[i].code);
    }
}

/* What is too large for a form, and what lib/http refuses before there is a visit. */
static void what_is_too_large_is_logged(void **state)
{
    static char body[10000] = "name=";
    static const struct http_request refused = {.post = true, .path = "/open", .peer = "192.0.2.1"};
    struct http_application application = routes_application(&portal);
    struct http_response response = {.body_fd = -1};

    (void)state;
    memset(body + 5, 'x', sizeof(body) - 6);
    log_catch();
    assert_int_equal(post("/sign-in", "/sign-in", ""), 422); /* a page's own answer is not one */
    assert_string_equal(log_caught(), "");
    log_catch();
    assert_int_equal(ask(&(struct question){.path = "/sign-in", .body = body}), 413);
    assert_string_equal(log_caught(), LINE("/sign-in", "413"));

    buffer_init(&response.body, HTTP_BODY_MAX);
    log_catch();
    application.refuse(&portal, &refused, 413, &response);
    assert_string_equal(log_caught(), LINE("/open", "413"));
    assert_int_equal(response.code, 413);
    buffer_done(&response.body);
}

/* --- reading --------------------------------------------------------------------------------- */

static void a_stranger_is_asked_who_he_is(void **state)
{
    char expected[100];

    (void)state;
    script.known = false;
    assert_int_equal(read_path(""), 303);
    (void)snprintf(expected, sizeof(expected), "/read/%s/register", message_id);
    assert_string_equal(answer.location, expected);
    script.known = true;
    assert_int_equal(read_path(""), 303);
    (void)snprintf(expected, sizeof(expected), "/read/%s/sign-in", message_id);
    assert_string_equal(answer.location, expected);
    assert_non_null(strstr(answer.cookies, "__Host-session=;")); /* the dead session goes */
}

static void another_address_is_refused(void **state)
{
    static const char *const tails[] = {"", "/body", "/message.eml", "/part/3/view",
                                        "/part/3/download"};

    (void)state;
    give_key();
    script.session_of = OTHER;
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        assert_int_equal(read_path(tails[i]), 403);
        assert_non_null(strstr(answer.body, READER));
        assert_non_null(strstr(answer.body, OTHER));
        assert_null(strstr(answer.body, "Case"));
    }
    assert_int_equal(script.opened, 0);
}

static void the_reader_reads(void **state)
{
    (void)state;
    give_key();
    script.session_of = READER;
    assert_int_equal(read_path(""), 200);
    assert_non_null(strstr(answer.body, "Case &lt;42&gt;"));
    assert_non_null(strstr(answer.body, "&#34;Anna &lt;i&gt;&#34; &lt;anna@example.org&gt;"));
    assert_non_null(strstr(answer.body, "a &lt;b&gt;.pdf"));
    assert_non_null(strstr(answer.body, "sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
    assert_non_null(strstr(answer.body, "/part/3/view\""));
    assert_non_null(strstr(answer.body, "/part/4/download\""));
    assert_null(strstr(answer.body, "/part/4/view\"")); /* a foreign page is not shown */
    assert_null(strstr(answer.body, "/part/1/"));       /* the text itself is no attachment */
    assert_int_equal(script.opened, 0);                 /* the key was here */
}

static void pieces_have_policies_of_their_own(void **state)
{
    (void)state;
    give_key();
    script.session_of = READER;
    assert_int_equal(read_path("/body"), 200);
    assert_int_equal(answer.policy, HTTP_POLICY_MAIL);
    assert_int_equal(read_path("/part/3/view"), 200);
    assert_int_not_equal(answer.policy, HTTP_POLICY_PAGE);
    assert_int_equal(strncmp(answer.disposition, "inline; ", 8), 0);
    assert_int_equal(read_path("/part/4/view"), 404);
    assert_int_equal(read_path("/part/9/view"), 404);
    assert_int_equal(read_path("/part/x/view"), 404);
    assert_int_equal(read_path("/part/4/download"), 200);
    assert_int_equal(strncmp(answer.disposition, "attachment; ", 12), 0);
    assert_string_equal(answer.body, "The <text>");
    assert_int_equal(read_path("/message.eml"), 200);
    assert_int_equal(strncmp(answer.disposition, "attachment; ", 12), 0);
}

/* Forms that take their time take nobody else's place. */
static void one_source_has_few_forms_in_hand(void **state)
{
    struct http_application application = routes_application(&portal);
    const struct question next = {.path = "/sign-in", .body = form_of("/sign-in", "")};
    struct http_request slow[FORMS_AT_ONCE];
    struct http_response response = {.body_fd = -1};

    (void)state;
    for (size_t i = 0; i < FORMS_AT_ONCE; i++) {
        slow[i] = (struct http_request){.post = true,
                                        .path = "/open",
                                        .peer = "192.0.2.1", /* the browser's */
                                        .cookies = "",
                                        .content_type = "application/x-www-form-urlencoded"};
        application.begin(&portal, &slow[i], &response);
        assert_int_equal(response.code, 0);
    }
    assert_int_equal(ask(&next), 503);
    assert_true(answer.at_once);
    assert_int_equal(ask(&(struct question){.path = "/sign-in"}), 200); /* pages still come */
    assert_true(crowd_enter(portal.crowd, "192.0.2.2"));                /* and others' forms */
    crowd_leave(portal.crowd, "192.0.2.2");

    /* One has ended: there is room for one, again and again. */
    application.end(&portal, &slow[0]);
    form_free(slow[0].form);
    assert_int_equal(ask(&next), 403);
    assert_int_equal(ask(&next), 403);
    assert_false(answer.at_once);
    for (size_t i = 1; i < FORMS_AT_ONCE; i++) {
        application.end(&portal, &slow[i]);
        form_free(slow[i].form);
    }
}

static void pictures_need_the_view_token(void **state)
{
    struct secret *session = token_of(1);
    char token[KEYRING_TOKEN_SIZE], path[200];

    (void)state;
    give_key();
    assert_int_equal(keyring_token(portal.keyring, secret_bytes(session), message_id, token),
                     ST_OK);
    secret_free(session);
    /* Without any cookie: part 1 is no picture, so even the right token shows nothing. */
    (void)snprintf(path, sizeof(path), "/read/%s/picture/%s/1", message_id, token);
    assert_int_equal(ask(&(struct question){.path = path}), 404);
    assert_null(strstr(answer.body, "The <text>"));
}

static void refusals_to_open_are_told_apart(void **state)
{
    static const struct {
        struct wire_verdict verdict;
        unsigned code;
        const char *text;
    } examples[] = {
        {{ST_DENIED, REASON_EXPIRED, 0}, 410, "can’t be opened any more"},
        {{ST_DENIED, REASON_REVOKED, 0}, 403, "revoked"},
        {{ST_DENIED, REASON_RECALLED, 0}, 410, "took this message back"},
        {{ST_DENIED, REASON_NOT_ADDRESSEE, 0}, 403, "not addressed to you"},
        {{ST_DENIED, REASON_TOO_EARLY, 0}, 403, "can’t be opened yet"},
        {{ST_NONE, REASON_UNKNOWN_DISTRICT, 0}, 422, "can’t be opened here"},
        {{ST_BAD, REASON_NONE, 0}, 422, "damaged"},
        {{ST_TEMP, REASON_NONE, 0}, 503, "try again in a moment"},
        {{ST_FAIL, REASON_NONE, 0}, 500, "on our side"},
    };

    (void)state;
    script.session_of = READER;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        script.open = examples[i].verdict;
        assert_int_equal(read_path(""), examples[i].code);
        assert_non_null(strstr(answer.body, examples[i].text));
    }
}

static void an_absent_service_keeps_the_message(void **state)
{
    struct spool_message message;

    (void)state;
    script.away = true;
    assert_int_equal(read_path(""), 503);
    assert_int_equal(spool_find(portal.spool, message_id, clock_now(), &message), ST_OK);
    assert_int_equal(ask(&(struct question){.path = "/", .cookies = all_cookies()}), 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, browser_set_up, browser_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_route_says_who_may),
        TEST(a_get_changes_nothing),
        TEST(a_post_needs_the_token_of_its_route),
        TEST(what_is_not_declared_is_not_there),
        TEST(each_refused_form_is_logged),
        TEST(what_is_too_large_is_logged),
        TEST(a_stranger_is_asked_who_he_is),
        TEST(another_address_is_refused),
        TEST(the_reader_reads),
        TEST(pieces_have_policies_of_their_own),
        TEST(one_source_has_few_forms_in_hand),
        TEST(pictures_need_the_view_token),
        TEST(refusals_to_open_are_told_apart),
        TEST(an_absent_service_keeps_the_message),
    };

    return cmocka_run_group_tests_name("portal routes", tests, NULL, NULL);
}
