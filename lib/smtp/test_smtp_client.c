/* SPDX-License-Identifier: Apache-2.0
 * smtp: tests of the client against a next hop that follows a script: what it makes of every reply,
 * and of none. Every line it sends is compared with what RFC 5321, 2033 and 2920 (pipelining) let
 * it send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <poll.h>

#include "test_peer.h"

/* --- one letter against each script ------------------------------------------------------- */

struct story {
    const char *name;
    enum smtp_flavour flavour;
    const char *script;
    enum status start; /* what each call returns; a call after a failure is not made */
    enum status end;
    int bob, carol; /* codes of the replies */
    bool usable;    /* for another letter */
    bool in_doubt;
};

#define CONTENT "C: Subject: hi\nC: \nC: ..dot\nC: .\n"

static const struct story stories[] = {
    {"accepted", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 2.1.0 OK\nS: 250 2.1.5 OK\nS: 251 2.1.5 OK\nS: 354 Go\n" CONTENT
                        "S: 250 2.0.0 queued\nC: QUIT\nS: 221 2.0.0 bye\n",
     ST_OK, ST_OK, 250, 250, true, false},
    {"without pipelining", SMTP_FLAVOUR_SMTP,
     SINGLY "C: MAIL FROM:<a@x.example>\nS: 250 OK\nC: RCPT TO:<bob@y.example>\nS: 250 OK\n"
            "C: RCPT TO:<carol@y.example>\nS: 250 OK\nC: DATA\nS: 354 Go\n" CONTENT
            "S: 250 queued\nC: QUIT\nS: 221 bye\n",
     ST_OK, ST_OK, 250, 250, true, false},
    {"one recipient refused", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 OK\nS: 550 5.1.1 who?\nS: 250 OK\nS: 354 Go\n" CONTENT
                        "S: 250 queued\nC: QUIT\nS: 221 bye\n",
     ST_OK, ST_OK, 550, 250, true, false},
    {"the letter refused after the dot", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 OK\nS: 250 OK\nS: 452 later\nS: 354 Go\n" CONTENT
                        "S: 554 5.6.0 no\nC: QUIT\nS: 221 bye\n",
     ST_OK, ST_OK, 554, 452, true, false},
    {"a reply of several lines", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS
     "S: 250-2.1.0 OK\nS: 250 2.1.0 really\nS: 250 OK\nS: 250 OK\nS: 354 Go\n" CONTENT
     "S: 250-2.0.0 queued\nS: 250 2.0.0 as 1\nC: QUIT\nS: 221 bye\n",
     ST_OK, ST_OK, 250, 250, true, false},

    /* Nobody wants it. */
    {"the sender refused", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 550 5.7.1 no\nS: 503 no MAIL\nS: 503 no MAIL\nS: 503 no MAIL\n"
                        "C: QUIT\nS: 221 bye\n",
     ST_DENIED, ST_OK, 550, 550, true, false},
    {"the sender refused, without pipelining", SMTP_FLAVOUR_SMTP,
     SINGLY "C: MAIL FROM:<a@x.example>\nS: 451 4.7.1 later\nC: QUIT\nS: 221 bye\n", ST_DENIED,
     ST_OK, 451, 451, true, false},
    {"all recipients refused", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 OK\nS: 550 no\nS: 450 later\nS: 554 no recipients\n"
                        "C: QUIT\nS: 221 bye\n",
     ST_DENIED, ST_OK, 550, 450, true, false},
    {"all recipients refused, without pipelining", SMTP_FLAVOUR_SMTP,
     SINGLY "C: MAIL FROM:<a@x.example>\nS: 250 OK\nC: RCPT TO:<bob@y.example>\nS: 550 no\n"
            "C: RCPT TO:<carol@y.example>\nS: 550 no\nC: QUIT\nS: 221 bye\n",
     ST_DENIED, ST_OK, 550, 550, true, false},
    {"a letter for nobody is asked for", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 OK\nS: 550 no\nS: 550 no\nS: 354 Go\nC: (end)\n", ST_DENIED, ST_OK,
     550, 550, false, false},
    {"DATA refused", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 OK\nS: 250 OK\nS: 550 no\nS: 451 4.3.0 disk\nC: QUIT\nS: 221 bye\n",
     ST_DENIED, ST_OK, 451, 550, true, false},

    /* LMTP: the replies part. */
    {"LMTP, one each", SMTP_FLAVOUR_LMTP,
     LMTP_HELLO COMMANDS "S: 250 OK\nS: 250 OK\nS: 250 OK\nS: 354 Go\n" CONTENT
                         "S: 250 2.0.0 bob has it\nS: 452 4.2.2 full\nC: QUIT\nS: 221 bye\n",
     ST_OK, ST_OK, 250, 452, true, false},
    {"LMTP, only who was accepted", SMTP_FLAVOUR_LMTP,
     LMTP_HELLO COMMANDS "S: 250 OK\nS: 550 no\nS: 250 OK\nS: 354 Go\n" CONTENT
                         "S: 250 carol has it\nC: QUIT\nS: 221 bye\n",
     ST_OK, ST_OK, 550, 250, true, false},
    {"LMTP, lost between the replies", SMTP_FLAVOUR_LMTP,
     LMTP_HELLO COMMANDS "S: 250 OK\nS: 250 OK\nS: 250 OK\nS: 354 Go\n" CONTENT
                         "S: 250 bob has it\nclose\n",
     ST_OK, ST_TEMP, 250, 451, false, true},

    /* Lost, out of step, and closing, at every stage. */
    {"closed after the hello", SMTP_FLAVOUR_SMTP, PIPELINED COMMANDS "close\n", ST_TEMP, ST_OK, 451,
     451, false, false},
    {"closed among the replies", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 OK\nS: 550 no\nclose\n", ST_TEMP, ST_OK, 550, 451, false, false},
    {"421 to MAIL", SMTP_FLAVOUR_SMTP, PIPELINED COMMANDS "S: 421 4.3.2 going\nclose\n", ST_TEMP,
     ST_OK, 451, 451, false, false},
    {"421 to RCPT", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 OK\nS: 550 no\nS: 421 going\nclose\n", ST_TEMP, ST_OK, 550, 451,
     false, false},
    {"not a reply", SMTP_FLAVOUR_SMTP, PIPELINED COMMANDS "S: 250 OK\nS: hello\nC: (end)\n",
     ST_TEMP, ST_OK, 451, 451, false, false},
    {"354 to RCPT", SMTP_FLAVOUR_SMTP, PIPELINED COMMANDS "S: 250 OK\nS: 354 Go\nC: (end)\n",
     ST_TEMP, ST_OK, 451, 451, false, false},
    {"250 to DATA", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 OK\nS: 250 OK\nS: 250 OK\nS: 250 OK\nC: (end)\n", ST_TEMP, ST_OK,
     451, 451, false, false},
    {"closed after the dot", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 OK\nS: 250 OK\nS: 550 no\nS: 354 Go\n" CONTENT "close\n", ST_OK,
     ST_TEMP, 451, 550, false, true},
    {"421 after the dot", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 OK\nS: 250 OK\nS: 250 OK\nS: 354 Go\n" CONTENT
                        "S: 421 4.3.0 no\nclose\n",
     ST_OK, ST_OK, 451, 451, false, false},
    {"354 after the dot", SMTP_FLAVOUR_SMTP,
     PIPELINED COMMANDS "S: 250 OK\nS: 250 OK\nS: 250 OK\nS: 354 Go\n" CONTENT
                        "S: 354 Go\nC: (end)\n",
     ST_OK, ST_TEMP, 451, 451, false, true},
};

static bool play(const struct story *story, struct smtp_client *client)
{
    enum status start = smtp_client_start(client, &test_two, NULL);
    enum status end = ST_OK;
    if (start == ST_OK) {
        /* Before the final dot nobody is told that anything was taken. */
        if (smtp_reply_taken(smtp_client_reply(client, 0)) ||
            smtp_reply_taken(smtp_client_reply(client, 1)))
            return false;
        if (smtp_client_data(client, bytes_text("Subject: hi\r\n\r\n.do")) != ST_OK ||
            smtp_client_data(client, bytes_text("t")) != ST_OK)
            return false;
        end = smtp_client_end(client, NULL);
    }
    return start == story->start && end == story->end &&
           smtp_client_reply(client, 0)->code == story->bob &&
           smtp_client_reply(client, 1)->code == story->carol &&
           smtp_client_usable(client) == story->usable &&
           smtp_client_in_doubt(client) == story->in_doubt;
}

static void test_stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(stories); i++) {
        struct smtp_client_settings settings = test_client_settings();
        settings.flavour = stories[i].flavour;
        struct test_script script;
        struct smtp_client *client = NULL;
        int fd = test_script_start(&script, stories[i].script);
        assert_int_equal(smtp_client_open_fd(fd, &settings, &client, NULL), ST_OK);
        bool good = play(&stories[i], client);
        if (!good)
            print_error("%s: replies %d %d, usable %d, in doubt %d\n", stories[i].name,
                        smtp_client_reply(client, 0)->code, smtp_client_reply(client, 1)->code,
                        smtp_client_usable(client), smtp_client_in_doubt(client));
        smtp_client_quit(client);
        test_script_end(&script);
        if (script.wrong[0] != '\0')
            print_error("%s: %s\n", stories[i].name, script.wrong);
        assert_true(good && script.wrong[0] == '\0');
    }
}

/* --- opening ------------------------------------------------------------------------------ */

static void test_open(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        enum status status;
    } cases[] = {
        {"S: 220 next.example\nC: EHLO gateway.example\nS: 250 next.example\n", ST_OK},
        {"S: 220-next.example\nS: 220 welcomes you\nC: EHLO gateway.example\nS: 250 next.example\n",
         ST_OK},
        {"S: 421 4.3.2 busy\n", ST_TEMP},
        {"S: 554 5.7.1 not you\n", ST_DENIED},
        {"S: 250 no greeting\nC: EHLO gateway.example\nS: 250 next.example\n", ST_TEMP},
        {"S: SSH-2.0-OpenSSH\n", ST_TEMP},
        {"close\n", ST_TEMP},
        {"S: 220 next.example\nC: EHLO gateway.example\nS: 500 what?\n", ST_DENIED},
        {"S: 220 next.example\nC: EHLO gateway.example\nS: 421 going\n", ST_TEMP},
        {"S: 220 next.example\nC: EHLO gateway.example\nS: 250-next.example\nclose\n", ST_TEMP},
        {"S: 220 next.example\nC: EHLO gateway.example\nS: 250-next.example\nS: 251 X\n", ST_TEMP},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smtp_client_settings settings = test_client_settings();
        struct test_script script;
        struct smtp_client *client = NULL;
        struct why why = {""};
        int fd = test_script_start(&script, cases[i].script);
        enum status status = smtp_client_open_fd(fd, &settings, &client, &why);
        if (status != cases[i].status)
            print_error("%s→ %s: %s\n", cases[i].script, status_name(status), why.text);
        smtp_client_free(client);
        test_script_end(&script);
        assert_int_equal(status, cases[i].status);
        assert_true(status == ST_OK || why.text[0] != '\0');
    }
    struct smtp_client_settings settings = test_client_settings();
    struct smtp_client *client = NULL;
    assert_int_equal(smtp_client_open("unix:/nonexistent/socket", &settings, &client, NULL),
                     ST_TEMP);
    assert_null(client);
}

/* --- several letters on one connection ---------------------------------------------------- */

#define ONE "C: MAIL FROM:<a@x.example>\nC: RCPT TO:<bob@y.example>\nC: DATA\n"

/* Where the envelope was refused in part, the next letter begins with RSET, in the same go. */
static void test_next_letter(void **state)
{
    (void)state;
    const struct smtp_envelope one = {
        .sender = "a@x.example", .recipients = test_two.recipients, .recipient_count = 1};
    struct smtp_client_settings settings = test_client_settings();
    struct test_script script;
    struct smtp_client *client = NULL;
    int fd = test_script_start(
        &script, PIPELINED ONE
        "S: 250 OK\nS: 250 OK\nS: 354 Go\nC: one\nC: .\nS: 250 queued\n"
        /* refused: the transaction stays open there */
        ONE "S: 250 OK\nS: 550 no\nS: 503 no\n"
        "C: RSET\n" ONE
        "S: 250 OK\nS: 250 OK\nS: 250 OK\nS: 354 Go\nC: three\nC: .\nS: 250 queued\n"
        /* the sender refused: nothing is open there */
        ONE "S: 550 no\nS: 503 no\nS: 503 no\n" ONE
        "S: 250 OK\nS: 250 OK\nS: 354 Go\nC: .\nS: 250 queued\nC: QUIT\nS: 221 bye\n");
    assert_int_equal(smtp_client_open_fd(fd, &settings, &client, NULL), ST_OK);
    assert_int_equal(test_send_letter(client, &one, "one\r\n"), ST_OK);
    assert_int_equal(test_send_letter(client, &one, "two\r\n"), ST_DENIED);
    assert_int_equal(test_send_letter(client, &one, "three"), ST_OK);
    assert_int_equal(test_send_letter(client, &one, "four"), ST_DENIED);
    assert_int_equal(test_send_letter(client, &one, ""), ST_OK);
    smtp_client_quit(client);
    test_script_end(&script);
    assert_string_equal(script.wrong, "");
}

/* A reply nobody asked for would be taken for the answer to the next command. */
static void test_unasked_reply(void **state)
{
    (void)state;
    struct smtp_client_settings settings = test_client_settings();
    struct test_script script;
    struct smtp_client *client = NULL;
    int fd = test_script_start(&script, PIPELINED "S: 250 2.0.0 surprise\nC: (end)\n");
    assert_int_equal(smtp_client_open_fd(fd, &settings, &client, NULL), ST_OK);
    while (smtp_client_usable(client))
        ; /* until the surprise is here */
    assert_int_equal(smtp_client_start(client, &test_two, NULL), ST_TEMP);
    assert_int_equal(smtp_client_reply(client, 0)->code, 451);
    smtp_client_free(client);
    test_script_end(&script);
    assert_string_equal(script.wrong, "");
}

/* --- the letter --------------------------------------------------------------------------- */

/* Letters that break the rule about line ends are never finished: the peer sees the connection
 * close. */
static void test_bare_line_ends(void **state)
{
    (void)state;
    static const char *const letters[] = {"a\nb\r\n", "a\rb\r\n", "a\r\n\n.\r\nQUIT\r\n", "\n",
                                          "a\r"};
    for (size_t i = 0; i < COUNT(letters); i++) {
        struct smtp_client_settings settings = test_client_settings();
        struct test_script script;
        struct smtp_client *client = NULL;
        int fd = test_script_start(&script, PIPELINED COMMANDS
                                   "S: 250 OK\nS: 250 OK\nS: 250 OK\nS: 354 Go\nC: (end)\n");
        assert_int_equal(smtp_client_open_fd(fd, &settings, &client, NULL), ST_OK);
        assert_int_equal(test_send_letter(client, &test_two, letters[i]), ST_BAD);
        assert_int_equal(smtp_client_reply(client, 0)->code, 550);
        assert_false(smtp_client_usable(client));
        assert_false(smtp_client_in_doubt(client));
        smtp_client_quit(client);
        test_script_end(&script);
        assert_string_equal(script.wrong, "");
    }
}

/* A peer that refuses in the midst of a long letter and closes is heard. */
static void test_refused_midway(void **state)
{
    (void)state;
    struct smtp_client_settings settings = test_client_settings();
    struct test_script script;
    struct smtp_client *client = NULL;
    int fd =
        test_script_start(&script, PIPELINED COMMANDS
                          "S: 250 OK\nS: 250 OK\nS: 250 OK\nS: 354 Go\nC: long\nS: 552 5.3.4 too "
                          "long\nclose\n");
    assert_int_equal(smtp_client_open_fd(fd, &settings, &client, NULL), ST_OK);
    assert_int_equal(smtp_client_start(client, &test_two, NULL), ST_OK);
    enum status status = ST_OK;
    for (int i = 0; i < 10000000 && status == ST_OK; i++)
        status = smtp_client_data(client, BYTES_LITERAL("long\r\n"));
    assert_int_equal(status, ST_TEMP);
    assert_false(smtp_reply_taken(smtp_client_reply(client, 0)));
    assert_false(smtp_client_in_doubt(client));
    assert_int_equal(smtp_client_data(client, BYTES_LITERAL("x")), ST_TEMP);
    assert_int_equal(smtp_client_end(client, NULL), ST_TEMP);
    smtp_client_quit(client);
    test_script_end(&script);
    assert_string_equal(script.wrong, "");
}

/* A 250 that comes before the final dot is not the answer to it. */
static void test_too_early(void **state)
{
    (void)state;
    struct smtp_client_settings settings = test_client_settings();
    struct test_script script;
    struct smtp_client *client = NULL;
    int fd = test_script_start(&script, PIPELINED COMMANDS
                               "S: 250 OK\nS: 250 OK\nS: 250 OK\nS: 354 Go\nS: 250 2.0.0 queued\n"
                               "C: (end)\n");
    assert_int_equal(smtp_client_open_fd(fd, &settings, &client, NULL), ST_OK);
    assert_int_equal(smtp_client_start(client, &test_two, NULL), ST_OK);
    struct pollfd early = {.fd = fd, .events = POLLIN};
    (void)poll(&early, 1, 200); /* or it came together with the 354 */
    assert_int_equal(smtp_client_data(client, BYTES_LITERAL("x\r\n")), ST_OK);
    assert_int_equal(smtp_client_end(client, NULL), ST_TEMP);
    assert_int_equal(smtp_client_reply(client, 0)->code, 451);
    assert_false(smtp_client_in_doubt(client));
    smtp_client_free(client);
    test_script_end(&script);
    assert_string_equal(script.wrong, "");
}

/* --- waiting ------------------------------------------------------------------------------ */

/* A peer that says nothing at each stage, until we hang up. */
static void test_time_outs(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        enum status open, start, end;
        bool in_doubt;
    } cases[] = {
        {"C: (end)\n", ST_TEMP, ST_OK, ST_OK, false},
        {"S: 220 next.example\nC: EHLO gateway.example\nC: (end)\n", ST_TEMP, ST_OK, ST_OK, false},
        {PIPELINED COMMANDS "S: 250 OK\nC: (end)\n", ST_OK, ST_TEMP, ST_OK, false},
        {PIPELINED COMMANDS "S: 250 OK\nS: 250 OK\nS: 250 OK\nS: 354 Go\nC: x\nC: .\nC: (end)\n",
         ST_OK, ST_OK, ST_TEMP, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smtp_client_settings settings = test_client_settings();
        settings.greeting_timeout_ms = settings.end_timeout_ms = 100;
        settings.command_timeout_ms = 100;
        struct test_script script;
        struct smtp_client *client = NULL;
        int fd = test_script_start(&script, cases[i].script);
        assert_int_equal(smtp_client_open_fd(fd, &settings, &client, NULL), cases[i].open);
        if (client != NULL) {
            enum status start = smtp_client_start(client, &test_two, NULL);
            assert_int_equal(start, cases[i].start);
            if (start == ST_OK) {
                assert_int_equal(smtp_client_data(client, BYTES_LITERAL("x\r\n")), ST_OK);
                assert_int_equal(smtp_client_end(client, NULL), cases[i].end);
            }
            assert_int_equal(smtp_client_in_doubt(client), cases[i].in_doubt);
            assert_int_equal(smtp_client_reply(client, 1)->code, 451);
        }
        smtp_client_quit(client);
        test_script_end(&script);
        assert_string_equal(script.wrong, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),        cmocka_unit_test(test_open),
        cmocka_unit_test(test_next_letter),    cmocka_unit_test(test_unasked_reply),
        cmocka_unit_test(test_bare_line_ends), cmocka_unit_test(test_refused_midway),
        cmocka_unit_test(test_too_early),      cmocka_unit_test(test_time_outs),
    };
    return cmocka_run_group_tests_name("smtp_client", tests, NULL, NULL);
}
