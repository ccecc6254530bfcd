/* SPDX-License-Identifier: Apache-2.0
 * smtp (private): the server's session, as its three files share it: smtp_server.c runs it,
 * smtp_commands.c answers commands, smtp_receive.c takes a letter's data. */
#ifndef SECUREMAIL_SMTP_SESSION_H
#define SECUREMAIL_SMTP_SESSION_H

#include "buffer.h"
#include "smtp_input.h"
#include "smtp_server.h"
#include "smtp_syntax.h"

#define SMTP_OUTPUT_MAX 65536 /* replies waiting to be sent */

/* What a command leads to, beside its reply. */
enum smtp_turn {
    SMTP_TURN_COMMAND, /* the next command */
    SMTP_TURN_LETTER,  /* the letter's data */
    SMTP_TURN_END,     /* QUIT, or a peer that has to go */
};

struct smtp_session {
    const struct smtp_server_settings *settings;
    char peer[NET_PEER_SIZE];
    bool xforward; /* this peer may send XFORWARD */

    struct smtp_input input;
    struct buffer output;

    bool welcomed;                        /* the greeting was sent */
    char helo[256];                       /* "" before HELO, EHLO or LHLO */
    struct smtp_transaction *transaction; /* being filled in; NULL: none is open */
    bool unanswered;                      /* a letter is with the caller */
    unsigned bad_commands;                /* since the last letter */
    unsigned idle_commands;               /* all but RCPT, since the last letter */

    /* For reports of refusals. */
    const char *command;                       /* being answered, as struct smtp_refusal has it */
    char refused_sender[SMTP_ADDRESS_MAX + 1]; /* of a MAIL just refused, else "" */
    unsigned reports;                          /* since the last letter */
};

/* Was a MAIL accepted whose letter is not here yet? */
bool smtp_session_in_mail(const struct smtp_session *session);

/* Answer one command line; the reply's last line is in *reply_out, lines before it are in
 * session->output. */
enum smtp_turn smtp_command(struct smtp_session *session, struct bytes line,
                            struct smtp_reply *reply_out);

/* Take the letter that follows DATA into session->transaction->body. ST_OK: it is here, up to
 * CRLF.CRLF; whether it is accepted stands in *verdict_out (250, or 4xx, 5xx). ST_TEMP: the
 * connection was lost or too slow; ST_LIMIT: the client sends without end. */
enum status smtp_receive(struct smtp_session *session, struct smtp_reply *verdict_out,
                         struct why *why) MUST_CHECK;

#endif
