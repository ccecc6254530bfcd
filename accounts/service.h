/* SPDX-License-Identifier: Apache-2.0
 * accounts: what the service is made of, for its own files. Time and randomness come in as
 * arguments of each call, so that the tests decide both. */
#ifndef SECUREMAIL_SERVICE_H
#define SECUREMAIL_SERVICE_H

#include "mailer.h"
#include "notice.h"
#include "password.h"
#include "store.h"

#define TOKEN_SIZE 32
#define TOKEN_TEXT_SIZE 44 /* base64url of a token and a NUL */

struct service_settings {
    struct notice_settings notice;
    struct mailer_settings mailer;
    const char *keyserver; /* its socket */
    int64_t session_idle;  /* seconds without a request */
    int64_t session_max;   /* seconds from sign-in */
    int64_t confirm_time;  /* seconds in which a registration can be confirmed */
    int64_t pending_max;   /* registrations of one address that may wait side by side */
};

struct service {
    const struct service_settings *settings;
    struct store *store;
    struct passwords *passwords;
    /* Hands a mail over; mailer_send, or a test's. */
    enum status (*send)(const struct mailer_settings *, const char *to, struct bytes mail,
                        struct why *);
};

/* A token is 32 random bytes: raw between portal and accounts, as text in a link. SHA-256 of it:
 * what is kept. ST_BAD if it is not of that size. */
enum status token_hash(struct bytes token, uint8_t hash_out[STORE_HASH_SIZE]) MUST_CHECK;

#endif
