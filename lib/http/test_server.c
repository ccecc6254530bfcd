/* SPDX-License-Identifier: Apache-2.0
 * http: tests of the server over a real socket, spoken to byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"
#include "io.h"
#include "net.h"
#include "number.h"

#define BODY_MAX 100000

/* What the application saw. */
static struct {
    struct http_server *server;
    char where[80];
    int begun, finished, ended;
    char peer[HTTP_PEER_MAX];
    size_t streamed;
} seen;

static bool big_begin(void *context, const struct form_part *part)
{
    (void)context;
    return strcmp(part->name, "big") == 0;
}

static enum status big_data(void *context, struct bytes bytes)
{
    (void)context;
    seen.streamed += bytes.n;
    return ST_OK;
}

static enum status big_end(void *context)
{
    (void)context;
    return ST_OK;
}

static void app_begin(void *context, struct http_request *request, struct http_response *response)
{
    static const struct form_limits limits = {.fields = 4, .field_size = 100, .total_size = 200};
    const struct form_sink sink = {big_begin, big_data, big_end, NULL};

    (void)context;
    seen.begun++;
    (void)bytes_to_text(bytes_text(request->peer), seen.peer, sizeof(seen.peer));
    if (strcmp(request->path, "/early") == 0) {
        http_plain(response, 403, "early\n");
        return;
    }
    if (strcmp(request->path, "/crowded") == 0) {
        http_plain(response, 503, "crowded\n");
        response->at_once = true;
        return;
    }
    if (request->post && form_new(request->content_type, &limits, &sink, &request->form) != ST_OK)
        http_plain(response, 415, "no form\n");
}

/* "/pipe" answers from a descriptor, "/short" from one that ends too early, all others with a line.
 */
static void answer_from_pipe(struct http_response *response, const char *text, uint64_t size)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_true(write(ends[1], text, strlen(text)) > 0);
    close(ends[1]);
    response->code = 200;
    response->body_fd = ends[0];
    response->body_size = size;
}

static void app_finish(void *context, struct http_request *request, struct http_response *response)
{
    const char *a = request->form == NULL ? "-" : form_text(request->form, "a");
    const char *q = form_text(request->query, "q");

    (void)context;
    seen.finished++;
    if (strcmp(request->path, "/pipe") == 0) {
        answer_from_pipe(response, "piped", 5);
    } else if (strcmp(request->path, "/short") == 0) {
        answer_from_pipe(response, "piped", 50);
    } else if (strcmp(request->path, "/nothing") != 0) {
        http_plain(response, 200, "");
        buffer_add_format(&response->body, "path=%s q=%s a=%s form=%s", request->path,
                          q == NULL ? "-" : q, a == NULL ? "-" : a,
                          status_name(request->form_status));
    }
}

static void app_end(void *context, struct http_request *request)
{
    (void)context;
    (void)request;
    seen.ended++;
}

static void app_refuse(void *context, const struct http_request *request, unsigned code,
                       struct http_response *response)
{
    (void)context;
    http_plain(response, code, "");
    buffer_add_format(&response->body, "refused %s %s of %s\n", request->post ? "post" : "other",
                      request->path[0] == '\0' ? "-" : request->path, request->peer);
}

static const struct http_application application = {app_begin, app_finish, app_end, app_refuse,
                                                    NULL};

/* body_rate: bytes a second, from the first moment */
static void start_with_rate(const char *where, unsigned body_rate)
{
    struct http_settings settings = {.connections = 16,
                                     .idle = 5,
                                     .body_time = 10,
                                     .body_rate = body_rate,
                                     .body_max = BODY_MAX};
    struct why why;
    int port;

    memset(&seen, 0, sizeof(seen));
    assert_int_equal(net_listen(where, 0600, &settings.listener, &why), ST_OK);
    (void)bytes_to_text(bytes_text(where), seen.where, sizeof(seen.where));
    if (net_port(settings.listener, &port) == ST_OK)
        (void)snprintf(seen.where, sizeof(seen.where), "127.0.0.1:%d", port);
    assert_int_equal(http_start(&settings, &application, &seen.server, &why), ST_OK);
}

static void start(const char *where)
{
    start_with_rate(where, 0);
}

/* Every body but an instant one is too slow. */
static int start_impatient(void **state)
{
    (void)state;
    start_with_rate("127.0.0.1:0", 2000000000);
    return 0;
}

static int start_tcp(void **state)
{
    (void)state;
    start("127.0.0.1:0");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    http_stop(seen.server, 2000);
    assert_int_equal(seen.begun, seen.ended);
    return 0;
}

/* Send a request and give all that comes back until the server closes. */
static const char *ask(struct bytes request)
{
    static char answer[20000];
    struct why why;
    size_t total = 0, n;
    int fd;

    assert_int_equal(net_connect(seen.where, 2000, &fd, &why), ST_OK);
    if (io_write_all(fd, request, io_deadline(2000)) != ST_OK)
        print_message("the server did not take the whole request\n");
    while (total < sizeof(answer) - 1 &&
           io_read(fd, answer + total, sizeof(answer) - 1 - total, io_deadline(4000), &n) == ST_OK)
        total += n;
    answer[total] = '\0';
    close(fd);
    return answer;
}

#define ASK(text) ask(BYTES_LITERAL(text))
#define CLOSE "Host: h\r\nConnection: close\r\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

static unsigned code_of(const char *answer)
{
    uint64_t code = 0;

    if (strlen(answer) < 12 ||
        number_parse((struct bytes){(const uint8_t *)answer + 9, 3}, 100, 599, &code) != ST_OK)
        return 0;
    return (unsigned)code;
}

static void requests_get_their_answer(void **state)
{
    static const struct {
        struct bytes request;
        unsigned code;
        const char *text; /* somewhere in the answer; NULL: nothing special */
    } examples[] = {
#define EXAMPLE(request, code, text) {{(const uint8_t *)(request), sizeof(request) - 1}, code, text}
        EXAMPLE("GET / HTTP/1.1\r\n" CLOSE "\r\n", 200, "path=/ q=- a=- form=ok"),
        EXAMPLE("GET /a/b?q=x+y%21 HTTP/1.1\r\n" CLOSE "\r\n", 200, "path=/a/b q=x y! a=-"),
        EXAMPLE("GET /pipe HTTP/1.1\r\n" CLOSE "\r\n", 200, "\r\n\r\npiped"),
        EXAMPLE("GET /nothing HTTP/1.1\r\n" CLOSE "\r\n", 500, "\r\n\r\nInternal error"),
        EXAMPLE("GET /early HTTP/1.1\r\n" CLOSE "\r\n", 403, "early"),
        EXAMPLE("POST / HTTP/1.1\r\n" CLOSE FORM "Content-Length: 5\r\n\r\na=%41", 200,
                "a=A form=ok"),
        EXAMPLE("POST / HTTP/1.1\r\n" CLOSE FORM "Content-Length: 4\r\n\r\na=%4", 200, "form=bad"),
        EXAMPLE("POST / HTTP/1.1\r\n" CLOSE FORM "Content-Length: 0\r\n\r\n", 200, "a=- form=ok"),
        EXAMPLE("POST /early HTTP/1.1\r\n" CLOSE FORM "Content-Length: 3\r\n\r\na=1", 403, "early"),
        EXAMPLE("POST / HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\n\r\na=1", 415, NULL),

        /* refused before the application hears of it */
        EXAMPLE("PUT / HTTP/1.1\r\n" CLOSE "Content-Length: 0\r\n\r\n", 405,
                "Allow: GET, HEAD, POST"),
        EXAMPLE("OPTIONS * HTTP/1.1\r\n" CLOSE "\r\n", 405, NULL),
        EXAMPLE("GET /%2e HTTP/1.1\r\n" CLOSE "\r\n", 404, "refused other - of 127.0.0.1"),
        EXAMPLE("GET /a;b HTTP/1.1\r\n" CLOSE "\r\n", 404, NULL),
        EXAMPLE("GET /?q=%zz HTTP/1.1\r\n" CLOSE "\r\n", 400, NULL),
        EXAMPLE("GET /?q=1&q=2 HTTP/1.1\r\n" CLOSE "\r\n", 400, NULL),
        EXAMPLE("GET http://h/ HTTP/1.1\r\n" CLOSE "\r\n", 404, NULL),
        EXAMPLE("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400, NULL),
        EXAMPLE("GET / HTTP/1.1\r\nHost: i\r\n" CLOSE "\r\n", 400, NULL),
        EXAMPLE("GET / HTTP/1.1\r\n" CLOSE "Content-Length: 1\r\n\r\nx", 400, NULL),
        EXAMPLE("GET / HTTP/1.1\r\n" CLOSE "Cookie: a=1\r\ncookie: a=2\r\n\r\n", 400, NULL),
        EXAMPLE("POST / HTTP/1.1\r\n" CLOSE FORM "Content-Length: 100001\r\n\r\n", 413,
                "refused post / of 127.0.0.1"),
        EXAMPLE("POST / HTTP/1.1\r\n" CLOSE FORM "\r\n", 411, NULL),
        EXAMPLE("POST / HTTP/1.1\r\n" CLOSE FORM "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411,
                NULL),
        EXAMPLE("POST / HTTP/1.1\r\n" CLOSE FORM
                "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400, NULL),
        EXAMPLE("POST / HTTP/1.1\r\n" CLOSE FORM
                "Content-Length: 3\r\nContent-Length: 4\r\n\r\na=1",
                400, NULL),
        EXAMPLE("POST / HTTP/1.1\r\n" CLOSE FORM "Content-Length: +3\r\n\r\na=1", 400, NULL),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const char *answer = ask(examples[i].request);

        if (code_of(answer) != examples[i].code ||
            (examples[i].text != NULL && strstr(answer, examples[i].text) == NULL))
            fail_msg("%.*s\ngot\n%s", (int)examples[i].request.n,
                     (const char *)examples[i].request.p, answer);
        /* What the library refuses by itself is a page of its own, without anything of ours. */
        if (strstr(answer, "\r\n\r\n<html><head><title>") != NULL)
            continue;
        assert_non_null(strstr(answer, "Content-Security-Policy: default-src 'none';"));
        assert_non_null(strstr(answer, "Cache-Control: no-store"));
        assert_non_null(strstr(answer, "X-Content-Type-Options: nosniff"));
    }
}

static void head_is_get_without_a_body(void **state)
{
    const char *answer = ASK("HEAD / HTTP/1.1\r\n" CLOSE "\r\n");

    (void)state;
    assert_int_equal(code_of(answer), 200);
    assert_non_null(strstr(answer, "Content-Length: 22\r\n")); /* "path=/ q=- a=- form=ok" */
    assert_null(strstr(answer, "path="));
}

/* A download that breaks off must not look complete. */
static void a_cut_stream_is_no_whole_answer(void **state)
{
    const char *answer = ASK("GET /short HTTP/1.1\r\n" CLOSE "\r\n");

    (void)state;
    assert_non_null(strstr(answer, "Content-Length: 50\r\n"));
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\npiped");
}

static void a_large_field_streams(void **state)
{
    static char request[BODY_MAX + 500];
    int head = snprintf(
        request, 500, "POST / HTTP/1.1\r\n" CLOSE FORM "Content-Length: %d\r\n\r\nbig=", BODY_MAX);

    (void)state;
    memset(request + head, 'x', BODY_MAX - 4);
    assert_int_equal(
        code_of(ask((struct bytes){(const uint8_t *)request, (size_t)head + BODY_MAX - 4})), 200);
    assert_int_equal(seen.streamed, BODY_MAX - 4);
}

static void the_early_refusal_needs_no_body(void **state)
{
    (void)state;
    assert_int_equal(
        code_of(ASK("POST / HTTP/1.1\r\n" CLOSE FORM "Content-Length: 99999999\r\n\r\n")), 413);
    assert_int_equal(seen.begun, 0);
}

/* Nobody waits for the body, and the connection is free again. */
static void an_answer_at_once_needs_no_body(void **state)
{
    const char *answer =
        ASK("POST /crowded HTTP/1.1\r\nHost: h\r\n" FORM "Content-Length: 50000\r\n\r\na=1");

    (void)state;
    assert_int_equal(code_of(answer), 503);
    assert_non_null(strstr(answer, "Connection: close\r\n"));
    assert_non_null(strstr(answer, "crowded"));
    assert_int_equal(seen.begun, 1);
    assert_int_equal(seen.finished, 0);
}

/* A body in single bytes, until the server has enough. */
static void send_slowly(int size)
{
    char head[200];
    struct why why;
    int fd;

    (void)snprintf(head, sizeof(head),
                   "POST / HTTP/1.1\r\n" CLOSE FORM "Content-Length: %d\r\n\r\n", size);
    assert_int_equal(net_connect(seen.where, 2000, &fd, &why), ST_OK);
    assert_int_equal(io_write_all(fd, bytes_text(head), io_deadline(2000)), ST_OK);
    for (int i = 0; i < 400 && seen.ended == 0; i++) {
        if (i < size)
            (void)!io_write_all(fd, BYTES_LITERAL("x"), io_deadline(2000)); /* it may be closed */
        (void)usleep(5000);
    }
    close(fd);
    assert_int_equal(seen.ended, 1);
}

static void a_slow_body_ends_its_connection(void **state)
{
    (void)state;
    send_slowly(20);
    assert_int_equal(seen.begun, 1);
    assert_int_equal(seen.finished, 0);
}

static void without_a_rate_it_may_be_slow(void **state)
{
    (void)state;
    send_slowly(20);
    assert_int_equal(seen.finished, 1);
}

/* From TCP the header is anybody's word. */
static void forwarded_is_not_believed_over_tcp(void **state)
{
    (void)state;
    (void)ASK("GET / HTTP/1.1\r\n" CLOSE "X-Forwarded-For: 192.0.2.9\r\n\r\n");
    assert_string_equal(seen.peer, "127.0.0.1");
}

static void forwarded_is_believed_over_a_unix_socket(void **state)
{
    char folder[] = "/tmp/securemail-http-XXXXXX", where[80];

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(where, sizeof(where), "unix:%s/http.sock", folder);
    start(where);
    (void)ASK("GET / HTTP/1.1\r\n" CLOSE "X-Forwarded-For: 192.0.2.9\r\n\r\n");
    assert_string_equal(seen.peer, "192.0.2.9");
    (void)ASK("GET / HTTP/1.1\r\n" CLOSE "X-Forwarded-For: 2001:db8::1\r\n\r\n");
    assert_string_equal(seen.peer, "2001:db8::1");
    (void)ASK("GET / HTTP/1.1\r\n" CLOSE "X-Forwarded-For: 192.0.2.9, 192.0.2.8\r\n\r\n");
    assert_string_equal(seen.peer, "");
    (void)ASK("GET / HTTP/1.1\r\n" CLOSE "X-Forwarded-For: evil\r\n\r\n");
    assert_string_equal(seen.peer, "");
    http_stop(seen.server, 2000);
    (void)unlink(where + strlen("unix:"));
    (void)rmdir(folder);
}

/* A connection that breaks off in the middle of a body leaves nothing behind. */
static void a_broken_request_ends(void **state)
{
    static const char half[] = "POST / HTTP/1.1\r\n" CLOSE FORM "Content-Length: 30\r\n\r\na=1";
    struct why why;
    int fd;

    (void)state;
    assert_int_equal(net_connect(seen.where, 2000, &fd, &why), ST_OK);
    assert_int_equal(io_write_all(fd, BYTES_LITERAL(half), io_deadline(2000)), ST_OK);
    close(fd);
    for (int i = 0; i < 200 && (seen.begun == 0 || seen.ended == 0); i++)
        (void)usleep(10000);
    assert_int_equal(seen.begun, 1);
    assert_int_equal(seen.finished, 0);
    assert_int_equal(seen.ended, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_get_their_answer, start_tcp, stop),
        cmocka_unit_test_setup_teardown(head_is_get_without_a_body, start_tcp, stop),
        cmocka_unit_test_setup_teardown(a_cut_stream_is_no_whole_answer, start_tcp, stop),
        cmocka_unit_test_setup_teardown(a_large_field_streams, start_tcp, stop),
        cmocka_unit_test_setup_teardown(the_early_refusal_needs_no_body, start_tcp, stop),
        cmocka_unit_test_setup_teardown(an_answer_at_once_needs_no_body, start_tcp, stop),
        cmocka_unit_test_setup_teardown(a_slow_body_ends_its_connection, start_impatient, stop),
        cmocka_unit_test_setup_teardown(without_a_rate_it_may_be_slow, start_tcp, stop),
        cmocka_unit_test_setup_teardown(forwarded_is_not_believed_over_tcp, start_tcp, stop),
        cmocka_unit_test(forwarded_is_believed_over_a_unix_socket),
        cmocka_unit_test_setup_teardown(a_broken_request_ends, start_tcp, stop),
    };

    return cmocka_run_group_tests_name("http server", tests, NULL, NULL);
}
