/* SPDX-License-Identifier: Apache-2.0
 * accounts: the three counts of throttle.h. */
#include "throttle.h"

#include <arpa/inet.h>
#include <sodium.h>

#include "buffer.h"
#include "encode.h"

enum counted { ADDRESS_AND_SOURCE, SOURCE, ADDRESS, COUNTED };

static const struct patience {
    int64_t free; /* failures that cost nothing */
    int64_t step; /* seconds to wait after the next one; doubled for each further */
    int64_t max;  /* seconds, at the most */
} patience[COUNTED] = {
    [ADDRESS_AND_SOURCE] = {5, 15, 900},
    [SOURCE] = {50, 5, 900},
    [ADDRESS] = {50, 5, 60},
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
    struct bytes parts[3] = {bytes_text(attempt->what), bytes_text(attempt->address), BYTES_NONE};
    source_network(attempt->source, network, &parts[2]);
    if (counted == SOURCE)
        parts[1] = BYTES_NONE;
    if (counted == ADDRESS)
        parts[2] = BYTES_NONE;

    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t[]){(uint8_t)counted}, 1);
    for (size_t i = 0; i < 3; i++) {
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

static enum status count_get(struct store_transaction *t, const struct attempt *attempt,
                             enum counted counted, struct store_throttle *throttle_out)
{
    struct store_throttle throttle = {0};
    count_key(attempt, counted, throttle.key);
    *throttle_out = throttle;
    enum status status = store_throttle_get(t, throttle.key, throttle_out);
    return status == ST_NONE ? ST_OK : status;
}

enum status throttle_check(struct store_transaction *t, const struct attempt *attempt, int64_t now,
                           int64_t *wait_out)
{
    int64_t wait = 0;
    for (enum counted i = 0; i < COUNTED; i++) {
        struct store_throttle throttle;
        enum status status = count_get(t, attempt, i, &throttle);
        if (status != ST_OK)
            return status;
        int64_t left = throttle.last + pause_of(&patience[i], throttle.failures) - now;
        if (left > wait)
            wait = left;
    }
    if (wait == 0)
        return ST_OK;
    *wait_out = wait;
    return ST_LIMIT;
}

enum status throttle_failed(struct store_transaction *t, const struct attempt *attempt, int64_t now)
{
    for (enum counted i = 0; i < COUNTED; i++) {
        struct store_throttle throttle;
        enum status status = count_get(t, attempt, i, &throttle);
        if (status != ST_OK)
            return status;
        bool forgotten = now - throttle.last > THROTTLE_FORGET;
        throttle.failures = forgotten ? 1 : throttle.failures + 1;
        throttle.last = now;
        status = store_throttle_set(t, &throttle);
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

enum status throttle_succeeded(struct store_transaction *t, const struct attempt *attempt)
{
    char key[2 * STORE_HASH_SIZE + 1];
    count_key(attempt, ADDRESS_AND_SOURCE, key);
    return store_throttle_remove(t, key);
}
