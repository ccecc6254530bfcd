/* SPDX-License-Identifier: Apache-2.0
 * wire: asking and serving over real sockets, and what a broken end does to the other. Rules are
 * named as in docs/spec/wire.md. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "net.h"
#include "wire_accounts.h"

/* Knows known@x.example; signs in the password "right" and tells others to wait; its CONFIRM has a
 * bug: it says OK and gives no session. */
static struct wire_verdict handle(void *context, const struct wire_exchange *exchange,
                                  const void *ask, void *reply_out)
{
    uint8_t token[WIRE_TOKEN_SIZE];
    (void)context;
    memset(token, 7, sizeof token);
    if (exchange->type == WIRE_LOOKUP) {
        const struct wire_lookup *lookup = ask;
        struct wire_lookup_reply *reply = reply_out;
        reply->known = strcmp(lookup->address, "known@x.example") == 0;
    } else if (exchange->type == WIRE_SIGN_IN) {
        const struct wire_sign_in *sign_in = ask;
        struct wire_sign_in_reply *reply = reply_out;
        if (!bytes_equal(secret_bytes(sign_in->password), BYTES_LITERAL("right")))
            return (struct wire_verdict){ST_LIMIT, REASON_THROTTLED, 15};
        reply->session = secret_copy(BYTES_ARRAY(token));
    }
    return WIRE_OK;
}

static struct wire_service service_of_accounts(void)
{
    struct wire_service service = {.handle = handle};
    service.exchanges = wire_accounts_exchanges(&service.count);
    return service;
}

/* A server in a thread: it takes so many connections, one by one, then ends. */
struct server {
    char directory[32], where[64];
    int listener;
    unsigned connections;
    struct bytes script; /* not empty: sent instead of serving */
    enum status ended;   /* of the last connection served */
    pthread_t thread;
};

static void *serve_connections(void *argument)
{
    struct server *server = argument;
    struct wire_service service = service_of_accounts();
    for (unsigned i = 0; i < server->connections; i++) {
        int fd = accept(server->listener, NULL, NULL);
        if (server->script.n == 0)
            server->ended = wire_serve(fd, &service);
        else
            (void)!io_write_all(fd, server->script, io_deadline(5000));
        close(fd);
    }
    return NULL;
}

static void server_start(struct server *server, unsigned connections, struct bytes script)
{
    struct why why;
    *server = (struct server){
        .directory = "/tmp/test_wire.XXXXXX", .connections = connections, .script = script};
    assert_non_null(mkdtemp(server->directory));
    snprintf(server->where, sizeof server->where, "unix:%s/s", server->directory);
    assert_int_equal(net_listen(server->where, 0600, &server->listener, &why), ST_OK);
    fcntl(server->listener, F_SETFL, 0); /* blocking: the thread waits in accept */
    assert_int_equal(pthread_create(&server->thread, NULL, serve_connections, server), 0);
}

static void server_end(struct server *server)
{
    pthread_join(server->thread, NULL);
    close(server->listener);
    unlink(server->where + strlen("unix:"));
    rmdir(server->directory);
}

static void assert_verdict(struct wire_verdict got, enum status status, enum wire_reason reason,
                           uint32_t wait)
{
    assert_int_equal(got.status, status);
    assert_int_equal(got.reason, reason);
    assert_int_equal(got.wait, wait);
}

static void the_two_ends_meet(void **state)
{
    (void)state;
    struct server server;
    server_start(&server, 6, BYTES_NONE);
    struct wire_peer peer = {.where = server.where};

    struct wire_lookup lookup = {.address = "known@x.example"};
    struct wire_lookup_reply known;
    assert_verdict(wire_lookup(&peer, &lookup, &known), ST_OK, REASON_NONE, 0);
    assert_int_equal(known.known, 1);
    lookup.address[0] = 'u';
    assert_verdict(wire_lookup(&peer, &lookup, &known), ST_OK, REASON_NONE, 0);
    assert_int_equal(known.known, 0);

    struct wire_sign_in sign_in = {.address = "a@x.example"};
    struct wire_sign_in_reply signed_in;
    sign_in.password = secret_copy(BYTES_LITERAL("wrong"));
    assert_verdict(wire_sign_in(&peer, &sign_in, &signed_in), ST_LIMIT, REASON_THROTTLED, 15);
    secret_free(sign_in.password);
    sign_in.password = secret_copy(BYTES_LITERAL("right"));
    assert_verdict(wire_sign_in(&peer, &sign_in, &signed_in), ST_OK, REASON_NONE, 0);
    assert_int_equal(signed_in.session->n, WIRE_TOKEN_SIZE);
    assert_int_equal(signed_in.session->p[31], 7);

    struct wire_sign_out sign_out = {.session = signed_in.session};
    assert_verdict(wire_sign_out(&peer, &sign_out), ST_OK, REASON_NONE, 0);

    /* A handler that breaks the protocol ends its connection; the client sees no service. */
    struct wire_confirm confirm = {.token = signed_in.session};
    struct wire_confirm_reply confirmed = {NULL};
    assert_verdict(wire_confirm(&peer, &confirm, &confirmed), ST_TEMP, REASON_NONE, 0);
    assert_null(confirmed.session);

    secret_free(sign_in.password);
    secret_free(signed_in.session);
    server_end(&server);
    assert_int_equal(server.ended, ST_FAIL);
}

static void what_would_be_refused_is_not_sent(void **state)
{
    (void)state;
    struct wire_peer nobody = {.where = "unix:/nonexistent/s"};
    struct wire_lookup lookup = {.address = "a@x.example\nx"};
    struct wire_lookup_reply reply;
    assert_verdict(wire_lookup(&nobody, &lookup, &reply), ST_BAD, REASON_FIELD, 0);
    lookup.address[0] = '\0';
    assert_verdict(wire_lookup(&nobody, &lookup, &reply), ST_BAD, REASON_FIELD, 0);
    struct wire_sign_out sign_out = {NULL};
    assert_verdict(wire_sign_out(&nobody, &sign_out), ST_BAD, REASON_FIELD, 0);
}

static void a_service_that_is_away_or_not_itself_is_temporary(void **state)
{
    (void)state;
    static const struct bytes scripts[] = {
        {(const uint8_t *)"x", 1},                                 /* cut short */
        {(const uint8_t *)"\0\0\0\0", 4},                          /* W-1 */
        {(const uint8_t *)"\0\1\0\1\1", 5},                        /* W-1 */
        {(const uint8_t *)"HTTP/1.1 400 Bad Request\r\n\r\n", 28}, /* another protocol */
        /* W-2: what was right but for its version, older and newer; a head cut short */
        {(const uint8_t *)"\0\0\0\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 19},
        {(const uint8_t *)"\0\0\0\x0f\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 19},
        {(const uint8_t *)"\0\0\0\6\1\0\0\0\0\0", 10},
        {(const uint8_t *)"\0\0\0\7\1\0\0\0\0\0\0", 11}, /* W-4 */
    };
    struct wire_lookup lookup = {.address = "a@x.example"};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct server server;
        struct wire_lookup_reply reply = {.known = 9};
        server_start(&server, 1, scripts[i]);
        struct wire_peer peer = {.where = server.where};
        assert_verdict(wire_lookup(&peer, &lookup, &reply), ST_TEMP, REASON_NONE, 0);
        assert_int_equal(reply.known, 9);
        server_end(&server);
    }
    struct wire_lookup_reply reply;
    struct wire_peer nobody = {.where = "unix:/nonexistent/s"};
    assert_verdict(wire_lookup(&nobody, &lookup, &reply), ST_TEMP, REASON_NONE, 0);
}

static void a_service_that_does_not_answer_is_left(void **state)
{
    (void)state;
    char directory[] = "/tmp/test_wire.XXXXXX", where[64];
    struct wire_lookup lookup = {.address = "a@x.example"};
    struct wire_lookup_reply reply;
    struct why why;
    int listener;
    assert_non_null(mkdtemp(directory));
    snprintf(where, sizeof where, "unix:%s/s", directory);
    assert_int_equal(net_listen(where, 0600, &listener, &why), ST_OK);
    struct wire_peer peer = {.where = where, .timeout_ms = 30};
    assert_verdict(wire_lookup(&peer, &lookup, &reply), ST_TEMP, REASON_NONE, 0);
    close(listener);
    unlink(where + strlen("unix:"));
    rmdir(directory);
}

/* One end of a pair speaks; what comes back, and how serving ended. */
static void serving_ends(const char *what, struct bytes sent, enum status expected,
                         struct bytes answers)
{
    int pair[2];
    uint8_t got[200];
    size_t n = 0;
    struct wire_service service = service_of_accounts();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(io_write_all(pair[0], sent, io_deadline(5000)), ST_OK);
    shutdown(pair[0], SHUT_WR);
    enum status status = wire_serve(pair[1], &service);
    close(pair[1]);
    if (answers.n > 0)
        assert_int_equal(io_read(pair[0], got, sizeof got, io_deadline(5000), &n), ST_OK);
    if (status != expected || !bytes_equal((struct bytes){got, n}, answers))
        fail_msg("%s: %s, %zu bytes came back", what, status_name(status), n);
    close(pair[0]);
}

#define LOOKUP_OF_VERSION(version)                                                                 \
    "\0\0\0\x0f" version "\1\0\x0b"                                                                \
    "a@b.example"
#define LOOKUP LOOKUP_OF_VERSION("\1")
#define LOOKUP_ANSWER "\0\0\0\x0f\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void serving_ends_at_the_first_malformed_frame(void **state)
{
    (void)state;
    struct bytes one = BYTES_LITERAL(LOOKUP_ANSWER),
                 two = BYTES_LITERAL(LOOKUP_ANSWER LOOKUP_ANSWER);
    serving_ends("nothing", BYTES_NONE, ST_NONE, BYTES_NONE);
    serving_ends("two requests", BYTES_LITERAL(LOOKUP LOOKUP), ST_NONE, two);
    serving_ends("W-1 zero", BYTES_LITERAL(LOOKUP "\0\0\0\0" LOOKUP), ST_BAD, one);
    serving_ends("W-1 long", BYTES_LITERAL("\0\1\0\1" LOOKUP), ST_BAD, BYTES_NONE);
    serving_ends("W-1 longest", BYTES_LITERAL("\xff\xff\xff\xff"), ST_BAD, BYTES_NONE);
    serving_ends("W-2", BYTES_LITERAL("\0\0\0\1\1"), ST_BAD, BYTES_NONE);
    serving_ends("W-2 older", BYTES_LITERAL(LOOKUP LOOKUP_OF_VERSION("\0")), ST_BAD, one);
    serving_ends("W-2 newer", BYTES_LITERAL(LOOKUP LOOKUP_OF_VERSION("\2")), ST_BAD, one);
    serving_ends("W-2 newer, of a type of its own", BYTES_LITERAL("\0\0\0\2\2\xff"), ST_BAD,
                 BYTES_NONE);
    serving_ends("W-3", BYTES_LITERAL("\0\0\0\2\1\x63"), ST_BAD, BYTES_NONE);
    serving_ends("W-3 wrong door", BYTES_LITERAL("\0\0\0\2\1\x42"), ST_BAD, BYTES_NONE);
    serving_ends("W-7", BYTES_LITERAL("\0\0\0\6\1\1\0\1ab"), ST_BAD, BYTES_NONE);
    serving_ends("cut in the length", BYTES_LITERAL(LOOKUP "\0\0"), ST_TEMP, one);
    serving_ends("cut in the frame", BYTES_LITERAL("\0\0\0\6\1\1"), ST_TEMP, BYTES_NONE);
    serving_ends("cut behind the length", BYTES_LITERAL("\0\0\0\6"), ST_TEMP, BYTES_NONE);
}

static void *dribble(void *argument)
{
    const int *fd = argument;
    const struct bytes frame = BYTES_LITERAL(LOOKUP);
    for (size_t i = 0; i < frame.n; i++) {
        const struct timespec pause = {0, 200000};
        (void)!io_write_all(*fd, bytes_first(bytes_from(frame, i), 1), io_deadline(5000));
        nanosleep(&pause, NULL);
    }
    shutdown(*fd, SHUT_WR);
    return NULL;
}

static void a_frame_that_comes_byte_by_byte_is_whole(void **state)
{
    (void)state;
    int pair[2];
    uint8_t got[19];
    pthread_t thread;
    struct wire_service service = service_of_accounts();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(pthread_create(&thread, NULL, dribble, &pair[0]), 0);
    assert_int_equal(wire_serve(pair[1], &service), ST_NONE);
    pthread_join(thread, NULL);
    assert_int_equal(io_read_all(pair[0], got, sizeof got, io_deadline(5000)), ST_OK);
    assert_true(bytes_equal(BYTES_ARRAY(got), BYTES_LITERAL(LOOKUP_ANSWER)));
    close(pair[0]);
    close(pair[1]);
}

static void an_idle_connection_is_ended(void **state)
{
    (void)state;
    int pair[2];
    struct wire_service service = service_of_accounts();
    service.idle_ms = 20;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(wire_serve(pair[1], &service), ST_TEMP);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_two_ends_meet),
        cmocka_unit_test(what_would_be_refused_is_not_sent),
        cmocka_unit_test(a_service_that_is_away_or_not_itself_is_temporary),
        cmocka_unit_test(a_service_that_does_not_answer_is_left),
        cmocka_unit_test(serving_ends_at_the_first_malformed_frame),
        cmocka_unit_test(a_frame_that_comes_byte_by_byte_is_whole),
        cmocka_unit_test(an_idle_connection_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
