/* SPDX-License-Identifier: Apache-2.0
 * portal: a message comes in, by the attachment's button or as a saved file. */
#include "answers.h"
#include "encode.h"
#include "human.h"
#include "log.h"
#include "reply.h"
#include "routes.h"
#include "sentence.h"

void answer_home(struct visit *visit)
{
    char token[GUARD_TOKEN_SIZE], limit[HUMAN_SIZE];
    struct page_home page = {.token = token, .limit = limit};
    struct page_frame frame = visit_frame(visit);

    visit_visitor_token(visit, "/upload", token);
    human_size(visit->portal->upload_max, limit);
    visit_page(visit, 200, page_home_render(&page, &frame, &visit->response->body));
}

static void show_upload(struct visit *visit, unsigned code)
{
    char token[GUARD_TOKEN_SIZE], limit[HUMAN_SIZE];
    struct page_upload page = {.token = token, .limit = limit};
    struct page_frame frame = visit_frame(visit);

    visit_visitor_token(visit, "/upload", token);
    human_size(visit->portal->upload_max, limit);
    visit_page(visit, code, page_upload_render(&page, &frame, &visit->response->body));
}

void answer_upload(struct visit *visit)
{
    show_upload(visit, 200);
}

/* The last day it could be opened, as the mail says it, belongs on the page. */
static void reply_expired(struct visit *visit, const struct envelope_seal *seal)
{
    char day[HUMAN_SIZE], more[HUMAN_SIZE + 40];

    human_day(seal->expires - 1, day);
    (void)snprintf(more, sizeof(more), SENTENCE("It could be opened until %s."), day);
    reply_with(visit, REPLY_EXPIRED, more, NULL);
}

static const char *const result_names[] = {
    [INTAKE_KEPT] = "kept",     [INTAKE_EMPTY] = "empty",     [INTAKE_NO_CARRIER] = "no-carrier",
    [INTAKE_CUT] = "cut",       [INTAKE_DAMAGED] = "damaged", [INTAKE_UNSIGNED] = "unsigned",
    [INTAKE_FORGED] = "forged", [INTAKE_EXPIRED] = "expired", [INTAKE_FULL] = "full",
    [INTAKE_FAULT] = "fault",
};

static void refuse(struct visit *visit, const struct intake_outcome *outcome)
{
    static const enum reply replies[] = {
        [INTAKE_EMPTY] = REPLY_UPLOAD_EMPTY, [INTAKE_NO_CARRIER] = REPLY_NO_CARRIER,
        [INTAKE_CUT] = REPLY_UPLOAD_CUT,     [INTAKE_DAMAGED] = REPLY_UPLOAD_DAMAGED,
        [INTAKE_UNSIGNED] = REPLY_UNSIGNED,  [INTAKE_FORGED] = REPLY_FORGED,
        [INTAKE_FULL] = REPLY_FULL,          [INTAKE_FAULT] = REPLY_FAULT,
    };

    log_info("message-refused", L_TEXT("reason", result_names[outcome->result]),
             L_TEXT("why", outcome->why.text), L_TEXT("source", visit->source));
    if (outcome->result == INTAKE_EXPIRED) {
        reply_expired(visit, &outcome->seal);
    } else if (outcome->result == INTAKE_EMPTY && visit->route->intake == INTAKE_FILE) {
        visit_error(visit, "attachment", SENTENCE("Choose the saved attachment first."));
        show_upload(visit, 400);
    } else {
        reply(visit, replies[outcome->result]);
    }
}

static void log_kept(struct visit *visit)
{
    char message[2 * ENVELOPE_ID_SIZE + 1];

    hex_encode(message, BYTES_ARRAY(visit->message.envelope.id));
    log_info("message-kept", L_TEXT("id", visit->message.id), L_TEXT("message", message),
             L_NUMBER("size", visit->request->body_size), L_TEXT("source", visit->source));
}

void answer_open(struct visit *visit)
{
    struct intake_outcome outcome = intake_end(visit->intake, &visit->portal->signer, visit->now);

    if (outcome.result != INTAKE_KEPT) {
        refuse(visit, &outcome);
    } else if (spool_find(visit->portal->spool, outcome.id, visit->now, &visit->message) == ST_OK) {
        log_kept(visit);
        visit_go(visit, "/read/%s", outcome.id);
    } else {
        reply(visit, REPLY_MESSAGE_GONE);
    }
}
