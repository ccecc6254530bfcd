/* SPDX-License-Identifier: Apache-2.0
 * smtp (fuzz): next hops that say anything. The first byte chooses the flavour; the rest, parted by
 * NUL, is what the peer sends at the beginning, to the envelope and after the final dot. Whatever
 * that is, every recipient has a reply that can be handed on, and none that is 2xx before the
 * letter was sent. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "io.h"
#include "smtp_next_hop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define INPUT_MAX 65536 /* fits into the socket's buffer */

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The peer says the next part. */
static void say_next(int fd, struct bytes *rest)
{
    struct bytes part = bytes_first(*rest, bytes_index(*rest, '\0'));
    *rest = bytes_from(*rest, part.n + 1);
    if (part.n > 0)
        require(io_write_all(fd, part, io_deadline(1000)) == ST_OK);
    if (rest->n == 0)
        require(shutdown(fd, SHUT_WR) == 0);
}

static void check_replies(const struct smtp_client *client, bool sent)
{
    for (size_t i = 0; i < client->recipient_count; i++) {
        const struct smtp_reply *reply = smtp_client_reply(client, i);
        require(smtp_reply_later(reply) || smtp_reply_refused(reply) ||
                (sent && smtp_reply_taken(reply)));
        require(reply->code != 421 && reply->text[0] != '\0');
        for (const char *c = reply->text; *c != '\0'; c++)
            require(*c >= ' ' && *c <= '~');
    }
}

static void send_letter(struct smtp_client *client, int peer, struct bytes *rest)
{
    static const struct smtp_recipient recipients[3] = {
        {.address = "b@y.example"}, {.address = "c@y.example"}, {.address = "d@y.example"}};
    static const struct smtp_envelope envelope = {
        .sender = "a@x.example", .recipients = recipients, .recipient_count = 3};
    say_next(peer, rest);
    smtp_client_expect(client, envelope.recipient_count);
    enum status status = smtp_client_exchange(client, &envelope, NULL);
    check_replies(client, false);
    if (status == ST_OK)
        status = smtp_client_data(client, BYTES_LITERAL("Subject: x\r\n\r\n.\r\n"));
    if (status != ST_OK)
        return;
    check_replies(client, false);
    say_next(peer, rest);
    if (smtp_client_end(client, NULL) == ST_OK)
        require(!smtp_client_in_doubt(client));
    check_replies(client, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0 || n > INPUT_MAX)
        return 0;
    struct smtp_client_settings settings = {
        .flavour = data[0] & 1 ? SMTP_FLAVOUR_SMTP : SMTP_FLAVOUR_LMTP,
        .host_name = "gateway.example",
        .greeting_timeout_ms = 20,
        .command_timeout_ms = 20,
        .data_timeout_ms = 20,
        .end_timeout_ms = 20,
    };
    int pair[2];
    require(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct bytes rest = {data + 1, n - 1};
    struct smtp_client *client = NULL;
    say_next(pair[1], &rest);
    if (smtp_client_open_fd(pair[0], &settings, &client, NULL) == ST_OK) {
        /* What was sent too early would keep a real letter from being started. */
        bool in_step = smtp_input_bytes(&client->link.input).n == 0;
        if (in_step && rest.n > 0)
            send_letter(client, pair[1], &rest);
    }
    smtp_client_free(client);
    io_close(&pair[1]);
    return 0;
}
