/* SPDX-License-Identifier: Apache-2.0
 * envelope: writing a carrier: page, sealed letter in armor, signature, page, in one pass. */
#include "carrier.h"

#include <assert.h>

#include "armor_private.h"
#include "hashed_private.h"
#include "memory.h"
#include "page_private.h"

/* One step makes at most one chunk, the chunk that waited, or the header. */
#define FILE_STEP_MAX (CARRIER_CHUNK + ENVELOPE_HEADER_MAX)

struct carrier {
    struct sign_hash hash;
    struct envelope_writer *writer;
    struct armor_writer armor;
    struct buffer file; /* the age file's bytes of this step */
    const struct sign_key *key;
    struct envelope_seal seal;
    struct buffer behind; /* the page behind the signature, made at the beginning */
};

/* What the last step sealed goes through the hash and the armor into the page. */
static enum status hand_on(struct carrier *carrier, struct buffer *html_out)
{
    struct bytes file = buffer_bytes(&carrier->file);
    sign_hash_add(&carrier->hash, file);
    armor_add(&carrier->armor, file, html_out);
    carrier->file.n = 0; /* ciphertext; no need to wipe */
    return buffer_check(html_out);
}

enum status carrier_new(const struct carrier_settings *settings, struct carrier **carrier_out,
                        struct buffer *html_out)
{
    enum status status = page_check(settings->text);
    if (status != ST_OK)
        return status;
    struct carrier *carrier = hashed_new(sizeof *carrier);
    carrier->key = settings->key;
    carrier->seal = settings->seal;
    sign_hash_init(&carrier->hash);
    buffer_init(&carrier->file, FILE_STEP_MAX);
    buffer_init(&carrier->behind, CARRIER_STEP_MAX);

    page_add(page_after_signature, settings->text, &carrier->behind);
    page_add(page_before_message, settings->text, html_out);
    armor_begin(&carrier->armor, html_out);
    status = envelope_writer_new(settings->sender, settings->identity, settings->random,
                                 &carrier->writer, &carrier->file);
    if (status == ST_OK)
        status = hand_on(carrier, html_out);
    if (status == ST_OK) {
        *carrier_out = carrier;
        carrier = NULL;
    }
    carrier_free(carrier);
    return status;
}

enum status carrier_add(struct carrier *carrier, struct bytes plain, struct buffer *html_out)
{
    assert(plain.n <= CARRIER_CHUNK);
    enum status status = envelope_writer_add(carrier->writer, plain, &carrier->file);
    return status == ST_OK ? hand_on(carrier, html_out) : status;
}

enum status carrier_end(struct carrier *carrier, struct buffer *html_out)
{
    uint8_t hash[SIGN_HASH_SIZE];
    struct buffer signature;
    buffer_init(&signature, SIGN_TEXT_MAX);

    enum status status = envelope_writer_end(carrier->writer, &carrier->file);
    if (status == ST_OK)
        status = hand_on(carrier, html_out);
    if (status != ST_OK)
        goto out;
    armor_end(&carrier->armor, html_out);
    sign_hash_end(&carrier->hash, hash);
    status = envelope_sign(carrier->key, hash, carrier->writer, &carrier->seal, &signature);
    if (status != ST_OK)
        goto out;

    buffer_add_text(html_out, page_before_signature);
    page_add_signature(buffer_bytes(&signature), html_out);
    buffer_add(html_out, buffer_bytes(&carrier->behind));
    status = buffer_check(html_out);
out:
    buffer_done(&signature);
    return status;
}

void carrier_free(struct carrier *carrier)
{
    if (carrier == NULL)
        return;
    envelope_writer_free(carrier->writer);
    buffer_done(&carrier->file);
    buffer_done(&carrier->behind);
    secret_wipe(&carrier->hash, sizeof carrier->hash);
    free(carrier);
}

const uint8_t *carrier_id(const struct carrier *carrier)
{
    return envelope_writer_id(carrier->writer);
}
