/* SPDX-License-Identifier: Apache-2.0
 * envelope: what the files of the seal share, and the way in for tests that bring their own KEM
 * key. */
#ifndef SECUREMAIL_ENVELOPE_PRIVATE_H
#define SECUREMAIL_ENVELOPE_PRIVATE_H

#include "crypto_private.h"
#include "envelope.h"

#define ENVELOPE_WRAPPED_SIZE (ENVELOPE_FILE_KEY_SIZE + AEAD_TAG_SIZE)
#define ENVELOPE_BODY_SIZE (IBE_CIPHERTEXT_SIZE + ENVELOPE_WRAPPED_SIZE)

#define ENVELOPE_STANZA_TYPE BYTES_LITERAL("securemail/ibe1")

/* What a KEM gives, and the rest of the randomness. */
struct envelope_key {
    struct bytes identity;     /* encoded */
    const uint8_t *ciphertext; /* IBE_CIPHERTEXT_SIZE */
    const struct secret *kek;  /* IBE_KEY_SIZE */
    struct bytes file_key;     /* ENVELOPE_FILE_KEY_SIZE, secret */
    const uint8_t *nonce;      /* PAYLOAD_NONCE_SIZE */
};

/* envelope_writer_new behind its encapsulation. */
enum status envelope_writer_begin(const struct envelope_key *key,
                                  struct envelope_writer **writer_out,
                                  struct buffer *out) MUST_CHECK;

/* The trusted comment, up to and with "time=", that belongs to identity bytes and copy id. */
enum status envelope_comment(struct bytes identity, const uint8_t id[ENVELOPE_ID_SIZE],
                             struct buffer *comment_out) MUST_CHECK;

/* What a writer sealed to. */
struct bytes envelope_writer_identity(const struct envelope_writer *writer);

#endif
