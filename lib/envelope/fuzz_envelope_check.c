/* SPDX-License-Identifier: Apache-2.0
 * envelope: any trusted comment, rightly signed (even first byte), or any signature (odd). Only the
 * one comment that the header demands is taken, with two times in order. */
#include <assert.h>
#include <inttypes.h>

#include "envelope_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const uint8_t hash[SIGN_HASH_SIZE] = {1};

static void make_envelope(struct envelope *envelope)
{
    *envelope = (struct envelope){.identity = {.district = "mail.example", .serial = 1}};
    assert(address_parse(BYTES_LITERAL("a@b.example"), &envelope->identity.address, NULL) == ST_OK);
    assert(identity_encode(&envelope->identity, envelope->identity_bytes, &envelope->identity_n) ==
           ST_OK);
}

/* Sign what stands in `comment`; false if no comment can say that. */
static bool signed_comment(const struct sign_key *key, struct bytes comment, struct buffer *out)
{
    char text[SIGN_COMMENT_MAX + 1];
    return bytes_to_text(comment, text, sizeof text) &&
           sign_make(key, hash, "x", text, out) == ST_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct envelope envelope;
    struct envelope_seal seal = {-1, -1};
    struct buffer signature, expected;
    if (n == 0)
        return 0;
    struct bytes input = {data + 1, n - 1};
    uint8_t seed[SIGN_SEED_SIZE] = {7};
    struct sign_key *key = sign_key_new(seed, (const uint8_t *)"gateway1");
    buffer_init(&signature, SIGN_TEXT_MAX);
    buffer_init(&expected, SIGN_COMMENT_MAX);
    make_envelope(&envelope);

    bool comment = data[0] % 2 == 0 && signed_comment(key, input, &signature);
    if (!comment)
        (void)buffer_add(&signature, input);
    enum status status =
        envelope_check(sign_key_public(key), &envelope,
                       (struct envelope_signature){hash, buffer_bytes(&signature)}, &seal, NULL);
    if (status == ST_OK) {
        struct bytes identity = {envelope.identity_bytes, envelope.identity_n};
        assert(comment && 0 <= seal.time && seal.time <= seal.expires);
        assert(envelope_comment(identity, envelope.id, &expected) == ST_OK);
        buffer_add_format(&expected, "%" PRId64 " expires=%" PRId64, seal.time, seal.expires);
        assert(bytes_equal(buffer_bytes(&expected), input));
    } else {
        assert(seal.time == -1 && seal.expires == -1);
    }
    buffer_done(&signature);
    buffer_done(&expected);
    sign_key_free(key);
    return 0;
}
