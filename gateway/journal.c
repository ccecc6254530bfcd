/* SPDX-License-Identifier: Apache-2.0
 * gateway: writing them. */
#include "journal.h"

#include "log.h"

/* The mail server's name for the letter, by which its own log can be searched. */
static const char *queue_id(const struct letter *letter)
{
    const struct smtp_xforward *xforward = letter->transaction->envelope.xforward;
    const char *ident = xforward == NULL ? NULL : xforward->value[SMTP_XFORWARD_IDENT];
    return ident == NULL ? "" : ident;
}

static const char *outcome(const struct smtp_reply *reply)
{
    if (smtp_reply_taken(reply))
        return "relayed";
    return smtp_reply_later(reply) ? "deferred" : "refused";
}

static void journal_recipient(const struct letter *letter, size_t i)
{
    const struct recipient *recipient = &letter->recipients[i];
    const struct smtp_envelope *envelope = &letter->transaction->envelope;
    const struct smtp_reply *reply = &letter->replies[i];
    bool decided = recipient->decision != NULL;
    char answer[SMTP_REPLY_TEXT_SIZE + 20];
    (void)snprintf(answer, sizeof answer, "%d %s %s", reply->code, reply->enhanced, reply->text);
    log_info(
        "letter", L_TEXT("queue", queue_id(letter)), L_TEXT("from", envelope->sender),
        L_TEXT("to", envelope->recipients[i].address),
        L_TEXT("action", decided ? policy_action_name(policy_action(recipient->decision)) : ""),
        L_TEXT("rule", decided ? policy_rule(recipient->decision) : ""),
        L_TEXT("copy", recipient->copy), L_TEXT("tls", recipient->tls),
        L_NUMBER("size", smtp_body_size(letter->transaction->body)),
        L_TEXT("outcome", outcome(reply)), L_TEXT("reply", answer), L_NUMBER("ms", recipient->ms));
}

void journal_letter(const struct letter *letter)
{
    struct metrics *metrics = letter->post->metrics;
    metrics_letter(metrics, smtp_body_size(letter->transaction->body));
    for (size_t i = 0; i < letter->count; i++) {
        const struct recipient *recipient = &letter->recipients[i];
        metrics_recipient(metrics, recipient->decision, &letter->replies[i], recipient->ms);
        journal_recipient(letter, i);
    }
}

void journal_relay(const struct letter *letter, const struct relay *relay, enum status status,
                   const struct why *why)
{
    metrics_event(letter->post->metrics, METRICS_RELAY_FAILED);
    log_warn("relay-failed", L_TEXT("queue", queue_id(letter)), L_TEXT("relay", relay_where(relay)),
             L_TEXT("status", status_name(status)), L_TEXT("why", why->text));
}

void journal_uninspected(const struct letter *letter, const struct why *why)
{
    metrics_event(letter->post->metrics, METRICS_NOT_INSPECTED);
    log_warn("letter-not-inspected", L_TEXT("queue", queue_id(letter)),
             L_NUMBER("size", smtp_body_size(letter->transaction->body)), L_TEXT("why", why->text));
}

void journal_poison(const struct letter *letter)
{
    log_error("letter-poisonous", L_TEXT("queue", queue_id(letter)),
              L_TEXT("from", letter->transaction->envelope.sender),
              L_NUMBER("size", smtp_body_size(letter->transaction->body)));
}

void journal_refusal(void *context, const struct smtp_refusal *refusal)
{
    const struct smtp_reply *reply = &refusal->reply;
    metrics_event(context, METRICS_REFUSED);
    if (strcmp(refusal->command, "letter") == 0)
        log_warn("letter-refused", L_TEXT("peer", refusal->peer), L_TEXT("from", refusal->sender),
                 L_NUMBER("code", reply->code), L_TEXT("enhanced", reply->enhanced));
    else
        log_info("command-refused", L_TEXT("peer", refusal->peer), L_TEXT("from", refusal->sender),
                 L_TEXT("command", refusal->command), L_NUMBER("code", reply->code),
                 L_TEXT("enhanced", reply->enhanced));
}

void journal_stranger(const struct post *post, const char *peer)
{
    metrics_event(post->metrics, METRICS_REFUSED);
    log_warn("peer-refused", L_TEXT("peer", peer));
}

void journal_connection(const char *peer, unsigned letters, enum status status,
                        const struct why *why)
{
    if (status == ST_NONE)
        log_debug("connection-ended", L_TEXT("peer", peer), L_NUMBER("letters", letters));
    else
        log_warn("connection-broken", L_TEXT("peer", peer), L_NUMBER("letters", letters),
                 L_TEXT("why", why->text));
}
