/* SPDX-License-Identifier: Apache-2.0
 * smtp: TLS to a next hop, verified: the chain up to a CA that is trusted, the name, TLS 1.2 or
 * newer. There is no way to ask for less: a peer that can't be verified is no peer. */
#ifndef SECUREMAIL_SMTP_TLS_H
#define SECUREMAIL_SMTP_TLS_H

#include "bytes.h"
#include "status.h"

/* Whom a connection must be to. Made once, before the program is locked in; it reads the file. */
struct smtp_tls;

/* `name`: a DNS name that the certificate must carry (RFC 6125: in subjectAltName; a wildcard
 * stands for one whole leftmost label). `ca_file`: PEM certificates of the CAs that are trusted.
 * ST_FAIL with a reason naming the file. */
enum status smtp_tls_new(const char *name, const char *ca_file, struct smtp_tls **tls_out,
                         struct why *why) MUST_CHECK;
void smtp_tls_free(struct smtp_tls *tls); /* NULL is fine */

/* --- one connection, on a socket that somebody else closes --------------------------------------
 */

struct smtp_tls_session;

/* Shake hands. ST_DENIED, with the reason, if the peer is not verified; ST_TEMP if it went away or
 * speaks no TLS that we do. */
enum status smtp_tls_begin(const struct smtp_tls *tls, int fd, int64_t deadline,
                           struct smtp_tls_session **session_out, struct why *why) MUST_CHECK;
void smtp_tls_end(struct smtp_tls_session *session); /* says so to the peer; NULL is fine */

/* As io_read and io_write_all. */
enum status smtp_tls_read(struct smtp_tls_session *session, void *p, size_t size, int64_t deadline,
                          size_t *n_out) MUST_CHECK;
enum status smtp_tls_write_all(struct smtp_tls_session *session, struct bytes bytes,
                               int64_t deadline) MUST_CHECK;
/* Is there anything to be read, or has the peer closed? Does not wait. */
bool smtp_tls_readable(struct smtp_tls_session *session);
#define SMTP_TLS_NAME_SIZE 16
/* "TLSv1.3", for a log line. */
const char *smtp_tls_version(const struct smtp_tls_session *session);

#endif
