/* SPDX-License-Identifier: Apache-2.0
 * envelope: opening: what the header says, and the file key. (For the payload see payload.c.) */
#include "envelope_private.h"

#include "age_header_private.h"
#include "encode.h"

/* --- the header ------------------------------------------------------------------------------- */

/* The identity in a stanza's one argument. */
static enum status read_identity(struct bytes arguments, struct envelope *envelope, struct why *why)
{
    struct bytes text = BYTES_NONE, more = BYTES_NONE;
    if (!age_argument(&arguments, &text) || age_argument(&arguments, &more))
        return why_set(why, ST_BAD, "E-10: our stanza has not two arguments");
    if (base64_decode(text, UNPADDED, envelope->identity_bytes, IDENTITY_MAX,
                      &envelope->identity_n) != ST_OK)
        return why_set(why, ST_BAD, "E-11: the identity is not canonical base64");
    struct bytes bytes = {envelope->identity_bytes, envelope->identity_n};
    if (identity_decode(bytes, &envelope->identity) != ST_OK)
        return why_set(why, ST_BAD, "E-11: the identity is malformed");
    return ST_OK;
}

/* A stanza of our type, whose type was taken off its arguments. */
static enum status read_stanza(const struct age_stanza *stanza, struct envelope *envelope,
                               struct why *why)
{
    uint8_t body[ENVELOPE_BODY_SIZE];
    enum status status = read_identity(stanza->arguments, envelope, why);
    if (status != ST_OK)
        return status;
    if (age_body(stanza, body, sizeof body) != ST_OK)
        return why_set(why, ST_BAD, "E-12: our stanza's body has not %d bytes", ENVELOPE_BODY_SIZE);
    memcpy(envelope->ciphertext, body, IBE_CIPHERTEXT_SIZE);
    memcpy(envelope->wrapped, body + IBE_CIPHERTEXT_SIZE, ENVELOPE_WRAPPED_SIZE);
    return crypto_hash(BYTES_ARRAY(body), envelope->id);
}

/* All stanzas: ours is read, the others are passed over. */
static enum status read_stanzas(struct age_header *header, struct envelope *envelope,
                                size_t *ours_out, struct why *why)
{
    struct age_stanza stanza;
    enum status status;
    *ours_out = 0;
    while ((status = age_header_stanza(header, &stanza, why)) == ST_OK) {
        struct bytes type = BYTES_NONE;
        if (!age_argument(&stanza.arguments, &type) || !bytes_equal(type, ENVELOPE_STANZA_TYPE))
            continue;
        if (++*ours_out > 1)
            return why_set(why, ST_BAD, "E-9: two stanzas of ours");
        status = read_stanza(&stanza, envelope, why);
        if (status != ST_OK)
            return status;
    }
    return status == ST_NONE ? ST_OK : status;
}

enum status envelope_read(struct bytes file, struct envelope *envelope_out, struct why *why)
{
    struct age_header header;
    struct envelope envelope = {0};
    size_t ours = 0;
    enum status status = age_header_begin(file, &header, why);
    if (status == ST_OK)
        status = read_stanzas(&header, &envelope, &ours, why);
    if (status == ST_OK)
        status = age_header_end(&header, envelope.mac, why);
    if (status != ST_OK)
        return status;
    if (ours == 0)
        return why_set(why, ST_NONE, "an age file without a stanza of ours");
    envelope.header_n = header.at;
    *envelope_out = envelope;
    return ST_OK;
}

/* --- the file key ----------------------------------------------------------------------------- */

/* 1 if this is the header's MAC under the file key: it commits the header to that key, and without
 * it one stanza could serve for two letters. */
static enum status check_mac(const struct secret *file_key, struct bytes header,
                             const uint8_t wanted[MAC_SIZE], uint8_t *good_out)
{
    uint8_t mac[MAC_SIZE];
    enum status status = age_header_mac(file_key, age_header_covered(header), mac);
    *good_out = secret_equal(BYTES_ARRAY(mac), (struct bytes){wanted, MAC_SIZE});
    return status;
}

enum status envelope_unwrap(const struct envelope *envelope, struct bytes header,
                            const struct secret *key, struct secret **opened_out)
{
    static const uint8_t zero_nonce[AEAD_NONCE_SIZE];
    struct aead *aead = NULL;
    struct secret *opened = secret_new(ENVELOPE_OPENED_SIZE);
    const struct secret file_key = {opened->p, ENVELOPE_FILE_KEY_SIZE};
    uint8_t good = 0;
    enum status status = aead_new(key, AEAD_OPEN, &aead);
    if (status != ST_OK)
        goto out;

    /* The MAC is computed whether or not the wrapped key authenticates. */
    enum status wrapped = aead_open(aead, zero_nonce, BYTES_ARRAY(envelope->wrapped), opened->p);
    status = check_mac(&file_key, header, envelope->mac, &good);
    if (wrapped == ST_FAIL)
        status = ST_FAIL;
    if (status != ST_OK)
        goto out;
    opened->p[ENVELOPE_FILE_KEY_SIZE] = (uint8_t)(good & (wrapped == ST_OK));
    *opened_out = opened;
    opened = NULL;
out:
    aead_free(aead);
    secret_free(opened);
    secret_burn_stack();
    return status;
}
