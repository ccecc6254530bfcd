/* SPDX-License-Identifier: Apache-2.0
 * smtp: tests of the envelope as the client sends it: parameters (RFC 1870, 3461, 6152, 6531), what
 * may be left out where it is not offered, and addresses that would say more than one thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "test_peer.h"

/* --- parameters --------------------------------------------------------------------------- */

static const struct smtp_xforward forwarded = {{
    [SMTP_XFORWARD_NAME] = "first host",
    [SMTP_XFORWARD_IDENT] = "4f1c",
    [SMTP_XFORWARD_SOURCE] = "REMOTE",
}};
static const struct smtp_recipient detailed = {
    .address = "j\xc3\xb6@y.example", .notify = "NEVER", .original = "rfc822;old@y.example"};
static const struct smtp_envelope full = {
    .sender = "a@x.example",
    .eight_bit = true,
    .utf8 = true,
    .size = 1234,
    .ret = "HDRS",
    .envid = "Q+2B1",
    .recipients = &detailed,
    .recipient_count = 1,
    .xforward = &forwarded,
};

static void test_parameters(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        /* All is offered. */
        HELLO
        "S: 250-PIPELINING\nS: 250-8bitmime\nS: 250-SMTPUTF8\nS: 250-SIZE 2000\nS: 250-DSN\n"
        "S: 250 XFORWARD NAME ADDR IDENT SOURCE\n"
        "C: XFORWARD NAME=first+20host\n"
        "C: XFORWARD IDENT=4f1c SOURCE=REMOTE\n"
        "C: MAIL FROM:<a@x.example> SIZE=1234 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=Q+2B1\n"
        "C: RCPT TO:<j\xc3\xb6@y.example> NOTIFY=NEVER ORCPT=rfc822;old@y.example\n"
        "C: DATA\nS: 250 OK\nS: 550 no\nS: 250 OK\nS: 250 OK\nS: 354 Go\nC: x\nC: .\nS: 250 OK\n",
        /* What may be left out is left out where it is not offered. */
        HELLO "S: 250-PIPELINING\nS: 250-8BITMIME\nS: 250-SIZE\nS: 250-XFORWARD\nS: 250 SMTPUTF8\n"
              "C: MAIL FROM:<a@x.example> SIZE=1234 BODY=8BITMIME SMTPUTF8\n"
              "C: RCPT TO:<j\xc3\xb6@y.example>\n"
              "C: DATA\nS: 250 OK\nS: 250 OK\nS: 354 Go\nC: x\nC: .\nS: 250 OK\n",
    };
    for (size_t i = 0; i < COUNT(scripts); i++) {
        struct smtp_client_settings settings = test_client_settings();
        struct test_script script;
        struct smtp_client *client = NULL;
        int fd = test_script_start(&script, scripts[i]);
        assert_int_equal(smtp_client_open_fd(fd, &settings, &client, NULL), ST_OK);
        assert_int_equal(test_send_letter(client, &full, "x"), ST_OK);
        smtp_client_free(client);
        test_script_end(&script);
        assert_string_equal(script.wrong, "");
    }
}

/* What may not be left out is refused before anything is said. */
static void test_not_offered(void **state)
{
    (void)state;
    static const struct {
        const char *offers;
        const char *enhanced;
    } cases[] = {
        {"S: 250-SMTPUTF8\nS: 250 SIZE 2000\nC: (end)\n", "5.6.3"},
        {"S: 250-8BITMIME\nS: 250 SIZE 2000\nC: (end)\n", "5.6.7"},
        {"S: 250-8BITMIME\nS: 250-SMTPUTF8\nS: 250 SIZE 1233\nC: (end)\n", "5.3.4"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char lines[1000];
        (void)snprintf(lines, sizeof lines, HELLO "%s", cases[i].offers);
        struct smtp_client_settings settings = test_client_settings();
        struct test_script script;
        struct smtp_client *client = NULL;
        int fd = test_script_start(&script, lines);
        assert_int_equal(smtp_client_open_fd(fd, &settings, &client, NULL), ST_OK);
        assert_int_equal(smtp_client_start(client, &full, NULL), ST_DENIED);
        assert_string_equal(smtp_client_reply(client, 0)->enhanced, cases[i].enhanced);
        assert_true(smtp_client_usable(client));
        smtp_client_free(client);
        test_script_end(&script);
        assert_string_equal(script.wrong, "");
    }
}

/* --- envelopes that would say more than one thing
 * ------------------------------------------------- */

static void test_injection(void **state)
{
    (void)state;
    static const char *const addresses[] = {"bob@y.example\r\nRCPT TO:<eve@z.example>",
                                            "bob@y.example> NOTIFY=NEVER",
                                            "bob@y.example>\r\nDATA\r\n",
                                            "\"bob\r\n\"@y.example",
                                            "bob @y.example",
                                            "<bob@y.example>",
                                            "bob",
                                            "",
                                            "bob@y.example\n",
                                            "\xc3\xb6@y.example"};
    static const char *const words[] = {"NEVER\r\nRSET", "NEVER RET=FULL", "NONE", ""};
    struct smtp_client_settings settings = test_client_settings();
    struct test_script script;
    struct smtp_client *client = NULL;
    int fd = test_script_start(&script, PIPELINED "C: (end)\n");
    assert_int_equal(smtp_client_open_fd(fd, &settings, &client, NULL), ST_OK);

    struct smtp_envelope envelope = test_two;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct smtp_recipient recipients[2] = {{.address = "carol@y.example"},
                                               {.address = addresses[i]}};
        envelope.recipients = recipients;
        assert_int_equal(smtp_client_start(client, &envelope, NULL), ST_BAD);
        assert_true(smtp_reply_refused(smtp_client_reply(client, 0)));
        if (addresses[i][0] == '\0')
            continue;
        struct smtp_envelope from = test_two;
        from.sender = addresses[i];
        assert_int_equal(smtp_client_start(client, &from, NULL), ST_BAD);
    }
    for (size_t i = 0; i < COUNT(words); i++) {
        struct smtp_recipient recipient = {.address = "bob@y.example", .notify = words[i]};
        envelope =
            (struct smtp_envelope){.sender = "", .recipients = &recipient, .recipient_count = 1};
        assert_int_equal(smtp_client_start(client, &envelope, NULL), ST_BAD);
        recipient = (struct smtp_recipient){.address = "bob@y.example", .original = words[i]};
        assert_int_equal(smtp_client_start(client, &envelope, NULL), ST_BAD);
        envelope = test_two;
        envelope.ret = words[i][0] == '\0' ? "full" : words[i];
        assert_int_equal(smtp_client_start(client, &envelope, NULL), ST_BAD);
        envelope = test_two;
        envelope.envid = i == 2 ? "a=b" : words[i];
        assert_int_equal(smtp_client_start(client, &envelope, NULL), ST_BAD);
    }
    envelope = test_two;
    envelope.recipient_count = 0;
    assert_int_equal(smtp_client_start(client, &envelope, NULL), ST_BAD);

    /* And not a byte was said. */
    smtp_client_free(client);
    test_script_end(&script);
    assert_string_equal(script.wrong, "");
}

/* --- many recipients
 * ------------------------------------------------------------------------------ */

/* More recipients than fit into one window of commands. */
static void test_many_recipients(void **state)
{
    (void)state;
    enum { MANY = 300 };
    static char addresses[MANY][32];
    static struct smtp_recipient recipients[MANY];
    struct buffer lines;
    buffer_init(&lines, 100000);
    (void)buffer_add_text(&lines, PIPELINED "C: MAIL FROM:<a@x.example>\n");
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(addresses[i], sizeof addresses[i], "r%d@y.example", i);
        recipients[i].address = addresses[i];
        (void)buffer_add_format(&lines, "%sC: RCPT TO:<r%d@y.example>\nS: %d OK\n",
                                i == 0 ? "S: 250 OK\n" : "", i, i % 7 == 0 ? 550 : 250);
    }
    (void)buffer_add_text(&lines, "C: DATA\nS: 354 Go\nC: x\nC: .\nS: 250 OK\n");

    struct smtp_client_settings settings = test_client_settings();
    struct smtp_envelope envelope = {
        .sender = "a@x.example", .recipients = recipients, .recipient_count = MANY};
    struct test_script script;
    struct smtp_client *client = NULL;
    int fd = test_script_start(&script, buffer_text(&lines));
    assert_int_equal(smtp_client_open_fd(fd, &settings, &client, NULL), ST_OK);
    assert_int_equal(test_send_letter(client, &envelope, "x"), ST_OK);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(smtp_client_reply(client, i)->code, i % 7 == 0 ? 550 : 250);
    smtp_client_free(client);
    test_script_end(&script);
    assert_string_equal(script.wrong, "");
    buffer_done(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_not_offered),
        cmocka_unit_test(test_injection),
        cmocka_unit_test(test_many_recipients),
    };
    return cmocka_run_group_tests_name("smtp_envelope", tests, NULL, NULL);
}
