/* SPDX-License-Identifier: Apache-2.0
 * accounts: one hash chain over the account events. */
#include "audit.h"

#include <sodium.h>

static void hash_number(crypto_hash_sha256_state *state, uint64_t number)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    crypto_hash_sha256_update(state, bytes, sizeof bytes);
}

static void hash_text(crypto_hash_sha256_state *state, const char *text)
{
    hash_number(state, strlen(text));
    crypto_hash_sha256_update(state, (const uint8_t *)text, strlen(text));
}

void audit_hash(const uint8_t before[STORE_HASH_SIZE], const struct store_event *event,
                uint8_t hash_out[STORE_HASH_SIZE])
{
    static const char tag[] = "securemail-audit-v1";
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    hash_text(&state, tag);
    crypto_hash_sha256_update(&state, before, STORE_HASH_SIZE);
    hash_number(&state, (uint64_t)event->number);
    hash_number(&state, (uint64_t)event->time);
    hash_text(&state, event->event);
    hash_text(&state, event->address);
    hash_text(&state, event->source);
    crypto_hash_sha256_final(&state, hash_out);
}

enum status audit_add(struct store_transaction *t, int64_t now, const char *event,
                      const char *address, const char *source)
{
    struct store_event last = {0}, next = {0};
    enum status status = store_event_last(t, &last);
    if (status != ST_OK && status != ST_NONE)
        return status;
    next.number = last.number + 1;
    next.time = now;
    snprintf(next.event, sizeof next.event, "%s", event);
    snprintf(next.address, sizeof next.address, "%s", address);
    snprintf(next.source, sizeof next.source, "%s", source);
    audit_hash(last.chain, &next, next.chain);
    return store_event_add(t, &next);
}

enum status audit_verify(struct store_transaction *t, int64_t *number_out)
{
    uint8_t before[STORE_HASH_SIZE] = {0}, hash[STORE_HASH_SIZE];
    struct store_event last = {0}, event;
    enum status status = store_event_last(t, &last);
    if (status != ST_OK && status != ST_NONE)
        return status;
    for (int64_t number = 1; number <= last.number; number++) {
        *number_out = number;
        status = store_event_by_number(t, number, &event);
        if (status == ST_NONE)
            return ST_BAD;
        if (status != ST_OK)
            return status;
        audit_hash(before, &event, hash);
        if (memcmp(hash, event.chain, sizeof hash) != 0)
            return ST_BAD;
        memcpy(before, hash, sizeof before);
    }
    *number_out = last.number;
    return ST_OK;
}
