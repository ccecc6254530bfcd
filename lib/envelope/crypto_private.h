/* SPDX-License-Identifier: Apache-2.0
 * envelope: the three primitives of the age format, over libcrypto. Failures of libcrypto itself
 * (no memory, no such algorithm) are ST_FAIL. */
#ifndef SECUREMAIL_ENVELOPE_CRYPTO_PRIVATE_H
#define SECUREMAIL_ENVELOPE_CRYPTO_PRIVATE_H

#include "secret.h"
#include "status.h"

#define AEAD_KEY_SIZE 32
#define AEAD_NONCE_SIZE 12
#define AEAD_TAG_SIZE 16
#define MAC_SIZE 32

/* HKDF-SHA-256 (RFC 5869): a key of AEAD_KEY_SIZE that the caller frees. */
enum status crypto_derive(const struct secret *from, struct bytes salt, const char *info,
                          struct secret **key_out) MUST_CHECK;
/* HMAC-SHA-256 (RFC 2104). */
enum status crypto_mac(const struct secret *key, struct bytes text,
                       uint8_t mac_out[MAC_SIZE]) MUST_CHECK;
/* SHA-256. */
enum status crypto_hash(struct bytes text, uint8_t hash_out[32]) MUST_CHECK;

/* ChaCha20-Poly1305 (RFC 8439) without additional data, under one key for many nonces. One context
 * serves for one direction. */
struct aead;
enum aead_direction { AEAD_SEAL, AEAD_OPEN };
enum status aead_new(const struct secret *key, enum aead_direction direction,
                     struct aead **aead_out) MUST_CHECK;
void aead_free(struct aead *aead); /* wipes; NULL is fine */

/* Writes plain.n + AEAD_TAG_SIZE bytes; `out` may be where `plain` is. */
enum status aead_seal(struct aead *aead, const uint8_t nonce[AEAD_NONCE_SIZE], struct bytes plain,
                      uint8_t *out) MUST_CHECK;
/* Writes sealed.n - AEAD_TAG_SIZE bytes. On ST_BAD what it wrote must be wiped by the caller, who
 * knows what more must go with it. */
enum status aead_open(struct aead *aead, const uint8_t nonce[AEAD_NONCE_SIZE], struct bytes sealed,
                      uint8_t *out) MUST_CHECK;

#endif
