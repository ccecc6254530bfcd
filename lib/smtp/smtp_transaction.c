/* SPDX-License-Identifier: Apache-2.0
 * smtp: a transaction while it is being filled in. */
#include "smtp_transaction.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* What the public part points to. */
struct smtp_transaction_memory {
    struct smtp_recipient *recipients;
    size_t recipient_space;
    struct smtp_xforward xforward;
    char **texts;
    size_t text_count, text_space;
};

struct smtp_transaction *smtp_transaction_new(const char *peer, const char *helo)
{
    struct smtp_transaction *transaction = memory_new(1, sizeof *transaction);
    transaction->memory = memory_new(1, sizeof *transaction->memory);
    transaction->peer = smtp_transaction_keep(transaction, bytes_text(peer));
    transaction->helo = smtp_transaction_keep(transaction, bytes_text(helo));
    return transaction;
}

void smtp_transaction_free(struct smtp_transaction *transaction)
{
    if (transaction == NULL)
        return;
    struct smtp_transaction_memory *memory = transaction->memory;
    for (size_t i = 0; i < memory->text_count; i++)
        free(memory->texts[i]);
    free(memory->texts);
    free(memory->recipients);
    free(memory);
    smtp_body_free(transaction->body);
    free(transaction);
}

/* Twice the room for an array of `count` elements that has become full. */
static void *grow(void *old, size_t count, size_t *space, size_t element)
{
    if (count < *space)
        return old;
    *space = *space == 0 ? 8 : *space * 2;
    void *new = memory_new(*space, element);
    if (count > 0)
        memcpy(new, old, count * element);
    free(old);
    return new;
}

const char *smtp_transaction_keep(struct smtp_transaction *transaction, struct bytes text)
{
    struct smtp_transaction_memory *memory = transaction->memory;
    memory->texts =
        grow(memory->texts, memory->text_count, &memory->text_space, sizeof *memory->texts);
    char *copy = memory_new(text.n + 1, 1);
    (void)bytes_to_text(text, copy, text.n + 1);
    memory->texts[memory->text_count++] = copy;
    return copy;
}

void smtp_transaction_add(struct smtp_transaction *transaction, struct smtp_recipient recipient)
{
    struct smtp_transaction_memory *memory = transaction->memory;
    struct smtp_envelope *envelope = &transaction->envelope;
    memory->recipients = grow(memory->recipients, envelope->recipient_count,
                              &memory->recipient_space, sizeof *memory->recipients);
    memory->recipients[envelope->recipient_count++] = recipient;
    envelope->recipients = memory->recipients;
}

void smtp_transaction_forward(struct smtp_transaction *transaction,
                              enum smtp_xforward_attribute attribute, const char *value)
{
    transaction->memory->xforward.value[attribute] = value;
    transaction->envelope.xforward = &transaction->memory->xforward;
}
