/* SPDX-License-Identifier: Apache-2.0
 * ibe: the tags and hashes of suite SECUREMAIL-V01 (docs/spec/ibe.md §1, §7). Private to lib/ibe
 * and lib/master. All of it runs in constant time for inputs of one length, on libsodium. */
#ifndef SECUREMAIL_SUITE_H
#define SECUREMAIL_SUITE_H

#include "bytes.h"

#define SUITE_PREFIX "SECUREMAIL-V01-BFKEM"
#define SUITE_TAG_MASTER SUITE_PREFIX "-S"
#define SUITE_TAG_BIND SUITE_PREFIX "-PK"
#define SUITE_TAG_RANDOM SUITE_PREFIX "-R"
#define SUITE_TAG_MASK SUITE_PREFIX "-M"
#define SUITE_TAG_KEY SUITE_PREFIX "-K"
#define SUITE_TAG_REJECTION SUITE_PREFIX "-Z"
#define SUITE_TAG_REJECTED SUITE_PREFIX "-J"
/* Hashing to G1; never used for anything else, least of all BLS signatures. */
#define SUITE_DST SUITE_PREFIX "-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"
#define SUITE_HYBRID_SALT "SECUREMAIL-V01-HYBRID"

/* Parts that are hashed one behind the other. */
struct suite_parts {
    struct bytes part[4]; /* unused ones are empty */
};

/* H256 and H512: the hash of len8(tag) ‖ tag ‖ parts. */
void suite_hash256(const char *tag, struct suite_parts parts, uint8_t hash_out[32]);
void suite_hash512(const char *tag, struct suite_parts parts, uint8_t hash_out[64]);

/* SHA-256 of the parts alone. */
void suite_sha256(struct suite_parts parts, uint8_t hash_out[32]);

/* HKDF-SHA-256 (RFC 5869) of two 32-byte secrets, with the hybrid's salt, to 32 bytes. */
void suite_combine(const uint8_t first[32], const uint8_t second[32], const uint8_t info[32],
                   uint8_t key_out[32]);

#endif
