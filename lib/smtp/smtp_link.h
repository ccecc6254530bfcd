/* SPDX-License-Identifier: Apache-2.0
 * smtp (private): the client's wire to a next hop: commands gather and go out together, replies
 * come in one by one. After any failure the link is closed. */
#ifndef SECUREMAIL_SMTP_LINK_H
#define SECUREMAIL_SMTP_LINK_H

#include "buffer.h"
#include "smtp_input.h"
#include "smtp_reply.h"

#define SMTP_LINK_BATCH 65536 /* bytes that are gathered before they are sent */

struct smtp_link {
    int fd;                       /* ours; -1: closed */
    struct smtp_tls_session *tls; /* ours; NULL: in clear */
    struct smtp_input input;
    struct buffer output;
};

/* Take over a connected socket. */
void smtp_link_init(struct smtp_link *link, int fd);
/* From now on in TLS. ST_DENIED: the peer is not verified, or it has sent more in clear than was
 * asked for, which would be taken for its words in TLS; ST_TEMP: no TLS. Closed then. */
enum status smtp_link_secure(struct smtp_link *link, const struct smtp_tls *tls, int64_t deadline,
                             struct why *why) MUST_CHECK;
void smtp_link_close(struct smtp_link *link);
void smtp_link_done(struct smtp_link *link); /* closes, wipes */
bool smtp_link_open(const struct smtp_link *link);

/* Gather a command (at most twice SMTP_LINK_BATCH in all) … */
struct buffer *smtp_link_output(struct smtp_link *link);
/* … and send what was gathered. ST_TEMP: closed. */
enum status smtp_link_flush(struct smtp_link *link, int64_t deadline) MUST_CHECK;
/* Send bytes at once, after what was gathered. */
enum status smtp_link_send(struct smtp_link *link, struct bytes bytes, int64_t deadline) MUST_CHECK;

/* The next line the peer sends; valid until the next call. ST_TEMP: closed. */
enum status smtp_link_line(struct smtp_link *link, int64_t deadline,
                           struct bytes *line_out) MUST_CHECK;
/* The next whole reply. ST_TEMP: closed, also because it was no reply, or one without end. */
enum status smtp_link_reply(struct smtp_link *link, int64_t deadline,
                            struct smtp_reply *reply_out) MUST_CHECK;

/* Has the peer sent something that nobody asked for, or closed? */
bool smtp_link_out_of_step(const struct smtp_link *link);

#endif
