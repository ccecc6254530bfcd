/* SPDX-License-Identifier: Apache-2.0
 * portal: tests of what the portal believes. A mail that takes over its viewer child can make it
 * say anything; here a thread plays such a child, from behind its own spawner's socket. */
#include "viewer.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

/* What the child has in its hands. */
struct hands {
    int socket;
    int content;
    void *mapped; /* kept until the test is over */
};

typedef void act(struct hands *hands);

struct stage {
    int control;
    act *play;
    struct hands hands;
};

static void say(struct hands *hands, const struct viewer_answer *answer, size_t n)
{
    if (send(hands->socket, answer, n, MSG_NOSIGNAL) < 0)
        return; /* nobody listens any more: as good */
}

static struct viewer_answer answer_of(uint64_t size, const char *type, const char *name)
{
    struct viewer_answer answer = {.status = ST_OK, .size = size};
    snprintf(answer.type, sizeof answer.type, "%s", type);
    snprintf(answer.name, sizeof answer.name, "%s", name);
    return answer;
}

static void end(struct hands *hands)
{
    io_close(&hands->socket);
}

/* --- the plays: each breaks one promise --- */

static void honest(struct hands *hands)
{
    struct viewer_answer answer = answer_of(5, "image/png", "a.png");
    assert_int_equal(pwrite(hands->content, "12345", 5, 0), 5);
    say(hands, &answer, sizeof answer);
    end(hands);
}

static void climbing(struct hands *hands)
{
    struct viewer_answer answer = answer_of(0, "image/png", "../../etc/\x01\xFF\"x.png");
    say(hands, &answer, sizeof answer);
    end(hands);
}

static void silent(struct hands *hands)
{
    end(hands);
}

static void hanging(struct hands *hands)
{
    (void)hands;
}

static void staying(struct hands *hands)
{
    struct viewer_answer answer = answer_of(5, "image/png", "a.png");
    say(hands, &answer, sizeof answer);
}

static void talking_on(struct hands *hands)
{
    struct viewer_answer answer = answer_of(5, "image/png", "a.png");
    say(hands, &answer, sizeof answer);
    say(hands, &answer, sizeof answer);
    end(hands);
}

static void short_answer(struct hands *hands)
{
    struct viewer_answer answer = answer_of(5, "image/png", "a.png");
    say(hands, &answer, sizeof answer - 1);
    end(hands);
}

static void boasting(struct hands *hands)
{
    struct viewer_answer answer = answer_of(UINT64_MAX, "image/png", "a.png");
    say(hands, &answer, sizeof answer);
    end(hands);
}

/* One byte more than the file it was given. */
static void boasting_a_little(struct hands *hands)
{
    struct viewer_answer answer = answer_of(101, "image/png", "a.png");
    say(hands, &answer, sizeof answer);
    end(hands);
}

static void endless_type(struct hands *hands)
{
    struct viewer_answer answer = answer_of(5, "image/png", "a.png");
    memset(answer.type, 'x', sizeof answer.type);
    say(hands, &answer, sizeof answer);
    end(hands);
}

static void endless_name(struct hands *hands)
{
    struct viewer_answer answer = answer_of(5, "image/png", "a.png");
    memset(answer.name, 'x', sizeof answer.name);
    say(hands, &answer, sizeof answer);
    end(hands);
}

static void splitting(struct hands *hands)
{
    struct viewer_answer answer = answer_of(5, "image/png\r\nSet-Cookie: a=b", "a.png");
    say(hands, &answer, sizeof answer);
    end(hands);
}

static void lying(struct hands *hands)
{
    struct viewer_answer answer = answer_of(5, "image/png", "a.png");
    answer.status = (enum status)99;
    say(hands, &answer, sizeof answer);
    end(hands);
}

/* It has gone, but something can still write into what it left. */
static void clinging(struct hands *hands)
{
    struct viewer_answer answer = answer_of(5, "image/png", "a.png");
    hands->mapped = mmap(NULL, 5, PROT_READ | PROT_WRITE, MAP_SHARED, hands->content, 0);
    say(hands, &answer, sizeof answer);
    end(hands);
}

/* --- the stage --- */

/* Take one request as spawner and child do, up to where the content would be made. */
static void *perform(void *context)
{
    struct stage *stage = context;
    struct viewer_order order;
    uint8_t bytes[64];
    size_t n = 0;
    int sealed = -1;
    struct hands *hands = &stage->hands;
    *hands = (struct hands){-1, -1, MAP_FAILED};
    if (io_receive_fd(stage->control, bytes, sizeof bytes, &n, &hands->socket) == ST_OK &&
        send(hands->socket, "s", 1, MSG_NOSIGNAL) == 1 &&
        io_receive_fd(hands->socket, &order, sizeof order, &n, &sealed) == ST_OK &&
        io_receive_fd(hands->socket, bytes, sizeof bytes, &n, &hands->content) == ST_OK &&
        io_read(hands->socket, bytes, sizeof bytes, io_deadline(10000), &n) == ST_OK)
        stage->play(hands);
    io_close(&sealed);
    return NULL;
}

/* Ask for part 3; the answer is the play's. `document_out` is closed already. */
static enum status ask(act *play, bool describe, struct viewer_document *document_out)
{
    int pair[2];
    pthread_t child;
    struct view *view = NULL;
    struct secret *key = secret_new(ENVELOPE_OPENED_SIZE);
    int sealed = memfd_create("sealed", MFD_CLOEXEC);
    assert_int_equal(ftruncate(sealed, 100), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    struct viewer viewer = {-1, pair[0], {1, 0, 1, 500}};
    struct stage stage = {.control = pair[1], .play = play};
    assert_int_equal(pthread_create(&child, NULL, perform, &stage), 0);

    struct viewer_request request = {VIEWER_DECODED, 3, NULL};
    enum status status = describe ? viewer_describe(&viewer, sealed, key, &view)
                                  : viewer_open(&viewer, sealed, key, &request, document_out);
    if (status == ST_OK && !describe)
        viewer_close(document_out);

    pthread_join(child, NULL);
    if (stage.hands.mapped != MAP_FAILED)
        munmap(stage.hands.mapped, 5);
    io_close(&stage.hands.socket);
    io_close(&stage.hands.content);
    view_free(view);
    close(sealed);
    close(pair[0]);
    close(pair[1]);
    secret_free(key);
    return status;
}

static void an_honest_child_is_believed(void **state)
{
    struct viewer_document document;
    (void)state;
    assert_int_equal(ask(honest, false, &document), ST_OK);
    assert_int_equal(document.size, 5);
    assert_string_equal(document.type, "image/png");
    assert_string_equal(document.name, "a.png");
}

static void a_name_is_made_safe_again(void **state)
{
    struct viewer_document document;
    (void)state;
    assert_int_equal(ask(climbing, false, &document), ST_OK);
    assert_string_equal(document.name, "\xEF\xBF\xBD_x.png");
}

static void a_hostile_child_is_a_failure(void **state)
{
    static act *const plays[] = {
        silent,   hanging,           staying,      talking_on,   short_answer,
        boasting, boasting_a_little, endless_type, endless_name, splitting,
        lying,    clinging};
    struct viewer_document document = {.fd = 77};
    (void)state;
    for (size_t i = 0; i < sizeof plays / sizeof plays[0]; i++)
        assert_int_equal(ask(plays[i], false, &document), ST_FAIL);
    assert_int_equal(document.fd, 77);
}

/* Five bytes are no description, nor are none. */
static void a_forged_description_is_a_failure(void **state)
{
    (void)state;
    assert_int_equal(ask(honest, true, NULL), ST_FAIL);
    assert_int_equal(ask(climbing, true, NULL), ST_FAIL);
    assert_int_equal(ask(boasting, true, NULL), ST_FAIL);
}

/* A real child that never gets its order is killed by the spawner. */
static void a_child_that_hangs_is_killed(void **state)
{
    struct viewer_settings settings = {.timeout_ms = 400};
    struct viewer *viewer = NULL;
    struct why why;
    int socket = -1;
    uint8_t byte;
    size_t n = 0;
    (void)state;
    assert_int_equal(viewer_start(&settings, &viewer, &why), ST_OK);
    assert_int_equal(ask_for_child(viewer, &socket), ST_OK);
    assert_int_equal(wait_for_start(socket, io_deadline(60000)), ST_OK);
    assert_int_equal(io_read(socket, &byte, 1, io_deadline(60000), &n), ST_NONE);
    io_close(&socket);
    viewer_stop(viewer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_child_is_believed),
        cmocka_unit_test(a_name_is_made_safe_again),
        cmocka_unit_test(a_hostile_child_is_a_failure),
        cmocka_unit_test(a_forged_description_is_a_failure),
        cmocka_unit_test(a_child_that_hangs_is_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
