/* SPDX-License-Identifier: Apache-2.0
 * portal: proof that a form was filled in on a page of ours (CSRF). Each form carries a token that
 * binds it to one route and one person: HMAC(key, route ‖ 0 ‖ person). For somebody signed in the
 * key is the session's own, made by accounts; for everybody else it is this process's, and the
 * person is a random cookie. */
#ifndef SECUREMAIL_GUARD_H
#define SECUREMAIL_GUARD_H

#include "http.h"

#define GUARD_TOKEN_SIZE 44 /* 32 bytes in base64url and a NUL */
#define GUARD_KEY_SIZE 32

/* `key`: GUARD_KEY_SIZE bytes. */
void guard_make(struct bytes key, const char *route, const char *person,
                char token_out[GUARD_TOKEN_SIZE]);
/* `token` may be NULL. */
bool guard_check(struct bytes key, const char *route, const char *person, const char *token);

/* What the browser itself says about where a POST comes from: false if it names another site.
 * `origin`: ours, "https://host". An Origin of "null" is what browsers send from our own pages too
 * (no-referrer), so it proves nothing; then Sec-Fetch-Site and the token speak. */
bool guard_same_site(const struct http_request *request, const char *origin);
/* More than that: does the browser itself say that the form stood on a page of ours? */
bool guard_own_page(const struct http_request *request, const char *origin);

#endif
