/* SPDX-License-Identifier: Apache-2.0
 * envelope: a district for the tests. */
#include "test_district.h"

#include <assert.h>

#include "crypto_private.h"
#include "memory.h"

const struct carrier_text district_text = {
    .language = "en",
    .organisation = "Commonwealth of Example",
    .portal = "https://securemail.example.org",
    .host = "securemail.example.org",
    .sender = "Bob Builder <bob@example.com>",
    .recipient = "alice@example.org",
    .expires = "17 December 2026",
    .help = "help@example.com, +1 555 0100",
};

struct secret *district_random(uint8_t number, size_t n)
{
    struct secret *random = secret_new(n);
    for (size_t at = 0; at < n; at += 32) {
        uint8_t text[3] = {number, (uint8_t)(at / 32), 'r'}, hash[32];
        assert(crypto_hash(BYTES_ARRAY(text), hash) == ST_OK);
        memcpy(random->p + at, hash, n - at < 32 ? n - at : 32);
    }
    return random;
}

void district_letter(struct buffer *letter, size_t n)
{
    uint32_t state = 1;
    uint8_t *p = buffer_space(letter, n);
    assert(p != NULL);
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525 + 1013904223;
        p[i] = (uint8_t)(state >> 24);
    }
    letter->n += n;
}

struct district *district_new(void)
{
    struct district *district = memory_new(1, sizeof *district);
    struct master_settings settings = {.district = "mail.example",
                                       .serial = 1,
                                       .not_before = 1790000000,
                                       .not_after = 1900000000,
                                       .interval = 604800};
    struct secret *random = district_random(0, MASTER_RANDOM_SIZE);
    struct secret *seed = district_random(1, SIGN_SEED_SIZE);
    assert(master_new(&settings, random, &district->master) == ST_OK);
    district->sender = ibe_sender_new(master_params(district->master));
    district->key = sign_key_new(seed->p, (const uint8_t *)"gateway1");
    secret_free(random);
    secret_free(seed);

    district->alice = (struct identity){.district = "mail.example", .serial = 1};
    district->alice.period_start = identity_period(DISTRICT_TIME, settings.interval);
    assert(address_parse(BYTES_LITERAL("alice@example.org"), &district->alice.address, NULL) ==
           ST_OK);
    return district;
}

void district_free(struct district *district)
{
    master_free(district->master);
    ibe_sender_free(district->sender);
    sign_key_free(district->key);
    free(district);
}

struct carrier_settings district_settings(const struct district *district,
                                          const struct secret *random)
{
    return (struct carrier_settings){.sender = district->sender,
                                     .key = district->key,
                                     .identity = &district->alice,
                                     .random = random,
                                     .seal = {DISTRICT_TIME, DISTRICT_EXPIRES},
                                     .text = &district_text};
}

enum status district_carrier(const struct carrier_settings *settings, struct bytes letter,
                             size_t step, struct buffer *html_out)
{
    struct carrier *carrier = NULL;
    enum status status = carrier_new(settings, &carrier, html_out);
    for (; status == ST_OK && letter.n > 0; letter = bytes_from(letter, step))
        status = carrier_add(carrier, bytes_first(letter, step), html_out);
    if (status == ST_OK)
        status = carrier_end(carrier, html_out);
    carrier_free(carrier);
    return status;
}

enum status district_open(const struct district *district, struct bytes file,
                          const uint8_t hash[SIGN_HASH_SIZE], struct bytes signature,
                          struct buffer *letter_out)
{
    struct envelope envelope;
    struct envelope_seal seal;
    struct secret *kek = secret_new(IBE_KEY_SIZE), *file_key = NULL;
    uint64_t n = 0;
    enum status status = envelope_read(file, &envelope, NULL);
    if (status == ST_OK)
        status = envelope_check(sign_key_public(district->key), &envelope,
                                (struct envelope_signature){hash, signature}, &seal, NULL);
    if (status == ST_OK)
        status = master_decapsulate(district->master, &envelope.identity, envelope.ciphertext, kek);
    if (status == ST_OK)
        status = envelope_unwrap(&envelope, bytes_first(file, envelope.header_n), kek, &file_key);

    struct bytes payload = bytes_from(file, status == ST_OK ? envelope.header_n : 0);
    if (status == ST_OK)
        status = envelope_plain_size(payload.n, &n);
    uint8_t *plain = status == ST_OK ? buffer_space(letter_out, n) : NULL;
    if (plain != NULL)
        status = envelope_decrypt(file_key, payload, plain);
    if (plain != NULL && status == ST_OK)
        letter_out->n += n;
    secret_free(kek);
    secret_free(file_key);
    return status;
}
