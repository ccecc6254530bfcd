/* SPDX-License-Identifier: Apache-2.0
 * wire: the two ends of a connection: asking, and serving. */
#include "wire_frame.h"

#include <arpa/inet.h>

#include "clock.h"
#include "io.h"
#include "memory.h"
#include "net.h"

#define CALL_MS 10000
#define IDLE_MS 60000
#define FRAME_MS 10000 /* for the rest of a frame whose length has come, and for an answer */

enum status wire_send(int fd, const struct buffer *frame, int64_t deadline)
{
    return io_write_all(fd, buffer_bytes(frame), deadline);
}

enum status wire_receive(int fd, int64_t deadline, struct buffer *frame)
{
    uint32_t length;
    buffer_clear(frame);
    enum status status = io_read_all(fd, &length, sizeof length, deadline);
    if (status != ST_OK)
        return status;
    length = ntohl(length);
    if (length == 0 || length > WIRE_FRAME_MAX)
        return ST_BAD;
    status = io_read_all(fd, buffer_space(frame, length), length, deadline);
    if (status != ST_OK)
        return ST_TEMP; /* cut short, wherever it was */
    frame->n = length;
    return ST_OK;
}

/* --- asking ----------------------------------------------------------------------------------- */

struct wire_verdict wire_call(const struct wire_peer *peer, const struct wire_exchange *exchange,
                              const void *ask, void *reply_out)
{
    int timeout_ms = peer->timeout_ms > 0 ? peer->timeout_ms : CALL_MS;
    int64_t deadline = io_deadline(timeout_ms);
    struct wire_verdict away = WIRE_REFUSE(ST_TEMP, REASON_NONE), verdict = away;
    struct buffer frame;
    int fd = -1;

    wire_frame_init(&frame);
    if (wire_encode_request(&frame, exchange->type, exchange->ask, ask) != ST_OK) {
        verdict = WIRE_REFUSE(ST_BAD, REASON_FIELD);
        goto out;
    }
    if (net_connect(peer->where, timeout_ms, &fd, NULL) != ST_OK ||
        wire_send(fd, &frame, deadline) != ST_OK || wire_receive(fd, deadline, &frame) != ST_OK)
        goto out;
    /* What is no answer of this protocol comes from something else than our service. */
    if (wire_decode_answer(buffer_bytes(&frame), exchange->reply, &verdict, reply_out) != ST_OK)
        verdict = away;
out:
    io_close(&fd);
    buffer_done(&frame);
    return verdict;
}

/* --- serving ---------------------------------------------------------------------------------- */

static const struct wire_exchange *find(const struct wire_service *service, uint8_t type)
{
    for (size_t i = 0; i < service->count; i++)
        if (service->exchanges[i].type == type)
            return &service->exchanges[i];
    return NULL;
}

/* The request in `frame` becomes its answer. */
static enum status answer(const struct wire_service *service, struct buffer *frame)
{
    uint8_t type;
    if (wire_request_type(buffer_bytes(frame), &type) != ST_OK)
        return ST_BAD;
    const struct wire_exchange *exchange = find(service, type);
    if (exchange == NULL)
        return ST_BAD;

    void *ask = memory_new(1, exchange->ask->size + 1);
    void *reply = memory_new(1, exchange->reply->size + 1);
    enum status status = wire_decode_request(buffer_bytes(frame), exchange->ask, ask);
    if (status == ST_OK) {
        struct wire_verdict verdict = service->handle(service->context, exchange, ask, reply);
        status =
            wire_encode_answer(frame, &verdict, exchange->reply, reply) == ST_OK ? ST_OK : ST_FAIL;
        wire_clear(exchange->ask, ask);
        wire_clear(exchange->reply, reply);
    }
    free(ask);
    free(reply);
    return status;
}

enum status wire_serve(int fd, const struct wire_service *service)
{
    enum status status;
    struct buffer frame;
    wire_frame_init(&frame);
    do {
        status = wire_receive(fd, io_deadline(service->idle_ms > 0 ? service->idle_ms : IDLE_MS),
                              &frame);
        if (status == ST_OK)
            status = answer(service, &frame);
        if (status == ST_OK)
            status = wire_send(fd, &frame, io_deadline(FRAME_MS));
        buffer_clear(&frame); /* wiped before the next request is waited for */
    } while (status == ST_OK);
    buffer_done(&frame);
    return status;
}
