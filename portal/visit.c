/* SPDX-License-Identifier: Apache-2.0
 * portal: one request on its way through the portal. */
#include "visit.h"

#include <stdarg.h>

#include "cookie.h"
#include "encode.h"
#include "log.h"
#include "random.h"
#include "routes.h"

#define TOKEN_TEXT_SIZE 44 /* WIRE_TOKEN_SIZE bytes in base64url and a NUL */
#define VISITOR_BYTES 24

/* --- who asks -------------------------------------------------------------------------------- */

static bool cookie_text(const struct visit *visit, const char *name, char *text_out, size_t size)
{
    char full[COOKIE_NAME_SIZE];

    cookie_name(name, visit->portal->secure, full);
    return cookie_find(bytes_text(visit->request->cookies), full, text_out, size) == ST_OK;
}

static void set_cookie(struct visit *visit, const char *name, const char *value, long max_age)
{
    struct buffer header;

    buffer_init(&header, 400);
    cookie_write(&header, name, value, visit->portal->secure, max_age);
    http_header(visit->response, "Set-Cookie", buffer_text(&header));
    buffer_done(&header);
}

struct secret *visit_cookie(const struct visit *visit, const char *name)
{
    char text[TOKEN_TEXT_SIZE];
    struct secret *token = NULL;

    if (!cookie_text(visit, name, text, sizeof(text)))
        return NULL;
    token = secret_new(WIRE_TOKEN_SIZE);
    if (token_decode(bytes_text(text), token->p, token->n) != ST_OK) {
        secret_free(token);
        token = NULL;
    }
    secret_wipe(text, sizeof(text));
    return token;
}

void visit_set_cookie(struct visit *visit, const char *name, const struct secret *token,
                      long max_age)
{
    char text[TOKEN_TEXT_SIZE] = "";

    if (token != NULL)
        (void)token_encode(text, sizeof(text), secret_bytes(token));
    set_cookie(visit, name, text, token == NULL ? -1 : max_age);
    secret_wipe(text, sizeof(text));
}

struct wire_peer visit_accounts(const struct visit *visit, int timeout_ms)
{
    struct wire_peer accounts = visit->portal->accounts;

    accounts.timeout_ms = timeout_ms;
    return accounts;
}

enum status visit_find_session(struct visit *visit)
{
    struct wire_session ask = {0};
    struct wire_verdict verdict;

    visit->session = visit_cookie(visit, VISIT_SESSION_COOKIE);
    if (visit->session == NULL)
        return ST_OK;
    ask.session = visit->session;
    verdict = wire_session(&visit->portal->accounts, &ask, &visit->who);
    visit->signed_in = verdict.status == ST_OK;
    if (verdict.status == ST_OK || verdict.status == ST_TEMP)
        return verdict.status;

    /* A session that accounts has ended is over here too. */
    visit_end_session(visit);
    return ST_OK;
}

void visit_start_session(struct visit *visit, const struct secret *token)
{
    const struct wire_sign_out ask = {.session = visit->session};

    if (visit->session != NULL) {
        if (wire_sign_out(&visit->portal->accounts, &ask).status != ST_OK)
            log_warn("session-left", L_TEXT("source", visit->source)); /* until it idles */
        visit_end_session(visit);
    }
    visit->session_over = false;
    visit_set_cookie(visit, VISIT_SESSION_COOKIE, token, 0);
}

void visit_end_session(struct visit *visit)
{
    keyring_forget_session(visit->portal->keyring, secret_bytes(visit->session));
    secret_free(visit->session);
    visit->session = NULL;
    visit->signed_in = false;
    visit->session_over = true;
}

void visit_settle(struct visit *visit)
{
    if (visit->session_over)
        visit_set_cookie(visit, VISIT_SESSION_COOKIE, NULL, 0);
}

void visit_done(struct visit *visit)
{
    if (visit->in_crowd)
        crowd_leave(visit->portal->crowd, visit->source);
    intake_free(visit->intake);
    secret_free(visit->session);
    secret_free(visit->who.form_key);
    secret_wipe(visit, sizeof(*visit));
}

/* --- forms ----------------------------------------------------------------------------------- */

void visit_session_token(struct visit *visit, const char *route, char token_out[GUARD_TOKEN_SIZE])
{
    guard_make(secret_bytes(visit->who.form_key), route, "", token_out);
}

/* A form of a page that anybody may see is bound to the browser: to a cookie that means nothing
 * else. */
void visit_visitor_token(struct visit *visit, const char *route, char token_out[GUARD_TOKEN_SIZE])
{
    uint8_t random[VISITOR_BYTES];

    if (visit->visitor[0] == '\0' &&
        !cookie_text(visit, VISIT_VISITOR_COOKIE, visit->visitor, sizeof(visit->visitor))) {
        random_fill(random, sizeof(random));
        (void)token_encode(visit->visitor, sizeof(visit->visitor), BYTES_ARRAY(random));
        set_cookie(visit, VISIT_VISITOR_COOKIE, visit->visitor, 0);
    }
    guard_make(secret_bytes(visit->portal->form_key), route, visit->visitor, token_out);
}

bool visit_token_good(struct visit *visit)
{
    const struct route *route = visit->route;
    const char *token;

    if (route->form == FORM_NONE || route->form == FORM_FOREIGN)
        return true;
    token = form_text(visit->request->form, "token");
    if (route->form == FORM_SESSION)
        return guard_check(secret_bytes(visit->who.form_key), route->path, "", token);
    return cookie_text(visit, VISIT_VISITOR_COOKIE, visit->visitor, sizeof(visit->visitor)) &&
           guard_check(secret_bytes(visit->portal->form_key), route->path, visit->visitor, token);
}

const char *visit_field(struct visit *visit, const char *name)
{
    const char *text = visit->request->form == NULL ? NULL : form_text(visit->request->form, name);

    return text == NULL ? "" : text;
}

void visit_error(struct visit *visit, const char *field, const char *text)
{
    if (visit->errors_n < VISIT_ERRORS_MAX)
        visit->errors[visit->errors_n++] = (struct page_frame_errors){field, text};
}

const char *visit_error_of(const struct visit *visit, const char *field)
{
    for (size_t i = 0; i < visit->errors_n; i++)
        if (strcmp(visit->errors[i].field, field) == 0)
            return visit->errors[i].text;
    return NULL;
}

/* --- the answer ------------------------------------------------------------------------------ */

struct page_frame visit_frame(struct visit *visit)
{
    if (visit->signed_in)
        visit_session_token(visit, "/sign-out", visit->sign_out_token);
    return (struct page_frame){
        .language = "en",
        .organisation = visit->portal->organisation,
        .help = visit->portal->help,
        .host = visit->portal->host,
        .address = visit->signed_in ? visit->who.address : "",
        .sign_out_token = visit->sign_out_token,
        .errors = visit->errors,
        .errors_n = visit->errors_n,
    };
}

void visit_page(struct visit *visit, unsigned code, enum status rendered)
{
    visit->response->type = "text/html; charset=utf-8";
    visit->response->code = code;
    if (rendered != ST_OK)
        http_plain(visit->response, 500, "Internal error\n");
}

void visit_go(struct visit *visit, const char *format, ...)
{
    char path[HTTP_PATH_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(path, sizeof(path), format, arguments);
    va_end(arguments);
    http_see_other(visit->response, path);
}
