/* SPDX-License-Identifier: Apache-2.0
 * ibe: the Boneh–Franklin half of the KEM (docs/spec/ibe.md §4 to §6). Private to lib/ibe.
 *
 *     ciphertext (128 bytes) = U (96) ‖ V (32) */
#ifndef SECUREMAIL_BF_H
#define SECUREMAIL_BF_H

#include "bytes.h"
#include "point.h"
#include "status.h"

#define BF_CIPHERTEXT_SIZE 128
#define BF_KEY_SIZE 32
#define BF_RANDOM_SIZE 32
#define BF_BINDING_SIZE 32
#define BF_LINES 68

/* What a sender computes of an identity: its point Q, and h, which binds its bytes to Ppub. */
struct bf_identity {
    blst_p1 point;
    uint8_t binding[BF_BINDING_SIZE];
};
enum status bf_identity(const uint8_t public_point[POINT_G2_SIZE], struct bytes identity,
                        struct bf_identity *identity_out) MUST_CHECK;

/* `lines` are blst's precomputed lines of Ppub. */
void bf_encapsulate(const blst_fp6 lines[BF_LINES], const struct bf_identity *identity,
                    const uint8_t random[BF_RANDOM_SIZE],
                    uint8_t ciphertext_out[BF_CIPHERTEXT_SIZE], uint8_t key_out[BF_KEY_SIZE]);

/* `private_key` is d compressed. ST_BAD if it, or U, is no point of its group or is infinity;
 * otherwise always a key (implicit rejection). */
enum status bf_decapsulate(const uint8_t private_key[POINT_G1_SIZE],
                           const uint8_t binding[BF_BINDING_SIZE],
                           const uint8_t ciphertext[BF_CIPHERTEXT_SIZE],
                           uint8_t key_out[BF_KEY_SIZE]) MUST_CHECK;

/* h alone. */
void bf_binding(const uint8_t public_point[POINT_G2_SIZE], struct bytes identity,
                uint8_t binding_out[BF_BINDING_SIZE]);

#endif
