/* SPDX-License-Identifier: Apache-2.0
 * smtp: beginning a connection to a next hop: greeting, EHLO or LHLO, what is offered. */
#include <assert.h>
#include <stdlib.h>

#include "io.h"
#include "memory.h"
#include "net.h"
#include "net_name.h"
#include "number.h"
#include "smtp_next_hop.h"
#include "smtp_syntax.h"

/* Take the next word of a line of blanks and words. */
static bool next_word(struct bytes *rest, struct bytes *word_out)
{
    struct bytes text = bytes_trim(*rest);
    *word_out = bytes_first(text, bytes_index(text, ' '));
    *rest = bytes_from(text, word_out->n);
    return word_out->n > 0;
}

static bool is(struct bytes word, const char *keyword)
{
    return bytes_equal_nocase(word, bytes_text(keyword));
}

void smtp_offers_read(struct smtp_offers *offers, struct bytes line)
{
    struct bytes keyword, word;
    if (!next_word(&line, &keyword))
        return;
    if (is(keyword, "PIPELINING"))
        offers->pipelining = true;
    else if (is(keyword, "8BITMIME"))
        offers->eight_bit = true;
    else if (is(keyword, "SMTPUTF8"))
        offers->utf8 = true;
    else if (is(keyword, "DSN"))
        offers->dsn = true;
    else if (is(keyword, "STARTTLS"))
        offers->starttls = true;
    else if (is(keyword, "SIZE")) {
        uint64_t size_max = 0;
        if (next_word(&line, &word) && number_parse(word, 0, UINT64_MAX, &size_max) != ST_OK)
            size_max = 0;
        offers->size = true;
        offers->size_max = size_max;
    } else if (is(keyword, "XFORWARD")) {
        while (next_word(&line, &word)) {
            enum smtp_xforward_attribute attribute = smtp_syntax_xforward(word);
            if (attribute < SMTP_XFORWARD_COUNT)
                offers->xforward[attribute] = true;
        }
    }
}

static enum status refused(const struct smtp_reply *reply, const char *when, struct why *why)
{
    return why_set(why, smtp_reply_refused(reply) ? ST_DENIED : ST_TEMP, "%s: %d %s", when,
                   reply->code, reply->text);
}

static enum status read_greeting(struct smtp_client *client, int64_t deadline, struct why *why)
{
    struct smtp_reply greeting;
    if (smtp_link_reply(&client->link, deadline, &greeting) != ST_OK)
        return why_set(why, ST_TEMP, "no greeting");
    return greeting.code == 220 ? ST_OK : refused(&greeting, "greeting", why);
}

static enum status say_hello(struct smtp_client *client, int64_t deadline, struct why *why)
{
    const char *verb = client->settings.flavour == SMTP_FLAVOUR_LMTP ? "LHLO" : "EHLO";
    (void)buffer_add_format(smtp_link_output(&client->link), "%s %s\r\n", verb,
                            client->settings.host_name);
    if (smtp_link_flush(&client->link, deadline) != ST_OK)
        return why_set(why, ST_TEMP, "connection lost in %s", verb);

    /* The first line is the peer's name, each of the others an extension. */
    struct smtp_reply reply = {.code = 0};
    bool first = true, last = false;
    for (int lines = 0; !last; lines++) {
        struct bytes line;
        if (lines > 100 || smtp_link_line(&client->link, deadline, &line) != ST_OK ||
            smtp_reply_read(line, &reply, &last) != ST_OK)
            return why_set(why, ST_TEMP, "connection lost in %s", verb);
        if (!first)
            smtp_offers_read(&client->offers, bytes_from(line, 4));
        first = false;
    }
    return reply.code == 250 ? ST_OK : refused(&reply, verb, why);
}

/* STARTTLS (RFC 3207). What was offered before means nothing behind it: it came in clear. */
static enum status start_tls(struct smtp_client *client, int64_t deadline, struct why *why)
{
    struct smtp_reply reply;
    if (!client->offers.starttls)
        return why_set(why, ST_DENIED, "it does not offer STARTTLS");
    (void)buffer_add_text(smtp_link_output(&client->link), "STARTTLS\r\n");
    if (smtp_link_flush(&client->link, deadline) != ST_OK ||
        smtp_link_reply(&client->link, deadline, &reply) != ST_OK)
        return why_set(why, ST_TEMP, "connection lost in STARTTLS");
    if (reply.code != 220)
        return why_set(why, ST_DENIED, "STARTTLS: %d %s", reply.code, reply.text);
    client->offers = (struct smtp_offers){.pipelining = false};
    return smtp_link_secure(&client->link, client->settings.tls, deadline, why);
}

/* Greeting and EHLO, in TLS if that is asked for: then nothing but that is said before. */
static enum status begin(struct smtp_client *client, int64_t deadline, struct why *why)
{
    const struct smtp_client_settings *settings = &client->settings;
    bool upgrades = settings->tls != NULL && !settings->tls_first;
    enum status status = ST_OK;
    if (settings->tls_first)
        status = smtp_link_secure(&client->link, settings->tls, deadline, why);
    if (status == ST_OK)
        status = read_greeting(client, deadline, why);
    if (status == ST_OK)
        status = say_hello(client, deadline, why);
    if (status == ST_OK && upgrades)
        status = start_tls(client, deadline, why);
    return status == ST_OK && upgrades ? say_hello(client, deadline, why) : status;
}

enum status smtp_client_open_fd(int fd, const struct smtp_client_settings *settings,
                                struct smtp_client **client_out, struct why *why)
{
    assert(smtp_syntax_host(bytes_text(settings->host_name)));
    assert(settings->tls != NULL || !settings->tls_first);
    struct smtp_client *client = memory_new(1, sizeof *client);
    client->settings = *settings;
    smtp_link_init(&client->link, fd);
    enum status status = begin(client, io_deadline(settings->greeting_timeout_ms), why);
    if (status != ST_OK) {
        smtp_client_free(client);
        return status;
    }
    *client_out = client;
    return ST_OK;
}

enum status smtp_client_open(const char *where, const struct smtp_client_settings *settings,
                             struct smtp_client **client_out, struct why *why)
{
    int fd = -1;
    enum status status = settings->tls != NULL
                             ? net_connect_name(where, settings->connect_timeout_ms, &fd, why)
                             : net_connect(where, settings->connect_timeout_ms, &fd, why);
    if (status != ST_OK)
        return status;
    return smtp_client_open_fd(fd, settings, client_out, why);
}
