/* SPDX-License-Identifier: Apache-2.0
 * portal: the file keys of opened messages.
 *
 * One locked block holds all of them; the list of what belongs to whom is ordinary memory. Sessions
 * are remembered by a hash of their token, so that a look into this memory gives no session away.
 */
#include <pthread.h>
#include <sodium.h>

#include "encode.h"
#include "envelope.h"
#include "keyring.h"
#include "memory.h"
#include "random.h"
#include "spool.h"

#define SESSION_HASH_SIZE 32
/* Sessions share generations, by their hash's first byte: rarely a key is asked for once more. */
#define GENERATIONS 256
#define TOKEN_BYTES ((KEYRING_TOKEN_SIZE - 1) / 2)
/* What a slot of the locked block holds. */
#define SLOT_SIZE (ENVELOPE_OPENED_SIZE + TOKEN_BYTES)

struct owner {
    bool used;
    uint8_t session[SESSION_HASH_SIZE];
    char message[SPOOL_ID_SIZE];
    int64_t last; /* time of the last use */
};

struct keyring {
    pthread_mutex_t lock;
    size_t slots_n;
    int64_t idle;
    uint64_t generations[GENERATIONS]; /* how often a session was forgotten */
    struct owner *owners;              /* owners[i] has slot i */
    struct secret *secret;             /* slots_n × (file key ‖ view token) */
};

struct keyring *keyring_new(size_t keys_max, int64_t idle)
{
    struct keyring *keyring = memory_new(1, sizeof(*keyring));

    pthread_mutex_init(&keyring->lock, NULL);
    keyring->slots_n = keys_max;
    keyring->idle = idle;
    keyring->owners = memory_new(keys_max, sizeof(*keyring->owners));
    keyring->secret = secret_new(keys_max * SLOT_SIZE);
    return keyring;
}

void keyring_free(struct keyring *keyring)
{
    if (keyring == NULL)
        return;
    secret_free(keyring->secret);
    free(keyring->owners);
    pthread_mutex_destroy(&keyring->lock);
    free(keyring);
}

/* --- slots; the lock is held ----------------------------------------------------------------- */

static uint8_t *slot_key(const struct keyring *keyring, size_t i)
{
    return keyring->secret->p + i * SLOT_SIZE;
}

static uint8_t *slot_token(const struct keyring *keyring, size_t i)
{
    return slot_key(keyring, i) + ENVELOPE_OPENED_SIZE;
}

static void wipe(struct keyring *keyring, size_t i)
{
    secret_wipe(slot_key(keyring, i), SLOT_SIZE);
    memset(&keyring->owners[i], 0, sizeof(keyring->owners[i]));
}

static bool alive(const struct keyring *keyring, size_t i, int64_t now)
{
    return keyring->owners[i].used && keyring->owners[i].last + keyring->idle >= now;
}

static void hash_session(struct bytes session, uint8_t hash_out[SESSION_HASH_SIZE])
{
    crypto_generichash(hash_out, SESSION_HASH_SIZE, session.p, session.n, NULL, 0);
}

/* The slot of a session and a message; slots_n if there is none. */
static size_t find(const struct keyring *keyring, struct bytes session, const char *message)
{
    uint8_t hash[SESSION_HASH_SIZE];
    size_t i = 0;

    hash_session(session, hash);
    while (i < keyring->slots_n && !(keyring->owners[i].used &&
                                     memcmp(keyring->owners[i].session, hash, sizeof(hash)) == 0 &&
                                     strcmp(keyring->owners[i].message, message) == 0))
        i++;
    return i;
}

/* A free slot, or the one that was not used for the longest time. */
static size_t take(const struct keyring *keyring)
{
    size_t oldest = 0;

    for (size_t i = 0; i < keyring->slots_n; i++) {
        if (!keyring->owners[i].used)
            return i;
        if (keyring->owners[i].last < keyring->owners[oldest].last)
            oldest = i;
    }
    return oldest;
}

/* A copy of slot i's key. */
static enum status copy_key(struct keyring *keyring, size_t i, int64_t now, struct secret **key_out)
{
    if (i == keyring->slots_n)
        return ST_NONE;
    if (!alive(keyring, i, now)) {
        wipe(keyring, i);
        return ST_NONE;
    }
    *key_out = secret_copy((struct bytes){slot_key(keyring, i), ENVELOPE_OPENED_SIZE});
    return ST_OK;
}

/* --- what others call ------------------------------------------------------------------------ */

struct keyring_place keyring_expect(struct keyring *keyring, struct bytes session,
                                    const char *message)
{
    struct keyring_place place = {.session = session, .message = message};
    uint8_t hash[SESSION_HASH_SIZE];

    hash_session(session, hash);
    pthread_mutex_lock(&keyring->lock);
    place.generation = keyring->generations[hash[0]];
    pthread_mutex_unlock(&keyring->lock);
    return place;
}

/* The lock is held. */
static void put(struct keyring *keyring, const struct keyring_place *place, int64_t now,
                const struct secret *key)
{
    size_t i = find(keyring, place->session, place->message);

    if (i == keyring->slots_n) {
        i = take(keyring);
        wipe(keyring, i);
        random_fill(slot_token(keyring, i), TOKEN_BYTES);
    }
    keyring->owners[i].used = true;
    keyring->owners[i].last = now;
    hash_session(place->session, keyring->owners[i].session);
    (void)snprintf(keyring->owners[i].message, SPOOL_ID_SIZE, "%s", place->message);
    memcpy(slot_key(keyring, i), key->p, ENVELOPE_OPENED_SIZE);
}

enum status keyring_put(struct keyring *keyring, const struct keyring_place *place, int64_t now,
                        const struct secret *key)
{
    uint8_t hash[SESSION_HASH_SIZE];
    bool still;

    hash_session(place->session, hash);
    pthread_mutex_lock(&keyring->lock);
    still = keyring->generations[hash[0]] == place->generation;
    if (still)
        put(keyring, place, now, key);
    pthread_mutex_unlock(&keyring->lock);
    return still ? ST_OK : ST_NONE;
}

enum status keyring_get(struct keyring *keyring, struct bytes session, const char *message,
                        int64_t now, struct secret **key_out)
{
    enum status status;
    size_t i;

    pthread_mutex_lock(&keyring->lock);
    i = find(keyring, session, message);
    status = copy_key(keyring, i, now, key_out);
    if (status == ST_OK)
        keyring->owners[i].last = now;
    pthread_mutex_unlock(&keyring->lock);
    return status;
}

enum status keyring_token(struct keyring *keyring, struct bytes session, const char *message,
                          char token_out[KEYRING_TOKEN_SIZE])
{
    size_t i;

    pthread_mutex_lock(&keyring->lock);
    i = find(keyring, session, message);
    if (i < keyring->slots_n)
        hex_encode(token_out, (struct bytes){slot_token(keyring, i), TOKEN_BYTES});
    pthread_mutex_unlock(&keyring->lock);
    return i < keyring->slots_n ? ST_OK : ST_NONE;
}

enum status keyring_get_by_token(struct keyring *keyring, const char *token, const char *message,
                                 int64_t now, struct secret **key_out)
{
    uint8_t wanted[TOKEN_BYTES];
    enum status status;
    size_t i = 0;

    if (hex_decode(bytes_text(token), wanted, sizeof(wanted)) != ST_OK)
        return ST_NONE;
    pthread_mutex_lock(&keyring->lock);
    while (
        i < keyring->slots_n &&
        !(keyring->owners[i].used && strcmp(keyring->owners[i].message, message) == 0 &&
          secret_equal(BYTES_ARRAY(wanted), (struct bytes){slot_token(keyring, i), TOKEN_BYTES})))
        i++;
    status = copy_key(keyring, i, now, key_out);
    pthread_mutex_unlock(&keyring->lock);
    return status;
}

void keyring_forget_session(struct keyring *keyring, struct bytes session)
{
    uint8_t hash[SESSION_HASH_SIZE];

    hash_session(session, hash);
    pthread_mutex_lock(&keyring->lock);
    keyring->generations[hash[0]]++;
    for (size_t i = 0; i < keyring->slots_n; i++)
        if (keyring->owners[i].used && memcmp(keyring->owners[i].session, hash, sizeof(hash)) == 0)
            wipe(keyring, i);
    pthread_mutex_unlock(&keyring->lock);
}

void keyring_sweep(struct keyring *keyring, int64_t now)
{
    pthread_mutex_lock(&keyring->lock);
    for (size_t i = 0; i < keyring->slots_n; i++)
        if (keyring->owners[i].used && !alive(keyring, i, now))
            wipe(keyring, i);
    pthread_mutex_unlock(&keyring->lock);
}
