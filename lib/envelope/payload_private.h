/* SPDX-License-Identifier: Apache-2.0
 * envelope: the payload of an age file (docs/spec/envelope.md §2.3): a nonce, then chunks under a
 * key made of file key and nonce. Opening it is envelope_decrypt, in envelope.h. */
#ifndef SECUREMAIL_ENVELOPE_PAYLOAD_PRIVATE_H
#define SECUREMAIL_ENVELOPE_PAYLOAD_PRIVATE_H

#include "buffer.h"
#include "secret.h"

#define PAYLOAD_NONCE_SIZE 16

struct payload_writer; /* one payload being sealed; holds up to a chunk of plaintext */

/* Begin; appends the nonce. */
enum status payload_writer_new(const struct secret *file_key,
                               const uint8_t nonce[PAYLOAD_NONCE_SIZE],
                               struct payload_writer **writer_out, struct buffer *out) MUST_CHECK;
/* Append the chunks that are full and not the last. */
enum status payload_writer_add(struct payload_writer *writer, struct bytes plain,
                               struct buffer *out) MUST_CHECK;
/* Append the last chunk. */
enum status payload_writer_end(struct payload_writer *writer, struct buffer *out) MUST_CHECK;
void payload_writer_free(struct payload_writer *writer); /* wipes; NULL is fine */

/* Open a payload under a bare file key of ENVELOPE_FILE_KEY_SIZE. If that is not `genuine` all is
 * done the same, and the answer is ST_BAD. See envelope_decrypt. */
enum status payload_open(const struct secret *file_key, bool genuine, struct bytes payload,
                         uint8_t *plain_out) MUST_CHECK;

/* Bytes of a payload of n bytes of plaintext. */
uint64_t payload_size(uint64_t n);

#endif
