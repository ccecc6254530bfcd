/* SPDX-License-Identifier: Apache-2.0
 * gateway: the path of a letter. Begin with the last function:
 *
 *     receive → look → decide → seal, wrap, relay → answer
 *
 * Nothing is kept here. A letter belongs to the mail server that offers it until it hears 250, and
 * for a recipient it hears 250 only after the next hop has said so. Whatever goes wrong before, the
 * mail server still has the letter. */
#include "letter.h"

#include <stdlib.h>

#include "clock.h"
#include "inside.h"
#include "io.h"
#include "journal.h"
#include "memory.h"
#include "outgoing.h"
#include "reply.h"

#define HOPS_MAX 50 /* Received fields; as Postfix's hopcount_limit */
/* For all copies of a letter. With the 300 s that the last one may take behind it (relay.c), it
 * ends before Postfix's lmtp_data_done_timeout in dist/postfix (1200 s). */
#define LETTER_MS 600000

static void answer_all(struct letter *letter, enum reply_kind kind)
{
    for (size_t i = 0; i < letter->count; i++)
        letter->replies[i] = reply_make(kind);
}

/* Look at the top header. False: this letter can't be handled, and every recipient has its answer.
 */
static bool look(struct letter *letter)
{
    enum status status =
        poison_begin(letter->post->poison, letter->post->worker, letter->transaction);
    if (status != ST_OK) {
        answer_all(letter, REPLY_POISON);
        journal_poison(letter);
        return false;
    }
    status =
        look_at(&letter->look, letter->transaction->body, letter->transaction->envelope.sender);
    if (status != ST_OK)
        answer_all(letter, status == ST_LIMIT ? REPLY_HEADER : REPLY_READ);
    else if (letter->look.received > HOPS_MAX)
        answer_all(letter, REPLY_LOOP);
    return status == ST_OK && letter->look.received <= HOPS_MAX;
}

/* A refusal in the rule's own words, or in ours. */
static struct smtp_reply refusal(const struct policy_decision *decision)
{
    const char *text = policy_refusal(decision);
    return text == NULL ? reply_make(REPLY_POLICY) : smtp_reply_make(550, "5.7.1", "%s", text);
}

/* Look into the letter, once, where a rule that may speak asks for its content. */
static void look_inside(struct letter *letter, struct policy_question *question)
{
    struct why why = {""};
    if (!letter->inspected && policy_needs_content(letter->post->gateway->policy, question)) {
        inside_look(letter->post->gateway, letter->transaction, &letter->content, &why);
        letter->inspected = true;
        if (!letter->content.known)
            journal_uninspected(letter, &why);
    }
    question->content = letter->inspected ? &letter->content : NULL;
}

/* Decide for one recipient. Without a canonical address there is no decision, so nothing is sent.
 */
static void decide(struct letter *letter, size_t i)
{
    struct recipient *recipient = &letter->recipients[i];
    const char *address = letter->transaction->envelope.recipients[i].address;
    if (address_parse(bytes_text(address), &recipient->address, NULL) != ST_OK) {
        letter->replies[i] = reply_make(REPLY_ADDRESS);
        return;
    }
    struct policy_question question = {
        .subject = buffer_bytes(&letter->look.subject),
        .header = letter->look.header,
        .size = smtp_body_size(letter->transaction->body),
        .sender = letter->sender.text,
        .recipient = recipient->address.text,
    };
    look_inside(letter, &question);
    recipient->decision = policy_decide(letter->post->gateway->policy, &question);
    recipient->tag = policy_remove_tag(recipient->decision, question.subject);
    if (policy_action(recipient->decision) == POLICY_REFUSE)
        letter->replies[i] = refusal(recipient->decision);
}

static bool decided(const struct letter *letter, size_t i, enum policy_action action)
{
    const struct policy_decision *decision = letter->recipients[i].decision;
    return decision != NULL && policy_action(decision) == action;
}

/* Did a rule let the letter go as it is, by whatever way? */
static bool goes_as_it_is(const struct letter *letter, size_t i)
{
    return decided(letter, i, POLICY_PASS) || decided(letter, i, POLICY_TLS) ||
           decided(letter, i, POLICY_TLS_OR_SEAL);
}

/* Is a sealed copy due: by its rule, or because nobody could be verified, of whom the letter has
 * shown nothing to anybody then? */
static bool to_be_sealed(const struct letter *letter, size_t i)
{
    return decided(letter, i, POLICY_SEAL) ||
           (decided(letter, i, POLICY_TLS_OR_SEAL) && !letter->recipients[i].reached);
}

static void relay(struct letter *letter, struct outgoing *outgoing, struct relay *relay)
{
    struct why why = {""};
    enum status status = outgoing_send(outgoing, relay, letter->replies, &why);
    if (status != ST_OK)
        journal_relay(letter, relay, status, &why);
}

/* The connection of a route; NULL: the one next hop's. */
static struct relay *way(const struct letter *letter, const struct policy_route *route)
{
    const struct routes *routes = &letter->post->gateway->routes;
    for (size_t i = 0; i < routes->count; i++)
        if (routes->routes[i].policy == route)
            return letter->post->ways[i];
    return letter->post->relay; /* outgoing_send ends the process if it is not the right one */
}

/* Does recipient i get the very letter that `first` gets, by the same way? */
static bool together(const struct letter *letter, size_t first, size_t i)
{
    const struct recipient *a = &letter->recipients[first], *b = &letter->recipients[i];
    return goes_as_it_is(letter, i) && policy_route(a->decision) == policy_route(b->decision) &&
           bytes_equal(a->tag, b->tag);
}

/* The letter as it is, once for all for whom a rule said so, from recipient `first` on; but those
 * whose rules want another way, or another subject outside, get it by themselves. */
static void pass(struct letter *letter, size_t first, const struct look_edit *edit)
{
    const struct policy_route *route = policy_route(letter->recipients[first].decision);
    struct relay *connection = way(letter, route);
    struct outgoing *outgoing = outgoing_clear(letter->transaction, edit, route);
    int64_t start = clock_monotonic_ms();
    for (size_t i = first; i < letter->count; i++)
        if (together(letter, first, i))
            outgoing_add(outgoing, i, letter->recipients[i].decision);
    relay(letter, outgoing, connection);
    for (size_t i = first; i < letter->count; i++) {
        struct recipient *recipient = &letter->recipients[i];
        if (!together(letter, first, i))
            continue;
        recipient->offered = true;
        recipient->reached = outgoing_reached(outgoing);
        recipient->ms = clock_monotonic_ms() - start;
        snprintf(recipient->tls, sizeof recipient->tls, "%s", outgoing_tls(outgoing));
    }
    if (route != NULL)
        relay_rest(connection);
    outgoing_free(outgoing);
}

/* The same without the tag that its rule takes off. */
static void pass_untagged(struct letter *letter, size_t first)
{
    struct recipient *recipient = &letter->recipients[first];
    struct look_edit edit;
    if (look_untag(&letter->look, recipient->tag, &edit) == ST_OK)
        pass(letter, first, &edit);
    else
        letter->replies[first] = reply_make(REPLY_HEADER);
    buffer_done(&edit.text);
}

/* A sealed copy for one recipient alone: nobody learns of another, and each copy has a key of its
 * own. From here no way leads to the letter in clear: what fails leaves 4xx or 5xx behind. */
static void seal(struct letter *letter, size_t i)
{
    struct recipient *recipient = &letter->recipients[i];
    struct parcel *parcel = NULL;
    const struct parcel_settings settings = {
        .gateway = letter->post->gateway,
        .letter = letter->transaction,
        .look = &letter->look,
        .recipient = &recipient->address,
        .subject = policy_outer_subject(recipient->decision),
        .tag = recipient->tag,
        .now = letter->now,
    };
    int64_t start = clock_monotonic_ms();
    enum status status = parcel_new(&settings, &parcel);
    if (status == ST_OK) {
        struct outgoing *outgoing = outgoing_sealed(letter->transaction, i, parcel);
        memcpy(recipient->copy, parcel_id(parcel), sizeof recipient->copy);
        relay(letter, outgoing, letter->post->relay);
        outgoing_free(outgoing);
    } else {
        letter->replies[i] = reply_make(status == ST_TEMP    ? REPLY_PARAMETERS
                                        : status == ST_LIMIT ? REPLY_HEADER
                                                             : REPLY_SEAL);
    }
    recipient->ms += clock_monotonic_ms() - start;
    parcel_free(parcel);
}

/* Is it still worth while? Copies handed on when the mail server has hung up, or will have before
 * it hears of them, come again at its next attempt: doubled, and never an end of it. What is not
 * begun keeps its 451. */
static bool in_time(const struct letter *letter)
{
    return clock_monotonic_ms() < letter->deadline && !smtp_session_gone(letter->session);
}

static void handle(struct letter *letter)
{
    answer_all(letter, REPLY_UNTOUCHED);
    if (!look(letter))
        return;
    if (address_parse(bytes_text(letter->transaction->envelope.sender), &letter->sender, NULL) !=
        ST_OK)
        letter->sender.text[0] = '\0';
    for (size_t i = 0; i < letter->count; i++)
        decide(letter, i);
    for (size_t i = 0; i < letter->count; i++) {
        if (!goes_as_it_is(letter, i) || letter->recipients[i].offered)
            continue;
        if (letter->recipients[i].tag.n > 0)
            pass_untagged(letter, i);
        else
            pass(letter, i, NULL);
    }
    for (size_t i = 0, begun = 0; i < letter->count; i++)
        if (to_be_sealed(letter, i) && (begun++ == 0 || in_time(letter)))
            seal(letter, i);
}

/* Handle a letter and answer for it. */
static enum status serve_letter(const struct post *post, struct smtp_session *session,
                                const struct smtp_transaction *transaction)
{
    size_t count = transaction->envelope.recipient_count;
    struct letter letter = {
        .post = post,
        .transaction = transaction,
        .session = session,
        .now = clock_now(),
        .deadline = io_deadline(LETTER_MS),
        .count = count,
        .recipients = memory_new(count, sizeof *letter.recipients),
        .replies = memory_new(count, sizeof *letter.replies),
    };
    handle(&letter);
    journal_letter(&letter);

    /* === Here responsibility passes: each 250 is the next hop's own, which has that copy now. ===
     */
    enum status status = smtp_session_answer(session, transaction, letter.replies);

    poison_end(post->poison, post->worker);
    look_done(&letter.look);
    free(letter.recipients);
    free(letter.replies);
    return status;
}

unsigned letter_serve(const struct post *post, int fd, const char *peer)
{
    struct smtp_session *session = smtp_session_new(fd, peer, post->server);
    struct smtp_transaction *transaction = NULL;
    struct why why = {""};
    unsigned letters = 0;
    enum status status;
    while ((status = smtp_session_next(session, &transaction, &why)) == ST_OK) {
        letters++;
        status = serve_letter(post, session, transaction);
        smtp_transaction_free(transaction);
        if (status != ST_OK) {
            (void)why_set(&why, status, "lost before the answers were sent");
            break;
        }
    }
    journal_connection(peer, letters, status, &why);
    smtp_session_free(session);
    return letters;
}
