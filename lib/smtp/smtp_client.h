/* SPDX-License-Identifier: Apache-2.0
 * smtp: the client's side of an SMTP (RFC 5321) or LMTP (RFC 2033) connection to the next hop, kept
 * open from letter to letter:
 *
 *     smtp_client_open(where, &settings, &client, &why)
 *         smtp_client_start(client, &envelope, &why)     MAIL, RCPT…, DATA in one go (RFC 2920)
 *         smtp_client_data(client, piece) …              pieces of any cut; dots are stuffed here
 *         smtp_client_end(client, &why)                  the final dot and its replies
 *         smtp_client_reply(client, i)                   the reply for each recipient
 *     smtp_client_quit(client)
 *
 * To give a letter up after smtp_client_start, call smtp_client_free: a connection closed without
 * the final dot delivers nothing. Whatever happens, after smtp_client_start there is a reply for
 * each recipient, and one that is 2xx was said by the next hop after the final dot. */
#ifndef SECUREMAIL_SMTP_CLIENT_H
#define SECUREMAIL_SMTP_CLIENT_H

#include "smtp_envelope.h"
#include "smtp_reply.h"
#include "smtp_tls.h"

/* All times in milliseconds; in brackets those of RFC 5321 §4.5.3.2. */
struct smtp_client_settings {
    enum smtp_flavour flavour;
    enum smtp_line_ends line_ends; /* of the letters sent; a letter that is rejected is ST_BAD */
    const char *host_name;         /* ours, for EHLO */
    const struct smtp_tls *tls;    /* whom to verify; NULL: in clear. It outlives the client */
    bool tls_first;                /* TLS from the first byte on (RFC 8314), not by STARTTLS */
    int connect_timeout_ms;
    int greeting_timeout_ms; /* greeting and EHLO [300,000] */
    int command_timeout_ms;  /* all of MAIL, RCPT and DATA [300,000] */
    int data_timeout_ms;     /* each piece of the letter [180,000] */
    int end_timeout_ms;      /* from the final dot to its replies [600,000] */
};

struct smtp_client;

/* Connect, read the greeting, say EHLO or LHLO, shake hands. `where` is as in net.h, and with TLS
 * as in net_name.h. With TLS nothing of a letter is ever sent to a peer that is not verified: that
 * is ST_DENIED, as is one that offers no STARTTLS. ST_TEMP: nobody there, not ready (4xx), or not a
 * mail server; ST_DENIED: it will not serve us (5xx). */
enum status smtp_client_open(const char *where, const struct smtp_client_settings *settings,
                             struct smtp_client **client_out, struct why *why) MUST_CHECK;
/* The same on a connected socket, which becomes the client's, also on failure. */
enum status smtp_client_open_fd(int fd, const struct smtp_client_settings *settings,
                                struct smtp_client **client_out, struct why *why) MUST_CHECK;

/* Begin a letter. The envelope's XFORWARD, DSN and SIZE parameters are sent where the peer offers
 * them. Its texts are not used after the call.
 * ST_OK: the peer wants the letter, for at least one recipient. Those it refused have their reply;
 *     for the others smtp_client_reply is a 451 until smtp_client_end.
 * ST_DENIED: no recipient was accepted, or the peer lacks 8BITMIME or SMTPUTF8 that the envelope
 *     needs, or takes no letter of that size; the replies say so. No letter is open.
 * ST_BAD: an address or a parameter is not fit to be sent; nothing was sent.
 * ST_TEMP: the connection was lost. */
enum status smtp_client_start(struct smtp_client *client, const struct smtp_envelope *envelope,
                              struct why *why) MUST_CHECK;

/* Send a piece of the letter. ST_TEMP: the connection was lost. ST_BAD: line ends that the settings
 * reject; the connection is then closed, nothing was delivered. */
enum status smtp_client_data(struct smtp_client *client, struct bytes piece) MUST_CHECK;

/* End the letter: CRLF if it did not end with one, the dot, the replies. ST_OK: the replies are the
 * peer's. ST_TEMP: the connection was lost: recipients without a reply of the peer get 451, see
 * smtp_client_in_doubt. ST_BAD: as smtp_client_data. */
enum status smtp_client_end(struct smtp_client *client, struct why *why) MUST_CHECK;

/* The reply for recipient i of the last envelope: a 2xx, 4xx or 5xx fit to be handed on (the peer's
 * 421 becomes 451). Valid until the next smtp_client_start. */
const struct smtp_reply *smtp_client_reply(const struct smtp_client *client, size_t recipient);

/* Can another letter be started on this connection? If not, free it and open a new one. An idle
 * connection that the peer has closed since (its own time-out) is noticed here. */
bool smtp_client_usable(const struct smtp_client *client);
/* "TLSv1.3", or "" where the connection is in clear. */
const char *smtp_client_tls(const struct smtp_client *client);
/* Was the connection lost after the final dot was sent and before every reply was here? The letter
 * may have been delivered, and a second attempt may double it. */
bool smtp_client_in_doubt(const struct smtp_client *client);

/* Say QUIT, wait shortly, close, free. */
void smtp_client_quit(struct smtp_client *client);
/* Close at once and free; NULL is fine. */
void smtp_client_free(struct smtp_client *client);

#endif
