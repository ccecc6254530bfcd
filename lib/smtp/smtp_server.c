/* SPDX-License-Identifier: Apache-2.0
 * smtp: running the server's side of a connection: greeting, commands, letters, answers. */
#include "smtp_server.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "io.h"
#include "memory.h"
#include "smtp_session.h"

/* --- making and freeing ------------------------------------------------------------------- */

static bool may_forward(const char *peer, const char *const *allowed)
{
    for (; allowed != NULL && *allowed != NULL; allowed++) {
        if (strcmp(*allowed, peer) == 0)
            return true;
        if (strcmp(*allowed, "unix") == 0 && strncmp(peer, "unix", 4) == 0)
            return true;
    }
    return false;
}

struct smtp_session *smtp_session_new(int fd, const char *peer,
                                      const struct smtp_server_settings *settings)
{
    struct smtp_session *session = memory_new(1, sizeof *session);
    session->settings = settings;
    (void)snprintf(session->peer, sizeof session->peer, "%s", peer);
    session->xforward = may_forward(peer, settings->xforward_peers);
    smtp_input_init(&session->input, fd);
    buffer_init(&session->output, SMTP_OUTPUT_MAX);
    return session;
}

void smtp_session_free(struct smtp_session *session)
{
    if (session == NULL)
        return;
    smtp_transaction_free(session->transaction);
    smtp_input_done(&session->input);
    buffer_done(&session->output);
    free(session);
}

/* --- sending ------------------------------------------------------------------------------ */

static enum status flush(struct smtp_session *session)
{
    if (session->output.n == 0)
        return ST_OK;
    enum status status = io_write_all(session->input.fd, buffer_bytes(&session->output),
                                      io_deadline(session->settings->command_timeout_ms));
    buffer_clear(&session->output);
    return status;
}

/* Replies gather here until we have to wait for the client, or until there are many. */
static enum status say(struct smtp_session *session, const struct smtp_reply *reply)
{
    enum status status = smtp_reply_write(reply, &session->output);
    if (status == ST_OK && session->output.n > SMTP_OUTPUT_MAX / 2)
        status = flush(session);
    return status;
}

/* --- refusing ----------------------------------------------------------------------------- */

static const char *sender_of(const struct smtp_session *session)
{
    if (smtp_session_in_mail(session))
        return session->transaction->envelope.sender;
    return session->refused_sender;
}

/* Tell the caller what is refused here. Commands are counted, so that a peer can't fill a log. */
static void report(struct smtp_session *session, const struct smtp_reply *reply)
{
    const struct smtp_server_settings *settings = session->settings;
    bool letter = session->transaction != NULL && session->transaction->body != NULL;
    if (settings->refused == NULL || reply->code < 400)
        return;
    if (!letter && reply->code != 421 && ++session->reports > SMTP_REPORTS_MAX)
        return;
    const struct smtp_refusal refusal = {
        .peer = session->peer,
        .sender = sender_of(session),
        .command = letter ? "letter" : session->command,
        .reply = *reply,
    };
    settings->refused(settings->refused_context, &refusal);
}

/* Say goodbye, whether or not it is heard; returns `status`. */
static enum status end_with_421(struct smtp_session *session, enum status status,
                                const char *enhanced, const char *text)
{
    struct smtp_reply last =
        smtp_reply_make(421, enhanced, "%s %s", session->settings->host_name, text);
    report(session, &last);
    if (say(session, &last) == ST_OK && flush(session) != ST_OK)
        return ST_TEMP;
    return status;
}

/* The same reply for a letter as a whole: LMTP wants it once per recipient (RFC 2033 §4.2). */
static enum status reply_for_letter(struct smtp_session *session, const struct smtp_reply *verdict)
{
    size_t n = 1;
    if (session->settings->flavour == SMTP_FLAVOUR_LMTP)
        n = session->transaction->envelope.recipient_count;
    report(session, verdict);
    for (size_t i = 0; i < n; i++)
        if (say(session, verdict) != ST_OK)
            return ST_TEMP;
    return ST_OK;
}

/* --- waiting for a command ---------------------------------------------------------------- */

/* Wait until the client has sent something. ST_NONE: a stop was asked for instead. */
static enum status wait_for_client(const struct smtp_session *session, int64_t deadline)
{
    struct pollfd fds[] = {
        {.fd = session->input.fd, .events = POLLIN},
        {.fd = session->settings->stop_fd, .events = POLLIN},
    };
    for (;;) {
        int64_t left = deadline - clock_monotonic_ms();
        if (left <= 0)
            return ST_TEMP;
        int n = poll(fds, 2, left > INT32_MAX ? INT32_MAX : (int)left);
        if (n < 0 && errno != EINTR)
            return ST_TEMP;
        if (n > 0 && fds[1].revents != 0)
            return ST_NONE;
        if (n > 0)
            return ST_OK;
    }
}

/* The next command line. ST_LIMIT: it was too long and is gone. ST_NONE, ST_TEMP: the session is
 * over. */
static enum status next_line(struct smtp_session *session, struct bytes *line_out, struct why *why)
{
    int64_t deadline = io_deadline(session->settings->command_timeout_ms);
    enum status status;
    session->command = "none";
    session->refused_sender[0] = '\0';
    while ((status = smtp_input_line(&session->input, line_out)) == ST_NONE) {
        if (flush(session) != ST_OK)
            return why_set(why, ST_TEMP, "connection lost while replying");

        status = wait_for_client(session, deadline);
        if (status == ST_NONE)
            return why_set(why, end_with_421(session, ST_NONE, "4.3.2", "is being stopped"),
                           "stopped");
        if (status != ST_OK)
            return why_set(why, end_with_421(session, ST_TEMP, "4.4.2", "has waited too long"),
                           "time-out in command");

        status = smtp_input_fill(&session->input, deadline);
        if (status == ST_NONE && !smtp_session_in_mail(session))
            return why_set(why, ST_NONE, "closed by the client");
        if (status != ST_OK)
            return why_set(why, ST_TEMP, "connection lost in command");
    }
    return status;
}

/* --- one turn of the dialogue ------------------------------------------------------------- */

/* Commands that show that the client and we do not understand each other. */
static bool is_bad_command(const struct smtp_reply *reply)
{
    return (reply->code >= 500 && reply->code <= 504) || reply->code == 555;
}

/* Take a command and answer it. */
static enum status turn(struct smtp_session *session, enum smtp_turn *turn_out, struct why *why)
{
    struct bytes line;
    struct smtp_reply answer;
    enum smtp_turn next = SMTP_TURN_COMMAND;
    enum status status = next_line(session, &line, why);
    if (status == ST_OK) {
        next = smtp_command(session, line, &answer);
    } else if (status == ST_LIMIT) {
        session->command = "too-long";
        answer = smtp_reply_make(500, "5.5.2", "This line is too long");
    } else {
        return status;
    }

    if (is_bad_command(&answer) && ++session->bad_commands > SMTP_BAD_COMMANDS_MAX)
        return why_set(why, end_with_421(session, ST_LIMIT, "4.7.0", "got too many bad commands"),
                       "too many bad commands");
    /* Whoever only says NOOP keeps a worker from others. */
    if (strcmp(session->command, "RCPT") != 0 && ++session->idle_commands > SMTP_IDLE_COMMANDS_MAX)
        return why_set(why,
                       end_with_421(session, ST_LIMIT, "4.7.0", "waits for a letter no longer"),
                       "many commands and no letter");
    report(session, &answer);
    if (say(session, &answer) != ST_OK)
        return why_set(why, ST_TEMP, "connection lost while replying");
    *turn_out = next;
    return ST_OK;
}

/* Receive the letter after 354. On ST_OK it is handed out, or *transaction_out is NULL because it
 * was refused. */
static enum status receive(struct smtp_session *session, struct smtp_transaction **transaction_out,
                           struct why *why)
{
    if (flush(session) != ST_OK)
        return why_set(why, ST_TEMP, "connection lost while replying");
    struct smtp_transaction *transaction = session->transaction;
    transaction->body = smtp_body_new(&session->settings->body);

    struct smtp_reply verdict;
    enum status status = smtp_receive(session, &verdict, why);
    if (status == ST_LIMIT)
        return end_with_421(session, ST_LIMIT, "4.3.4", "can't take a letter without end");
    if (status != ST_OK)
        return end_with_421(session, ST_TEMP, "4.4.2", "did not get the whole letter");

    /* Refused: say so and be ready for the next one. */
    bool taken = smtp_reply_taken(&verdict);
    if (!taken)
        status = reply_for_letter(session, &verdict);
    session->transaction = NULL;
    session->bad_commands = 0;
    session->idle_commands = 0;
    session->reports = 0;
    if (!taken) {
        smtp_transaction_free(transaction);
        transaction = NULL;
    }
    *transaction_out = transaction;
    return status;
}

enum status smtp_session_next(struct smtp_session *session,
                              struct smtp_transaction **transaction_out, struct why *why)
{
    assert(!session->unanswered);
    if (!session->welcomed) {
        session->welcomed = true;
        struct smtp_reply greeting =
            smtp_reply_make(220, "", "%s %s SecureMail", session->settings->host_name,
                            session->settings->flavour == SMTP_FLAVOUR_LMTP ? "LMTP" : "ESMTP");
        if (say(session, &greeting) != ST_OK)
            return ST_TEMP;
    }

    struct smtp_transaction *letter = NULL;
    while (letter == NULL) {
        enum smtp_turn next = SMTP_TURN_COMMAND;
        enum status status = turn(session, &next, why);
        if (status == ST_OK && next == SMTP_TURN_LETTER)
            status = receive(session, &letter, why);
        if (status != ST_OK)
            return status;
        if (next == SMTP_TURN_END) {
            (void)flush(session);
            return why_set(why, ST_NONE, "ended in order");
        }
    }
    session->unanswered = true;
    *transaction_out = letter;
    return ST_OK;
}

enum status smtp_session_answer(struct smtp_session *session,
                                const struct smtp_transaction *transaction,
                                const struct smtp_reply *replies)
{
    assert(session->unanswered);
    session->unanswered = false;
    size_t n = transaction->envelope.recipient_count;
    struct smtp_reply merged;
    if (session->settings->flavour == SMTP_FLAVOUR_SMTP) {
        merged = smtp_reply_merge(replies, n);
        replies = &merged;
        n = 1;
    }
    for (size_t i = 0; i < n; i++) {
        assert(replies[i].code / 100 != 3 && replies[i].code != 421);
        if (say(session, &replies[i]) != ST_OK)
            return ST_TEMP;
    }
    return flush(session);
}

bool smtp_session_gone(const struct smtp_session *session)
{
    struct pollfd peer = {.fd = session->input.fd, .events = POLLRDHUP};
    return poll(&peer, 1, 0) > 0 && (peer.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void send_away(int fd, const char *text)
{
    if (io_write_all(fd, bytes_text(text), io_deadline(1000)) != ST_OK)
        return; /* it went by itself */
}

void smtp_session_busy(int fd, const char *host_name)
{
    char text[300];
    snprintf(text, sizeof text, "421 4.3.2 %.200s is busy, try again later\r\n", host_name);
    send_away(fd, text);
}

void smtp_session_unwelcome(int fd, const char *host_name)
{
    char text[300];
    snprintf(text, sizeof text, "554 5.7.1 %.200s takes no letters from you\r\n", host_name);
    send_away(fd, text);
}
