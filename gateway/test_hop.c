/* SPDX-License-Identifier: Apache-2.0
 * gateway (tests): the next hop, an SMTP server (RFC 5321) of the plainest kind. */
#include "test_hop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <poll.h>
#include <unistd.h>

#include "io.h"
#include "net.h"

#define BYTES_MAX (16u << 20)
#define WAIT_MS 20000

struct connection {
    struct hop *hop;
    int fd;
    struct hop_letter *letter; /* NULL: none is begun */
    char in[65536];
    size_t start, end;
};

/* The next line with its LF, kept for the test before anybody looks at it; ST_NONE at the end. */
static enum status next_line(struct connection *c, struct bytes *line_out)
{
    for (;;) {
        struct bytes here = {(const uint8_t *)c->in + c->start, c->end - c->start};
        size_t n = bytes_index(here, '\n');
        bool whole = n < here.n;
        size_t got = 0;
        if (whole) {
            *line_out = bytes_first(here, n + 1);
            c->start += n + 1;
            (void)buffer_add(c->letter != NULL ? &c->letter->bytes : &c->hop->rest, *line_out);
            return ST_OK;
        }
        memmove(c->in, c->in + c->start, here.n);
        c->start = 0;
        c->end = here.n;
        if (io_read(c->fd, c->in + c->end, sizeof c->in - c->end, io_deadline(WAIT_MS), &got) !=
            ST_OK)
            break;
        c->end += got;
    }
    /* Half a line is evidence too. */
    (void)buffer_add(c->letter != NULL ? &c->letter->bytes : &c->hop->rest,
                     (struct bytes){(const uint8_t *)c->in, c->end});
    return ST_NONE;
}

/* Answer, unless this is where the connection is to end. */
static bool say(struct connection *c, enum hop_closes here, const char *text)
{
    return atomic_load(&c->hop->closes) != (int)here &&
           io_write_all(c->fd, bytes_text(text), io_deadline(WAIT_MS)) == ST_OK;
}

static bool starts(struct bytes line, const char *word)
{
    return bytes_starts(line, bytes_text(word));
}

static void begin_letter(struct connection *c, struct bytes mail)
{
    assert_true(c->hop->count < HOP_LETTERS_MAX);
    c->letter = &c->hop->letters[c->hop->count++];
    buffer_init(&c->letter->bytes, BYTES_MAX);
    (void)buffer_add(&c->letter->bytes, mail);
}

static void add_recipient(struct hop_letter *letter, struct bytes rcpt)
{
    struct bytes path = bytes_from(rcpt, bytes_index(rcpt, '<'));
    size_t used = strlen(letter->recipients);
    path = bytes_first(path, bytes_index(path, '>') + 1);
    (void)snprintf(letter->recipients + used, sizeof letter->recipients - used, "%.*s ",
                   (int)path.n, (const char *)path.p);
}

/* The letter's data, up to the dot. */
static bool take_data(struct connection *c)
{
    struct hop *hop = c->hop;
    struct bytes line;
    if (hop->before_data != NULL)
        hop->before_data(hop->context, hop->count - 1);
    if (!say(c, HOP_AT_DATA, "354 Go on\r\n"))
        return false;
    for (size_t lines = 0; next_line(c, &line) == ST_OK; lines++) {
        if (bytes_equal(line, BYTES_LITERAL(".\r\n"))) {
            c->letter->whole = true;
            c->letter = NULL;
            return say(c, HOP_AT_DOT, "250 2.0.0 Queued\r\n");
        }
        if (lines == 100 && atomic_load(&hop->closes) == HOP_IN_DATA)
            return false;
    }
    return false;
}

/* False: the connection is over. */
static bool answer(struct connection *c, struct bytes line)
{
    if (starts(line, "EHLO "))
        return say(c, HOP_AT_EHLO,
                   "250-next.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n");
    if (starts(line, "MAIL ")) {
        begin_letter(c, line);
        return say(c, HOP_AT_MAIL, "250 2.1.0 OK\r\n");
    }
    if (starts(line, "RCPT ")) {
        add_recipient(c->letter, line);
        return say(c, HOP_AT_RCPT, "250 2.1.5 OK\r\n");
    }
    if (starts(line, "DATA"))
        return take_data(c);
    if (starts(line, "QUIT")) {
        (void)say(c, HOP_NEVER, "221 2.0.0 Bye\r\n");
        return false;
    }
    return say(c, HOP_NEVER, "250 2.0.0 OK\r\n");
}

static void serve(struct hop *hop, int fd)
{
    struct connection c = {.hop = hop, .fd = fd};
    struct bytes line;
    if (!say(&c, HOP_AT_GREETING, "220 next.example ESMTP\r\n"))
        return;
    while (next_line(&c, &line) == ST_OK)
        if (!answer(&c, line))
            break;
}

static void *run(void *context)
{
    struct hop *hop = context;
    for (;;) {
        struct pollfd ready[] = {{.fd = hop->stop[0], .events = POLLIN},
                                 {.fd = hop->listener, .events = POLLIN}};
        char peer[NET_PEER_SIZE];
        int fd = -1;
        if (poll(ready, 2, -1) < 0 || ready[0].revents != 0)
            return NULL;
        if (net_accept(hop->listener, &fd, peer) == ST_OK)
            serve(hop, fd);
        io_close(&fd);
    }
}

void hop_start(struct hop *hop, const char *folder)
{
    struct why why;
    *hop = (struct hop){.listener = -1};
    buffer_init(&hop->rest, BYTES_MAX);
    (void)snprintf(hop->where, sizeof hop->where, "unix:%s/hop", folder);
    assert_int_equal(net_listen(hop->where, 0600, &hop->listener, &why), ST_OK);
    assert_int_equal(pipe(hop->stop), 0);
    assert_int_equal(pthread_create(&hop->thread, NULL, run, hop), 0);
}

void hop_stop(struct hop *hop)
{
    assert_int_equal(write(hop->stop[1], "x", 1), 1);
    (void)pthread_join(hop->thread, NULL);
    io_close(&hop->stop[0]);
    io_close(&hop->stop[1]);
    io_close(&hop->listener);
    (void)unlink(hop->where + strlen("unix:"));
}

void hop_done(struct hop *hop)
{
    for (size_t i = 0; i < hop->count; i++)
        buffer_done(&hop->letters[i].bytes);
    buffer_done(&hop->rest);
}
