/* SPDX-License-Identifier: Apache-2.0
 * portal: the link of the confirmation mail. Looking at it changes nothing: mail scanners fetch
 * links. The button on its page proves the mailbox, together with the cookie of the browser that
 * registered or the password chosen there. */
#include "answers.h"
#include "encode.h"
#include "reply.h"
#include "sentence.h"

/* The token in the path; NULL if it is none. The caller frees. */
static struct secret *link_token(const struct visit *visit)
{
    struct secret *token = secret_new(WIRE_TOKEN_SIZE);

    if (token_decode(bytes_text(visit->parts[0]), token->p, token->n) == ST_OK)
        return token;
    secret_free(token);
    return NULL;
}

static void render(struct visit *visit, unsigned code, const struct wire_confirm_view_reply *view)
{
    char token[GUARD_TOKEN_SIZE], deny_token[GUARD_TOKEN_SIZE];
    struct page_confirm page = {
        .address = view->address,
        .name = view->name,
        .link = visit->parts[0],
        .token = token,
        .deny_token = deny_token,
        .password = view->needs_password != 0,
        .password_error = visit_error_of(visit, "password"),
    };
    struct page_frame frame = visit_frame(visit);

    visit_visitor_token(visit, "/confirm/*", token);
    visit_visitor_token(visit, "/confirm/*/deny", deny_token);
    visit_page(visit, code, page_confirm_render(&page, &frame, &visit->response->body));
}

/* The page about a link: what accounts knows of it. */
static void show_link(struct visit *visit, unsigned code)
{
    struct wire_confirm_view ask = {.token = link_token(visit),
                                    .pending = visit_cookie(visit, VISIT_PENDING_COOKIE)};
    struct wire_confirm_view_reply view;
    struct wire_verdict verdict = WIRE_REFUSE(ST_NONE, REASON_TOKEN);

    if (ask.token != NULL)
        verdict = wire_confirm_view(&visit->portal->accounts, &ask, &view);
    if (verdict.status == ST_OK)
        render(visit, code, &view);
    else
        reply_verdict(visit, verdict);
    secret_free(ask.token);
    secret_free(ask.pending);
}

void answer_confirm_form(struct visit *visit)
{
    show_link(visit, 200);
}

/* Back to the message that waits, if it still does; an old one is opened again from the mailbox. */
static void go_to_message(struct visit *visit, const char *id)
{
    struct spool_message message;

    if (spool_find(visit->portal->spool, id, visit->now, &message) == ST_OK)
        visit_go(visit, "/read/%s", message.id);
    else
        visit_go(visit, "/confirmed");
}

static void confirmed(struct visit *visit, const struct secret *session, const char *return_to)
{
    visit_start_session(visit, session);
    visit_set_cookie(visit, VISIT_PENDING_COOKIE, NULL, 0);
    go_to_message(visit, return_to);
}

static void refused(struct visit *visit, struct wire_verdict verdict)
{
    if (verdict.reason == REASON_WRONG_PASSWORD) {
        visit_error(visit, "password",
                    SENTENCE("This is not the password that was chosen at registration."));
        show_link(visit, 403);
    } else {
        reply_verdict(visit, verdict);
    }
}

void answer_confirm(struct visit *visit)
{
    struct wire_confirm ask = {.token = link_token(visit),
                               .pending = visit_cookie(visit, VISIT_PENDING_COOKIE),
                               .password = form_take_secret(visit->request->form, "password")};
    struct wire_confirm_view look = {.token = ask.token, .pending = ask.pending};
    const struct wire_peer accounts = visit_accounts(visit, VISIT_PASSWORD_MS);
    struct wire_confirm_view_reply view;
    struct wire_confirm_reply session;
    struct wire_verdict verdict = WIRE_REFUSE(ST_NONE, REASON_TOKEN);

    (void)snprintf(ask.source, sizeof(ask.source), "%s", visit->source);
    if (ask.token != NULL) /* where to go afterwards: known only while the token lives */
        verdict = wire_confirm_view(&visit->portal->accounts, &look, &view);
    if (verdict.status == ST_OK)
        verdict = wire_confirm(&accounts, &ask, &session);
    if (verdict.status == ST_OK) {
        confirmed(visit, session.session, view.return_to);
        secret_free(session.session);
    } else {
        refused(visit, verdict);
    }
    secret_free(ask.token);
    secret_free(ask.pending);
    secret_free(ask.password);
}

void answer_confirmed(struct visit *visit)
{
    struct page_frame frame = visit_frame(visit);

    visit_page(visit, 200, page_confirmed_render(&frame, &visit->response->body));
}

void answer_deny(struct visit *visit)
{
    struct wire_confirm_deny ask = {.token = link_token(visit)};
    struct wire_verdict verdict = WIRE_REFUSE(ST_NONE, REASON_TOKEN);
    struct page_frame frame = visit_frame(visit);

    if (ask.token != NULL)
        verdict = wire_confirm_deny(&visit->portal->accounts, &ask);
    secret_free(ask.token);
    if (verdict.status == ST_OK) {
        visit_page(visit, 200, page_denied_render(&frame, &visit->response->body));
    } else {
        reply_verdict(visit, verdict);
    }
}
