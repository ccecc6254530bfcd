/* SPDX-License-Identifier: Apache-2.0
 * smtp: tests of what a session tells about its refusals: each of them, once, and never a word that
 * the client chose but for the sender's address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"
#include "test_peer.h"

/* Each refusal as "peer sender command code enhanced|". */
static void note(void *context, const struct smtp_refusal *refusal)
{
    struct buffer *notes = context;
    (void)buffer_add_format(notes, "%s <%s> %s %d %s|", refusal->peer, refusal->sender,
                            refusal->command, refusal->reply.code, refusal->reply.enhanced);
}

static struct smtp_server_settings settings_for(struct buffer *notes)
{
    struct smtp_server_settings settings = test_server_settings();
    settings.refused = note;
    settings.refused_context = notes;
    return settings;
}

#define PEER "192.0.2.1 "
#define KNOWN PEER "<a@x.example> "
#define NOBODY PEER "<> "

static const struct {
    const char *input;
    const char *notes;
} table[] = {
    /* What is taken is not told, nor what the caller refuses. */
    {LHLO MAIL RCPT LETTER QUIT, ""},
    {LHLO MAIL "RCPT TO:<refuse@y.example>\r\n" LETTER QUIT, ""},
    {"NOOP\r\nVRFY bob\r\nRSET\r\n" QUIT, ""},

    /* Commands. */
    {"CANARY bird\r\n" QUIT, NOBODY "unknown 500 5.5.2|"},
    {"LHLO\x01 mail.example\r\n" QUIT, NOBODY "unknown 500 5.5.2|"},
    {EHLO QUIT, NOBODY "EHLO 500 5.5.1|"},
    {"EXPN canary\r\n" QUIT, NOBODY "absent 502 5.5.1|"},
    {"GET /canary HTTP/1.1\r\n", NOBODY "foreign 421 4.7.0|"},
    {MAIL QUIT, NOBODY "MAIL 503 5.5.1|"},
    {LHLO RCPT QUIT, NOBODY "RCPT 503 5.5.1|"},
    {LHLO MAIL "DATA\r\n" QUIT, KNOWN "DATA 503 5.5.1|"},
    {LHLO MAIL MAIL QUIT, KNOWN "MAIL 503 5.5.1|"},
    {LHLO MAIL "RCPT TO:canary\r\n" QUIT, KNOWN "RCPT 501 5.5.4|"},
    {LHLO "XFORWARD NAME=canary\r\n" QUIT, NOBODY "XFORWARD 550 5.7.0|"},

    /* A refused MAIL: its sender is named if it is an address, and for this one reply only. */
    {LHLO "MAIL FROM:canary\r\n" QUIT, NOBODY "MAIL 501 5.5.4|"},
    {LHLO "MAIL FROM:<a@x.example> SIZE=1001\r\n" RCPT QUIT,
     KNOWN "MAIL 552 5.3.4|" NOBODY "RCPT 503 5.5.1|"},
    {LHLO "MAIL FROM:<> SIZE=1001\r\n" QUIT, NOBODY "MAIL 552 5.3.4|"},
    {LHLO "MAIL FROM:<a@x.example> CANARY=1\r\n" QUIT, KNOWN "MAIL 555 5.5.4|"},

    /* The fourth recipient of three. */
    {LHLO MAIL RCPT RCPT RCPT RCPT2 LETTER QUIT, KNOWN "RCPT 452 4.5.3|"},

    /* Letters: once, whatever their recipients. */
    {LHLO MAIL RCPT RCPT2 "DATA\r\nCanary\n.\r\n.\r\n" QUIT, KNOWN "letter 550 5.6.0|"},
    {BEGIN "Canary", KNOWN "letter 421 4.4.2|"},
    {LHLO MAIL RCPT "DATA\r\nCanary\n.\r\n.\r\nDATA\r\n" QUIT,
     KNOWN "letter 550 5.6.0|" NOBODY "DATA 503 5.5.1|"},
};

static void check(struct bytes input, const char *wanted)
{
    struct buffer notes;
    struct test_talk talk;
    buffer_init(&notes, 100000);
    struct smtp_server_settings settings = settings_for(&notes);
    test_talk(&settings, input, 0, &talk);
    assert_string_equal(buffer_text(&notes), wanted);
    test_talk_done(&talk);
    buffer_done(&notes);
}

static void each_refusal_is_told_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        check(bytes_text(table[i].input), table[i].notes);
}

static void add_many(struct buffer *text, const char *part, size_t n)
{
    for (size_t i = 0; i < n; i++)
        (void)buffer_add_text(text, part);
}

static void what_is_too_large_is_told(void **state)
{
    (void)state;
    struct buffer input;
    buffer_init(&input, 10000);
    (void)buffer_add_text(&input, "NOOP ");
    add_many(&input, "x", 3000);
    (void)buffer_add_text(&input, "\r\n" QUIT);
    check(buffer_bytes(&input), NOBODY "too-long 500 5.5.2|");
    buffer_clear(&input);

    (void)buffer_add_text(&input, BEGIN);
    add_many(&input, "x", 1500);
    (void)buffer_add_text(&input, "\r\n.\r\n" QUIT);
    check(buffer_bytes(&input), KNOWN "letter 552 5.3.4|");
    buffer_clear(&input);

    (void)buffer_add_text(&input, BEGIN);
    add_many(&input, "x", 5000);
    check(buffer_bytes(&input), KNOWN "letter 421 4.3.4|");
    buffer_done(&input);
}

/* A peer can't fill a log: not by nonsense, which ends the session, nor by what does not end it. */
static void a_flood_is_told_in_part(void **state)
{
    (void)state;
    struct buffer input, wanted;
    buffer_init(&input, 100000);
    buffer_init(&wanted, 100000);
    add_many(&input, "FROB\r\n", SMTP_BAD_COMMANDS_MAX + 5);
    add_many(&wanted, NOBODY "unknown 500 5.5.2|", SMTP_BAD_COMMANDS_MAX);
    (void)buffer_add_text(&wanted, NOBODY "unknown 421 4.7.0|");
    check(buffer_bytes(&input), buffer_text(&wanted));
    buffer_clear(&input);
    buffer_clear(&wanted);

    /* A letter in between: the count starts again. */
    (void)buffer_add_text(&input, LHLO);
    for (int round = 0; round < 2; round++) {
        (void)buffer_add_text(&input, MAIL RCPT RCPT RCPT);
        add_many(&input, RCPT2, SMTP_REPORTS_MAX + 100);
        (void)buffer_add_text(&input, LETTER);
        add_many(&wanted, KNOWN "RCPT 452 4.5.3|", SMTP_REPORTS_MAX);
    }
    (void)buffer_add_text(&input, QUIT);
    check(buffer_bytes(&input), buffer_text(&wanted));
    buffer_done(&input);
    buffer_done(&wanted);
}

static void a_time_out_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *input, *notes;
    } waits[] = {
        {"", NOBODY "none 421 4.4.2|"},
        {LHLO MAIL, KNOWN "none 421 4.4.2|"},
        {BEGIN "Canary", KNOWN "letter 421 4.4.2|"},
    };
    for (size_t i = 0; i < COUNT(waits); i++) {
        int pair[2];
        struct buffer notes;
        buffer_init(&notes, 1000);
        struct smtp_server_settings settings = settings_for(&notes);
        settings.command_timeout_ms = 30;
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        assert_int_equal(io_write_all(pair[0], bytes_text(waits[i].input), io_deadline(5000)),
                         ST_OK);
        struct smtp_session *session = smtp_session_new(pair[1], "192.0.2.1", &settings);
        struct smtp_transaction *letter = NULL;
        assert_int_equal(smtp_session_next(session, &letter, NULL), ST_TEMP);
        assert_string_equal(buffer_text(&notes), waits[i].notes);
        smtp_session_free(session);
        io_close(&pair[0]);
        io_close(&pair[1]);
        buffer_done(&notes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refusal_is_told_once),
        cmocka_unit_test(what_is_too_large_is_told),
        cmocka_unit_test(a_flood_is_told_in_part),
        cmocka_unit_test(a_time_out_is_told),
    };
    return cmocka_run_group_tests_name("smtp_refusals", tests, NULL, NULL);
}
