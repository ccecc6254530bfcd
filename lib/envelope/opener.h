/* SPDX-License-Identifier: Apache-2.0
 * envelope: keys that were exported to open messages without portal and keyserver, as the identity
 * strings of `age` (docs/spec/age-plugin.md §1):
 *
 *     AGE-PLUGIN-SECUREMAIL-1…     a message key, or an identity key */
#ifndef SECUREMAIL_OPENER_H
#define SECUREMAIL_OPENER_H

#include "envelope.h"

#define OPENER_TEXT_MAX 8192 /* characters of an identity string */
#define OPENER_BODY_SIZE 1248

/* --- writing ---------------------------------------------------------------------------------- */

/* Append the string of a message key (no line end). `key`: IBE_KEY_SIZE. ST_LIMIT if it does not
 * fit. */
enum status opener_write_message(const uint8_t id[ENVELOPE_ID_SIZE], const struct secret *key,
                                 struct buffer *text_out) MUST_CHECK;
/* Append the string of an identity key. It holds the district's ML-KEM key: read §3 of the
 * specification. ST_BAD if the identity is malformed. */
enum status opener_write_identity(const struct identity *identity,
                                  const uint8_t public_point[PARAMS_PUBLIC_SIZE],
                                  const struct secret *identity_key, const struct secret *mlkem,
                                  struct buffer *text_out) MUST_CHECK;

/* --- opening ---------------------------------------------------------------------------------- */

struct opener;

/* ST_BAD with the rule G-1 … G-6 and a reason. */
enum status opener_read(struct bytes text, struct opener **opener_out, struct why *why) MUST_CHECK;
void opener_free(struct opener *opener); /* NULL is fine */

/* The file key of a stanza of ours: its identity bytes and its body. ST_NONE: the key is for
 * another message or identity; a bare ST_BAD: it is for this one, and does not open it. The caller
 * frees. */
enum status opener_open(const struct opener *opener, struct bytes identity,
                        const uint8_t body[OPENER_BODY_SIZE],
                        struct secret **file_key_out) MUST_CHECK;

#endif
