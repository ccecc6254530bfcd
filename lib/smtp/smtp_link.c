/* SPDX-License-Identifier: Apache-2.0
 * smtp: the client's wire to a next hop. */
#include "smtp_link.h"

#include <poll.h>

#include "io.h"

#define REPLY_LINES_MAX 100

void smtp_link_init(struct smtp_link *link, int fd)
{
    link->fd = fd;
    link->tls = NULL;
    smtp_input_init(&link->input, fd);
    buffer_init(&link->output, 2 * SMTP_LINK_BATCH);
}

void smtp_link_close(struct smtp_link *link)
{
    smtp_tls_end(link->tls);
    link->tls = link->input.tls = NULL;
    io_close(&link->fd);
}

enum status smtp_link_secure(struct smtp_link *link, const struct smtp_tls *tls, int64_t deadline,
                             struct why *why)
{
    enum status status = ST_OK;
    if (smtp_input_bytes(&link->input).n > 0)
        status = why_set(why, ST_DENIED, "the peer sent more in clear before TLS began");
    if (status == ST_OK)
        status = smtp_tls_begin(tls, link->fd, deadline, &link->tls, why);
    link->input.tls = link->tls;
    if (status != ST_OK)
        smtp_link_close(link);
    return status;
}

void smtp_link_done(struct smtp_link *link)
{
    smtp_link_close(link);
    smtp_input_done(&link->input);
    buffer_done(&link->output);
}

bool smtp_link_open(const struct smtp_link *link)
{
    return link->fd >= 0;
}

/* --- sending ------------------------------------------------------------------------------ */

struct buffer *smtp_link_output(struct smtp_link *link)
{
    return &link->output;
}

static enum status send_now(struct smtp_link *link, struct bytes bytes, int64_t deadline)
{
    if (link->fd < 0)
        return ST_TEMP;
    enum status status = link->tls != NULL ? smtp_tls_write_all(link->tls, bytes, deadline)
                                           : io_write_all(link->fd, bytes, deadline);
    return status == ST_OK ? ST_OK : ST_TEMP;
}

enum status smtp_link_flush(struct smtp_link *link, int64_t deadline)
{
    enum status status = buffer_check(&link->output);
    if (status == ST_OK && link->output.n > 0)
        status = send_now(link, buffer_bytes(&link->output), deadline);
    buffer_clear(&link->output);
    return status == ST_OK ? ST_OK : ST_TEMP;
}

enum status smtp_link_send(struct smtp_link *link, struct bytes bytes, int64_t deadline)
{
    /* Small pieces gather; a large one goes out without being copied. */
    if (link->output.n + bytes.n > SMTP_LINK_BATCH) {
        enum status status = smtp_link_flush(link, deadline);
        if (status != ST_OK)
            return status;
    }
    if (bytes.n >= SMTP_LINK_BATCH)
        return send_now(link, bytes, deadline);
    return buffer_add(&link->output, bytes) == ST_OK ? ST_OK : ST_TEMP;
}

/* --- receiving ---------------------------------------------------------------------------- */

enum status smtp_link_line(struct smtp_link *link, int64_t deadline, struct bytes *line_out)
{
    enum status status = ST_TEMP;
    while (link->fd >= 0 && (status = smtp_input_line(&link->input, line_out)) == ST_NONE) {
        status = smtp_input_fill(&link->input, deadline);
        if (status != ST_OK)
            break;
    }
    if (status == ST_OK)
        return ST_OK;
    smtp_link_close(link);
    return ST_TEMP;
}

enum status smtp_link_reply(struct smtp_link *link, int64_t deadline, struct smtp_reply *reply_out)
{
    struct smtp_reply reply = {.code = 0};
    for (int lines = 0; lines < REPLY_LINES_MAX; lines++) {
        struct bytes line;
        bool last;
        if (smtp_link_line(link, deadline, &line) != ST_OK ||
            smtp_reply_read(line, &reply, &last) != ST_OK)
            break;
        if (last) {
            *reply_out = reply;
            return ST_OK;
        }
    }
    smtp_link_close(link);
    return ST_TEMP;
}

bool smtp_link_out_of_step(const struct smtp_link *link)
{
    struct pollfd fd = {.fd = link->fd, .events = POLLIN};
    if (smtp_input_bytes(&link->input).n > 0)
        return true;
    return link->tls != NULL ? smtp_tls_readable(link->tls) : poll(&fd, 1, 0) != 0;
}
