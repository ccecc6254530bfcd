/* SPDX-License-Identifier: Apache-2.0
 * smtp: the letter's way to a next hop: data, final dot, replies; and the end of a connection. */
#include "smtp_client.h"

#include <assert.h>
#include <stdlib.h>

#include "io.h"
#include "memory.h"
#include "smtp_next_hop.h"

#define QUIT_TIMEOUT_MS 2000
#define LAST_WORDS_TIMEOUT_MS 500

/* --- recipients --------------------------------------------------------------------------- */

static void forget_recipients(struct smtp_client *client)
{
    free(client->open);
    free(client->replies);
    client->open = NULL;
    client->replies = NULL;
    client->recipient_count = 0;
}

void smtp_client_expect(struct smtp_client *client, size_t n)
{
    forget_recipients(client);
    client->in_doubt = false;
    client->recipient_count = n;
    client->open = memory_new(n + 1, sizeof *client->open);
    client->replies = memory_new(n + 1, sizeof *client->replies);
    struct smtp_reply unknown =
        smtp_reply_make(451, "4.4.2", "The next hop has not answered for this letter");
    for (size_t i = 0; i < n; i++) {
        client->open[i] = true;
        client->replies[i] = unknown;
    }
}

void smtp_client_settle(struct smtp_client *client, const struct smtp_reply *reply)
{
    /* 421 speaks of the connection to the next hop; handed on, it would speak of the one to us. */
    struct smtp_reply last = *reply;
    if (last.code == 421)
        last.code = 451;
    for (size_t i = 0; i < client->recipient_count; i++) {
        if (!client->open[i])
            continue;
        client->open[i] = false;
        client->replies[i] = last;
    }
}

const struct smtp_reply *smtp_client_reply(const struct smtp_client *client, size_t recipient)
{
    assert(recipient < client->recipient_count);
    return &client->replies[recipient];
}

/* --- the letter --------------------------------------------------------------------------- */

/* The connection broke while the letter was on its way. A peer that refuses a letter in its midst
 * may have said why before it closed. */
static enum status lose(struct smtp_client *client)
{
    struct smtp_reply words;
    if (smtp_link_reply(&client->link, io_deadline(LAST_WORDS_TIMEOUT_MS), &words) == ST_OK &&
        (smtp_reply_later(&words) || smtp_reply_refused(&words)))
        smtp_client_settle(client, &words);
    smtp_link_close(&client->link);
    client->in_letter = false;
    return ST_TEMP;
}

/* The letter breaks the rule about line ends: without a final dot it was never sent. */
static enum status reject(struct smtp_client *client)
{
    struct smtp_reply reply =
        smtp_reply_make(550, "5.6.0", "The letter has a CR or LF alone, or a NUL, in it");
    smtp_client_settle(client, &reply);
    smtp_link_close(&client->link);
    client->in_letter = false;
    return ST_BAD;
}

static bool is_rejected(const struct smtp_client *client)
{
    return client->lines.unclean && client->settings.line_ends == SMTP_LINE_ENDS_REJECT;
}

enum status smtp_client_data(struct smtp_client *client, struct bytes piece)
{
    if (!client->in_letter)
        return ST_TEMP;
    int64_t deadline = io_deadline(client->settings.data_timeout_ms);
    while (piece.n > 0) {
        size_t n = smtp_lines_pass(&client->lines, piece);
        if (is_rejected(client))
            return reject(client);
        if (smtp_link_send(&client->link, bytes_first(piece, n), deadline) != ST_OK)
            return lose(client);

        /* What stopped the pass short is a dot that begins a line: it is doubled (RFC 5321 §4.5.2).
         */
        if (n < piece.n) {
            if (smtp_link_send(&client->link, BYTES_LITERAL(".."), deadline) != ST_OK)
                return lose(client);
            smtp_lines_pass_dot(&client->lines);
            n++;
        }
        piece = bytes_from(piece, n);
    }
    return ST_OK;
}

/* One reply for each open recipient (LMTP), or one for all of them (SMTP). */
static enum status take_replies(struct smtp_client *client)
{
    int64_t deadline = io_deadline(client->settings.end_timeout_ms);
    for (size_t i = 0; i < client->recipient_count; i++) {
        if (!client->open[i])
            continue;
        struct smtp_reply reply;
        if (smtp_link_reply(&client->link, deadline, &reply) != ST_OK || reply.code / 100 == 3)
            return ST_TEMP;
        if (reply.code == 421 || client->settings.flavour == SMTP_FLAVOUR_SMTP) {
            smtp_client_settle(client, &reply);
            if (reply.code == 421)
                smtp_link_close(&client->link);
            return ST_OK;
        }
        client->open[i] = false;
        client->replies[i] = reply;
    }
    return ST_OK;
}

enum status smtp_client_end(struct smtp_client *client, struct why *why)
{
    if (!client->in_letter)
        return why_set(why, ST_TEMP, "no letter is open");
    smtp_lines_end(&client->lines);
    if (is_rejected(client)) {
        (void)why_set(why, ST_BAD, "letter with bare line ends or NUL");
        return reject(client);
    }

    /* A peer that speaks between 354 and the dot refuses, or is out of step: what it said must not
     * be taken for its answer to the dot. */
    if (smtp_link_out_of_step(&client->link)) {
        (void)why_set(why, ST_TEMP, "the next hop spoke before the final dot");
        return lose(client);
    }

    /* From the first byte that may carry the final dot on, the peer may have the letter. */
    int64_t deadline = io_deadline(client->settings.data_timeout_ms);
    bool line_open = client->lines.place != SMTP_LINES_START;
    (void)buffer_add_text(smtp_link_output(&client->link), line_open ? "\r\n.\r\n" : ".\r\n");
    client->in_doubt = true;
    if (smtp_link_flush(&client->link, deadline) != ST_OK) {
        (void)why_set(why, ST_TEMP, "connection lost at the final dot");
        return lose(client);
    }
    client->in_letter = false;
    if (take_replies(client) != ST_OK) {
        smtp_link_close(&client->link);
        return why_set(why, ST_TEMP, "connection lost after the final dot");
    }
    client->in_doubt = false;
    return ST_OK;
}

/* --- the connection ----------------------------------------------------------------------- */

bool smtp_client_usable(const struct smtp_client *client)
{
    return smtp_link_open(&client->link) && !client->in_letter &&
           !smtp_link_out_of_step(&client->link);
}

const char *smtp_client_tls(const struct smtp_client *client)
{
    return client->link.tls == NULL ? "" : smtp_tls_version(client->link.tls);
}

bool smtp_client_in_doubt(const struct smtp_client *client)
{
    return client->in_doubt;
}

void smtp_client_quit(struct smtp_client *client)
{
    if (client != NULL && smtp_client_usable(client)) {
        int64_t deadline = io_deadline(QUIT_TIMEOUT_MS);
        struct smtp_reply goodbye;
        (void)buffer_add_text(smtp_link_output(&client->link), "QUIT\r\n");
        if (smtp_link_flush(&client->link, deadline) == ST_OK &&
            smtp_link_reply(&client->link, deadline, &goodbye) != ST_OK)
            smtp_link_close(&client->link);
    }
    smtp_client_free(client);
}

void smtp_client_free(struct smtp_client *client)
{
    if (client == NULL)
        return;
    smtp_link_done(&client->link);
    forget_recipients(client);
    free(client);
}
