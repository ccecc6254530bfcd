/* SPDX-License-Identifier: Apache-2.0
 * portal: signing in, the address first and then the password. Nothing here tells whether an
 * address has an account: the password page comes for any address, and a wrong password looks like
 * an unknown address. */
#include "answers.h"
#include "human.h"
#include "reply.h"
#include "sentence.h"

static void show_address(struct visit *visit, unsigned code)
{
    char token[GUARD_TOKEN_SIZE];
    struct page_sign_in page = {.token = token,
                                .address = visit_field(visit, "address"),
                                .address_error = visit_error_of(visit, "address")};
    struct page_frame frame = visit_frame(visit);

    visit_visitor_token(visit, "/sign-in", token);
    visit_page(visit, code, page_sign_in_render(&page, &frame, &visit->response->body));
}

/* `message`: the id of the one that waits, or "". */
static void show_password(struct visit *visit, unsigned code, const char *address,
                          const char *message)
{
    char token[GUARD_TOKEN_SIZE];
    struct page_password page = {.token = token,
                                 .address = address,
                                 .message = message,
                                 .password_error = visit_error_of(visit, "password")};
    struct page_frame frame = visit_frame(visit);

    visit_visitor_token(visit, "/sign-in/password", token);
    visit_page(visit, code, page_password_render(&page, &frame, &visit->response->body));
}

void answer_sign_in_form(struct visit *visit)
{
    show_address(visit, 200);
}

/* The address that was typed, in its one form. False, and a page, if it is none. */
static bool take_address(struct visit *visit, struct address *address_out)
{
    struct why why; /* the person sees what was typed; the rules are no help */

    if (address_parse(bytes_trim(bytes_text(visit_field(visit, "address"))), address_out, &why) ==
        ST_OK)
        return true;
    visit_error(visit, "address", SENTENCE("Type an e-mail address, such as name@example.org."));
    show_address(visit, 422);
    return false;
}

void answer_sign_in(struct visit *visit)
{
    struct address address;

    if (take_address(visit, &address))
        show_password(visit, 200, address.text, "");
}

/* With a message the address is known. */
void answer_password_form(struct visit *visit)
{
    if (visit->signed_in)
        visit_go(visit, "/read/%s", visit->message.id);
    else
        show_password(visit, 200, visit->message.envelope.identity.address.text, visit->message.id);
}

/* --- the password ---------------------------------------------------------------------------- */

/* Too many failures: when it makes sense to try again. */
static const char *throttled(struct visit *visit, uint32_t wait)
{
    char text[HUMAN_SIZE] = SENTENCE("some minutes");

    if (wait > 0)
        human_wait(wait, text);
    (void)snprintf(visit->remark, sizeof(visit->remark),
                   SENTENCE("There were too many attempts. Please try again in %s."), text);
    return visit->remark;
}

/* What is said beside the password; NULL if it needs a page. */
static const char *refusal(struct visit *visit, struct wire_verdict verdict)
{
    if (verdict.reason == REASON_WRONG_PASSWORD)
        return SENTENCE("Address or password is not right.");
    if (verdict.reason == REASON_UNCONFIRMED)
        return SENTENCE("Your mailbox is not proved yet. Follow the link in the mail we sent you.");
    if (verdict.reason == REASON_THROTTLED)
        return throttled(visit, verdict.wait);
    if (verdict.status == ST_TEMP)
        return SENTENCE("A part of this service is busy. Please try again in a moment.");
    return NULL;
}

static unsigned refusal_code(struct wire_verdict verdict)
{
    if (verdict.reason == REASON_THROTTLED)
        return 429;
    return verdict.status == ST_TEMP ? 503 : 403;
}

static void sign_in(struct visit *visit, const struct wire_sign_in *ask, const char *message)
{
    struct wire_sign_in_reply signed_in;
    const struct wire_peer accounts = visit_accounts(visit, VISIT_PASSWORD_MS);
    struct wire_verdict verdict = wire_sign_in(&accounts, ask, &signed_in);
    const char *said = refusal(visit, verdict);

    if (verdict.status == ST_OK) {
        visit_start_session(visit, signed_in.session);
        secret_free(signed_in.session);
        if (message[0] != '\0')
            visit_go(visit, "/read/%s", message);
        else
            visit_go(visit, "/");
    } else if (said != NULL) {
        visit_error(visit, "password", said);
        show_password(visit, refusal_code(verdict), ask->address, message);
    } else {
        reply_verdict(visit, verdict);
    }
}

void answer_password(struct visit *visit)
{
    struct wire_sign_in ask = {0};
    struct address address;
    struct spool_message message = {.id = ""};

    if (!take_address(visit, &address))
        return;
    if (spool_find(visit->portal->spool, visit_field(visit, "message"), visit->now, &message) !=
        ST_OK)
        message.id[0] = '\0';
    (void)snprintf(ask.address, sizeof(ask.address), "%s", address.text);
    (void)snprintf(ask.source, sizeof(ask.source), "%s", visit->source);
    ask.password = form_take_secret(visit->request->form, "password");
    if (ask.password != NULL && ask.password->n <= WIRE_PASSWORD_MAX) {
        sign_in(visit, &ask, message.id);
    } else {
        visit_error(visit, "password", SENTENCE("Type your password."));
        show_password(visit, 422, address.text, message.id);
    }
    secret_free(ask.password);
}
