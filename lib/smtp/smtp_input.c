/* SPDX-License-Identifier: Apache-2.0
 * smtp: what a peer has sent and nobody has used yet. */
#include "smtp_input.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "memory.h"
#include "secret.h"
#include "smtp_syntax.h"

void smtp_input_init(struct smtp_input *input, int fd)
{
    *input = (struct smtp_input){.fd = fd, .p = memory_new(1, SMTP_INPUT_SIZE)};
}

void smtp_input_done(struct smtp_input *input)
{
    if (input->p != NULL)
        secret_wipe(input->p, SMTP_INPUT_SIZE);
    free(input->p);
    *input = (struct smtp_input){.fd = -1};
}

struct bytes smtp_input_bytes(const struct smtp_input *input)
{
    return (struct bytes){input->p + input->start, input->end - input->start};
}

void smtp_input_use(struct smtp_input *input, size_t n)
{
    assert(n <= input->end - input->start);
    input->start += n;
}

enum status smtp_input_line(struct smtp_input *input, struct bytes *line_out)
{
    struct bytes here = smtp_input_bytes(input);
    size_t n = bytes_find(here, BYTES_LITERAL("\r\n"));
    bool whole = n < here.n;

    /* Of a line that grows too long only a last CR is kept: it may be half of the CRLF that ends
     * it. */
    if (!whole && here.n > SMTP_LINE_MAX) {
        input->skipping = true;
        smtp_input_use(input, here.p[here.n - 1] == '\r' ? here.n - 1 : here.n);
    }
    if (!whole)
        return ST_NONE;

    smtp_input_use(input, n + 2);
    bool too_long = input->skipping || n + 2 > SMTP_LINE_MAX;
    input->skipping = false;
    if (too_long)
        return ST_LIMIT;
    *line_out = bytes_first(here, n);
    return ST_OK;
}

enum status smtp_input_fill(struct smtp_input *input, int64_t deadline)
{
    /* Move what is left to the front only when the room behind it has become small. */
    size_t left = input->end - input->start;
    if (left == 0 || SMTP_INPUT_SIZE - input->end < SMTP_INPUT_SIZE / 2) {
        memmove(input->p, input->p + input->start, left);
        input->start = 0;
        input->end = left;
    }
    assert(input->end < SMTP_INPUT_SIZE);

    size_t n = 0, room = SMTP_INPUT_SIZE - input->end;
    uint8_t *p = input->p + input->end;
    enum status status = input->tls != NULL ? smtp_tls_read(input->tls, p, room, deadline, &n)
                                            : io_read(input->fd, p, room, deadline, &n);
    if (status == ST_OK)
        input->end += n;
    return status;
}
