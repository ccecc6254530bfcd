/* SPDX-License-Identifier: Apache-2.0
 * accounts: one connection, one mail. */
#include "mailer.h"

#include "smtp_client.h"

static bool ascii(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= 0x80)
            return false;
    return true;
}

enum status mailer_send(const struct mailer_settings *settings, const char *to, struct bytes mail,
                        struct why *why)
{
    /* Together with two turns at Argon2id these stay below the 90 s that the portal waits for a
     * registration. */
    const struct smtp_client_settings client_settings = {
        .flavour = SMTP_FLAVOUR_SMTP,
        .line_ends = SMTP_LINE_ENDS_REJECT,
        .host_name = settings->host_name,
        .connect_timeout_ms = 5000,
        .greeting_timeout_ms = 10000,
        .command_timeout_ms = 10000,
        .data_timeout_ms = 10000,
        .end_timeout_ms = 30000,
    };
    /* A notice must not be answered by a bounce to a mailbox nobody reads: the envelope's sender is
     * empty (RFC 3834 §3.3). */
    const struct smtp_recipient recipient = {.address = to};
    const struct smtp_envelope envelope = {
        .sender = "",
        .eight_bit = !ascii(mail),
        .utf8 = !ascii(bytes_text(to)),
        .size = mail.n,
        .recipients = &recipient,
        .recipient_count = 1,
    };
    struct smtp_client *client = NULL;
    enum status status = smtp_client_open(settings->relay, &client_settings, &client, why);
    if (status == ST_OK)
        status = smtp_client_start(client, &envelope, why);
    if (status == ST_OK)
        status = smtp_client_data(client, mail);
    if (status == ST_OK)
        status = smtp_client_end(client, why);
    if (client == NULL)
        return status;

    const struct smtp_reply *reply =
        status == ST_OK || status == ST_DENIED ? smtp_client_reply(client, 0) : NULL;
    if (reply != NULL && !smtp_reply_taken(reply))
        status = why_set(why, smtp_reply_later(reply) ? ST_TEMP : ST_DENIED, "%d %s", reply->code,
                         reply->text);
    /* Lost between the final dot and its reply: it may well have gone, and a link in it must not be
     * dead. */
    bool in_doubt = smtp_client_in_doubt(client);
    if (status == ST_OK)
        smtp_client_quit(client);
    else
        smtp_client_free(client);
    return in_doubt ? ST_OK : status;
}
