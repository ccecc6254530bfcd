/* SPDX-License-Identifier: Apache-2.0
 * gateway: sending, sealed or with leave. */
#include "outgoing.h"

#include <assert.h>
#include <stdlib.h>

#include "memory.h"
#include "reply.h"

struct outgoing {
    const struct smtp_transaction *letter;
    struct parcel *parcel; /* NULL: in clear */
    const struct look_edit *edit;
    const struct policy_route *route; /* NULL: the one next hop */
    bool reached;
    char tls[SMTP_TLS_NAME_SIZE];
    uint64_t position; /* in the letter: how much of it has gone out or was left out */
    struct bytes rest; /* of the piece in hand */
    struct smtp_envelope envelope;
    struct smtp_recipient *recipients;
    size_t *numbers; /* each recipient's number in the letter */
};

/* --- making one
 * ----------------------------------------------------------------------------------- */

static struct outgoing *make(const struct smtp_transaction *letter, struct parcel *parcel)
{
    size_t most = parcel != NULL ? 1 : letter->envelope.recipient_count;
    struct outgoing *outgoing = memory_new(1, sizeof *outgoing);
    outgoing->letter = letter;
    outgoing->parcel = parcel;
    outgoing->recipients = memory_new(most, sizeof *outgoing->recipients);
    outgoing->numbers = memory_new(most, sizeof *outgoing->numbers);
    outgoing->envelope = letter->envelope;
    outgoing->envelope.recipients = outgoing->recipients;
    outgoing->envelope.recipient_count = 0;
    return outgoing;
}

static void add(struct outgoing *outgoing, size_t recipient)
{
    size_t at = outgoing->envelope.recipient_count++;
    outgoing->recipients[at] = outgoing->letter->envelope.recipients[recipient];
    outgoing->numbers[at] = recipient;
}

struct outgoing *outgoing_sealed(const struct smtp_transaction *letter, size_t recipient,
                                 struct parcel *parcel)
{
    assert(parcel != NULL);
    struct outgoing *outgoing = make(letter, parcel);
    /* The carrier is ASCII but for addresses, and larger than the letter by a third and a page. */
    outgoing->envelope.eight_bit = letter->envelope.utf8;
    outgoing->envelope.size = 0;
    add(outgoing, recipient);
    return outgoing;
}

struct outgoing *outgoing_clear(const struct smtp_transaction *letter, const struct look_edit *edit,
                                const struct policy_route *route)
{
    struct outgoing *outgoing = make(letter, NULL);
    smtp_body_rewind(letter->body);
    outgoing->edit = edit;
    outgoing->route = route;
    outgoing->envelope.size = smtp_body_size(letter->body);
    if (edit != NULL)
        outgoing->envelope.size += edit->text.n - edit->n;
    return outgoing;
}

void outgoing_add(struct outgoing *outgoing, size_t recipient,
                  const struct policy_decision *decision)
{
    /* Not an assert: this one must stand however the program is built. */
    if (outgoing->parcel != NULL || policy_route(decision) != outgoing->route ||
        (outgoing->route == NULL && policy_action(decision) != POLICY_PASS))
        abort();
    add(outgoing, recipient);
}

bool outgoing_reached(const struct outgoing *outgoing)
{
    return outgoing->reached;
}

const char *outgoing_tls(const struct outgoing *outgoing)
{
    return outgoing->tls;
}

void outgoing_free(struct outgoing *outgoing)
{
    if (outgoing == NULL)
        return;
    free(outgoing->recipients);
    free(outgoing->numbers);
    free(outgoing);
}

/* --- sending
 * -------------------------------------------------------------------------------------- */

static void answer_all(const struct outgoing *outgoing, enum reply_kind kind,
                       struct smtp_reply *replies)
{
    for (size_t i = 0; i < outgoing->envelope.recipient_count; i++)
        replies[outgoing->numbers[i]] = reply_make(kind);
}

static void hand_on(const struct outgoing *outgoing, const struct smtp_client *client,
                    struct smtp_reply *replies)
{
    for (size_t i = 0; i < outgoing->envelope.recipient_count; i++)
        replies[outgoing->numbers[i]] = *smtp_client_reply(client, i);
}

/* Open the envelope at the relay. A kept connection may have died in its sleep: then once more, on
 * a new one. Nothing of the letter has been sent yet. */
static enum status start(const struct outgoing *outgoing, struct relay *relay,
                         struct smtp_client **client_out, struct why *why)
{
    for (;;) {
        bool kept = false;
        enum status status = relay_client(relay, client_out, &kept, why);
        if (status != ST_OK)
            return status;
        status = smtp_client_start(*client_out, &outgoing->envelope, why);
        if (status != ST_TEMP || !kept)
            return status;
        relay_drop(relay);
        *client_out = NULL;
    }
}

/* The next bytes of the letter, at most `most`. */
static enum status take(struct outgoing *outgoing, uint64_t most, struct bytes *piece_out)
{
    if (outgoing->rest.n == 0) {
        enum status status = smtp_body_read(outgoing->letter->body, &outgoing->rest);
        if (status != ST_OK)
            return status;
    }
    *piece_out = bytes_first(outgoing->rest, most < SIZE_MAX ? (size_t)most : SIZE_MAX);
    outgoing->rest = bytes_from(outgoing->rest, piece_out->n);
    outgoing->position += piece_out->n;
    return ST_OK;
}

/* Up to the edit, then what stands in its place, then on behind what it replaces. */
static enum status next_clear(struct outgoing *outgoing, struct bytes *piece_out)
{
    const struct look_edit *edit = outgoing->edit;
    if (edit == NULL || outgoing->position >= edit->at + edit->n)
        return take(outgoing, UINT64_MAX, piece_out);
    if (outgoing->position < edit->at)
        return take(outgoing, edit->at - outgoing->position, piece_out);
    while (outgoing->position < edit->at + edit->n) {
        enum status status = take(outgoing, edit->at + edit->n - outgoing->position, piece_out);
        if (status != ST_OK)
            return status;
    }
    *piece_out = buffer_bytes(&edit->text);
    return ST_OK;
}

static enum status next_piece(struct outgoing *outgoing, struct bytes *piece_out)
{
    return outgoing->parcel != NULL ? parcel_next(outgoing->parcel, piece_out)
                                    : next_clear(outgoing, piece_out);
}

/* All pieces, then the final dot. ST_FAIL: a piece could not be made; without the dot, the next hop
 * delivers nothing. */
static enum status send_letter(struct outgoing *outgoing, struct smtp_client *client,
                               struct why *why)
{
    struct bytes piece;
    enum status status;
    while ((status = next_piece(outgoing, &piece)) == ST_OK) {
        status = smtp_client_data(client, piece);
        if (status != ST_OK)
            return why_set(why, status, "connection lost in the letter");
    }
    if (status != ST_NONE)
        return why_set(why, ST_FAIL, "%s: %s", outgoing->parcel != NULL ? "seal" : "read",
                       status_name(status));
    return smtp_client_end(client, why);
}

/* Failures of ours have replies of ours; everything else was said by the next hop. */
static void answer(const struct outgoing *outgoing, enum status status,
                   const struct smtp_client *client, struct smtp_reply *replies)
{
    if (client == NULL)
        answer_all(outgoing, outgoing->route != NULL ? REPLY_TLS : REPLY_RELAY, replies);
    else if (status == ST_FAIL)
        answer_all(outgoing, outgoing->parcel != NULL ? REPLY_SEAL : REPLY_READ, replies);
    else
        hand_on(outgoing, client, replies);
}

enum status outgoing_send(struct outgoing *outgoing, struct relay *relay,
                          struct smtp_reply *replies, struct why *why)
{
    struct smtp_client *client = NULL;
    if (relay_route(relay) != outgoing->route) /* as in outgoing_add */
        abort();
    enum status status = start(outgoing, relay, &client, why);
    outgoing->reached = client != NULL;
    if (client != NULL)
        snprintf(outgoing->tls, sizeof outgoing->tls, "%s", smtp_client_tls(client));
    if (status == ST_BAD) { /* an address or parameter that can't be sent; nothing was */
        answer_all(outgoing, REPLY_ADDRESS, replies);
        return status;
    }
    if (status == ST_OK)
        status = send_letter(outgoing, client, why);
    answer(outgoing, status, client, replies);
    if (status != ST_OK && status != ST_DENIED)
        relay_drop(relay);
    return status;
}
