/* SPDX-License-Identifier: Apache-2.0
 * gateway: the door at which Prometheus asks. One request a connection, GET /metrics; HTTP/1.1
 * (RFC 9112) as far as that takes. */
#include <poll.h>

#include "io.h"
#include "metrics.h"
#include "net.h"
#include "stop.h"

#define REQUEST_MAX 4096
#define REQUEST_MS 2000
#define TEXT_MAX 65536

/* The request's head up to its empty line. */
static enum status read_request(int fd, struct buffer *request)
{
    int64_t deadline = io_deadline(REQUEST_MS);
    enum status status = ST_OK;
    while (status == ST_OK &&
           bytes_find(buffer_bytes(request), BYTES_LITERAL("\r\n\r\n")) == request->n) {
        size_t n = 0;
        uint8_t *space = buffer_space(request, REQUEST_MAX / 4);
        if (space == NULL)
            return ST_LIMIT;
        status = io_read(fd, space, REQUEST_MAX / 4, deadline, &n);
        request->n += status == ST_OK ? n : 0;
    }
    return status;
}

/* Whoever went away before it was all said will ask again. */
static bool answer(int fd, const char *status_line, struct bytes text)
{
    struct buffer out;
    buffer_init(&out, TEXT_MAX + 1000);
    (void)buffer_add_format(&out,
                            "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\n"
                            "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                            status_line, text.n);
    (void)buffer_add(&out, text);
    bool said = buffer_check(&out) == ST_OK &&
                io_write_all(fd, buffer_bytes(&out), io_deadline(REQUEST_MS)) == ST_OK;
    buffer_done(&out);
    return said;
}

static void serve_one(const struct metrics *metrics, int fd)
{
    struct buffer request, text;
    buffer_init(&request, REQUEST_MAX);
    buffer_init(&text, TEXT_MAX);
    enum status status = read_request(fd, &request);
    bool asked = bytes_starts(buffer_bytes(&request), BYTES_LITERAL("GET /metrics "));
    if (status == ST_OK && asked && metrics_write(metrics, &text) == ST_OK)
        (void)answer(fd, "200 OK", buffer_bytes(&text));
    else if (status == ST_OK)
        (void)answer(fd, "404 Not Found", BYTES_LITERAL("Ask for /metrics\n"));
    else if (status == ST_LIMIT)
        (void)answer(fd, "431 Request Header Fields Too Large", BYTES_NONE);
    buffer_done(&request);
    buffer_done(&text);
}

void metrics_serve(const struct metrics *metrics, int listener)
{
    struct pollfd ready[] = {{.fd = listener, .events = POLLIN},
                             {.fd = stop_fd(), .events = POLLIN}};
    while (!stop_requested()) {
        char peer[NET_PEER_SIZE];
        int fd = -1;
        if (poll(ready, 2, -1) > 0 && ready[0].revents != 0 &&
            net_accept(listener, &fd, peer) == ST_OK)
            serve_one(metrics, fd);
        io_close(&fd);
    }
}
