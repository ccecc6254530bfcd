/* SPDX-License-Identifier: Apache-2.0
 * envelope: the signature, and what its trusted comment binds (docs/spec/envelope.md §3). */
#include "envelope_private.h"

#include <inttypes.h>

#include "encode.h"
#include "number.h"

#define TIME_MAX INT64_C(253402300799) /* the end of the year 9999 */

static const char untrusted_comment[] = "a message sealed by SecureMail";

enum status envelope_comment(struct bytes identity, const uint8_t id[ENVELOPE_ID_SIZE],
                             struct buffer *comment_out)
{
    struct identity fields;
    uint8_t hash[32];
    char hash_text[2 * sizeof hash + 1], id_text[2 * ENVELOPE_ID_SIZE + 1];
    enum status status = identity_decode(identity, &fields);
    if (status == ST_OK)
        status = crypto_hash(identity, hash);
    if (status != ST_OK)
        return status;
    hex_encode(hash_text, BYTES_ARRAY(hash));
    hex_encode(id_text, (struct bytes){id, ENVELOPE_ID_SIZE});
    return buffer_add_format(comment_out,
                             "securemail-v1 district=%s serial=%" PRIu64 " identity=%s id=%s time=",
                             fields.district, fields.serial, hash_text, id_text);
}

static bool seal_valid(const struct envelope_seal *seal)
{
    return 0 <= seal->time && seal->time <= seal->expires && seal->expires <= TIME_MAX;
}

enum status envelope_sign(const struct sign_key *key, const uint8_t hash[SIGN_HASH_SIZE],
                          const struct envelope_writer *writer, const struct envelope_seal *seal,
                          struct buffer *signature_out)
{
    struct buffer comment;
    if (!seal_valid(seal))
        return ST_BAD;
    buffer_init(&comment, SIGN_COMMENT_MAX);
    enum status status =
        envelope_comment(envelope_writer_identity(writer), envelope_writer_id(writer), &comment);
    if (status == ST_OK)
        status =
            buffer_add_format(&comment, "%" PRId64 " expires=%" PRId64, seal->time, seal->expires);
    if (status == ST_OK)
        status = sign_make(key, hash, untrusted_comment, buffer_text(&comment), signature_out);
    buffer_done(&comment);
    return status;
}

/* "<time> expires=<expires>", behind the part that was compared. */
static enum status read_times(struct bytes text, struct envelope_seal *seal_out)
{
    struct bytes middle = BYTES_LITERAL(" expires=");
    uint64_t time = 0, expires = 0;
    size_t at = bytes_find(text, middle);
    if (at == text.n || number_parse(bytes_first(text, at), 0, TIME_MAX, &time) != ST_OK ||
        number_parse(bytes_from(text, at + middle.n), time, TIME_MAX, &expires) != ST_OK)
        return ST_BAD;
    *seal_out = (struct envelope_seal){(int64_t)time, (int64_t)expires};
    return ST_OK;
}

/* The comment's beginning is not parsed but written anew from the header, and compared. */
static enum status check_comment(const struct envelope *envelope, struct bytes comment,
                                 struct envelope_seal *seal_out)
{
    struct buffer expected;
    struct bytes identity = {envelope->identity_bytes, envelope->identity_n};
    buffer_init(&expected, SIGN_COMMENT_MAX);
    enum status status = envelope_comment(identity, envelope->id, &expected);
    if (status == ST_OK && !bytes_starts(comment, buffer_bytes(&expected)))
        status = ST_BAD;
    if (status == ST_OK)
        status = read_times(bytes_from(comment, expected.n), seal_out);
    buffer_done(&expected);
    return status;
}

enum status envelope_check(const struct sign_public *key, const struct envelope *envelope,
                           struct envelope_signature signature, struct envelope_seal *seal_out,
                           struct why *why)
{
    struct bytes comment = BYTES_NONE;
    switch (sign_check(key, signature.hash, signature.text, &comment)) {
    case ST_OK:
        break;
    case ST_NONE:
        return why_set(why, ST_NONE, "E-19: the signature is by another key");
    case ST_DENIED:
        return why_set(why, ST_BAD, "E-20: the signature does not verify");
    default:
        return why_set(why, ST_BAD, "E-18: no well-formed signature");
    }
    if (check_comment(envelope, comment, seal_out) != ST_OK)
        return why_set(why, ST_BAD, "E-21: the signature's comment is not this message's");
    return ST_OK;
}
