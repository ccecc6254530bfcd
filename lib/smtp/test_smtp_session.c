/* SPDX-License-Identifier: Apache-2.0
 * smtp: tests of the server's limits, of what a transaction tells its caller, and of waiting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"
#include "test_peer.h"

/* --- limits ------------------------------------------------------------------------------- */

static void talk_text(const struct smtp_server_settings *settings, struct buffer *input,
                      const char *replies, const char *letters)
{
    struct test_talk talk;
    assert_int_equal(buffer_check(input), ST_OK);
    test_talk(settings, buffer_bytes(input), 0, &talk);
    assert_string_equal(buffer_text(&talk.replies), replies);
    if (letters != NULL)
        assert_string_equal(buffer_text(&talk.letters), letters);
    test_talk_done(&talk);
    buffer_clear(input);
}

static void add_bytes(struct buffer *input, char byte, size_t n)
{
    for (size_t i = 0; i < n; i++)
        (void)buffer_add_byte(input, (uint8_t)byte);
}

static void test_long_lines(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    struct buffer input;
    buffer_init(&input, 1000000);

    /* 2,048 bytes with CRLF are a command, 2,049 are skipped, and so is any longer line. */
    static const size_t lengths[] = {2041, 2042, 5000, 65529, 65530, 200000};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        (void)buffer_add_text(&input, LHLO "NOOP ");
        add_bytes(&input, 'x', lengths[i]);
        (void)buffer_add_text(&input, "\r\n" QUIT);
        talk_text(&settings, &input,
                  lengths[i] == 2041 ? "220|250|250 2.0.0|221 2.0.0|"
                                     : "220|250|500 5.5.2|221 2.0.0|",
                  "");
    }

    /* Wherever the input is cut near its end, a long line ends there. */
    (void)buffer_add_text(&input, LHLO "NOOP ");
    add_bytes(&input, 'x', 3000);
    size_t end = input.n;
    (void)buffer_add_text(&input, "\r\n" QUIT);
    for (size_t cut = end - 2; cut < end + 3; cut++) {
        struct test_talk talk;
        test_talk(&settings, buffer_bytes(&input), cut, &talk);
        assert_string_equal(buffer_text(&talk.replies), "220|250|500 5.5.2|221 2.0.0|");
        test_talk_done(&talk);
    }
    buffer_clear(&input);

    /* Lines of a letter have no such limit (RFC 5321 §4.5.3.1.6 sets one, mail has longer ones). */
    settings.size_max = 1000000;
    (void)buffer_add_text(&input, BEGIN);
    add_bytes(&input, 'x', 100000);
    (void)buffer_add_text(&input, "\r\n.\r\n" QUIT);
    talk_text(&settings, &input, "220|" TAKEN, NULL);
    buffer_done(&input);
}

static void test_letter_size(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    struct buffer input;
    buffer_init(&input, 10000);
    for (size_t n = 999; n <= 1001; n++) {
        (void)buffer_add_text(&input, BEGIN);
        add_bytes(&input, 'x', n - 2);
        (void)buffer_add_text(&input, "\r\n.\r\n" QUIT);
        talk_text(&settings, &input,
                  n <= 1000 ? "220|" TAKEN : "220|250|250 2.1.0|250 2.1.5|354|552 5.3.4|221 2.0.0|",
                  n <= 1000 ? NULL : "");
    }

    /* The stuffing does not count. */
    (void)buffer_add_text(&input, BEGIN);
    for (int i = 0; i < 333; i++)
        (void)buffer_add_text(&input, "..\r\n");
    (void)buffer_add_text(&input, ".\r\n" QUIT);
    talk_text(&settings, &input, "220|" TAKEN, NULL);

    /* Every recipient gets the refusal, and a client without end is sent away. */
    (void)buffer_add_text(&input, LHLO MAIL RCPT RCPT2 "DATA\r\n");
    add_bytes(&input, 'x', 1500);
    (void)buffer_add_text(&input, "\r\n.\r\n" QUIT);
    talk_text(&settings, &input,
              "220|250|250 2.1.0|250 2.1.5|250 2.1.5|354|552 5.3.4|552 5.3.4|221 2.0.0|", "");
    (void)buffer_add_text(&input, BEGIN);
    add_bytes(&input, 'x', 5000);
    talk_text(&settings, &input, "220|250|250 2.1.0|250 2.1.5|354|421 4.3.4|", "");
    buffer_done(&input);
}

static void test_bad_commands(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    struct buffer input, expected;
    buffer_init(&input, 10000);
    buffer_init(&expected, 10000);

    /* Twenty are answered, the next one ends it. */
    (void)buffer_add_text(&expected, "220|");
    for (int i = 0; i < SMTP_BAD_COMMANDS_MAX + 5; i++)
        (void)buffer_add_text(&input, "FROB\r\n");
    for (int i = 0; i < SMTP_BAD_COMMANDS_MAX; i++)
        (void)buffer_add_text(&expected, "500 5.5.2|");
    (void)buffer_add_text(&expected, "421 4.7.0|");
    talk_text(&settings, &input, buffer_text(&expected), "");

    /* A letter in between shows that we understand each other: the count starts again. */
    buffer_clear(&expected);
    (void)buffer_add_text(&expected, "220|250|");
    (void)buffer_add_text(&input, LHLO);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < SMTP_BAD_COMMANDS_MAX; i++) {
            (void)buffer_add_text(&input, "FROB\r\n");
            (void)buffer_add_text(&expected, "500 5.5.2|");
        }
        (void)buffer_add_text(&input, MAIL RCPT LETTER);
        (void)buffer_add_text(&expected, "250 2.1.0|250 2.1.5|354|250 2.0.0|");
    }
    talk_text(&settings, &input, buffer_text(&expected), NULL);
    buffer_done(&input);
    buffer_done(&expected);
}

/* Good commands without end keep a worker busy as well as bad ones; a letter shows that it was
 * worth it. RCPT does not count: a letter may have many recipients, and those that are too many
 * hear 452. */
static void test_commands_without_a_letter(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    struct buffer input, expected;
    buffer_init(&input, 100000);
    buffer_init(&expected, 100000);
    (void)buffer_add_text(&input, LHLO);
    (void)buffer_add_text(&expected, "220|250|");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < SMTP_IDLE_COMMANDS_MAX - 3; i++) {
            (void)buffer_add_text(&input, "NOOP\r\n");
            (void)buffer_add_text(&expected, "250 2.0.0|");
        }
        (void)buffer_add_text(&input, MAIL RCPT LETTER);
        (void)buffer_add_text(&expected, "250 2.1.0|250 2.1.5|354|250 2.0.0|");
    }
    for (int i = 0; i < SMTP_IDLE_COMMANDS_MAX + 5; i++)
        (void)buffer_add_text(&input, "NOOP\r\n");
    for (int i = 0; i < SMTP_IDLE_COMMANDS_MAX; i++)
        (void)buffer_add_text(&expected, "250 2.0.0|");
    (void)buffer_add_text(&expected, "421 4.7.0|");
    talk_text(&settings, &input, buffer_text(&expected), NULL);
    buffer_done(&input);
    buffer_done(&expected);
}

/* --- the disk ----------------------------------------------------------------------------- */

static void test_full_disk(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    settings.size_max = 4000000;
    struct buffer input;
    buffer_init(&input, 4000000);
    (void)buffer_add_text(&input, LHLO MAIL RCPT RCPT2 "DATA\r\n");
    for (int i = 0; i < 30000; i++)
        (void)buffer_add_text(&input,
                              "0123456789012345678901234567890123456789012345678901234567\r\n");
    (void)buffer_add_text(&input, ".\r\n" MAIL RCPT LETTER QUIT);

    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    none = (struct rlimit){100000, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    talk_text(&settings, &input,
              "220|250|250 2.1.0|250 2.1.5|250 2.1.5|354|452 4.3.1|452 4.3.1|"
              "250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|",
              OUT("Subject: hi\r\n\r\nText\r\n"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    buffer_done(&input);
}

/* --- what a transaction tells ------------------------------------------------------------- */

/* Run one letter through a session on its own; the caller frees both. */
static struct smtp_transaction *one_letter(const struct smtp_server_settings *settings,
                                           const char *peer, const char *input)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(io_write_all(pair[0], bytes_text(input), io_deadline(5000)), ST_OK);
    struct smtp_session *session = smtp_session_new(pair[1], peer, settings);
    struct smtp_transaction *letter = NULL;
    assert_int_equal(smtp_session_next(session, &letter, NULL), ST_OK);
    struct smtp_reply replies[3];
    for (size_t i = 0; i < 3; i++)
        replies[i] = smtp_reply_make(250, "2.0.0", "OK");
    assert_int_equal(smtp_session_answer(session, letter, replies), ST_OK);
    smtp_session_free(session);
    io_close(&pair[0]);
    io_close(&pair[1]);
    return letter;
}

static void test_transaction(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    struct smtp_transaction *letter = one_letter(
        &settings, "192.0.2.1",
        LHLO "MAIL FROM:<a@x.example> SIZE=77 BODY=8BITMIME SMTPUTF8 RET=full ENVID=Q+2B1\r\n"
             "RCPT TO:<B@Y.Example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;old+2Bb@y.example\r\n"
             "RCPT TO:<@r.example:c@y.example>\r\n" LETTER);
    const struct smtp_envelope *envelope = &letter->envelope;
    assert_string_equal(letter->peer, "192.0.2.1");
    assert_string_equal(letter->helo, "mail.example");
    assert_string_equal(envelope->sender, "a@x.example");
    assert_true(envelope->eight_bit && envelope->utf8);
    assert_int_equal(envelope->size, 77);
    assert_string_equal(envelope->ret, "FULL");
    assert_string_equal(envelope->envid, "Q+2B1");
    assert_int_equal(envelope->recipient_count, 2);
    assert_string_equal(envelope->recipients[0].address, "B@Y.Example");
    assert_string_equal(envelope->recipients[0].notify, "SUCCESS,DELAY");
    assert_string_equal(envelope->recipients[0].original, "rfc822;old+2Bb@y.example");
    assert_string_equal(envelope->recipients[1].address, "c@y.example");
    assert_null(envelope->recipients[1].notify);
    assert_null(envelope->recipients[1].original);
    assert_null(envelope->xforward);
    assert_int_equal(smtp_body_size(letter->body), strlen("Subject: hi\r\n\r\nText\r\n"));
    smtp_transaction_free(letter);
    smtp_transaction_free(NULL);
}

static void test_xforward(void **state)
{
    (void)state;
    static const char *const peers[] = {"198.51.100.7", "unix", NULL};
    struct smtp_server_settings settings = test_server_settings();
    settings.xforward_peers = peers;
    struct smtp_transaction *letter =
        one_letter(&settings, "unix:uid=0",
                   LHLO "XFORWARD NAME=first+2Bhost ADDR=192.0.2.9 PORT=[UNAVAILABLE]\r\n"
                        "XFORWARD ident=4f1c PROTO=ESMTP HELO=[TEMPUNAVAIL]\r\n" MAIL RCPT LETTER);
    const struct smtp_xforward *xforward = letter->envelope.xforward;
    assert_non_null(xforward);
    assert_string_equal(xforward->value[SMTP_XFORWARD_NAME], "first+host");
    assert_string_equal(xforward->value[SMTP_XFORWARD_ADDR], "192.0.2.9");
    assert_string_equal(xforward->value[SMTP_XFORWARD_IDENT], "4f1c");
    assert_string_equal(xforward->value[SMTP_XFORWARD_PROTO], "ESMTP");
    assert_null(xforward->value[SMTP_XFORWARD_PORT]);
    assert_null(xforward->value[SMTP_XFORWARD_HELO]);
    assert_null(xforward->value[SMTP_XFORWARD_SOURCE]);
    smtp_transaction_free(letter);

    /* It holds for one letter only, not inside a transaction, and not after RSET. */
    letter = one_letter(&settings, "198.51.100.7",
                        LHLO "XFORWARD IDENT=old\r\nRSET\r\n" MAIL
                             "XFORWARD IDENT=late\r\n" RCPT LETTER);
    assert_null(letter->envelope.xforward);
    smtp_transaction_free(letter);
}

static void test_offers(void **state)
{
    (void)state;
    static const char *const peers[] = {"192.0.2.1", NULL};
    struct smtp_server_settings settings = test_server_settings();
    settings.xforward_peers = peers;
    struct test_talk talk;
    test_talk(&settings, bytes_text(LHLO QUIT), 0, &talk);
    assert_string_equal(buffer_text(&talk.output),
                        "220 gateway.example LMTP SecureMail\r\n"
                        "250-gateway.example\r\n"
                        "250-PIPELINING\r\n"
                        "250-SIZE 1000\r\n"
                        "250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n"
                        "250-ENHANCEDSTATUSCODES\r\n"
                        "250-8BITMIME\r\n"
                        "250-DSN\r\n"
                        "250 SMTPUTF8\r\n"
                        "221 2.0.0 gateway.example closes\r\n");
    test_talk_done(&talk);
}

/* --- waiting ------------------------------------------------------------------------------ */

/* What a session says and how it ends when the client sends `input` and then nothing. */
static enum status wait_it_out(const struct smtp_server_settings *settings, const char *input,
                               char *output, size_t size)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(io_write_all(pair[0], bytes_text(input), io_deadline(5000)), ST_OK);
    struct smtp_session *session = smtp_session_new(pair[1], "192.0.2.1", settings);
    struct smtp_transaction *letter = NULL;
    enum status status = smtp_session_next(session, &letter, NULL);
    assert_null(letter);
    smtp_session_free(session);
    io_close(&pair[1]);
    size_t n = 0, part;
    while (io_read(pair[0], output + n, size - 1 - n, io_deadline(1000), &part) == ST_OK)
        n += part;
    output[n] = '\0';
    io_close(&pair[0]);
    return status;
}

static void test_time_out(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    settings.command_timeout_ms = 30;
    static const char *const inputs[] = {"", "LHLO", LHLO MAIL, BEGIN, BEGIN "Text\r\n.\r"};
    for (size_t i = 0; i < COUNT(inputs); i++) {
        char output[2000];
        assert_int_equal(wait_it_out(&settings, inputs[i], output, sizeof output), ST_TEMP);
        assert_non_null(strstr(output, "\r\n421 4.4.2 gateway.example"));
    }
}

static void test_stop(void **state)
{
    (void)state;
    int stop[2];
    assert_int_equal(pipe(stop), 0);
    assert_int_equal(write(stop[1], "x", 1), 1);
    struct smtp_server_settings settings = test_server_settings();
    settings.stop_fd = stop[0];
    char output[2000];
    assert_int_equal(wait_it_out(&settings, "", output, sizeof output), ST_NONE);
    assert_non_null(strstr(output, "\r\n421 4.3.2 gateway.example"));
    io_close(&stop[0]);
    io_close(&stop[1]);
}

static void test_busy(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    smtp_session_busy(pair[1], "gateway.example");
    char text[300] = {0};
    size_t n;
    assert_int_equal(io_read(pair[0], text, sizeof text - 1, io_deadline(1000), &n), ST_OK);
    assert_string_equal(text, "421 4.3.2 gateway.example is busy, try again later\r\n");
    io_close(&pair[0]);
    io_close(&pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_lines),   cmocka_unit_test(test_letter_size),
        cmocka_unit_test(test_bad_commands), cmocka_unit_test(test_commands_without_a_letter),
        cmocka_unit_test(test_full_disk),    cmocka_unit_test(test_transaction),
        cmocka_unit_test(test_xforward),     cmocka_unit_test(test_offers),
        cmocka_unit_test(test_time_out),     cmocka_unit_test(test_stop),
        cmocka_unit_test(test_busy),
    };
    return cmocka_run_group_tests_name("smtp_session", tests, NULL, NULL);
}
