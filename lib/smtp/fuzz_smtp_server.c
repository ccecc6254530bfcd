/* SPDX-License-Identifier: Apache-2.0
 * smtp (fuzz): whole sessions. The first byte chooses the settings, the rest is what the client
 * sends. Whatever that is, the server sends well-formed replies, and what it hands out is fit to be
 * handed on. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io.h"
#include "smtp_server.h"
#include "smtp_syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define INPUT_MAX 8192 /* this and the replies to it fit into the socket's buffers */

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void no_random(void *p, size_t n)
{
    memset(p, 7, n);
}

static bool is_clean(const struct smtp_transaction *letter)
{
    struct bytes piece;
    uint8_t last = 0;
    while (smtp_body_read(letter->body, &piece) == ST_OK)
        for (size_t i = 0; i < piece.n; i++) {
            if (piece.p[i] == '\0' || (piece.p[i] == '\n') != (last == '\r'))
                return false;
            last = piece.p[i];
        }
    return last != '\r';
}

static void check_letter(const struct smtp_server_settings *settings,
                         const struct smtp_transaction *letter)
{
    const struct smtp_envelope *envelope = &letter->envelope;
    require(envelope->sender[0] == '\0' || smtp_syntax_address(bytes_text(envelope->sender)));
    require(envelope->recipient_count >= 1);
    require(envelope->recipient_count <= settings->recipients_max);
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        struct bytes address = bytes_text(envelope->recipients[i].address);
        require(smtp_syntax_address(address) ||
                bytes_equal_nocase(address, BYTES_LITERAL("postmaster")));
    }
    require(smtp_body_size(letter->body) <= settings->size_max);
    require(settings->line_ends == SMTP_LINE_ENDS_KEEP || is_clean(letter));
}

static void check_replies(int fd)
{
    static uint8_t output[1 << 20];
    size_t n = 0, part;
    while (io_read(fd, output + n, sizeof output - n, io_deadline(1000), &part) == ST_OK)
        n += part;
    struct bytes rest = {output, n}, line;
    struct smtp_reply reply = {.code = 0};
    while (bytes_line(&rest, &line)) {
        bool last;
        require(line.n <= 510);
        require(smtp_reply_read(line, &reply, &last) == ST_OK);
        if (last)
            reply.code = 0;
    }
    require(reply.code == 0);
}

static void run(const struct smtp_server_settings *settings, int fd)
{
    struct smtp_session *session = smtp_session_new(fd, "192.0.2.1", settings);
    struct smtp_transaction *letter;
    while (smtp_session_next(session, &letter, NULL) == ST_OK) {
        check_letter(settings, letter);
        struct smtp_reply replies[4];
        for (size_t i = 0; i < 4; i++)
            replies[i] = smtp_reply_make(i % 2 == 0 ? 250 : 450, "", "Reply");
        enum status status = smtp_session_answer(session, letter, replies);
        smtp_transaction_free(letter);
        if (status != ST_OK)
            break;
    }
    smtp_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const peers[] = {"192.0.2.1", NULL};
    if (n == 0 || n > INPUT_MAX)
        return 0;
    struct smtp_server_settings settings = {
        .flavour = data[0] & 1 ? SMTP_FLAVOUR_SMTP : SMTP_FLAVOUR_LMTP,
        .line_ends = data[0] & 2 ? SMTP_LINE_ENDS_KEEP : SMTP_LINE_ENDS_REJECT,
        .host_name = "gateway.example",
        .size_max = data[0] & 4 ? 50 : 5000,
        .recipients_max = 4,
        .command_timeout_ms = 1000,
        .letter_timeout_ms = 1000,
        .stop_fd = -1,
        .xforward_peers = data[0] & 8 ? peers : NULL,
        .body = {.directory = "/nonexistent", .random_fill = no_random},
    };
    int pair[2];
    require(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    require(n == 1 ||
            io_write_all(pair[0], (struct bytes){data + 1, n - 1}, io_deadline(1000)) == ST_OK);
    require(shutdown(pair[0], SHUT_WR) == 0);
    run(&settings, pair[1]);
    io_close(&pair[1]);
    check_replies(pair[0]);
    io_close(&pair[0]);
    return 0;
}
