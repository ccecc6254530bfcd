/* SPDX-License-Identifier: Apache-2.0
 * portal: tests of the routes and pages. Accounts and viewer are scripted here; everything else is
 * the portal itself, entered as lib/http enters it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "io.h"
#include "log.h"
#include "memory.h"
#include "routes.h"

#define READER "reader@example.org"
#define OTHER "other@example.org"
#define NO_MESSAGE_ID "00000000000000000000000000000000"

/* --- accounts and viewer, scripted ----------------------------------------------------------- */

static struct {
    bool away;              /* accounts does not answer */
    const char *session_of; /* whose session the cookie is; NULL: it is none */
    bool known;             /* the message's address has an account */
    struct wire_verdict open, sign_in, registered;
    int changes; /* requests that change something */
    int opened;  /* keys asked for */
    struct wire_register last;
} script;

static struct secret *token_of(uint8_t byte)
{
    struct secret *token = secret_new(WIRE_TOKEN_SIZE);

    memset(token->p, byte, token->n);
    return token;
}

static struct wire_verdict changed(struct wire_verdict verdict)
{
    if (script.away)
        return WIRE_REFUSE(ST_TEMP, REASON_NONE);
    script.changes++;
    return verdict;
}

struct wire_verdict wire_session(const struct wire_peer *accounts, const struct wire_session *ask,
                                 struct wire_session_reply *reply_out)
{
    (void)accounts;
    (void)ask;
    if (script.away)
        return WIRE_REFUSE(ST_TEMP, REASON_NONE);
    if (script.session_of == NULL)
        return WIRE_REFUSE(ST_DENIED, REASON_SESSION);
    memset(reply_out, 0, sizeof(*reply_out));
    (void)snprintf(reply_out->address, sizeof(reply_out->address), "%s", script.session_of);
    reply_out->form_key = token_of(7);
    return WIRE_OK;
}

struct wire_verdict wire_lookup(const struct wire_peer *accounts, const struct wire_lookup *ask,
                                struct wire_lookup_reply *reply_out)
{
    (void)accounts;
    if (script.away)
        return WIRE_REFUSE(ST_TEMP, REASON_NONE);
    assert_string_equal(ask->address, READER);
    reply_out->known = script.known;
    return WIRE_OK;
}

struct wire_verdict wire_register(const struct wire_peer *accounts, const struct wire_register *ask,
                                  struct wire_register_reply *reply_out)
{
    (void)accounts;
    script.last = *ask;
    reply_out->pending = script.registered.status == ST_OK ? token_of(8) : NULL;
    return changed(script.registered);
}

struct wire_verdict wire_confirm_view(const struct wire_peer *accounts,
                                      const struct wire_confirm_view *ask,
                                      struct wire_confirm_view_reply *reply_out)
{
    (void)accounts;
    if (script.away)
        return WIRE_REFUSE(ST_TEMP, REASON_NONE);
    *reply_out = (struct wire_confirm_view_reply){
        .address = READER, .name = "R. <Reader>", .needs_password = ask->pending == NULL};
    return WIRE_OK;
}

struct wire_verdict wire_confirm(const struct wire_peer *accounts, const struct wire_confirm *ask,
                                 struct wire_confirm_reply *reply_out)
{
    (void)accounts;
    if (ask->pending == NULL && ask->password == NULL)
        return WIRE_REFUSE(ST_DENIED, REASON_WRONG_PASSWORD);
    reply_out->session = token_of(1);
    return changed(WIRE_OK);
}

struct wire_verdict wire_confirm_deny(const struct wire_peer *accounts,
                                      const struct wire_confirm_deny *ask)
{
    (void)accounts;
    (void)ask;
    return changed(WIRE_OK);
}

struct wire_verdict wire_sign_in(const struct wire_peer *accounts, const struct wire_sign_in *ask,
                                 struct wire_sign_in_reply *reply_out)
{
    (void)accounts;
    (void)ask;
    reply_out->session = script.sign_in.status == ST_OK ? token_of(1) : NULL;
    return changed(script.sign_in);
}

struct wire_verdict wire_sign_out(const struct wire_peer *accounts, const struct wire_sign_out *ask)
{
    (void)accounts;
    (void)ask;
    return changed(WIRE_OK);
}

/* No key opens the test's message; where one is needed the keyring has it. */
struct wire_verdict wire_open(const struct wire_peer *accounts, const struct wire_open *ask,
                              struct wire_open_reply *reply_out)
{
    (void)accounts;
    (void)ask;
    (void)reply_out;
    script.opened++;
    return script.away ? WIRE_REFUSE(ST_TEMP, REASON_NONE) : script.open;
}

const char *wire_reason_name(enum wire_reason reason)
{
    return reason == REASON_NONE ? "none" : "some";
}

/* A mail with a text, a formatted text, a PDF and a page that must not be shown. */
enum status viewer_describe(struct viewer *viewer, int sealed_fd, const struct secret *file_key,
                            struct view **view_out)
{
    static const struct {
        const char *type, *name;
        enum view_kind kind;
        bool in_body;
    } parts[] = {{"text/plain", "part-1.txt", VIEW_TEXT, true},
                 {"text/html", "part-2.html", VIEW_HTML, true},
                 {"application/pdf", "a <b>.pdf", VIEW_PDF, false},
                 {"text/html", "evil.html", VIEW_HTML, false}};
    struct view *view = memory_new(1, sizeof(*view));

    (void)viewer;
    (void)sealed_fd;
    (void)file_key;
    view->from = memory_text("\"Anna <i>\" <anna@example.org>");
    view->to = memory_text(READER);
    view->cc = memory_text("");
    view->date = memory_text("Tue, 24 Nov 2026 01:49:52 +0000");
    view->subject = memory_text("Case <42>");
    view->text = 1;
    view->html = 2;
    view->parts_n = sizeof(parts) / sizeof(parts[0]);
    view->parts = memory_new(view->parts_n, sizeof(*view->parts));
    for (size_t i = 0; i < view->parts_n; i++)
        view->parts[i] = (struct view_part){.number = (unsigned)i + 1,
                                            .kind = parts[i].kind,
                                            .in_body = parts[i].in_body,
                                            .size = 1234,
                                            .type = memory_text(parts[i].type),
                                            .name = memory_text(parts[i].name),
                                            .safe_name = memory_text(parts[i].name),
                                            .content_id = memory_text("")};
    *view_out = view;
    return ST_OK;
}

enum status viewer_open(struct viewer *viewer, int sealed_fd, const struct secret *file_key,
                        const struct viewer_request *request, struct viewer_document *document_out)
{
    static const char *const types[] = {"text/plain", "text/html", "application/pdf", "text/html"};
    static const char content[] = "The <text>";

    (void)viewer;
    (void)sealed_fd;
    (void)file_key;
    if (request->form != VIEWER_WHOLE && (request->part < 1 || request->part > 4))
        return ST_NONE;
    document_out->fd = memfd_create("test", 0);
    assert_int_equal(pwrite(document_out->fd, content, sizeof(content) - 1, 0),
                     sizeof(content) - 1);
    document_out->size = sizeof(content) - 1;
    (void)snprintf(document_out->type, sizeof(document_out->type), "%s",
                   request->form == VIEWER_WHOLE ? "message/rfc822" : types[request->part - 1]);
    (void)snprintf(document_out->name, sizeof(document_out->name), "name");
    return ST_OK;
}

void viewer_close(struct viewer_document *document)
{
    io_close(&document->fd);
}

/* --- the portal, and a browser --------------------------------------------------------------- */

static struct portal portal;
static char folder[40], message_id[SPOOL_ID_SIZE], token43[44];

static void keep_message(void)
{
    struct envelope envelope = {.header_n = 5};
    const struct envelope_seal seal = {.time = 1795485600, .expires = 1795485600 + 86400};
    struct spool_writer *writer;

    (void)snprintf(envelope.identity.address.text, sizeof(envelope.identity.address.text), READER);
    assert_int_equal(spool_begin(portal.spool, "192.0.2.1", &writer), ST_OK);
    assert_int_equal(spool_add(writer, BYTES_LITERAL("sealed")), ST_OK);
    spool_keep(writer, &envelope, &seal, clock_now(), message_id);
}

static int set_up(void **state)
{
    const struct spool_settings settings = {.directory = folder,
                                            .keep = 3600,
                                            .bytes_max = 1 << 20,
                                            .source_max = 1 << 20,
                                            .messages_max = 10};
    struct secret *session = token_of(1);
    struct why why;

    (void)state;
    memset(&script, 0, sizeof(script));
    (void)snprintf(folder, sizeof(folder), "/tmp/securemail-portal-XXXXXX");
    if (mkdtemp(folder) == NULL || spool_new(&settings, &portal.spool, &why) != ST_OK)
        return -1;
    portal.organisation = "The <Organisation>";
    portal.help = "help@example.org";
    portal.origin = "https://mail.example.org";
    portal.host = "mail.example.org";
    portal.secure = true;
    portal.upload_max = 1 << 20;
    portal.parameters = BYTES_LITERAL("parameters");
    portal.form_key = token_of(9);
    portal.keyring = keyring_new(8, 3600);
    (void)token_encode(token43, sizeof(token43), secret_bytes(session));
    secret_free(session);
    keep_message();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spool_free(portal.spool);
    keyring_free(portal.keyring);
    secret_free(portal.form_key);
    return rmdir(folder);
}

/* The reader's session has opened the message before. */
static void give_key(void)
{
    struct secret *key = secret_new(ENVELOPE_FILE_KEY_SIZE), *session = token_of(1);

    keyring_put(portal.keyring, secret_bytes(session), message_id, clock_now(), key);
    secret_free(key);
    secret_free(session);
}

/* One request; a form if `body` is not NULL. What came back stays until the next one. */
struct question {
    const char *path, *query, *body, *cookies, *origin, *fetch_site;
};

static struct {
    unsigned code;
    char body[100000];
    char location[200], cookies[1000], disposition[400];
    enum http_policy policy;
} answer;

static void read_answer(struct http_response *response)
{
    size_t n = response->body.n < sizeof(answer.body) ? response->body.n : sizeof(answer.body) - 1;

    memset(&answer, 0, sizeof(answer));
    answer.code = response->code;
    answer.policy = response->policy;
    memcpy(answer.body, response->body.p == NULL ? (const uint8_t *)"" : response->body.p, n);
    if (response->body_fd >= 0)
        assert_true(pread(response->body_fd, answer.body, sizeof(answer.body) - 1, 0) >= 0);
    for (size_t i = 0; i < response->headers_n; i++) {
        const char *name = response->headers[i].name, *value = response->headers[i].value;

        if (strcmp(name, "Location") == 0)
            (void)snprintf(answer.location, sizeof(answer.location), "%s", value);
        else if (strcmp(name, "Content-Disposition") == 0)
            (void)snprintf(answer.disposition, sizeof(answer.disposition), "%s", value);
        else if (strcmp(name, "Set-Cookie") == 0)
            (void)snprintf(answer.cookies + strlen(answer.cookies),
                           sizeof(answer.cookies) - strlen(answer.cookies), "%s\n", value);
        free(response->headers[i].value);
    }
    buffer_done(&response->body);
    io_close(&response->body_fd);
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static unsigned ask(const struct question *question)
{
    static const struct form_limits limits = {.fields = 8, .field_size = 512, .total_size = 1024};
    struct http_application application = routes_application(&portal);
    struct http_request request = {.post = question->body != NULL,
                                   .peer = "192.0.2.1",
                                   .cookies = or_empty(question->cookies),
                                   .origin = or_empty(question->origin),
                                   .fetch_site = or_empty(question->fetch_site),
                                   .content_type = "application/x-www-form-urlencoded"};
    struct http_response response = {.body_fd = -1};

    buffer_init(&response.body, HTTP_BODY_MAX);
    (void)snprintf(request.path, sizeof(request.path), "%s", question->path);
    assert_int_equal(form_new(request.content_type, &limits, NULL, &request.query), ST_OK);
    assert_int_equal(form_add(request.query, bytes_text(question->query)), ST_OK);
    assert_int_equal(form_end(request.query), ST_OK);
    application.begin(&portal, &request, &response);
    if (request.form != NULL) {
        request.form_status = form_add(request.form, bytes_text(question->body));
        if (request.form_status == ST_OK)
            request.form_status = form_end(request.form);
    }
    if (response.code == 0)
        application.finish(&portal, &request, &response);
    application.end(&portal, &request);
    form_free(request.form);
    form_free(request.query);
    read_answer(&response);
    return answer.code;
}

/* A route's path with something fitting for each star. */
static const char *path_of(const struct route *route)
{
    static char path[300];
    const char *fill[] = {message_id, "1", "1"};
    size_t star = 0, n = 0;

    if (strncmp(route->path, "/confirm/", 9) == 0)
        fill[0] = token43;
    for (const char *c = route->path; *c != '\0'; c++) {
        if (*c == '*')
            n += (size_t)snprintf(path + n, sizeof(path) - n, "%s", fill[star++]);
        else
            path[n++] = *c;
    }
    path[n] = '\0';
    return path;
}

#define BROWSER "visitor-of-this-browser"
static char cookies[200];

/* The browser's cookies: its own, and the session's. */
static const char *all_cookies(void)
{
    (void)snprintf(cookies, sizeof(cookies), "__Host-visitor=" BROWSER "; __Host-session=%s",
                   token43);
    return cookies;
}

/* A form for a route, with its right token. */
static const char *form_of(const char *path, const char *fields)
{
    static char body[2000];
    char token[GUARD_TOKEN_SIZE];
    struct secret *key = token_of(7);

    if (strcmp(path, "/sign-out") == 0)
        guard_make(secret_bytes(key), path, "", token);
    else
        guard_make(secret_bytes(portal.form_key), path, BROWSER, token);
    secret_free(key);
    (void)snprintf(body, sizeof(body), "token=%s%s", token, fields);
    return body;
}

/* --- routes ---------------------------------------------------------------------------------- */

/* What each route answers to somebody who is not signed in, holds no token and has no cookie. A
 * route that is not here fails the test: whoever adds one says here who may use it. */
static const struct {
    bool post;
    const char *path;
    unsigned code;
} stranger[] = {
    {false, "/", 200},
    {false, "/upload", 200},
    {true, "/open", 400}, /* allowed; but there is no message in the form */
    {true, "/upload", 403},
    {false, "/read/*/register", 200},
    {true, "/read/*/register", 403},
    {false, "/read/*/registered", 200},
    {false, "/confirm/*", 200},
    {true, "/confirm/*", 403},
    {true, "/confirm/*/deny", 403},
    {false, "/sign-in", 200},
    {true, "/sign-in", 403},
    {false, "/read/*/sign-in", 200},
    {false, "/sign-in/password", 200},
    {true, "/sign-in/password", 403},
    {true, "/sign-out", 403},
    {false, "/signed-out", 200},
    {false, "/read/*", 303},
    {false, "/read/*/body", 303},
    {false, "/read/*/message.eml", 303},
    {false, "/read/*/part/*/view", 303},
    {false, "/read/*/part/*/download", 303},
    {false, "/read/*/picture/*/*", 404},
    {false, "/help", 200},
    {false, "/terms", 200},
    {false, "/style.css", 200},
    {false, "/logo.svg", 200},
    {false, "/favicon.ico", 200},
    {false, "/seal.svg", 200},
    {false, "/robots.txt", 200},
    {false, "/.well-known/securemail-parameters", 200},
};
#define STRANGER_N (sizeof(stranger) / sizeof(stranger[0]))

static void every_route_says_who_may(void **state)
{
    (void)state;
    give_key();
    assert_int_equal(routes_n, STRANGER_N);
    for (size_t i = 0; i < routes_n; i++) {
        size_t j = 0;

        while (j < STRANGER_N && (stranger[j].post != routes[i].post ||
                                  strcmp(stranger[j].path, routes[i].path) != 0))
            j++;
        assert_true(j < STRANGER_N);
        if (ask(&(struct question){.path = path_of(&routes[i]),
                                   .body = routes[i].post ? "" : NULL}) != stranger[j].code)
            fail_msg("%s: %u", routes[i].path, answer.code);
        assert_null(strstr(answer.body, "The <text>"));
    }
    assert_int_equal(script.changes, 0);
    assert_int_equal(script.opened, 0);
}

static void a_get_changes_nothing(void **state)
{
    (void)state;
    script.session_of = READER;
    give_key();
    for (size_t i = 0; i < routes_n; i++)
        if (!routes[i].post)
            (void)ask(&(struct question){.path = path_of(&routes[i]), .cookies = all_cookies()});
    assert_int_equal(script.changes, 0);
}

static void a_post_needs_the_token_of_its_route(void **state)
{
    (void)state;
    script.session_of = READER;
    for (size_t i = 0; i < routes_n; i++) {
        struct question question = {.path = path_of(&routes[i]), .cookies = all_cookies()};

        if (!routes[i].post || routes[i].form == FORM_FOREIGN)
            continue;
        script.changes = 0;
        question.body = "";
        assert_int_equal(ask(&question), 403);
        question.body = "token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_int_equal(ask(&question), 403);
        question.body = form_of("/another/route", "");
        assert_int_equal(ask(&question), 403);
        question.body = form_of(routes[i].path, "");
        question.fetch_site = "cross-site";
        assert_int_equal(ask(&question), 403);
        question.fetch_site = NULL;
        question.origin = "https://evil.example";
        assert_int_equal(ask(&question), 403);
        question.origin = NULL;
        question.cookies = ""; /* the token of somebody else's browser */
        assert_int_equal(ask(&question), 403);
        assert_int_equal(script.changes, 0);
        question.cookies = all_cookies();
        (void)ask(&question);
        assert_null(strstr(answer.body, "open for too long"));
    }
}

static void what_is_not_declared_is_not_there(void **state)
{
    static const char *const paths[] = {
        "/admin",      "//",           "/read",         "/read/",    "/read//",   "/upload/",
        "/Upload",     "/style.css/",  "/read/*",       "/confirm/", "/read/a/b", "/read/a/part/1",
        "/index.html", "/.well-known", "/read/a/body/x"};

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (ask(&(struct question){.path = paths[i]}) != 404 && strcmp(paths[i], "/read/*") != 0)
            fail_msg("%s: %u", paths[i], answer.code);
    assert_int_equal(ask(&(struct question){.path = "/open"}), 405);
    assert_int_equal(ask(&(struct question){.path = "/sign-out"}), 405);
    assert_int_equal(ask(&(struct question){.path = "/help", .body = ""}), 405);
    assert_int_equal(ask(&(struct question){.path = "/read/" NO_MESSAGE_ID}), 410);
}

/* --- reading --------------------------------------------------------------------------------- */

static unsigned read_path(const char *tail)
{
    char path[200];

    (void)snprintf(path, sizeof(path), "/read/%s%s", message_id, tail);
    return ask(&(struct question){.path = path, .cookies = all_cookies()});
}

static void a_stranger_is_asked_who_he_is(void **state)
{
    char expected[100];

    (void)state;
    script.known = false;
    assert_int_equal(read_path(""), 303);
    (void)snprintf(expected, sizeof(expected), "/read/%s/register", message_id);
    assert_string_equal(answer.location, expected);
    script.known = true;
    assert_int_equal(read_path(""), 303);
    (void)snprintf(expected, sizeof(expected), "/read/%s/sign-in", message_id);
    assert_string_equal(answer.location, expected);
    assert_non_null(strstr(answer.cookies, "__Host-session=;")); /* the dead session goes */
}

static void another_address_is_refused(void **state)
{
    static const char *const tails[] = {"", "/body", "/message.eml", "/part/3/view",
                                        "/part/3/download"};

    (void)state;
    give_key();
    script.session_of = OTHER;
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        assert_int_equal(read_path(tails[i]), 403);
        assert_non_null(strstr(answer.body, READER));
        assert_non_null(strstr(answer.body, OTHER));
        assert_null(strstr(answer.body, "Case"));
    }
    assert_int_equal(script.opened, 0);
}

static void the_reader_reads(void **state)
{
    (void)state;
    give_key();
    script.session_of = READER;
    assert_int_equal(read_path(""), 200);
    assert_non_null(strstr(answer.body, "Case &lt;42&gt;"));
    assert_non_null(strstr(answer.body, "&#34;Anna &lt;i&gt;&#34; &lt;anna@example.org&gt;"));
    assert_non_null(strstr(answer.body, "a &lt;b&gt;.pdf"));
    assert_non_null(strstr(answer.body, "sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
    assert_non_null(strstr(answer.body, "/part/3/view\""));
    assert_non_null(strstr(answer.body, "/part/4/download\""));
    assert_null(strstr(answer.body, "/part/4/view\"")); /* a foreign page is not shown */
    assert_null(strstr(answer.body, "/part/1/"));       /* the text itself is no attachment */
    assert_int_equal(script.opened, 0);                 /* the key was here */
}

static void pieces_have_policies_of_their_own(void **state)
{
    (void)state;
    give_key();
    script.session_of = READER;
    assert_int_equal(read_path("/body"), 200);
    assert_int_equal(answer.policy, HTTP_POLICY_MAIL);
    assert_int_equal(read_path("/part/3/view"), 200);
    assert_int_not_equal(answer.policy, HTTP_POLICY_PAGE);
    assert_int_equal(strncmp(answer.disposition, "inline; ", 8), 0);
    assert_int_equal(read_path("/part/4/view"), 404);
    assert_int_equal(read_path("/part/9/view"), 404);
    assert_int_equal(read_path("/part/x/view"), 404);
    assert_int_equal(read_path("/part/4/download"), 200);
    assert_int_equal(strncmp(answer.disposition, "attachment; ", 12), 0);
    assert_string_equal(answer.body, "The <text>");
    assert_int_equal(read_path("/message.eml"), 200);
    assert_int_equal(strncmp(answer.disposition, "attachment; ", 12), 0);
}

static void pictures_need_the_view_token(void **state)
{
    struct secret *session = token_of(1);
    char token[KEYRING_TOKEN_SIZE], path[200];

    (void)state;
    give_key();
    assert_int_equal(keyring_token(portal.keyring, secret_bytes(session), message_id, token),
                     ST_OK);
    secret_free(session);
    /* Without any cookie: part 1 is no picture, so even the right token shows nothing. */
    (void)snprintf(path, sizeof(path), "/read/%s/picture/%s/1", message_id, token);
    assert_int_equal(ask(&(struct question){.path = path}), 404);
    assert_null(strstr(answer.body, "The <text>"));
}

static void refusals_to_open_are_told_apart(void **state)
{
    static const struct {
        struct wire_verdict verdict;
        unsigned code;
        const char *text;
    } examples[] = {
        {{ST_DENIED, REASON_EXPIRED, 0}, 410, "can’t be opened any more"},
        {{ST_DENIED, REASON_REVOKED, 0}, 403, "revoked"},
        {{ST_DENIED, REASON_RECALLED, 0}, 410, "took this message back"},
        {{ST_DENIED, REASON_NOT_ADDRESSEE, 0}, 403, "not addressed to you"},
        {{ST_DENIED, REASON_TOO_EARLY, 0}, 403, "can’t be opened yet"},
        {{ST_NONE, REASON_UNKNOWN_DISTRICT, 0}, 422, "can’t be opened here"},
        {{ST_BAD, REASON_NONE, 0}, 422, "damaged"},
        {{ST_TEMP, REASON_NONE, 0}, 503, "try again in a moment"},
        {{ST_FAIL, REASON_NONE, 0}, 500, "on our side"},
    };

    (void)state;
    script.session_of = READER;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        script.open = examples[i].verdict;
        assert_int_equal(read_path(""), examples[i].code);
        assert_non_null(strstr(answer.body, examples[i].text));
    }
}

static void an_absent_service_keeps_the_message(void **state)
{
    struct spool_message message;

    (void)state;
    script.away = true;
    assert_int_equal(read_path(""), 503);
    assert_int_equal(spool_find(portal.spool, message_id, clock_now(), &message), ST_OK);
    assert_int_equal(ask(&(struct question){.path = "/", .cookies = all_cookies()}), 200);
}

/* --- people ---------------------------------------------------------------------------------- */

static unsigned post(const char *route, const char *path, const char *fields)
{
    return ask(
        &(struct question){.path = path, .body = form_of(route, fields), .cookies = all_cookies()});
}

static void signing_in_tells_nothing(void **state)
{
    char with_account[sizeof(answer.body)];

    (void)state;
    assert_int_equal(post("/sign-in", "/sign-in", "&address=+Reader%40EXAMPLE.org+"), 200);
    assert_non_null(strstr(answer.body, "value=\"" READER "\""));
    assert_int_equal(post("/sign-in", "/sign-in", "&address=nobody"), 422);
    assert_non_null(strstr(answer.body, "value=\"nobody\"")); /* what was typed stays */

    script.sign_in = WIRE_REFUSE(ST_DENIED, REASON_WRONG_PASSWORD);
    assert_int_equal(post("/sign-in/password", "/sign-in/password",
                          "&address=" READER "&password=hunter2secret"),
                     403);
    assert_null(strstr(answer.body, "hunter2secret"));
    assert_null(strstr(answer.cookies, "__Host-session=A")); /* no session begins */
    memcpy(with_account, answer.body, sizeof(with_account));
    assert_int_equal(
        post("/sign-in/password", "/sign-in/password", "&address=" READER "&password=another"),
        403);
    assert_string_equal(answer.body, with_account);
}

static void signing_in_leads_back_to_the_message(void **state)
{
    char fields[200], expected[100];

    (void)state;
    script.sign_in = WIRE_OK;
    (void)snprintf(fields, sizeof(fields), "&address=" READER "&password=x&message=%s", message_id);
    assert_int_equal(post("/sign-in/password", "/sign-in/password", fields), 303);
    (void)snprintf(expected, sizeof(expected), "/read/%s", message_id);
    assert_string_equal(answer.location, expected);
    assert_non_null(strstr(answer.cookies, "__Host-session="));
    assert_non_null(strstr(answer.cookies, "; Path=/; HttpOnly; SameSite=Lax; Secure\n"));

    /* The session that this browser had is over. */
    script.session_of = OTHER;
    script.changes = 0;
    assert_int_equal(post("/sign-in/password", "/sign-in/password", fields), 303);
    assert_int_equal(script.changes, 2);
    assert_non_null(strstr(answer.cookies, "__Host-session=AQ"));
    assert_null(strstr(answer.cookies, "__Host-session=;"));

    /* Nowhere else: a foreign address in that field is no address. */
    assert_int_equal(post("/sign-in/password", "/sign-in/password",
                          "&address=" READER "&password=x&message=%2F%2Fevil.example"),
                     303);
    assert_string_equal(answer.location, "/");
}

static void registration_loses_nothing_typed(void **state)
{
    char path[100];

    (void)state;
    (void)snprintf(path, sizeof(path), "/read/%s/register", message_id);
    assert_int_equal(post("/read/*/register", path,
                          "&name=Anna+%3CB%3E&password=abcdefgh1&again=different&question=3"
                          "&answer=blue&terms=yes"),
                     422);
    assert_non_null(strstr(answer.body, "value=\"Anna &lt;B&gt;\""));
    assert_non_null(strstr(answer.body, "value=\"blue\""));
    assert_non_null(strstr(answer.body, "<option value=\"3\" selected"));
    assert_non_null(strstr(answer.body, " checked "));
    assert_non_null(strstr(answer.body, "<a href=\"#again\">"));
    assert_null(strstr(answer.body, "abcdefgh1"));
    assert_int_equal(script.changes, 0);

    /* Each field that is missing is named. */
    assert_int_equal(post("/read/*/register", path, ""), 422);
    assert_non_null(strstr(answer.body, "<a href=\"#name\">"));
    assert_non_null(strstr(answer.body, "<a href=\"#password\">"));
    assert_non_null(strstr(answer.body, "<a href=\"#question\">"));
    assert_non_null(strstr(answer.body, "<a href=\"#answer\">"));
    assert_non_null(strstr(answer.body, "<a href=\"#terms\">"));
}

static void registration_takes_the_address_from_the_message(void **state)
{
    char path[100];

    (void)state;
    script.registered = WIRE_OK;
    (void)snprintf(path, sizeof(path), "/read/%s/register", message_id);
    assert_int_equal(post("/read/*/register", path,
                          "&address=" OTHER "&name=Anna&password=abcdefgh1&again=abcdefgh1"
                          "&question=3&answer=blue&terms=yes"),
                     303);
    assert_string_equal(script.last.address, READER);
    assert_string_equal(script.last.return_to, message_id);
    assert_int_equal(script.last.question, 3);
    assert_non_null(strstr(answer.cookies, "__Host-pending="));

    script.registered = WIRE_REFUSE(ST_BAD, REASON_WEAK_PASSWORD);
    assert_int_equal(post("/read/*/register", path,
                          "&name=Anna&password=abcdefgh1&again=abcdefgh1"
                          "&question=3&answer=blue&terms=yes"),
                     422);
    assert_non_null(strstr(answer.body, "easy to guess"));
}

static void confirming_needs_more_than_the_link(void **state)
{
    char path[100];

    (void)state;
    (void)snprintf(path, sizeof(path), "/confirm/%s", token43);
    assert_int_equal(ask(&(struct question){.path = path}), 200);
    assert_non_null(strstr(answer.body, "R. &lt;Reader&gt;"));
    assert_non_null(strstr(answer.body, "type=\"password\""));
    assert_int_equal(post("/confirm/*", path, ""), 403);
    assert_int_equal(script.changes, 0);
    assert_int_equal(post("/confirm/*", path, "&password=abcdefgh1"), 303);
    assert_non_null(strstr(answer.cookies, "__Host-session="));
    assert_int_equal(ask(&(struct question){.path = "/confirm/short"}), 410);
}

static void signing_out_wipes(void **state)
{
    struct secret *session = token_of(1), *key = NULL;

    (void)state;
    give_key();
    script.session_of = READER;
    assert_int_equal(post("/sign-out", "/sign-out", ""), 303);
    assert_string_equal(answer.location, "/signed-out");
    assert_non_null(strstr(answer.cookies, "__Host-session=; Path=/; HttpOnly; SameSite=Lax; "
                                           "Secure; Max-Age=0"));
    assert_int_equal(script.changes, 1);
    assert_int_equal(
        keyring_get(portal.keyring, secret_bytes(session), message_id, clock_now(), &key), ST_NONE);
    secret_free(session);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_route_says_who_may),
        TEST(a_get_changes_nothing),
        TEST(a_post_needs_the_token_of_its_route),
        TEST(what_is_not_declared_is_not_there),
        TEST(a_stranger_is_asked_who_he_is),
        TEST(another_address_is_refused),
        TEST(the_reader_reads),
        TEST(pieces_have_policies_of_their_own),
        TEST(pictures_need_the_view_token),
        TEST(refusals_to_open_are_told_apart),
        TEST(an_absent_service_keeps_the_message),
        TEST(signing_in_tells_nothing),
        TEST(signing_in_leads_back_to_the_message),
        TEST(registration_loses_nothing_typed),
        TEST(registration_takes_the_address_from_the_message),
        TEST(confirming_needs_more_than_the_link),
        TEST(signing_out_wipes),
    };

    return cmocka_run_group_tests_name("portal pages", tests, NULL, NULL);
}
