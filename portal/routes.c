/* SPDX-License-Identifier: Apache-2.0
 * portal: every address of the portal. */
#include "routes.h"

#include "answers.h"
#include "clock.h"
#include "log.h"
#include "memory.h"
#include "reply.h"

#define GET false
#define POST true

/* clang-format off */
const struct route routes[] = {
    /* a message comes in */
    {GET, "/", ACCESS_ANYBODY, FORM_NONE, NO_MESSAGE, answer_home},
    {GET, "/upload", ACCESS_ANYBODY, FORM_NONE, NO_MESSAGE, answer_upload},
    {POST, "/open", ACCESS_ANYBODY, FORM_FOREIGN, INTAKE_BUTTON, answer_open},
    {POST, "/upload", ACCESS_ANYBODY, FORM_VISITOR, INTAKE_FILE, answer_open},

    /* somebody new */
    {GET, "/read/*/register", ACCESS_MESSAGE, FORM_NONE, NO_MESSAGE, answer_register_form},
    {POST, "/read/*/register", ACCESS_MESSAGE, FORM_VISITOR, NO_MESSAGE, answer_register},
    {GET, "/read/*/registered", ACCESS_MESSAGE, FORM_NONE, NO_MESSAGE, answer_registered},
    {GET, "/confirm/*", ACCESS_ANYBODY, FORM_NONE, NO_MESSAGE, answer_confirm_form},
    {POST, "/confirm/*", ACCESS_ANYBODY, FORM_VISITOR, NO_MESSAGE, answer_confirm},
    {GET, "/confirmed", ACCESS_ANYBODY, FORM_NONE, NO_MESSAGE, answer_confirmed},
    {POST, "/confirm/*/deny", ACCESS_ANYBODY, FORM_VISITOR, NO_MESSAGE, answer_deny},

    /* somebody known */
    {GET, "/sign-in", ACCESS_ANYBODY, FORM_NONE, NO_MESSAGE, answer_sign_in_form},
    {POST, "/sign-in", ACCESS_ANYBODY, FORM_VISITOR, NO_MESSAGE, answer_sign_in},
    {GET, "/read/*/sign-in", ACCESS_MESSAGE, FORM_NONE, NO_MESSAGE, answer_password_form},
    {GET, "/sign-in/password", ACCESS_ANYBODY, FORM_NONE, NO_MESSAGE, answer_sign_in_form},
    {POST, "/sign-in/password", ACCESS_ANYBODY, FORM_VISITOR, NO_MESSAGE, answer_password},
    {POST, "/sign-out", ACCESS_SESSION, FORM_SESSION, NO_MESSAGE, answer_sign_out},
    {GET, "/signed-out", ACCESS_ANYBODY, FORM_NONE, NO_MESSAGE, answer_signed_out},

    /* the message */
    {GET, "/read/*", ACCESS_READER, FORM_NONE, NO_MESSAGE, answer_read},
    {GET, "/read/*/body", ACCESS_READER, FORM_NONE, NO_MESSAGE, answer_body},
    {GET, "/read/*/message.eml", ACCESS_READER, FORM_NONE, NO_MESSAGE, answer_whole},
    {GET, "/read/*/part/*/view", ACCESS_READER, FORM_NONE, NO_MESSAGE, answer_part_view},
    {GET, "/read/*/part/*/download", ACCESS_READER, FORM_NONE, NO_MESSAGE, answer_part_download},
    {GET, "/read/*/picture/*/*", ACCESS_TOKEN, FORM_NONE, NO_MESSAGE, answer_picture},

    /* the same for everybody */
    {GET, "/help", ACCESS_ANYBODY, FORM_NONE, NO_MESSAGE, answer_help},
    {GET, "/terms", ACCESS_ANYBODY, FORM_NONE, NO_MESSAGE, answer_terms},
    {GET, "/style.css", ACCESS_FILE, FORM_NONE, NO_MESSAGE, answer_style},
    {GET, "/logo.svg", ACCESS_FILE, FORM_NONE, NO_MESSAGE, answer_logo},
    {GET, "/favicon.ico", ACCESS_FILE, FORM_NONE, NO_MESSAGE, answer_logo},
    {GET, "/seal.svg", ACCESS_FILE, FORM_NONE, NO_MESSAGE, answer_seal},
    {GET, "/robots.txt", ACCESS_FILE, FORM_NONE, NO_MESSAGE, answer_robots},
    {GET, "/.well-known/securemail-parameters", ACCESS_FILE, FORM_NONE, NO_MESSAGE, answer_parameters},
};
/* clang-format on */
const size_t routes_n = sizeof(routes) / sizeof(routes[0]);

/* --- finding one ----------------------------------------------------------------------------- */

/* Take the next segment, from a "/" to the next one, off *rest. */
static struct bytes take_segment(struct bytes *rest)
{
    struct bytes inside = bytes_from(*rest, 1);
    struct bytes segment = bytes_first(inside, bytes_index(inside, '/'));

    *rest = bytes_from(inside, segment.n);
    return segment;
}

static bool path_matches(const char *pattern, const char *path,
                         char parts_out[VISIT_PARTS_MAX][VISIT_PART_SIZE])
{
    struct bytes wanted = bytes_text(pattern), given = bytes_text(path);
    size_t stars = 0;

    while (wanted.n > 0 && given.n > 0) {
        struct bytes want = take_segment(&wanted), have = take_segment(&given);

        if (bytes_equal(want, BYTES_LITERAL("*"))) {
            if (have.n == 0 || !bytes_to_text(have, parts_out[stars++], VISIT_PART_SIZE))
                return false;
        } else if (!bytes_equal(want, have)) {
            return false;
        }
    }
    return wanted.n == 0 && given.n == 0;
}

enum status route_find(bool post, const char *path, const struct route **route_out,
                       char parts_out[VISIT_PARTS_MAX][VISIT_PART_SIZE])
{
    enum status status = ST_NONE;

    for (size_t i = 0; i < routes_n; i++) {
        if (!path_matches(routes[i].path, path, parts_out))
            continue;
        if (routes[i].post == post) {
            *route_out = &routes[i];
            return ST_OK;
        }
        status = ST_DENIED;
    }
    return status;
}

/* --- a request's way ------------------------------------------------------------------------- */

/* A form that was turned away before a page's own function saw it. The route is named as in the
 * table: paths hold ids and tokens. */
static void log_refusal(const struct http_request *request, const struct route *route,
                        unsigned code)
{
    char source[SOURCE_SIZE];

    if (!request->post || code < 400)
        return;
    source_of(request->peer, source);
    log_info("request-refused", L_TEXT("method", "POST"),
             L_TEXT("route", route == NULL ? "" : route->path), L_NUMBER("code", code),
             L_TEXT("source", source));
}

/* Small forms: registration has the most fields. */
static const struct form_limits small_form = {.fields = 16, .field_size = 1024, .total_size = 8192};

static void take_form(struct visit *visit)
{
    struct http_request *request = visit->request;
    struct form_sink sink;

    if (visit->route->intake != NO_MESSAGE) {
        visit->intake = intake_new(visit->portal->spool, visit->route->intake, visit->source);
        sink = intake_sink(visit->intake);
    }
    if (form_new(request->content_type, &small_form, visit->intake == NULL ? NULL : &sink,
                 &request->form) != ST_OK)
        reply(visit, REPLY_MALFORMED);
}

/* A source that has too many forms in hand is told at once: this one's body may take long, too. */
static void refuse_crowd(struct visit *visit)
{
    reply(visit, REPLY_CROWD);
    visit->response->at_once = true;
}

static void begin(void *context, struct http_request *request, struct http_response *response)
{
    struct visit *visit = memory_new(1, sizeof(*visit));
    enum status status;

    request->data = visit;
    visit->portal = context;
    visit->request = request;
    visit->response = response;
    visit->now = clock_now();
    source_of(request->peer, visit->source);
    status = route_find(request->post, request->path, &visit->route, visit->parts);
    visit->in_crowd = request->post && crowd_enter(visit->portal->crowd, visit->source);
    if (request->post && !visit->in_crowd)
        refuse_crowd(visit);
    else if (status != ST_OK)
        reply(visit, status == ST_DENIED ? REPLY_METHOD : REPLY_NOT_FOUND);
    else if (visit->route->post && visit->route->form != FORM_FOREIGN &&
             !guard_same_site(request, visit->portal->origin))
        reply(visit, REPLY_FORM_FOREIGN);
    else if (visit->route->post)
        take_form(visit);
    log_refusal(request, visit->route, response->code);
}

/* The token is not good. What was typed into the one long form is not lost by it, if this browser
 * says itself that the form stood on a page of ours; a foreign page must not fill it in. */
static void refuse_token(struct visit *visit)
{
    if (visit->route->answer == answer_register && visit->visitor[0] != '\0' &&
        guard_own_page(visit->request, visit->portal->origin))
        answer_register_again(visit);
    else
        reply(visit, REPLY_FORM_OLD);
}

/* The form arrived whole and is one of ours. Answers if not. */
static bool form_good(struct visit *visit)
{
    enum status status = visit->request->form_status;

    if (status != ST_OK) {
        reply(visit, status == ST_LIMIT ? REPLY_TOO_LARGE : REPLY_MALFORMED);
        return false;
    }
    if (!visit_token_good(visit)) {
        refuse_token(visit);
        return false;
    }
    return true;
}

static bool message_there(struct visit *visit)
{
    enum route_access access = visit->route->access;

    if (access == ACCESS_FILE || access == ACCESS_ANYBODY || access == ACCESS_SESSION)
        return true;
    if (spool_find(visit->portal->spool, visit->parts[0], visit->now, &visit->message) == ST_OK)
        return true;
    reply(visit, REPLY_MESSAGE_GONE);
    return false;
}

static bool addressed(const struct visit *visit)
{
    return strcmp(visit->who.address, visit->message.envelope.identity.address.text) == 0;
}

/* Is this person one who may have the page? Answers if not. */
static bool access_granted(struct visit *visit)
{
    enum route_access access = visit->route->access;

    if (access == ACCESS_FILE || access == ACCESS_TOKEN)
        return message_there(visit);
    if (visit_find_session(visit) != ST_OK &&
        (access == ACCESS_SESSION || access == ACCESS_READER)) {
        reply(visit, REPLY_BUSY);
        return false;
    }
    if (!message_there(visit))
        return false;
    if (access == ACCESS_SESSION && !visit->signed_in) {
        reply(visit, REPLY_SIGNED_OUT);
        return false;
    }
    if (access == ACCESS_READER && (!visit->signed_in || !addressed(visit))) {
        answer_ask_reader(visit);
        return false;
    }
    return true;
}

static void finish(void *context, struct http_request *request, struct http_response *response)
{
    struct visit *visit = request->data;

    (void)context;
    if (access_granted(visit) && form_good(visit))
        visit->route->answer(visit);
    else if (response->code < 500)
        log_refusal(request, visit->route, response->code);

    /* What was not kept is gone before the answer says so. */
    intake_free(visit->intake);
    visit->intake = NULL;
    visit_settle(visit);
    if (response->code >= 500)
        log_warn("request-failed", L_TEXT("path", visit->route->path),
                 L_NUMBER("code", response->code), L_TEXT("source", visit->source));
}

static void end(void *context, struct http_request *request)
{
    struct visit *visit = request->data;

    (void)context;
    visit_done(visit);
    free(visit);
}

/* What lib/http refuses by itself gets a page like all others. */
static void refuse(void *context, const struct http_request *refused, unsigned code,
                   struct http_response *response)
{
    struct http_request request = {.cookies = "", .peer = ""};
    struct visit visit = {.portal = context, .request = &request, .response = response};

    if (route_find(refused->post, refused->path, &visit.route, visit.parts) != ST_OK)
        visit.route = NULL;
    log_refusal(refused, visit.route, code);
    switch (code) {
    case 404:
        reply(&visit, REPLY_NOT_FOUND);
        break;
    case 405:
        reply(&visit, REPLY_METHOD);
        break;
    case 411:
        reply(&visit, REPLY_NO_LENGTH);
        break;
    case 413:
        reply(&visit, REPLY_TOO_LARGE);
        break;
    default:
        reply(&visit, REPLY_MALFORMED);
    }
}

struct http_application routes_application(struct portal *portal)
{
    return (struct http_application){begin, finish, end, refuse, portal};
}
