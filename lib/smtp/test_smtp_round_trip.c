/* SPDX-License-Identifier: Apache-2.0
 * smtp: our client talks to our server: whatever bytes go in come out, whatever their cut. Only one
 * thing is added: a letter that does not end with CRLF gets one, because the final dot stands on a
 * line of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io.h"
#include "test_peer.h"

/* Always the same letters. */
static uint32_t seed;
static uint32_t next_random(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % below;
}

/* --- the server, in a thread, compares ---------------------------------------------------- */

struct expected {
    struct buffer *letter; /* what is being sent */
    struct smtp_server_settings settings;
    int fd;
    int equal; /* letters that came out as they went in */
    enum status end;
};

static bool is_equal(struct smtp_body *body, struct bytes expected)
{
    struct bytes piece;
    enum status status;
    while ((status = smtp_body_read(body, &piece)) == ST_OK) {
        if (!bytes_starts(expected, piece))
            return false;
        expected = bytes_from(expected, piece.n);
    }
    return status == ST_NONE && expected.n == 0;
}

static void *serve(void *context)
{
    struct expected *expected = context;
    struct smtp_session *session = smtp_session_new(expected->fd, "192.0.2.1", &expected->settings);
    struct smtp_transaction *letter;
    while ((expected->end = smtp_session_next(session, &letter, NULL)) == ST_OK) {
        expected->equal += is_equal(letter->body, buffer_bytes(expected->letter));
        struct smtp_reply replies[2] = {smtp_reply_make(250, "2.0.0", "First"),
                                        smtp_reply_make(250, "2.0.0", "Second")};
        if (smtp_session_answer(session, letter, replies) != ST_OK)
            break;
        smtp_transaction_free(letter);
    }
    smtp_session_free(session);
    return NULL;
}

/* --- the client, here, sends -------------------------------------------------------------- */

static void send_in_pieces(struct smtp_client *client, struct bytes letter, uint32_t piece_max)
{
    while (letter.n > 0) {
        struct bytes piece = bytes_first(letter, 1 + next_random(piece_max));
        assert_int_equal(smtp_client_data(client, piece), ST_OK);
        letter = bytes_from(letter, piece.n);
    }
}

static void send_letter(struct smtp_client *client, struct buffer *letter, uint32_t piece_max)
{
    static const struct smtp_recipient recipients[2] = {{.address = "b@y.example"},
                                                        {.address = "c@y.example"}};
    static const struct smtp_envelope envelope = {
        .sender = "a@x.example", .recipients = recipients, .recipient_count = 2};
    struct bytes sent = buffer_bytes(letter);
    size_t n = sent.n;
    bool whole = n == 0 || (n >= 2 && letter->p[n - 2] == '\r' && letter->p[n - 1] == '\n');
    if (!whole)
        assert_int_equal(buffer_add_text(letter, "\r\n"), ST_OK);
    sent = bytes_first(buffer_bytes(letter), n);

    assert_int_equal(smtp_client_start(client, &envelope, NULL), ST_OK);
    send_in_pieces(client, sent, piece_max);
    assert_int_equal(smtp_client_end(client, NULL), ST_OK);
    for (size_t i = 0; i < 2; i++)
        assert_true(smtp_reply_taken(smtp_client_reply(client, i)));
}

/* Bytes out of the few that matter, so that every pattern of them comes up. */
static void fill_wild(struct buffer *letter, size_t n)
{
    static const char alphabet[] = {'.', '\r', '\n', 'a', '.', '\r', '\n', '\0'};
    buffer_clear(letter);
    for (size_t i = 0; i < n; i++)
        (void)buffer_add_byte(letter, (uint8_t)alphabet[next_random(sizeof alphabet)]);
    assert_int_equal(buffer_check(letter), ST_OK);
}

/* Lines that a mail program writes. */
static void fill_lines(struct buffer *letter, size_t n)
{
    buffer_clear(letter);
    while (letter->n < n) {
        for (uint32_t i = next_random(80); i > 0; i--)
            (void)buffer_add_byte(letter, (uint8_t)(i % 9 == 0 ? '.' : 'a' + i % 26));
        (void)buffer_add_text(letter, "\r\n");
    }
    assert_int_equal(buffer_check(letter), ST_OK);
}

/* --- both together ------------------------------------------------------------------------ */

static void converse(enum smtp_flavour flavour, enum smtp_line_ends line_ends)
{
    int pair[2];
    struct buffer letter;
    pthread_t thread;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    buffer_init(&letter, 8000000);
    struct expected expected = {
        .letter = &letter, .settings = test_server_settings(), .fd = pair[1]};
    expected.settings.flavour = flavour;
    expected.settings.line_ends = line_ends;
    expected.settings.size_max = 8000000;
    assert_int_equal(pthread_create(&thread, NULL, serve, &expected), 0);

    struct smtp_client_settings settings = test_client_settings();
    settings.flavour = flavour;
    settings.line_ends = line_ends;
    struct smtp_client *client = NULL;
    assert_int_equal(smtp_client_open_fd(pair[0], &settings, &client, NULL), ST_OK);
    void (*fill)(struct buffer *, size_t) =
        line_ends == SMTP_LINE_ENDS_KEEP ? fill_wild : fill_lines;

    /* Many short ones in tiny pieces, some long ones in larger pieces. */
    int count = 0;
    for (; count < 2000; count++) {
        fill(&letter, next_random(40));
        send_letter(client, &letter, 1 + next_random(8));
    }
    for (; count < 2010; count++) {
        fill(&letter, next_random(3000000));
        send_letter(client, &letter, 200000);
    }
    smtp_client_quit(client);
    (void)pthread_join(thread, NULL);
    io_close(&pair[1]);
    buffer_done(&letter);
    assert_int_equal(expected.equal, count);
    assert_int_equal(expected.end, ST_NONE);
}

static void test_lmtp(void **state)
{
    (void)state;
    seed = 20261124;
    converse(SMTP_FLAVOUR_LMTP, SMTP_LINE_ENDS_KEEP);
    converse(SMTP_FLAVOUR_LMTP, SMTP_LINE_ENDS_REJECT);
}

static void test_smtp(void **state)
{
    (void)state;
    seed = 4091;
    converse(SMTP_FLAVOUR_SMTP, SMTP_LINE_ENDS_KEEP);
    converse(SMTP_FLAVOUR_SMTP, SMTP_LINE_ENDS_REJECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lmtp), cmocka_unit_test(test_smtp)};
    return cmocka_run_group_tests_name("smtp_round_trip", tests, NULL, NULL);
}
