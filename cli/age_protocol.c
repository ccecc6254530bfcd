/* SPDX-License-Identifier: Apache-2.0
 * cli: stanzas between age and its plugins. */
#include "age_protocol.h"

#include <sodium.h>

#include "encode.h"
#include "io.h"

#define INPUT_SIZE 16384
#define COLUMNS 64
#define PATIENCE_MS (24 * 3600 * 1000) /* age may be asking a person for something meanwhile */

void age_peer_init(struct age_peer *peer, int in, int out)
{
    *peer = (struct age_peer){.in = in, .out = out, .input = secret_new(INPUT_SIZE)};
}

void age_peer_done(struct age_peer *peer)
{
    secret_free(peer->input);
}

void age_message_init(struct age_message *message)
{
    *message = (struct age_message){.line = secret_new(AGE_LINE_MAX)};
}

void age_message_done(struct age_message *message)
{
    secret_free(message->line);
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum status fill(struct age_peer *peer)
{
    peer->at = 0;
    peer->n = 0;
    return io_read(peer->in, peer->input->p, peer->input->n, io_deadline(PATIENCE_MS), &peer->n);
}

/* A line without its LF, at most `size` bytes. ST_NONE: the end, before its first byte. */
static enum status read_line(struct age_peer *peer, uint8_t *line, size_t size, size_t *n_out)
{
    for (size_t n = 0;;) {
        if (peer->at == peer->n) {
            enum status status = fill(peer);
            if (status != ST_OK)
                return status == ST_NONE && n == 0 ? ST_NONE : ST_BAD;
        }
        uint8_t byte = peer->input->p[peer->at++];
        if (byte == '\n') {
            *n_out = n;
            return ST_OK;
        }
        if (n == size)
            return ST_BAD;
        line[n++] = byte;
    }
}

static enum status read_arguments(struct age_message *message, size_t n)
{
    struct bytes rest = {message->line->p, n};
    if (!bytes_starts(rest, BYTES_LITERAL("-> ")))
        return ST_BAD;
    rest = bytes_from(rest, 3);
    message->argument_count = message->arguments_all = 0;
    for (;;) {
        size_t end = bytes_index(rest, ' ');
        if (end == 0)
            return ST_BAD;
        if (message->argument_count < AGE_ARGUMENTS_MAX)
            message->arguments[message->argument_count++] = bytes_first(rest, end);
        message->arguments_all++;
        if (end == rest.n)
            return ST_OK;
        rest = bytes_from(rest, end + 1);
    }
}

static enum status read_body(struct age_peer *peer, struct age_message *message)
{
    uint8_t line[COLUMNS];
    size_t n = COLUMNS, got = 0;
    message->body_n = 0;
    while (n == COLUMNS) {
        if (read_line(peer, line, COLUMNS, &n) != ST_OK ||
            base64_decode((struct bytes){line, n}, UNPADDED, message->body + message->body_n,
                          AGE_BODY_MAX - message->body_n, &got) != ST_OK)
            return ST_BAD;
        message->body_n += got;
    }
    return ST_OK;
}

enum status age_read(struct age_peer *peer, struct age_message *message)
{
    size_t n = 0;
    enum status status = read_line(peer, message->line->p, AGE_LINE_MAX, &n);
    if (status == ST_OK)
        status = read_arguments(message, n);
    return status == ST_OK ? read_body(peer, message) : status;
}

bool age_message_is(const struct age_message *message, const char *word)
{
    return bytes_equal(message->arguments[0], bytes_text(word));
}

/* --- writing ---------------------------------------------------------------------------------- */

/* A body may be a file key, so its base64 is made in constant time and in guarded memory. */
static enum status write_body(struct age_peer *peer, struct bytes body)
{
    size_t n = base64_length(body.n, UNPADDED);
    struct secret *text = secret_new(n + 1);
    struct bytes rest = {text->p, n};
    enum status status = ST_OK;
    sodium_bin2base64((char *)text->p, n + 1, body.p, body.n,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    for (bool last = false; !last && status == ST_OK; rest = bytes_from(rest, COLUMNS)) {
        last = rest.n < COLUMNS;
        status = io_write_all(peer->out, bytes_first(rest, COLUMNS), io_deadline(PATIENCE_MS));
        if (status == ST_OK)
            status = io_write_all(peer->out, BYTES_LITERAL("\n"), io_deadline(PATIENCE_MS));
    }
    secret_free(text);
    return status;
}

enum status age_write(struct age_peer *peer, const char *line, struct bytes body)
{
    struct buffer head;
    buffer_init(&head, 512);
    buffer_add_format(&head, "-> %s\n", line);
    enum status status = buffer_check(&head);
    if (status == ST_OK)
        status = io_write_all(peer->out, buffer_bytes(&head), io_deadline(PATIENCE_MS));
    buffer_done(&head);
    return status == ST_OK ? write_body(peer, body) : status;
}
