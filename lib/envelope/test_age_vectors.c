/* SPDX-License-Identifier: Apache-2.0
 * envelope: replays the age project's own vectors (CCTV), which
 * tests/interop/envelope_age_vectors.mjs lays out as files. All of them run. We implement no
 * recipient type of theirs, so three things differ from what they expect:
 *
 * - a good header is "for somebody else" (ST_NONE); MAC and payload are then tried with the file
 * key that the vector states, and not with a key that we would have unwrapped;
 * - "no match" is a good header, and goes no further;
 * - a header that is malformed only in what an X25519, scrypt or hybrid stanza means (its number of
 * arguments, the size of a key, a work factor) is good for us: it is listed below, and must be read
 * and authenticate. */
#include "age_header_private.h"
#include "carrier.h"
#include "encode.h"
#include "envelope_private.h"
#include "payload_private.h"
#include "test_vector.h"

#define FILE_MAX (32 << 20)
#define COUNT 143 /* all that the package cctv-age has */

/* Stanzas of these vectors are well-formed, but not what their types ask for. */
static const char *const foreign[] = {
    "hybrid_extra_argument",
    "hybrid_identity",
    "hybrid_long_file_key",
    "hybrid_long_share",
    "hybrid_low_order",
    "hybrid_not_canonical_enc",
    "hybrid_short_share",
    "hybrid_x25519_arg",
    "scrypt_extra_argument",
    "scrypt_long_file_key",
    "scrypt_not_canonical_salt",
    "scrypt_salt_long",
    "scrypt_salt_missing",
    "scrypt_salt_short",
    "scrypt_work_factor_23",
    "scrypt_work_factor_hex",
    "scrypt_work_factor_leading_garbage",
    "scrypt_work_factor_leading_plus",
    "scrypt_work_factor_leading_zero_decimal",
    "scrypt_work_factor_leading_zero_octal",
    "scrypt_work_factor_missing",
    "scrypt_work_factor_negative",
    "scrypt_work_factor_overflow",
    "scrypt_work_factor_trailing_garbage",
    "scrypt_work_factor_zero",
    "x25519_extra_argument",
    "x25519_identity",
    "x25519_long_file_key",
    "x25519_long_share",
    "x25519_low_order",
    "x25519_not_canonical_share",
    "x25519_short_share",
};

static size_t run, judged_by_grammar_alone;

static bool is_foreign(const char *name)
{
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (strcmp(name, foreign[i]) == 0)
            return true;
    return false;
}

/* The header's grammar, and its MAC under the vector's file key. */
static const char *read_header(struct bytes file, const struct secret *file_key, size_t *n_out)
{
    struct age_header header;
    struct age_stanza stanza;
    struct envelope envelope;
    uint8_t stated[MAC_SIZE], mac[MAC_SIZE];
    enum status status = age_header_begin(file, &header, NULL);
    while (status == ST_OK)
        status = age_header_stanza(&header, &stanza, NULL);
    if (status == ST_NONE)
        status = age_header_end(&header, stated, NULL);
    if (status != ST_OK)
        return envelope_read(file, &envelope, NULL) == status ? "header failure" : "two readers";
    if (envelope_read(file, &envelope, NULL) != ST_NONE)
        return "taken for ours";
    *n_out = header.at;
    struct bytes covered = age_header_covered(bytes_first(file, header.at));
    if (age_header_mac(file_key, covered, mac) != ST_OK)
        return "no MAC";
    return memcmp(mac, stated, MAC_SIZE) == 0 ? NULL : "HMAC failure";
}

/* What was opened, sealed again under the same nonce, is the same. */
static bool seals_same(const struct secret *file_key, struct bytes payload, struct bytes plain)
{
    struct buffer out;
    struct payload_writer *writer = NULL;
    buffer_init(&out, FILE_MAX);
    bool same = payload_writer_new(file_key, payload.p, &writer, &out) == ST_OK &&
                payload_writer_add(writer, plain, &out) == ST_OK &&
                payload_writer_end(writer, &out) == ST_OK &&
                bytes_equal(buffer_bytes(&out), payload) && payload_size(plain.n) == payload.n;
    payload_writer_free(writer);
    buffer_done(&out);
    return same;
}

static bool all_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static const char *read_payload(const struct vector *vector, const struct secret *file_key,
                                struct bytes payload)
{
    static uint8_t plain[FILE_MAX];
    uint8_t hash[32], expected[32];
    uint64_t n = 0;
    /* The age tools read the nonce with the header. */
    if (payload.n < PAYLOAD_NONCE_SIZE)
        return envelope_plain_size(payload.n, &n) == ST_BAD ? "header failure" : "no nonce?";
    if (envelope_plain_size(payload.n, &n) != ST_OK || n > FILE_MAX)
        return "payload failure";
    memset(plain, 'x', sizeof plain);
    if (payload_open(file_key, true, payload, plain) != ST_OK)
        return all_zero(plain, n) ? "payload failure" : "plaintext released";
    vector_hex(vector, "payload", expected, sizeof expected);
    if (crypto_hash((struct bytes){plain, n}, hash) != ST_OK || memcmp(hash, expected, 32) != 0)
        return "another payload";
    return seals_same(file_key, payload, (struct bytes){plain, n}) ? "success" : "sealed otherwise";
}

static const char *open_file(const struct vector *vector, struct bytes file)
{
    size_t header_n = 0;
    struct secret *file_key =
        vector_secret(vector, "file key", vector_value(vector, "file key").n / 2);
    const char *outcome = read_header(file, file_key, &header_n);
    if (outcome == NULL && bytes_equal(vector_value(vector, "expect"), BYTES_LITERAL("no match")))
        outcome = "no match";
    else if (outcome == NULL && is_foreign(vector->name))
        outcome = "foreign";
    else if (outcome == NULL)
        outcome = read_payload(vector, file_key, bytes_from(file, header_n));
    secret_free(file_key);
    return outcome;
}

static const char *judge(const struct vector *vector)
{
    struct buffer file;
    uint8_t hash[SIGN_HASH_SIZE];
    enum status status = ST_OK;
    const char *outcome = "armor failure";
    struct bytes expected = vector_value(vector, "expect");
    buffer_init(&file, FILE_MAX);
    if (bytes_equal(vector_value(vector, "armored"), BYTES_LITERAL("yes")))
        status = vector_unarmor(vector->message, 61, &file, hash, NULL);
    else
        status = buffer_add(&file, vector->message);
    if (status == ST_OK)
        outcome = open_file(vector, buffer_bytes(&file));
    buffer_done(&file);

    run++;
    if (is_foreign(vector->name)) {
        judged_by_grammar_alone++;
        expected = BYTES_LITERAL("foreign");
    }
    return bytes_equal(expected, bytes_text(outcome)) ? NULL : outcome;
}

int main(int count, char **arguments)
{
    int code = count == 2 ? vector_run(arguments[1], COUNT, judge) : 2;
    printf("%zu run; %zu of them fail for age because of what a stanza means that we pass over\n",
           run, judged_by_grammar_alone);
    return code;
}
