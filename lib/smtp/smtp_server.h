/* SPDX-License-Identifier: Apache-2.0
 * smtp: the server's side of an LMTP (RFC 2033) or SMTP (RFC 5321) connection, in straight blocking
 * lines:
 *
 *     session = smtp_session_new(fd, peer, &settings);
 *     while (smtp_session_next(session, &transaction, &why) == ST_OK) {
 *         … work; one reply per recipient …
 *         status = smtp_session_answer(session, transaction, replies);
 *         smtp_transaction_free(transaction);
 *     }
 *     smtp_session_free(session);
 *
 * Extensions: PIPELINING, 8BITMIME, SMTPUTF8, SIZE, ENHANCEDSTATUSCODES, DSN (carried), XFORWARD;
 * in SMTP also LIMITS (RFC 9422).
 * Only CRLF.CRLF ends a letter, only CRLF ends a command. What is wrong gets its reply and the
 * dialogue goes on; what can't go on (time-out, flood of bad commands, stop) gets 421. */
#ifndef SECUREMAIL_SMTP_SERVER_H
#define SECUREMAIL_SMTP_SERVER_H

#include "net.h"
#include "smtp_body.h"
#include "smtp_envelope.h"
#include "smtp_reply.h"

#define SMTP_BAD_COMMANDS_MAX 20   /* refused commands before 421 ends the connection */
#define SMTP_IDLE_COMMANDS_MAX 200 /* all commands but RCPT before a letter must come */
#define SMTP_REPORTS_MAX 30        /* refused commands that are reported between two letters */

/* One letter and all that was said about it. Made by smtp_session_next, freed as a whole. */
struct smtp_transaction {
    struct smtp_envelope envelope;          /* its texts live as long as the transaction */
    const char *peer;                       /* as given to smtp_session_new */
    const char *helo;                       /* the name the client gave, never verified */
    struct smtp_body *body;                 /* the letter, byte for byte, dots unstuffed; rewound */
    struct smtp_transaction_memory *memory; /* private: what the others point to */
};

void smtp_transaction_free(struct smtp_transaction *transaction); /* NULL is fine */

/* A 4xx or 5xx that the session gave of itself. The texts last as long as the call. */
struct smtp_refusal {
    const char *peer;    /* as given to smtp_session_new */
    const char *sender;  /* of the transaction, or of the MAIL refused; "": none, or unknown */
    const char *command; /* "MAIL", "RCPT"…; "unknown", "absent" (known, not offered), "foreign"
                            (another protocol's), "too-long"; "none" while one was awaited;
                            "letter": what followed DATA */
    struct smtp_reply reply;
};

/* All times in milliseconds. Texts and lists live as long as the sessions that use them. */
struct smtp_server_settings {
    enum smtp_flavour flavour;
    enum smtp_line_ends line_ends;
    const char *host_name;  /* ours: in the greeting */
    uint64_t size_max;      /* bytes of a letter; more: 552 */
    size_t recipients_max;  /* per letter; more: 452 (RFC 5321 §4.5.3.1.8 asks for 100 or more) */
    int command_timeout_ms; /* for one command, RFC 5321 §4.5.3.2.7: 300,000 */
    int letter_timeout_ms;  /* for the whole of a letter's data: a slow drip ends here */
    int stop_fd;            /* readable: end with 421 where a command is awaited; -1: none */
    /* Who may send XFORWARD: NULL-terminated "192.0.2.1", or "unix" for any Unix peer; NULL: none.
     */
    const char *const *xforward_peers;
    struct smtp_body_settings body;
    /* Refuse recipients while the client waits: a reply of 250, or 4xx, 5xx. NULL: take all. */
    struct smtp_reply (*recipient_check)(void *context, const struct smtp_envelope *envelope,
                                         const char *address);
    void *recipient_context;
    /* Told of each refusal, once for a letter whatever its recipients, for the log; NULL: nobody.
     * A flood ends: of refused commands no more than SMTP_REPORTS_MAX are told between two letters;
     * the 421 that ends a session always is. */
    void (*refused)(void *context, const struct smtp_refusal *refusal);
    void *refused_context;
};

struct smtp_session;

/* A session on a connected socket, which stays the caller's to close after smtp_session_free.
 * `peer` is as net_accept gives it. Nothing is sent yet. */
struct smtp_session *smtp_session_new(int fd, const char *peer,
                                      const struct smtp_server_settings *settings);
void smtp_session_free(struct smtp_session *session); /* NULL is fine */

/* Run the dialogue until a whole letter is here. The letter before must have been answered.
 * ST_OK: a letter that must be answered; it has at least one recipient; the caller frees it.
 * ST_NONE: the client said QUIT, closed between letters, or stop_fd ended the session.
 * ST_TEMP: time-out, or the connection was lost: nothing was taken on.
 * ST_LIMIT: too many bad commands, or a letter far beyond size_max.
 * After anything but ST_OK the session is over; `why` (may be NULL) says how, for the log. */
enum status smtp_session_next(struct smtp_session *session,
                              struct smtp_transaction **transaction_out,
                              struct why *why) MUST_CHECK;

/* Answer the letter: replies[i], which is no 3xx and no 421, is for recipient i. LMTP sends them
 * all, SMTP their smtp_reply_merge. ST_TEMP: the connection is lost; what was delivered will come
 * again. */
enum status smtp_session_answer(struct smtp_session *session,
                                const struct smtp_transaction *transaction,
                                const struct smtp_reply *replies) MUST_CHECK;

/* Has the client hung up while its letter is with the caller? Then nobody hears the answer, and
 * each recipient will be offered again. */
bool smtp_session_gone(const struct smtp_session *session);

/* Send a connection away instead of serving it: "421 4.3.2". Never waits long. */
void smtp_session_busy(int fd, const char *host_name);
/* Send a peer away that may not bring letters: "554 5.7.1" (RFC 5321 §3.1). */
void smtp_session_unwelcome(int fd, const char *host_name);

#endif
