/* SPDX-License-Identifier: Apache-2.0
 * accounts: signing in, who is signed in, signing out. */
#ifndef SECUREMAIL_SESSION_H
#define SECUREMAIL_SESSION_H

#include "address.h"
#include "throttle.h"
#include "service.h"

struct session_random {
    uint8_t token[TOKEN_SIZE];
    uint8_t form_key[STORE_HASH_SIZE];
};

/* Sign in. ST_OK: `token_out` is the session. ST_DENIED: wrong password or no such address, which
 * look and last alike. ST_LIMIT: too many failures; `wait_out` seconds are left. ST_NONE: right
 * password, but the account is revoked. ST_TEMP: too busy. */
struct sign_in {
    const struct address *address;
    struct bytes password;
    const char *source; /* network address of the browser */
    int64_t now;
    const struct session_random *random; /* fresh */
};
enum status session_sign_in(struct service *service, const struct sign_in *sign_in,
                            struct secret **token_out, int64_t *wait_out) MUST_CHECK;

/* Open a session in a transaction under way (a confirmation proves as much as a password). */
enum status session_begin(struct store_transaction *t, const struct store_session *session,
                          const struct session_random *random,
                          struct secret **token_out) MUST_CHECK;

/* Who has this session. ST_NONE: nobody: unknown, ended, idle for too long, too old, or the account
 * is revoked. Notes the use once a minute. */
enum status session_find(struct service *service, struct bytes token, int64_t now,
                         struct store_session *session_out,
                         struct store_account *account_out) MUST_CHECK;

/* End it; a session that is none is fine. */
enum status session_sign_out(struct service *service, struct bytes token, int64_t now) MUST_CHECK;

#endif
