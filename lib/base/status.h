/* SPDX-License-Identifier: Apache-2.0
 * base: the one vocabulary of results.
 *
 * Every function of the tree that can fail returns enum status. Two tables translate it for the
 * outside: gateway/reply.c to SMTP reply codes, portal/reply.c to HTTP and to sentences. A failure
 * of cryptography is always a bare ST_BAD: no reason, no oracle. Where a reason helps an operator,
 * the caller passes a struct why and logs it; it never reaches the peer. */
#ifndef SECUREMAIL_STATUS_H
#define SECUREMAIL_STATUS_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first) __attribute__((format(printf, format_at, first)))

enum status {
    ST_OK,
    ST_TEMP,   /* it may work later: the peer is away, a time-out, a full disk */
    ST_BAD,    /* the input is wrong and will stay wrong */
    ST_DENIED, /* well formed, but this caller may not */
    ST_NONE,   /* there is no such thing */
    ST_LIMIT,  /* more than we take: too long, too many, too often */
    ST_FAIL,   /* our own fault: a bug or a broken installation */
    ST_COUNT
};

/* "ok", "temp", "bad", … for log lines; a constant string. */
const char *status_name(enum status status);

/* A reason for the log, in the caller's storage. */
struct why {
    char text[240];
};

/* Write the reason (cut to fit; control characters become '?') and return `status` unchanged, so
 * that `return why_set(why, ST_BAD, "line %d: …", n);` is one line. `why` may be NULL. */
enum status why_set(struct why *why, enum status status, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
