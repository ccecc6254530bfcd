/* SPDX-License-Identifier: Apache-2.0
 * ibe: sealing a key to an identity, and opening it again (docs/spec/ibe.md).
 *
 * A hybrid KEM: Boneh–Franklin over BLS12-381 (type 3, Q_id in G1, U in G2, Fujisaki–Okamoto with
 * implicit rejection) beside ML-KEM-768 (FIPS 203). Both secrets go through HKDF-SHA-256 with both
 * ciphertexts, the identity and the parameters, so the result is safe while either half is.
 *
 *     ciphertext (1216 bytes) = U (96) ‖ V (32) ‖ ML-KEM ciphertext (1088)
 */
#ifndef SECUREMAIL_IBE_H
#define SECUREMAIL_IBE_H

#include "params.h"
#include "secret.h"

#define IBE_CIPHERTEXT_SIZE 1216
#define IBE_KEY_SIZE 32          /* the key-encryption key both sides agree on */
#define IBE_RANDOM_SIZE 64       /* m (32) for Boneh–Franklin ‖ m (32) for ML-KEM */
#define IBE_IDENTITY_KEY_SIZE 48 /* d = [s]Q_id, compressed G1 */
#define IBE_MLKEM_SECRET_SIZE 2400

/* Parameters made ready for sealing: the precomputed lines of Ppub (20 KB, public). Immutable:
 * threads and forked workers may share one. */
struct ibe_sender;
struct ibe_sender *ibe_sender_new(const struct params *params);
void ibe_sender_free(struct ibe_sender *sender);
const struct params *ibe_sender_params(const struct ibe_sender *sender);

/* Make a key for an identity (encoded by identity_encode). `random` is fresh randomness, used once.
 * `key_out` is a secret of IBE_KEY_SIZE. ST_BAD if the identity is not of the parameters' district
 * and serial. About 1.1 ms. */
enum status ibe_encapsulate(const struct ibe_sender *sender, struct bytes identity,
                            const uint8_t random[IBE_RANDOM_SIZE],
                            uint8_t ciphertext_out[IBE_CIPHERTEXT_SIZE],
                            struct secret *key_out) MUST_CHECK;

/* What opening takes: the identity's private key and the district's ML-KEM decapsulation key, both
 * secrets of the sizes above; made by lib/master. */
struct ibe_opener {
    const struct params *params;
    const struct secret *identity_key;
    const struct secret *mlkem;
};

/* The key of a ciphertext. ST_BAD only for what anybody can see without a secret: U is no canonical
 * point of G2 or is infinity. A ciphertext that was altered in any other way gives a key nobody
 * knows (implicit rejection), in the same time. */
enum status ibe_decapsulate(const struct ibe_opener *opener, struct bytes identity,
                            const uint8_t ciphertext[IBE_CIPHERTEXT_SIZE],
                            struct secret *key_out) MUST_CHECK;

/* Does this private key belong to this identity? One pairing equation, about 1.3 ms. */
bool ibe_identity_key_valid(const struct params *params, struct bytes identity,
                            const struct secret *identity_key);
/* Is this the ML-KEM key of these parameters, undamaged (FIPS 203 §7.2, §7.3)? */
bool ibe_mlkem_secret_valid(const struct params *params, const struct secret *mlkem);

#endif
