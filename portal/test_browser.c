/* SPDX-License-Identifier: Apache-2.0
 * portal: for the tests of the pages: scripted neighbours, and a browser. */
#include "test_browser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "io.h"
#include "memory.h"

/* --- accounts and viewer, scripted ----------------------------------------------------------- */

struct script script;

struct secret *token_of(uint8_t byte)
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
    script.waited_ms = accounts->timeout_ms;
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
    script.waited_ms = accounts->timeout_ms;
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
    script.waited_ms = accounts->timeout_ms;
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
struct wire_verdict wire_parameters(const struct wire_peer *accounts,
                                    struct wire_parameters_reply *reply_out)
{
    (void)accounts;
    memcpy(reply_out->file, "parameters", 10);
    reply_out->file_n = 10;
    return WIRE_OK;
}

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

struct portal portal;
char message_id[SPOOL_ID_SIZE], session_text[44];
struct answer answer;
static char folder[40];

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

int browser_set_up(void **state)
{
    const struct spool_settings settings = {.directory = folder,
                                            .keep = 3600,
                                            .bytes_max = 1 << 20,
                                            .source_max = 1 << 20,
                                            .messages_max = 10,
                                            .source_messages_max = 10};
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
    portal.form_key = token_of(9);
    portal.keyring = keyring_new(8, 3600);
    portal.crowd = crowd_new(16, FORMS_AT_ONCE);
    (void)token_encode(session_text, sizeof(session_text), secret_bytes(session));
    secret_free(session);
    keep_message();
    return 0;
}

int browser_tear_down(void **state)
{
    (void)state;
    spool_free(portal.spool);
    keyring_free(portal.keyring);
    crowd_free(portal.crowd);
    secret_free(portal.form_key);
    return rmdir(folder);
}

void give_key(void)
{
    struct secret *key = secret_new(ENVELOPE_OPENED_SIZE), *session = token_of(1);
    const struct keyring_place place =
        keyring_expect(portal.keyring, secret_bytes(session), message_id);

    assert_int_equal(keyring_put(portal.keyring, &place, clock_now(), key), ST_OK);
    secret_free(key);
    secret_free(session);
}

static void read_answer(struct http_response *response)
{
    size_t n = response->body.n < sizeof(answer.body) ? response->body.n : sizeof(answer.body) - 1;

    memset(&answer, 0, sizeof(answer));
    answer.code = response->code;
    answer.policy = response->policy;
    answer.at_once = response->at_once;
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

unsigned ask(const struct question *question)
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

const char *path_of(const struct route *route)
{
    static char path[300];
    const char *fill[] = {message_id, "1", "1"};
    size_t star = 0, n = 0;

    if (strncmp(route->path, "/confirm/", 9) == 0)
        fill[0] = session_text;
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

const char *all_cookies(void)
{
    (void)snprintf(cookies, sizeof(cookies), "__Host-visitor=" BROWSER "; __Host-session=%s",
                   session_text);
    return cookies;
}

const char *form_of(const char *path, const char *fields)
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

unsigned post(const char *route, const char *path, const char *fields)
{
    return ask(
        &(struct question){.path = path, .body = form_of(route, fields), .cookies = all_cookies()});
}

unsigned read_path(const char *tail)
{
    char path[200];

    (void)snprintf(path, sizeof(path), "/read/%s%s", message_id, tail);
    return ask(&(struct question){.path = path, .cookies = all_cookies()});
}

static int kept_error = -1, caught = -1;

void log_catch(void)
{
    kept_error = dup(STDERR_FILENO);
    caught = memfd_create("log", 0);
    assert_true(kept_error >= 0 && dup2(caught, STDERR_FILENO) >= 0);
}

const char *log_caught(void)
{
    static char text[20000];
    ssize_t n = pread(caught, text, sizeof(text) - 1, 0);

    assert_true(n >= 0 && dup2(kept_error, STDERR_FILENO) >= 0);
    text[n] = '\0';
    io_close(&caught);
    io_close(&kept_error);
    return text;
}
