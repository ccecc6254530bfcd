/* SPDX-License-Identifier: Apache-2.0
 * portal: one request on its way through the portal: what was asked, who asks, which message it is
 * about, and the page that answers. Made when the headers are there, freed when the answer is
 * queued; one thread has it. */
#ifndef SECUREMAIL_VISIT_H
#define SECUREMAIL_VISIT_H

#include "guard.h"
#include "intake.h"
#include "pages.h"
#include "portal.h"
#include "source.h"

#define VISIT_PARTS_MAX 3
#define VISIT_PART_SIZE 65
#define VISIT_ERRORS_MAX 8
#define VISIT_COOKIE_SIZE 64

struct route;

struct visit {
    struct portal *portal;
    const struct route *route;
    struct http_request *request;
    struct http_response *response;
    int64_t now;              /* seconds since 1970 */
    char source[SOURCE_SIZE]; /* where it comes from, for limits and the log */

    char parts[VISIT_PARTS_MAX][VISIT_PART_SIZE]; /* what the stars of the route's path are */
    bool in_crowd;                                /* the portal's crowd counts it */
    struct intake *intake;                        /* routes that take a message in */

    char visitor[VISIT_COOKIE_SIZE]; /* the random cookie of a browser with a form of ours, or "" */
    struct secret *session;          /* the session's token; NULL: there is none */
    bool signed_in;                  /* accounts knows the session: `who` is set */
    bool session_over;               /* the browser is to forget its session's cookie */
    struct wire_session_reply who;
    struct spool_message message; /* routes that are about a message */

    /* The page. */
    char sign_out_token[GUARD_TOKEN_SIZE];
    struct page_frame_errors errors[VISIT_ERRORS_MAX];
    size_t errors_n;
    char remark[160]; /* an error's text that is made for this visit */
};

/* --- who asks -------------------------------------------------------------------------------- */

#define VISIT_SESSION_COOKIE "session"
#define VISIT_PENDING_COOKIE "pending"
#define VISIT_VISITOR_COOKIE "visitor"

/* The token in a cookie of ours; NULL if it is not there or not clean. The caller frees. */
struct secret *visit_cookie(const struct visit *visit, const char *name);
/* Set such a cookie. `token`: NULL to make the browser forget it. max_age: seconds, 0 until the
 * browser ends. */
void visit_set_cookie(struct visit *visit, const char *name, const struct secret *token,
                      long max_age);

/* Accounts, for a request that takes its time there: a registration mails a letter, and a password
 * waits for its turn to be hashed. Milliseconds for the whole call. */
#define VISIT_REGISTER_MS 90000
#define VISIT_PASSWORD_MS 20000
struct wire_peer visit_accounts(const struct visit *visit, int timeout_ms);

/* Ask accounts about the session cookie, if there is one. ST_TEMP if accounts can't be asked; ST_OK
 * otherwise. */
enum status visit_find_session(struct visit *visit) MUST_CHECK;
/* Give the browser a new session. One that it had ends, here and at accounts. */
void visit_start_session(struct visit *visit, const struct secret *token);
/* Forget the session: its keys now, the browser's cookie with the answer. */
void visit_end_session(struct visit *visit);
/* What there is to say about the session's cookie; once, before the answer goes out. */
void visit_settle(struct visit *visit);
/* What the visit holds; the struct itself stays. */
void visit_done(struct visit *visit);

/* --- forms ----------------------------------------------------------------------------------- */

/* The token of a form that is posted to `route` (its path in the table), for somebody signed in or
 * for a browser. The second one sets the browser's cookie if need be. */
void visit_session_token(struct visit *visit, const char *route, char token_out[GUARD_TOKEN_SIZE]);
void visit_visitor_token(struct visit *visit, const char *route, char token_out[GUARD_TOKEN_SIZE]);

/* Was this form's token made for this route? (The route's own columns say for whom.) */
bool visit_token_good(struct visit *visit);

/* A field as it was typed; "" if it is not there. Valid as long as the request. */
const char *visit_field(struct visit *visit, const char *name);
/* Remember that something is wrong with a field; the texts are static, or the visit's. */
void visit_error(struct visit *visit, const char *field, const char *text);
/* What was said about a field, or NULL. */
const char *visit_error_of(const struct visit *visit, const char *field);

/* --- the answer ------------------------------------------------------------------------------ */

/* What every page shows; valid as long as the visit. */
struct page_frame visit_frame(struct visit *visit);
/* The answer is the page in the response's body. `rendered` is what the template's function said.
 */
void visit_page(struct visit *visit, unsigned code, enum status rendered);
/* 303 to a path made of a format and texts of ours. */
void visit_go(struct visit *visit, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
