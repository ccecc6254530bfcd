/* SPDX-License-Identifier: Apache-2.0
 * http: the server, over libmicrohttpd. The library reads requests and runs threads; which requests
 * are good, and what every answer carries, is decided here and in response.c. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "http.h"
#include "io.h"
#include "memory.h"
#include "number.h"
#include "response_private.h"

#define STACK_SIZE                                                                                 \
    ((size_t)512 * 1024) /* of each connection's thread; nothing here recurses on input */
#define CONNECTION_MEMORY ((size_t)64 * 1024) /* headers must fit; bodies are read through it */
#define STREAM_BLOCK ((size_t)64 * 1024)
#define STREAM_TIMEOUT_MS 30000

static const struct form_limits query_limits = {.fields = 8, .field_size = 512, .total_size = 1024};

struct http_server {
    struct http_settings settings;
    struct http_application application;
    struct MHD_Daemon *daemon;
    atomic_uint in_hand; /* requests between their first line and their end */
};

/* One request and its answer. */
struct exchange {
    struct http_server *server;
    struct http_request request;
    struct http_response response;
    char peer[HTTP_PEER_MAX];
    unsigned refused;   /* the code, before the application was asked; 0: fine so far */
    bool started;       /* the headers were looked at */
    bool begun;         /* the application heard of it */
    int64_t body_begin; /* clock_monotonic_ms when the headers were there */
    uint64_t body_read; /* bytes of the body so far */
};

/* --- the request line ------------------------------------------------------------------------ */

/* Unreserved characters (RFC 3986 §2.3) and "/". Nothing of ours needs more, so nothing is ever
 * decoded. */
static bool path_good(struct bytes path)
{
    if (path.n == 0 || path.n > HTTP_PATH_MAX || path.p[0] != '/')
        return false;
    for (size_t i = 0; i < path.n; i++) {
        uint8_t c = path.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '/' || c == '-' || c == '.' || c == '_' || c == '~'))
            return false;
    }
    return true;
}

static enum status read_query(struct exchange *exchange, struct bytes query)
{
    enum status status = form_new("application/x-www-form-urlencoded", &query_limits, NULL,
                                  &exchange->request.query);

    if (status == ST_OK)
        status = form_add(exchange->request.query, query);
    return status == ST_OK ? form_end(exchange->request.query) : status;
}

/* The library calls this with the target as it came, before anything else of a request; what it
 * returns is the request's own pointer from then on. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct exchange *exchange = memory_new(1, sizeof(*exchange));
    struct bytes all = bytes_text(target);
    struct bytes path = bytes_first(all, bytes_index(all, '?'));

    (void)connection;
    exchange->server = context;
    atomic_fetch_add(&exchange->server->in_hand, 1);
    response_init(&exchange->response);
    if (read_query(exchange, bytes_from(all, path.n + (path.n < all.n ? 1 : 0))) != ST_OK)
        exchange->refused = 400;
    else if (!path_good(path) || !bytes_to_text(path, exchange->request.path, HTTP_PATH_MAX + 1))
        exchange->refused = 404;
    return exchange;
}

/* --- the headers ----------------------------------------------------------------------------- */

/* What we look at, each allowed once. */
struct headers {
    const char *host, *length, *encoding, *type, *cookies, *origin, *fetch_site, *forwarded;
    bool twice;
};

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct headers *headers = context;
    const struct {
        const char *name;
        const char **value;
    } known[] = {{"Host", &headers->host},
                 {"Content-Length", &headers->length},
                 {"Transfer-Encoding", &headers->encoding},
                 {"Content-Type", &headers->type},
                 {"Cookie", &headers->cookies},
                 {"Origin", &headers->origin},
                 {"Sec-Fetch-Site", &headers->fetch_site},
                 {"X-Forwarded-For", &headers->forwarded}};

    (void)kind;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!bytes_equal_nocase(bytes_text(name), bytes_text(known[i].name)))
            continue;
        headers->twice = headers->twice || *known[i].value != NULL;
        *known[i].value = value == NULL ? "" : value;
    }
    return MHD_YES;
}

/* Only one program can reach a Unix socket of ours, the front; a TCP connection speaks for itself.
 */
static void find_peer(struct exchange *exchange, struct MHD_Connection *connection,
                      const char *forwarded)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info == NULL ? NULL : info->client_addr;
    unsigned char binary[sizeof(struct in6_addr)];
    char *peer = exchange->peer;

    exchange->request.peer = peer;
    if (address == NULL)
        return;
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
        (void)inet_ntop(AF_INET, &in->sin_addr, peer, HTTP_PEER_MAX);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)address;
        (void)inet_ntop(AF_INET6, &in->sin6_addr, peer, HTTP_PEER_MAX);
    } else if (forwarded != NULL && (inet_pton(AF_INET, forwarded, binary) == 1 ||
                                     inet_pton(AF_INET6, forwarded, binary) == 1)) {
        (void)bytes_to_text(bytes_text(forwarded), peer, HTTP_PEER_MAX);
    }
}

/* The size of the body, and whether we take one of that size. */
static unsigned check_body(struct exchange *exchange, const struct headers *headers)
{
    struct http_request *request = &exchange->request;

    if (headers->encoding != NULL)
        return headers->length != NULL ? 400 : 411;
    if (headers->length == NULL)
        return request->post ? 411 : 0;
    if (number_parse(bytes_text(headers->length), 0, UINT64_MAX, &request->body_size) != ST_OK)
        return 400;
    if (!request->post && request->body_size > 0)
        return 400;
    return request->body_size > exchange->server->settings.body_max ? 413 : 0;
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

/* 0, or the code of the refusal. */
static unsigned read_headers(struct exchange *exchange, struct MHD_Connection *connection,
                             const char *method)
{
    struct http_request *request = &exchange->request;
    struct headers headers = {.twice = false};

    request->post = strcmp(method, "POST") == 0;
    request->head = strcmp(method, "HEAD") == 0;
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &headers);
    find_peer(exchange, connection, headers.forwarded);
    if (!request->post && !request->head && strcmp(method, "GET") != 0)
        return 405;
    if (headers.twice || headers.host == NULL)
        return 400;
    request->cookies = or_empty(headers.cookies);
    request->origin = or_empty(headers.origin);
    request->fetch_site = or_empty(headers.fetch_site);
    request->content_type = or_empty(headers.type);
    return check_body(exchange, &headers);
}

/* --- the answer ------------------------------------------------------------------------------ */

struct stream {
    int fd;
};

static ssize_t on_stream_read(void *context, uint64_t position, char *out, size_t max)
{
    struct stream *stream = context;
    size_t n;

    (void)position;
    if (io_read(stream->fd, out, max, io_deadline(STREAM_TIMEOUT_MS), &n) != ST_OK)
        return MHD_CONTENT_READER_END_WITH_ERROR; /* the browser sees a broken download, never a
                                                     short one */
    return (ssize_t)n;
}

static void on_stream_free(void *context)
{
    struct stream *stream = context;

    io_close(&stream->fd);
    free(stream);
}

static void on_buffer_free(void *context)
{
    buffer_done(context);
    free(context);
}

/* The body changes its owner: from the response to the library. */
static struct MHD_Response *hand_over_body(struct http_response *response)
{
    if (response->body_fd >= 0) {
        struct stream *stream = memory_new(1, sizeof(*stream));

        stream->fd = response->body_fd;
        response->body_fd = -1;
        return MHD_create_response_from_callback(response->body_size, STREAM_BLOCK, on_stream_read,
                                                 stream, on_stream_free);
    }
    struct buffer *body = memory_new(1, sizeof(*body));

    *body = response->body;
    buffer_init(&response->body, HTTP_BODY_MAX);
    return MHD_create_response_from_buffer_with_free_callback_cls(body->n, body->p, on_buffer_free,
                                                                  body);
}

static enum MHD_Result answer(struct exchange *exchange, struct MHD_Connection *connection)
{
    struct http_response *response = &exchange->response;
    struct response_header fixed[RESPONSE_FIXED_MAX];
    size_t fixed_n;
    struct MHD_Response *out;
    enum MHD_Result result;

    if (response->code == 0 || buffer_check(&response->body) != ST_OK)
        http_plain(response, 500, "Internal error\n");
    out = hand_over_body(response);
    if (out == NULL)
        return MHD_NO;
    fixed_n = response_fixed(response, exchange->server->settings.secure, fixed);
    for (size_t i = 0; i < fixed_n; i++)
        (void)MHD_add_response_header(out, fixed[i].name, fixed[i].value);
    if (response->type != NULL)
        (void)MHD_add_response_header(out, "Content-Type", response->type);
    for (size_t i = 0; i < response->headers_n; i++)
        (void)MHD_add_response_header(out, response->headers[i].name, response->headers[i].value);
    result = MHD_queue_response(connection, response->code, out);
    MHD_destroy_response(out);
    return result;
}

static enum MHD_Result refuse(struct exchange *exchange, struct MHD_Connection *connection)
{
    struct http_application *application = &exchange->server->application;

    application->refuse(application->context, &exchange->request, exchange->refused,
                        &exchange->response);
    if (exchange->refused == 405)
        http_header(&exchange->response, "Allow", "GET, HEAD, POST");
    return answer(exchange, connection);
}

/* --- a request's life ------------------------------------------------------------------------ */

static enum MHD_Result start(struct exchange *exchange, struct MHD_Connection *connection,
                             const char *method)
{
    struct http_server *server = exchange->server;
    unsigned code = read_headers(exchange, connection, method);

    exchange->started = true;
    exchange->body_begin = clock_monotonic_ms();
    if (exchange->refused == 0 || code == 405)
        exchange->refused = code;
    if (exchange->refused != 0)
        return refuse(exchange, connection);
    exchange->begun = true;
    server->application.begin(server->application.context, &exchange->request, &exchange->response);
    return exchange->response.at_once ? answer(exchange, connection) : MHD_YES;
}

/* A body that trickles holds a connection that others wait for. */
static bool too_slow(const struct exchange *exchange)
{
    const struct http_settings *settings = &exchange->server->settings;
    int64_t time = clock_monotonic_ms() - exchange->body_begin;
    int64_t counted = time - (int64_t)settings->body_grace * 1000;

    if (time > (int64_t)settings->body_time * 1000)
        return true;
    return counted > 0 && exchange->body_read < (uint64_t)counted * settings->body_rate / 1000;
}

/* A body that nobody wants any more is read and dropped, so that the browser listens to the answer.
 */
static enum MHD_Result take_body(struct exchange *exchange, struct bytes bytes)
{
    struct http_request *request = &exchange->request;

    exchange->body_read += bytes.n;
    if (too_slow(exchange))
        return MHD_NO;
    if (request->form != NULL && request->form_status == ST_OK)
        request->form_status = form_add(request->form, bytes);
    return MHD_YES;
}

static enum MHD_Result finish(struct exchange *exchange, struct MHD_Connection *connection)
{
    struct http_application *application = &exchange->server->application;
    struct http_request *request = &exchange->request;

    if (request->form != NULL && request->form_status == ST_OK)
        request->form_status = form_end(request->form);
    if (exchange->response.code == 0)
        application->finish(application->context, request, &exchange->response);
    return answer(exchange, connection);
}

/* The library calls this once when the headers are there, once for each piece of the body, and once
 * at its end. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_n, void **own)
{
    struct exchange *exchange = *own;

    (void)context;
    (void)url;
    (void)version;
    if (exchange == NULL)
        return MHD_NO;
    if (!exchange->started)
        return start(exchange, connection, method);
    if (*data_n > 0) {
        struct bytes bytes = {(const uint8_t *)data, *data_n};

        *data_n = 0;
        return take_body(exchange, bytes);
    }
    return finish(exchange, connection);
}

static void on_end(void *context, struct MHD_Connection *connection, void **own,
                   enum MHD_RequestTerminationCode reason)
{
    struct exchange *exchange = *own;

    (void)context;
    (void)connection;
    (void)reason;
    if (exchange == NULL)
        return;
    *own = NULL;
    if (exchange->begun)
        exchange->server->application.end(exchange->server->application.context,
                                          &exchange->request);
    form_free(exchange->request.form);
    form_free(exchange->request.query);
    response_done(&exchange->response);
    atomic_fetch_sub(&exchange->server->in_hand, 1);
    free(exchange);
}

/* Nothing is decoded by the library; see path_good and read_query. */
static size_t on_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

/* --- the server's life ----------------------------------------------------------------------- */

enum status http_start(const struct http_settings *settings,
                       const struct http_application *application, struct http_server **server_out,
                       struct why *why)
{
    struct http_server *server = memory_new(1, sizeof(*server));

    server->settings = *settings;
    server->application = *application;
    server->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
                             MHD_USE_POLL | MHD_USE_ITC,
                         0, NULL, NULL, on_request, server,                     //
                         MHD_OPTION_LISTEN_SOCKET, settings->listener,          //
                         MHD_OPTION_CONNECTION_LIMIT, settings->connections,    //
                         MHD_OPTION_CONNECTION_TIMEOUT, settings->idle,         //
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, //
                         MHD_OPTION_THREAD_STACK_SIZE, STACK_SIZE,              //
                         MHD_OPTION_STRICT_FOR_CLIENT, 1,                       //
                         MHD_OPTION_URI_LOG_CALLBACK, on_target, server,        //
                         MHD_OPTION_NOTIFY_COMPLETED, on_end, server,           //
                         MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,       //
                         MHD_OPTION_END);
    if (server->daemon == NULL) {
        free(server);
        return why_set(why, ST_FAIL, "the HTTP library does not start");
    }
    *server_out = server;
    return ST_OK;
}

unsigned http_stop(struct http_server *server, int grace_ms)
{
    int64_t deadline = io_deadline(grace_ms);
    MHD_socket listener = MHD_quiesce_daemon(server->daemon);
    unsigned left;

    if (listener != MHD_INVALID_SOCKET)
        (void)close(listener);
    while (atomic_load(&server->in_hand) > 0 && clock_monotonic_ms() < deadline)
        (void)usleep(10000);
    left = atomic_load(&server->in_hand);
    MHD_stop_daemon(server->daemon);
    free(server);
    return left;
}
