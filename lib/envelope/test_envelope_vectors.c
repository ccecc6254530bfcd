/* SPDX-License-Identifier: Apache-2.0
 * envelope: replays tests/vectors/envelope: each vector's outcome, by its rule, and what the writer
 * makes of the same keys. The vectors come from an implementation that shares nothing with this
 * one. */
#include "armor_private.h"
#include "carrier.h"
#include "encode.h"
#include "envelope_private.h"
#include "number.h"
#include "payload_private.h"
#include "test_vector.h"

#define FILE_MAX (1 << 20)

/* --- opening ---------------------------------------------------------------------------------- */

/* Signature, keys, chunks, in the order in which a reader takes them. */
static const char *check_signature(const struct vector *vector, const struct envelope *envelope,
                                   const uint8_t hash[SIGN_HASH_SIZE])
{
    struct sign_public public;
    struct envelope_seal seal = {-1, -1};
    uint8_t text[SIGN_TEXT_MAX];
    size_t n = 0;
    uint64_t time = 0, expires = 0;
    if (vector_value(vector, "signer").n == 0)
        return NULL;
    if (sign_public_parse(vector_value(vector, "signer"), &public) != ST_OK ||
        base64_decode(vector_value(vector, "signature"), PADDED, text, sizeof text, &n) != ST_OK ||
        number_parse(vector_value(vector, "time"), 0, UINT32_MAX, &time) != ST_OK ||
        number_parse(vector_value(vector, "expires"), 0, UINT32_MAX, &expires) != ST_OK)
        return "unreadable vector";
    switch (envelope_check(&public, hash, envelope, (struct bytes){text, n}, &seal, NULL)) {
    case ST_OK:
        return seal.time == (int64_t)time && seal.expires == (int64_t)expires ? NULL
                                                                              : "other times";
    case ST_NONE:
        return "other key";
    default:
        return seal.time == -1 && seal.expires == -1 ? "signature failure" : "times given out";
    }
}

static bool all_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static const char *decrypt(const struct vector *vector, const struct secret *opened,
                           struct bytes payload)
{
    static uint8_t plain[FILE_MAX];
    uint8_t hash[32], expected[32];
    uint64_t n = 0;
    if (envelope_plain_size(payload.n, &n) != ST_OK)
        return "payload failure";
    memset(plain, 'x', sizeof plain);
    if (envelope_decrypt(opened, payload, plain) != ST_OK)
        return all_zero(plain, n) && plain[n] == 'x' ? "payload failure" : "plaintext left behind";
    vector_hex(vector, "payload", expected, sizeof expected);
    if (crypto_hash((struct bytes){plain, n}, hash) != ST_OK ||
        memcmp(hash, expected, sizeof hash) != 0)
        return "another letter";
    return "success";
}

/* What a reader makes of a file that has been taken out of its armor. */
static const char *open_file(const struct vector *vector, struct bytes file,
                             const uint8_t hash[SIGN_HASH_SIZE], struct why *why)
{
    struct envelope envelope;
    switch (envelope_read(file, &envelope, why)) {
    case ST_OK:
        break;
    case ST_TEMP:
        return "cut";
    case ST_NONE:
        return "no match";
    default:
        return "header failure";
    }
    const char *outcome = check_signature(vector, &envelope, hash);
    if (outcome != NULL)
        return outcome;

    struct secret *opened = NULL, *kek = vector_secret(vector, "kek", IBE_KEY_SIZE);
    struct bytes header = bytes_first(file, envelope.header_n);
    if (envelope_unwrap(&envelope, header, kek, &opened) != ST_OK)
        return "library failure";
    /* E-15 and E-16 show to us alone, who look into the key; to a caller all are one. */
    outcome = decrypt(vector, opened, bytes_from(file, envelope.header_n));
    if (opened->p[ENVELOPE_FILE_KEY_SIZE] != 1 && strcmp(outcome, "payload failure") == 0)
        outcome = "unwrap failure";
    secret_free(kek);
    secret_free(opened);
    return outcome;
}

/* --- writing the same ------------------------------------------------------------------------- */

/* The public signature lines, without the comment that may say anything. */
static struct bytes behind_first_line(struct bytes text)
{
    return bytes_from(text, bytes_index(text, '\n') + 1);
}

static bool signature_same(const struct vector *vector, const struct envelope_writer *writer,
                           const uint8_t hash[SIGN_HASH_SIZE])
{
    uint8_t seed[SIGN_SEED_SIZE], expected[SIGN_TEXT_MAX];
    uint64_t time = 0, expires = 0;
    size_t n = 0;
    struct sign_public public;
    struct buffer made;
    buffer_init(&made, SIGN_TEXT_MAX);
    vector_hex(vector, "signer seed", seed, sizeof seed);
    bool same = sign_public_parse(vector_value(vector, "signer"), &public) == ST_OK &&
                base64_decode(vector_value(vector, "signature"), PADDED, expected, sizeof expected,
                              &n) == ST_OK &&
                number_parse(vector_value(vector, "time"), 0, UINT32_MAX, &time) == ST_OK &&
                number_parse(vector_value(vector, "expires"), 0, UINT32_MAX, &expires) == ST_OK;
    struct sign_key *key = sign_key_new(seed, public.id);
    struct envelope_seal seal = {(int64_t)time, (int64_t)expires};
    same = same && envelope_sign(key, hash, writer, &seal, &made) == ST_OK &&
           bytes_equal(behind_first_line(buffer_bytes(&made)),
                       behind_first_line((struct bytes){expected, n}));
    sign_key_free(key);
    buffer_done(&made);
    return same;
}

/* Seal the letter again, in pieces of `step` bytes. */
static bool writes_same(const struct vector *vector, struct bytes plain, struct bytes file,
                        size_t step)
{
    uint8_t identity[IDENTITY_MAX], ciphertext[IBE_CIPHERTEXT_SIZE], nonce[PAYLOAD_NONCE_SIZE];
    uint8_t hash[SIGN_HASH_SIZE];
    size_t identity_n = vector_value(vector, "identity").n / 2;
    struct secret *kek = vector_secret(vector, "kek", IBE_KEY_SIZE);
    struct secret *file_key = vector_secret(vector, "file key", ENVELOPE_FILE_KEY_SIZE);
    struct envelope_writer *writer = NULL;
    struct sign_hash hashing;
    struct buffer out;
    vector_hex(vector, "identity", identity, identity_n);
    vector_hex(vector, "ciphertext", ciphertext, sizeof ciphertext);
    vector_hex(vector, "nonce", nonce, sizeof nonce);
    struct envelope_key key = {
        {identity, identity_n}, ciphertext, kek, secret_bytes(file_key), nonce};

    buffer_init(&out, FILE_MAX);
    bool same = envelope_writer_begin(&key, &writer, &out) == ST_OK;
    uint64_t size = envelope_size(plain.n, identity_n);
    for (; same && plain.n > 0; plain = bytes_from(plain, step))
        same = envelope_writer_add(writer, bytes_first(plain, step), &out) == ST_OK;
    same = same && envelope_writer_end(writer, &out) == ST_OK && out.n == size &&
           bytes_equal(buffer_bytes(&out), file);
    sign_hash_init(&hashing);
    sign_hash_add(&hashing, buffer_bytes(&out));
    sign_hash_end(&hashing, hash);
    same = same && signature_same(vector, writer, hash);

    envelope_writer_free(writer);
    secret_free(kek);
    secret_free(file_key);
    buffer_done(&out);
    return same;
}

/* The letter of a vector that was opened: once more, for the writer. */
static bool rewrites(const struct vector *vector, struct bytes file)
{
    static uint8_t plain[FILE_MAX];
    struct envelope envelope;
    uint64_t n = 0;
    struct secret *file_key = vector_secret(vector, "file key", ENVELOPE_FILE_KEY_SIZE);
    bool same = envelope_read(file, &envelope, NULL) == ST_OK;
    struct bytes payload = bytes_from(file, same ? envelope.header_n : 0);
    same = same && envelope_plain_size(payload.n, &n) == ST_OK &&
           payload_open(file_key, true, payload, plain) == ST_OK;
    struct bytes letter = {plain, n};
    same = same && writes_same(vector, letter, file, ENVELOPE_CHUNK) &&
           writes_same(vector, letter, file, 1000);
    secret_free(file_key);
    return same;
}

/* --- the vectors ------------------------------------------------------------------------------ */

static const char *judge(const struct vector *vector)
{
    static char problem[400];
    struct why why = {""};
    uint8_t hash[SIGN_HASH_SIZE];
    struct buffer file;
    struct bytes expected = vector_value(vector, "expect"), rule = vector_value(vector, "rule");
    buffer_init(&file, FILE_MAX);
    const char *outcome = "armor failure";
    if (vector_unarmor(vector->message, 997, &file, hash) == ST_OK)
        outcome = open_file(vector, buffer_bytes(&file), hash, &why);

    /* Refusals of the header say their rule; the others are bare. */
    bool header = strcmp(outcome, "header failure") == 0;
    bool right = bytes_equal(expected, bytes_text(outcome)) &&
                 (!header || (bytes_starts(bytes_text(why.text), rule) && why.text[rule.n] == ':'));
    if (right && strcmp(outcome, "success") == 0 && vector_value(vector, "written by").n == 0 &&
        !rewrites(vector, buffer_bytes(&file))) {
        right = false;
        outcome = "the writer makes another file or signature";
    }
    buffer_done(&file);
    snprintf(problem, sizeof problem, "%s (%s)", outcome, why.text);
    return right ? NULL : problem;
}

int main(int count, char **arguments)
{
    return count == 2 ? vector_run(arguments[1], judge) : 2;
}
