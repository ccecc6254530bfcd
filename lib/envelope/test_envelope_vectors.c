/* SPDX-License-Identifier: Apache-2.0
 * envelope: replays tests/vectors/envelope: each vector's outcome, by its rule, and what the writer
 * makes of the same keys. The vectors come from an implementation that shares nothing with this
 * one. */
#include "armor_private.h"
#include "carrier.h"
#include "encode.h"
#include "envelope_private.h"
#include "mlkem.h"
#include "number.h"
#include "payload_private.h"
#include "test_vector.h"

#define FILE_MAX (1 << 20)
#define COUNT 128 /* files in tests/vectors/envelope */

/* --- opening ---------------------------------------------------------------------------------- */

/* Signature, keys, chunks, in the order in which a reader takes them. */
static const char *check_signature(const struct vector *vector, const struct envelope *envelope,
                                   const uint8_t hash[SIGN_HASH_SIZE], struct why *why)
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
    const struct envelope_signature signature = {hash, {text, n}};
    switch (envelope_check(&public, envelope, signature, &seal, why)) {
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

/* What the keyserver does: the KEM's key with the recipient's private key, which must be the one
 * that the vector states. Most vectors begin behind the KEM and have no private key. */
static const char *decapsulate(const struct vector *vector, const struct envelope *envelope)
{
    uint8_t mlkem_seed[MLKEM_SEED_SIZE], stated[IBE_KEY_SIZE];
    struct params params = {.serial = envelope->identity.serial};
    struct secret *mlkem = NULL, *identity_key = NULL, *key = NULL;
    if (vector_value(vector, "private key").n == 0)
        return NULL;
    memcpy(params.district, envelope->identity.district, sizeof params.district);
    vector_hex(vector, "public point", params.public_point, sizeof params.public_point);
    vector_hex(vector, "mlkem seed", mlkem_seed, sizeof mlkem_seed);
    vector_hex(vector, "kek", stated, sizeof stated);
    identity_key = vector_secret(vector, "private key", IBE_IDENTITY_KEY_SIZE);
    mlkem = secret_new(IBE_MLKEM_SECRET_SIZE);
    key = secret_new(IBE_KEY_SIZE);
    mlkem_keypair(mlkem_seed, params.mlkem, mlkem->p);

    const struct ibe_opener opener = {&params, identity_key, mlkem};
    struct bytes identity = {envelope->identity_bytes, envelope->identity_n};
    const char *outcome = NULL;
    if (ibe_decapsulate(&opener, identity, envelope->ciphertext, key) != ST_OK)
        outcome = "ciphertext failure";
    else if (memcmp(key->p, stated, sizeof stated) != 0)
        outcome = "another key of the KEM";
    secret_free(mlkem);
    secret_free(identity_key);
    secret_free(key);
    return outcome;
}

static const char *decrypt(const struct vector *vector, const struct secret *opened,
                           struct bytes payload, uint64_t n)
{
    static uint8_t plain[FILE_MAX];
    uint8_t hash[32], expected[32];
    memset(plain, 'x', sizeof plain);
    if (envelope_decrypt(opened, payload, plain) != ST_OK)
        return all_zero(plain, n) && plain[n] == 'x' ? "payload failure" : "plaintext left behind";
    vector_hex(vector, "payload", expected, sizeof expected);
    if (crypto_hash((struct bytes){plain, n}, hash) != ST_OK ||
        memcmp(hash, expected, sizeof hash) != 0)
        return "another letter";
    return "success";
}

/* With the KEM's key. E-15 and E-16 show to us alone, who look into what was opened; to a caller
 * all are one. */
static const char *open_with_key(const struct vector *vector, const struct envelope *envelope,
                                 struct bytes file, uint64_t plain_n)
{
    struct secret *opened = NULL, *kek = vector_secret(vector, "kek", IBE_KEY_SIZE);
    struct bytes header = bytes_first(file, envelope->header_n);
    const char *outcome = "library failure";
    if (envelope_unwrap(envelope, header, kek, &opened) == ST_OK) {
        outcome = decrypt(vector, opened, bytes_from(file, envelope->header_n), plain_n);
        if (opened->p[ENVELOPE_FILE_KEY_SIZE] != 1 && strcmp(outcome, "payload failure") == 0)
            outcome = "unwrap failure";
    }
    secret_free(kek);
    secret_free(opened);
    return outcome;
}

/* What a reader makes of a file that has been taken out of its armor, in a reader's order. E-13
 * comes before every key: its vectors have none, and to ask for one ends the test. */
static const char *open_file(const struct vector *vector, struct bytes file,
                             const uint8_t hash[SIGN_HASH_SIZE], struct why *why)
{
    struct envelope envelope;
    uint64_t plain_n = 0;
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
    const char *outcome = check_signature(vector, &envelope, hash, why);
    if (outcome != NULL)
        return outcome;
    if (envelope_plain_size(file.n - envelope.header_n, &plain_n) != ST_OK)
        return "size failure";
    outcome = decapsulate(vector, &envelope);
    return outcome != NULL ? outcome : open_with_key(vector, &envelope, file, plain_n);
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
    if (vector_unarmor(vector->message, 997, &file, hash, &why) == ST_OK)
        outcome = open_file(vector, buffer_bytes(&file), hash, &why);

    /* Who reads the bytes refuses with the rule; sizes, ciphertexts and secrets are bare. */
    bool reader = strcmp(outcome, "armor failure") == 0 || strcmp(outcome, "header failure") == 0 ||
                  strcmp(outcome, "signature failure") == 0 || strcmp(outcome, "other key") == 0;
    bool bare = why.text[0] == '\0' && !reader;
    bool ruled = bytes_starts(bytes_text(why.text), rule) && why.text[rule.n] == ':';
    bool right = bytes_equal(expected, bytes_text(outcome)) && (rule.n == 0 || bare || ruled);
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
    return count == 2 ? vector_run(arguments[1], COUNT, judge) : 2;
}
