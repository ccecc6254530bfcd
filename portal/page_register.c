/* SPDX-License-Identifier: Apache-2.0
 * portal: registration, for somebody whose first message is here. The address is the one the
 * message is sealed to: only who holds a genuine message can register its address, or have a mail
 * sent to it. */
#include "answers.h"
#include "questions.h"
#include "reply.h"
#include "sentence.h"
#include "number.h"

#define PASSWORD_MIN 8

#define PENDING_SECONDS                                                                            \
    (7 * 24 * 3600L) /* the registering browser may confirm without the password */

/* What was typed; passwords are not shown again. */
static void show_form(struct visit *visit, unsigned code)
{
    char token[GUARD_TOKEN_SIZE];
    struct page_register_questions questions[QUESTIONS_N];
    uint64_t chosen = 0;
    struct page_register page = {
        .address = visit->message.envelope.identity.address.text,
        .message = visit->message.id,
        .token = token,
        .name = visit_field(visit, "name"),
        .answer = visit_field(visit, "answer"),
        .terms = visit_field(visit, "terms")[0] != '\0',
        .questions = questions,
        .questions_n = QUESTIONS_N,
        .name_error = visit_error_of(visit, "name"),
        .password_error = visit_error_of(visit, "password"),
        .again_error = visit_error_of(visit, "again"),
        .question_error = visit_error_of(visit, "question"),
        .answer_error = visit_error_of(visit, "answer"),
        .terms_error = visit_error_of(visit, "terms"),
    };
    struct page_frame frame = visit_frame(visit);

    if (number_parse(bytes_text(visit_field(visit, "question")), 1, QUESTIONS_N, &chosen) != ST_OK)
        chosen = 0;
    for (size_t i = 0; i < QUESTIONS_N; i++)
        questions[i] = (struct page_register_questions){
            .number = i + 1, .chosen = i + 1 == chosen, .text = question_text(i + 1)};
    visit_visitor_token(visit, "/read/*/register", token);
    visit_page(visit, code, page_register_render(&page, &frame, &visit->response->body));
}

void answer_register_form(struct visit *visit)
{
    if (visit->signed_in) /* the message's page knows what to say */
        visit_go(visit, "/read/%s", visit->message.id);
    else
        show_form(visit, 200);
}

void answer_registered(struct visit *visit)
{
    struct page_registered page = {.address = visit->message.envelope.identity.address.text};
    struct page_frame frame = visit_frame(visit);

    visit_page(visit, 200, page_registered_render(&page, &frame, &visit->response->body));
}

/* --- what was typed -------------------------------------------------------------------------- */

/* A text of the form without blanks around it, copied; says what is wrong with it. */
static void take_text(struct visit *visit, const char *field, char *text_out, size_t size,
                      const char *missing)
{
    struct bytes text = bytes_trim(bytes_text(visit_field(visit, field)));

    if (text.n == 0)
        visit_error(visit, field, missing);
    else if (!bytes_to_text(text, text_out, size))
        visit_error(visit, field, SENTENCE("This is too long."));
}

static void take_password(struct visit *visit, struct wire_register *ask)
{
    struct secret *again = form_take_secret(visit->request->form, "again");

    ask->password = form_take_secret(visit->request->form, "password");
    if (ask->password == NULL)
        visit_error(visit, "password", SENTENCE("Choose a password."));
    else if (ask->password->n < PASSWORD_MIN)
        visit_error(visit, "password", SENTENCE("Use at least 8 characters."));
    else if (ask->password->n > WIRE_PASSWORD_MAX)
        visit_error(visit, "password", SENTENCE("Use at most 256 characters."));
    else if (again == NULL || !secret_equal(secret_bytes(ask->password), secret_bytes(again)))
        visit_error(visit, "again", SENTENCE("The two passwords differ. Type the same one twice."));
    secret_free(again);
}

static void take_question(struct visit *visit, struct wire_register *ask)
{
    struct bytes answer = bytes_trim(bytes_text(visit_field(visit, "answer")));

    if (number_parse(bytes_text(visit_field(visit, "question")), 1, QUESTIONS_N, &ask->question) !=
        ST_OK)
        visit_error(visit, "question", SENTENCE("Choose a question."));
    if (answer.n == 0)
        visit_error(visit, "answer", SENTENCE("Type your answer."));
    else if (answer.n > WIRE_ANSWER_MAX)
        visit_error(visit, "answer", SENTENCE("This is too long."));
    else
        ask->answer = secret_copy(answer);
}

/* The whole form, with all that is wrong in it remembered in the order of the page. */
static void take_form(struct visit *visit, struct wire_register *ask)
{
    (void)snprintf(ask->address, sizeof(ask->address), "%s",
                   visit->message.envelope.identity.address.text);
    (void)snprintf(ask->return_to, sizeof(ask->return_to), "%s", visit->message.id);
    (void)snprintf(ask->source, sizeof(ask->source), "%s", visit->source);
    (void)snprintf(ask->language, sizeof(ask->language), "en");
    take_text(visit, "name", ask->name, sizeof(ask->name), SENTENCE("Type your name."));
    take_password(visit, ask);
    take_question(visit, ask);
    ask->terms = PORTAL_TERMS_VERSION;
    if (visit_field(visit, "terms")[0] == '\0')
        visit_error(visit, "terms", SENTENCE("Agree to the terms of use, or close this page."));
}

/* --- accounts' word -------------------------------------------------------------------------- */

static void register_with_accounts(struct visit *visit, const struct wire_register *ask)
{
    struct wire_register_reply registered;
    const struct wire_peer accounts = visit_accounts(visit, VISIT_REGISTER_MS);
    struct wire_verdict verdict = wire_register(&accounts, ask, &registered);

    if (verdict.status == ST_OK) {
        visit_set_cookie(visit, VISIT_PENDING_COOKIE, registered.pending, PENDING_SECONDS);
        secret_free(registered.pending);
        visit_go(visit, "/read/%s/registered", visit->message.id);
    } else if (verdict.reason == REASON_WEAK_PASSWORD) {
        visit_error(
            visit, "password",
            SENTENCE("This password is easy to guess. Make it longer, or take words that do "
                     "not belong together."));
        show_form(visit, 422);
    } else if (verdict.reason == REASON_FIELD) {
        visit_error(visit, "name",
                    SENTENCE("Your name or answer holds a character that can’t be stored."));
        show_form(visit, 422);
    } else if (verdict.status == ST_TEMP || verdict.reason == REASON_THROTTLED) {
        visit_error(visit, "password",
                    SENTENCE("The registration did not go through, because a part of this service "
                             "is busy. Please try again in a moment."));
        show_form(visit, verdict.status == ST_TEMP ? 503 : 429);
    } else {
        reply_verdict(visit, verdict);
    }
}

void answer_register(struct visit *visit)
{
    struct wire_register ask = {0};

    take_form(visit, &ask);
    if (visit->errors_n > 0)
        show_form(visit, 422);
    else
        register_with_accounts(visit, &ask);
    secret_free(ask.password);
    secret_free(ask.answer);
}

void answer_register_again(struct visit *visit)
{
    visit_error(visit, "password",
                SENTENCE("This page was open for a long time. Nothing was sent; please type your "
                         "password again and press Register."));
    show_form(visit, 403);
}
