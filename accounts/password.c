/* SPDX-License-Identifier: Apache-2.0
 * accounts: Argon2id behind a turnstile, and zxcvbn's opinion. */
#include "password.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <time.h>
#include <zxcvbn.h>

#include "memory.h"

struct passwords {
    struct password_settings settings;
    pthread_mutex_t lock;
    pthread_cond_t turn;
    unsigned busy;
    char nobody[crypto_pwhash_STRBYTES]; /* the hash of a password that nobody has */
};

static_assert(PASSWORD_TEXT_SIZE >= crypto_pwhash_STRBYTES, "an Argon2id string fits");

struct passwords *passwords_new(const struct password_settings *settings)
{
    uint8_t unknown[32];
    struct passwords *passwords = memory_new(1, sizeof *passwords);
    passwords->settings = *settings;
    pthread_mutex_init(&passwords->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&passwords->turn, &attributes);
    pthread_condattr_destroy(&attributes);

    /* Whoever asks for an unknown address is checked against this one, at the same cost. */
    randombytes_buf(unknown, sizeof unknown);
    if (crypto_pwhash_str_alg(passwords->nobody, (const char *)unknown, sizeof unknown,
                              settings->passes, (size_t)settings->memory,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        passwords_free(passwords);
        return NULL;
    }
    secret_wipe(unknown, sizeof unknown);
    return passwords;
}

void passwords_free(struct passwords *passwords)
{
    if (passwords == NULL)
        return;
    pthread_cond_destroy(&passwords->turn);
    pthread_mutex_destroy(&passwords->lock);
    free(passwords);
}

/* --- the turnstile
 * -------------------------------------------------------------------------------------- */

static enum status turn_take(struct passwords *passwords)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += passwords->settings.wait_ms / 1000;
    until.tv_nsec += passwords->settings.wait_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    int result = 0;
    pthread_mutex_lock(&passwords->lock);
    while (passwords->busy >= passwords->settings.at_once && result != ETIMEDOUT)
        result = pthread_cond_timedwait(&passwords->turn, &passwords->lock, &until);
    bool mine = passwords->busy < passwords->settings.at_once;
    if (mine)
        passwords->busy++;
    pthread_mutex_unlock(&passwords->lock);
    return mine ? ST_OK : ST_TEMP;
}

static void turn_give(struct passwords *passwords)
{
    pthread_mutex_lock(&passwords->lock);
    passwords->busy--;
    pthread_cond_signal(&passwords->turn);
    pthread_mutex_unlock(&passwords->lock);
}

enum status password_hash(struct passwords *passwords, struct bytes password,
                          char text_out[PASSWORD_TEXT_SIZE])
{
    char text[crypto_pwhash_STRBYTES];
    if (turn_take(passwords) != ST_OK)
        return ST_TEMP;
    int result = crypto_pwhash_str_alg(
        text, (const char *)password.p, password.n, passwords->settings.passes,
        (size_t)passwords->settings.memory, crypto_pwhash_ALG_ARGON2ID13);
    turn_give(passwords);
    if (result != 0)
        return ST_FAIL;
    memcpy(text_out, text, sizeof text);
    return ST_OK;
}

enum status password_check(struct passwords *passwords, struct bytes password, const char *text)
{
    if (turn_take(passwords) != ST_OK)
        return ST_TEMP;
    int result = crypto_pwhash_str_verify(text != NULL ? text : passwords->nobody,
                                          (const char *)password.p, password.n);
    turn_give(passwords);
    return result == 0 && text != NULL ? ST_OK : ST_DENIED;
}

/* --- what is good enough
 * --------------------------------------------------------------------------------- */

static size_t characters(struct bytes text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.n; i++)
        count += (text.p[i] & 0xc0) != 0x80;
    return count;
}

enum status password_good(struct bytes password, const char *const *context)
{
    if (password.n > PASSWORD_MAX)
        return ST_LIMIT;
    if (!bytes_utf8(password) || bytes_index(password, 0) != password.n ||
        characters(password) < PASSWORD_MIN)
        return ST_BAD;

    /* zxcvbn takes time with long input (worst 4 ms at 128 bytes), and by then its opinion is
     * settled. */
    struct secret *text = secret_new(130);
    memcpy(text->p, password.p, password.n < 128 ? password.n : 128);
    const char **words = memory_new(8, sizeof *words);
    for (size_t i = 0; i < 7 && context[i] != NULL; i++)
        words[i] = context[i];
    double bits = ZxcvbnMatch((const char *)text->p, words, NULL);
    secret_free(text);
    free(words);
    /* Score 3 begins at 10^8 guesses (the scale of the zxcvbn paper, USENIX Security 2016): 8 ×
     * log2(10) bits. */
    return bits >= 26.6 ? ST_OK : ST_BAD;
}

enum status password_answer(struct bytes answer, struct secret **answer_out)
{
    if (answer.n > PASSWORD_MAX || !bytes_utf8(answer))
        return ST_BAD;
    struct secret *kept = secret_new(PASSWORD_MAX + 1);
    size_t n = 0;
    bool gap = false;
    for (size_t i = 0; i < answer.n; i++) {
        uint8_t c = answer.p[i];
        if (c <= ' ' || c == '.' || c == ',' || c == '!' || c == '?' || c == 0x7f) {
            gap = n > 0;
            continue;
        }
        if (gap)
            kept->p[n++] = ' ';
        gap = false;
        kept->p[n++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
    }
    if (n > 0)
        *answer_out = secret_copy((struct bytes){kept->p, n});
    secret_free(kept);
    return n > 0 ? ST_OK : ST_BAD;
}
