/* SPDX-License-Identifier: Apache-2.0
 * smtp: saying the envelope to a next hop: RSET (if the last transaction was left open), XFORWARD,
 * MAIL, each RCPT and DATA. Commands are sent ahead of their replies where the peer's pipelining
 * allows it; what replies are awaited, in which order, stands in a queue (RFC 2920). */
#include <assert.h>

#include "io.h"
#include "smtp_next_hop.h"
#include "smtp_syntax.h"

/* Commands on the way at once. Their replies, of 512 bytes at most, fit into any socket's buffer,
 * so the peer never waits for us to read while we wait for it. */
#define WINDOW 64

struct awaited {
    enum { AWAIT_RSET, AWAIT_XFORWARD, AWAIT_MAIL, AWAIT_RCPT, AWAIT_DATA } command;
    size_t recipient; /* of AWAIT_RCPT */
};

struct exchange {
    struct smtp_client *client;
    const struct smtp_envelope *envelope;
    int64_t deadline;
    struct awaited queue[WINDOW];
    size_t queued;
    size_t accepted;        /* recipients */
    struct smtp_reply mail; /* replies to MAIL and DATA; code 0: not here */
    struct smtp_reply data;
};

/* --- is the envelope fit to be sent? ------------------------------------------------------ */

static bool is_recipient_fit(const struct smtp_recipient *recipient, bool utf8)
{
    struct bytes address = bytes_text(recipient->address);
    if (!smtp_syntax_address(address) && !bytes_equal_nocase(address, BYTES_LITERAL("postmaster")))
        return false;
    if (smtp_syntax_eight_bit(address) && !utf8)
        return false;
    if (recipient->notify != NULL && !smtp_syntax_notify(bytes_text(recipient->notify)))
        return false;
    if (recipient->original == NULL)
        return true;
    struct bytes original = bytes_text(recipient->original);
    return smtp_syntax_orcpt(original) && (utf8 || !smtp_syntax_eight_bit(original));
}

static bool is_sender_fit(const struct smtp_envelope *envelope)
{
    struct bytes sender = bytes_text(envelope->sender);
    if (sender.n > 0 && !smtp_syntax_address(sender))
        return false;
    if (smtp_syntax_eight_bit(sender) && !envelope->utf8)
        return false;
    struct bytes ret = bytes_text(envelope->ret);
    if (ret.n > 0 && !bytes_equal(ret, BYTES_LITERAL("FULL")) &&
        !bytes_equal(ret, BYTES_LITERAL("HDRS")))
        return false;
    struct bytes envid = bytes_text(envelope->envid);
    return envelope->envid == NULL || (envid.n <= 100 && smtp_syntax_xtext(envid));
}

static bool is_fit(const struct smtp_envelope *envelope)
{
    for (size_t i = 0; i < envelope->recipient_count; i++)
        if (!is_recipient_fit(&envelope->recipients[i], envelope->utf8))
            return false;
    return envelope->recipient_count > 0 && is_sender_fit(envelope);
}

/* Does the peer take such a letter at all? Otherwise the refusal is in *reply_out. */
static bool is_offered(const struct smtp_offers *offers, const struct smtp_envelope *envelope,
                       struct smtp_reply *reply_out)
{
    if (envelope->eight_bit && !offers->eight_bit)
        *reply_out = smtp_reply_make(554, "5.6.3", "The next hop takes no 8-bit letters");
    else if (envelope->utf8 && !offers->utf8)
        *reply_out = smtp_reply_make(554, "5.6.7", "The next hop takes no UTF-8 addresses");
    else if (offers->size_max > 0 && envelope->size > offers->size_max)
        *reply_out = smtp_reply_make(552, "5.3.4", "The next hop takes no letter of this size");
    else
        return true;
    return false;
}

/* --- writing commands --------------------------------------------------------------------- */

static bool is_forwarded(const struct exchange *exchange, enum smtp_xforward_attribute attribute)
{
    const struct smtp_xforward *xforward = exchange->envelope->xforward;
    if (xforward == NULL || xforward->value[attribute] == NULL)
        return false;
    return exchange->client->offers.xforward[attribute] && xforward->value[attribute][0] != '\0';
}

/* The attributes first … last that are known and wanted; false if there are none. */
static bool write_xforward(const struct exchange *exchange, enum smtp_xforward_attribute first,
                           enum smtp_xforward_attribute last, struct buffer *out)
{
    bool any = false;
    for (enum smtp_xforward_attribute i = first; i <= last; i++) {
        if (!is_forwarded(exchange, i))
            continue;
        struct bytes value = bytes_text(exchange->envelope->xforward->value[i]);
        (void)buffer_add_format(out, "%s%s=", any ? " " : "XFORWARD ",
                                smtp_syntax_xforward_name(i));
        (void)smtp_syntax_xtext_encode(bytes_first(value, SMTP_XFORWARD_MAX), out);
        any = true;
    }
    if (any)
        (void)buffer_add_text(out, "\r\n");
    return any;
}

static void write_mail(const struct exchange *exchange, struct buffer *out)
{
    const struct smtp_envelope *envelope = exchange->envelope;
    const struct smtp_offers *offers = &exchange->client->offers;
    (void)buffer_add_format(out, "MAIL FROM:<%s>", envelope->sender);
    if (offers->size && envelope->size > 0)
        (void)buffer_add_format(out, " SIZE=%llu", (unsigned long long)envelope->size);
    if (envelope->eight_bit)
        (void)buffer_add_text(out, " BODY=8BITMIME");
    if (envelope->utf8)
        (void)buffer_add_text(out, " SMTPUTF8");
    if (offers->dsn && envelope->ret != NULL)
        (void)buffer_add_format(out, " RET=%s", envelope->ret);
    if (offers->dsn && envelope->envid != NULL)
        (void)buffer_add_format(out, " ENVID=%s", envelope->envid);
    (void)buffer_add_text(out, "\r\n");
}

static void write_rcpt(const struct exchange *exchange, const struct smtp_recipient *recipient,
                       struct buffer *out)
{
    bool dsn = exchange->client->offers.dsn;
    (void)buffer_add_format(out, "RCPT TO:<%s>", recipient->address);
    if (dsn && recipient->notify != NULL)
        (void)buffer_add_format(out, " NOTIFY=%s", recipient->notify);
    if (dsn && recipient->original != NULL)
        (void)buffer_add_format(out, " ORCPT=%s", recipient->original);
    (void)buffer_add_text(out, "\r\n");
}

/* --- replies ------------------------------------------------------------------------------ */

static enum status take_rcpt(struct exchange *exchange, size_t recipient,
                             const struct smtp_reply *reply)
{
    struct smtp_client *client = exchange->client;
    if (smtp_reply_taken(reply)) {
        exchange->accepted++;
        return ST_OK;
    }
    if (reply->code / 100 == 3)
        return ST_TEMP;
    client->open[recipient] = false;
    client->replies[recipient] = *reply;
    return ST_OK;
}

static enum status take_reply(struct exchange *exchange, struct awaited awaited,
                              const struct smtp_reply *reply)
{
    /* 421 can answer anything, and the peer closes (RFC 5321 §3.8). */
    if (reply->code == 421) {
        smtp_client_settle(exchange->client, reply);
        return ST_TEMP;
    }
    switch (awaited.command) {
    case AWAIT_RSET:
    case AWAIT_XFORWARD: /* it goes without */
        return ST_OK;
    case AWAIT_MAIL:
        exchange->mail = *reply;
        return reply->code / 100 == 3 ? ST_TEMP : ST_OK;
    case AWAIT_RCPT:
        /* After a refused MAIL this is only an echo of that refusal. */
        return smtp_reply_taken(&exchange->mail) ? take_rcpt(exchange, awaited.recipient, reply)
                                                 : ST_OK;
    case AWAIT_DATA:
        exchange->data = *reply;
        return smtp_reply_taken(reply) ? ST_TEMP : ST_OK;
    }
    return ST_TEMP;
}

/* Send what was gathered and take every reply that is awaited. ST_TEMP: the connection is lost, or
 * the peer is out of step, which is as good. */
static enum status catch_up(struct exchange *exchange)
{
    struct smtp_link *link = &exchange->client->link;
    if (smtp_link_flush(link, exchange->deadline) != ST_OK)
        return ST_TEMP;
    for (size_t i = 0; i < exchange->queued; i++) {
        struct smtp_reply reply;
        if (smtp_link_reply(link, exchange->deadline, &reply) != ST_OK ||
            take_reply(exchange, exchange->queue[i], &reply) != ST_OK)
            return ST_TEMP;
    }
    exchange->queued = 0;
    return ST_OK;
}

/* A command was written; wait for its reply now or later. */
static enum status await(struct exchange *exchange, struct awaited awaited)
{
    exchange->queue[exchange->queued++] = awaited;
    bool wait = !exchange->client->offers.pipelining || exchange->queued == WINDOW;
    return wait ? catch_up(exchange) : ST_OK;
}

/* --- the exchange ------------------------------------------------------------------------- */

/* RSET and XFORWARD, where there is need of them. */
static enum status say_preface(struct exchange *exchange, struct buffer *out)
{
    enum status status = ST_OK;
    if (exchange->client->left_over) {
        (void)buffer_add_text(out, "RSET\r\n");
        status = await(exchange, (struct awaited){.command = AWAIT_RSET});
    }
    /* Two commands, so that no line grows too long. */
    if (status == ST_OK && write_xforward(exchange, SMTP_XFORWARD_NAME, SMTP_XFORWARD_PORT, out))
        status = await(exchange, (struct awaited){.command = AWAIT_XFORWARD});
    if (status == ST_OK && write_xforward(exchange, SMTP_XFORWARD_PROTO, SMTP_XFORWARD_SOURCE, out))
        status = await(exchange, (struct awaited){.command = AWAIT_XFORWARD});
    return status;
}

static bool is_mail_refused(const struct exchange *exchange)
{
    return exchange->mail.code != 0 && !smtp_reply_taken(&exchange->mail);
}

static enum status say_envelope(struct exchange *exchange)
{
    struct buffer *out = smtp_link_output(&exchange->client->link);
    enum status status = say_preface(exchange, out);
    if (status != ST_OK)
        return status;
    write_mail(exchange, out);
    status = await(exchange, (struct awaited){.command = AWAIT_MAIL});

    const struct smtp_envelope *envelope = exchange->envelope;
    for (size_t i = 0; i < envelope->recipient_count && status == ST_OK; i++) {
        if (is_mail_refused(exchange))
            break;
        write_rcpt(exchange, &envelope->recipients[i], out);
        status = await(exchange, (struct awaited){.command = AWAIT_RCPT, .recipient = i});
    }
    if (status != ST_OK)
        return status;

    /* DATA goes with the rest, but not where it is known to be in vain. */
    if (exchange->queued > 0 || exchange->accepted > 0) {
        (void)buffer_add_text(out, "DATA\r\n");
        status = await(exchange, (struct awaited){.command = AWAIT_DATA});
    }
    return status == ST_OK ? catch_up(exchange) : status;
}

/* Every reply is here: may the letter be sent? */
static enum status conclude(struct exchange *exchange)
{
    struct smtp_client *client = exchange->client;
    bool refused = is_mail_refused(exchange);
    if (refused)
        smtp_client_settle(client, &exchange->mail);
    client->left_over = !refused;
    if (exchange->data.code == 354 && exchange->accepted > 0) {
        client->left_over = false;
        client->in_letter = true;
        client->lines = (struct smtp_lines){.place = SMTP_LINES_START};
        return ST_OK;
    }

    /* A peer that wants a letter for nobody gets none: only closing says that safely. */
    if (exchange->data.code == 354)
        smtp_link_close(&client->link);
    else if (exchange->data.code != 0)
        smtp_client_settle(client, &exchange->data);
    return ST_DENIED;
}

enum status smtp_client_exchange(struct smtp_client *client, const struct smtp_envelope *envelope,
                                 struct why *why)
{
    struct exchange exchange = {
        .client = client,
        .envelope = envelope,
        .deadline = io_deadline(client->settings.command_timeout_ms),
    };
    if (say_envelope(&exchange) != ST_OK) {
        smtp_link_close(&client->link);
        return why_set(why, ST_TEMP, "connection lost, or out of step, before DATA");
    }
    enum status status = conclude(&exchange);
    return status == ST_OK ? ST_OK : why_set(why, status, "no recipient was accepted");
}

/* --- the front ---------------------------------------------------------------------------- */

enum status smtp_client_start(struct smtp_client *client, const struct smtp_envelope *envelope,
                              struct why *why)
{
    assert(!client->in_letter);
    smtp_client_expect(client, envelope->recipient_count);
    struct smtp_reply reply;
    if (!is_fit(envelope)) {
        reply = smtp_reply_make(553, "5.1.3", "An address of the envelope can't be sent on");
        smtp_client_settle(client, &reply);
        return why_set(why, ST_BAD, "envelope not fit to be sent");
    }
    if (!is_offered(&client->offers, envelope, &reply)) {
        smtp_client_settle(client, &reply);
        return why_set(why, ST_DENIED, "%s", reply.text);
    }
    if (!smtp_client_usable(client)) {
        smtp_link_close(&client->link);
        return why_set(why, ST_TEMP, "connection lost before MAIL");
    }
    return smtp_client_exchange(client, envelope, why);
}
