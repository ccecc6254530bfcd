/* SPDX-License-Identifier: Apache-2.0
 * smtp (private): what a peer has sent and nobody has used yet. Lines and letter data are taken
 * from the same buffer, so nothing that came early is lost. */
#ifndef SECUREMAIL_SMTP_INPUT_H
#define SECUREMAIL_SMTP_INPUT_H

#include "bytes.h"
#include "smtp_tls.h"

#define SMTP_INPUT_SIZE 65536

struct smtp_input {
    int fd;                       /* somebody else's */
    struct smtp_tls_session *tls; /* likewise; NULL: the bytes come in clear */
    uint8_t *p;
    size_t start, end; /* unused bytes are p[start … end) */
    bool skipping;     /* inside a line that is too long */
};

void smtp_input_init(struct smtp_input *input, int fd);
void smtp_input_done(struct smtp_input *input); /* wipes */

/* The next line without its CRLF, a view that lasts until smtp_input_fill. ST_NONE: not all of it
 * is here yet. ST_LIMIT: it had more than SMTP_LINE_MAX bytes and was skipped. Only CRLF ends a
 * line. */
enum status smtp_input_line(struct smtp_input *input, struct bytes *line_out) MUST_CHECK;

/* All unused bytes; how many of them are used now. */
struct bytes smtp_input_bytes(const struct smtp_input *input);
void smtp_input_use(struct smtp_input *input, size_t n);

/* Read once from the peer. ST_NONE: it has closed; ST_TEMP: time-out or fault. */
enum status smtp_input_fill(struct smtp_input *input, int64_t deadline) MUST_CHECK;

#endif
