/* SPDX-License-Identifier: Apache-2.0
 * accounts: the three counts of throttle.h, and how patient we are with each. */
#include "throttle.h"

#include <arpa/inet.h>
#include <sodium.h>

#include "buffer.h"
#include "encode.h"

enum counted { ADDRESS_AND_SOURCE, SOURCE, ADDRESS };

/* Free attempts; the pause after the next one, in seconds, doubled for each further; its bound. A
 * sign-in that fails costs a guess; a registration sends somebody a mail, so there the patience is
 * shorter. */
static const struct patience {
    int64_t free, step, max;
} patience[ATTEMPT_KINDS][THROTTLE_COUNTS] = {
    [ATTEMPT_SIGN_IN] =
        {[ADDRESS_AND_SOURCE] = {5, 15, 900}, [SOURCE] = {50, 5, 900}, [ADDRESS] = {50, 5, 60}},
    [ATTEMPT_CONFIRM] =
        {[ADDRESS_AND_SOURCE] = {5, 15, 900}, [SOURCE] = {50, 5, 900}, [ADDRESS] = {50, 5, 60}},
    [ATTEMPT_REGISTER] =
        {[ADDRESS_AND_SOURCE] = {4, 30, 900}, [SOURCE] = {50, 5, 900}, [ADDRESS] = {8, 30, 300}},
};

/* One subscriber has at least a /64 of IPv6: its addresses are one source. Anything else counts as
 * it is. */
static void source_network(const char *source, uint8_t network_out[8], struct bytes *bytes_out)
{
    struct in6_addr address;
    *bytes_out = bytes_text(source);
    if (inet_pton(AF_INET6, source, &address) == 1 && !IN6_IS_ADDR_V4MAPPED(&address)) {
        memcpy(network_out, address.s6_addr, 8);
        *bytes_out = (struct bytes){network_out, 8};
    }
}

/* The key of a count: a hash, so that the table shows nobody's address. Each part is preceded by
 * its length. */
static void count_key(const struct attempt *attempt, enum counted counted,
                      char key_out[2 * STORE_HASH_SIZE + 1])
{
    uint8_t network[8], hash[STORE_HASH_SIZE];
    const uint8_t what[2] = {(uint8_t)attempt->kind, (uint8_t)counted};
    struct bytes address = counted == SOURCE ? BYTES_NONE : bytes_text(attempt->address), source;
    source_network(attempt->source, network, &source);
    const struct bytes parts[2] = {address, counted == ADDRESS ? BYTES_NONE : source};

    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, what, sizeof what);
    for (size_t i = 0; i < 2; i++) {
        uint64_t n = parts[i].n;
        crypto_hash_sha256_update(&state, (const uint8_t *)&n, sizeof n);
        crypto_hash_sha256_update(&state, parts[i].p, parts[i].n);
    }
    crypto_hash_sha256_final(&state, hash);
    hex_encode(key_out, BYTES_ARRAY(hash));
}

/* Seconds of pause that this many failures have earned. */
static int64_t pause_of(const struct patience *p, int64_t failures)
{
    if (failures <= p->free)
        return 0;
    int64_t pause = p->step;
    for (int64_t i = p->free + 1; i < failures && pause < p->max; i++)
        pause *= 2;
    return pause < p->max ? pause : p->max;
}

/* The three counts as they stand; one that is not there, or is a day old, is zero. */
static enum status read_counts(struct store_transaction *t, const struct attempt *attempt,
                               struct throttle_ticket *ticket_out)
{
    for (enum counted i = 0; i < THROTTLE_COUNTS; i++) {
        struct store_throttle *count = &ticket_out->before[i];
        *count = (struct store_throttle){.last = 0};
        count_key(attempt, i, count->key);
        enum status status = store_throttle_get(t, count->key, count);
        if (status != ST_OK && status != ST_NONE)
            return status;
        if (attempt->now - count->last > THROTTLE_FORGET)
            count->failures = 0;
    }
    return ST_OK;
}

enum status throttle_take(struct store_transaction *t, const struct attempt *attempt,
                          struct throttle_ticket *ticket_out, int64_t *wait_out)
{
    int64_t wait = 0;
    enum status status = read_counts(t, attempt, ticket_out);
    for (size_t i = 0; status == ST_OK && i < THROTTLE_COUNTS; i++) {
        const struct store_throttle *count = &ticket_out->before[i];
        int64_t left =
            count->last + pause_of(&patience[attempt->kind][i], count->failures) - attempt->now;
        wait = left > wait ? left : wait;
    }
    if (status == ST_OK && wait > 0) {
        *wait_out = wait;
        return ST_LIMIT;
    }
    for (size_t i = 0; status == ST_OK && i < THROTTLE_COUNTS; i++) {
        struct store_throttle count = ticket_out->before[i];
        count.failures++;
        count.last = attempt->now;
        status = store_throttle_set(t, &count);
    }
    return status;
}

/* One less; and if nobody else was counted meanwhile, all as it was. */
static enum status uncount(struct store_transaction *t, const struct store_throttle *before)
{
    struct store_throttle count;
    enum status status = store_throttle_get(t, before->key, &count);
    if (status != ST_OK)
        return status == ST_NONE ? ST_OK : status;
    if (count.failures == before->failures + 1)
        count.last = before->last;
    count.failures -= count.failures > 0;
    return count.failures == 0 ? store_throttle_remove(t, before->key)
                               : store_throttle_set(t, &count);
}

enum status throttle_give_back(struct store_transaction *t, const struct throttle_ticket *ticket)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < THROTTLE_COUNTS; i++)
        status = uncount(t, &ticket->before[i]);
    return status;
}

enum status throttle_succeeded(struct store_transaction *t, const struct throttle_ticket *ticket)
{
    enum status status = throttle_give_back(t, ticket);
    return status == ST_OK ? store_throttle_remove(t, ticket->before[ADDRESS_AND_SOURCE].key)
                           : status;
}
