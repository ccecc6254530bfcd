/* SPDX-License-Identifier: Apache-2.0
 * ibe: the hybrid KEM: Boneh–Franklin and ML-KEM-768 side by side, combined (docs/spec/ibe.md §5 to
 * §7). */
#include "ibe.h"

#include <assert.h>

#include "bf.h"
#include "memory.h"
#include "mlkem.h"
#include "suite.h"

static_assert(IBE_CIPHERTEXT_SIZE == BF_CIPHERTEXT_SIZE + MLKEM_CIPHERTEXT_SIZE, "U ‖ V ‖ C");
static_assert(IBE_RANDOM_SIZE == BF_RANDOM_SIZE + MLKEM_RANDOM_SIZE, "m ‖ μ");
static_assert(IBE_MLKEM_SECRET_SIZE == MLKEM_SECRET_SIZE, "dk");
static_assert(PARAMS_MLKEM_SIZE == MLKEM_PUBLIC_SIZE, "ek");
static_assert(IBE_IDENTITY_KEY_SIZE == POINT_G1_SIZE, "d");

struct ibe_sender {
    struct params params;
    blst_fp6
        lines[BF_LINES]; /* of Ppub: they depend on nothing else and save an eighth of a pairing */
};

struct ibe_sender *ibe_sender_new(const struct params *params)
{
    blst_p2_affine public_point;
    struct ibe_sender *sender = memory_new(1, sizeof *sender);
    enum status status = point_read_g2(params->public_point, &public_point);
    assert(status == ST_OK && mlkem_public_valid(params->mlkem)); /* params_read has looked */
    (void)status;
    sender->params = *params;
    blst_precompute_lines(sender->lines, &public_point);
    return sender;
}

void ibe_sender_free(struct ibe_sender *sender)
{
    free(sender);
}

const struct params *ibe_sender_params(const struct ibe_sender *sender)
{
    return &sender->params;
}

/* I-1 and I-2: well-formed identity bytes, of this district and serial. */
static bool identity_belongs(const struct params *params, struct bytes bytes)
{
    struct identity identity;
    return identity_decode(bytes, &identity) == ST_OK && identity.serial == params->serial &&
           strcmp(identity.district, params->district) == 0;
}

/* The two halves' secrets, in one place to be wiped. */
struct halves {
    uint8_t bf[BF_KEY_SIZE], mlkem[MLKEM_KEY_SIZE];
};

/* KEY = HKDF(K_bf ‖ K_pq), bound to both ciphertexts, the identity and both public keys. */
static void combine(const struct params *params, const struct halves *halves,
                    const uint8_t ciphertext[IBE_CIPHERTEXT_SIZE],
                    const uint8_t binding[BF_BINDING_SIZE], struct secret *key_out)
{
    uint8_t mlkem_hash[32], info[32];
    assert(key_out->n == IBE_KEY_SIZE);
    suite_sha256((struct suite_parts){{BYTES_ARRAY(params->mlkem)}}, mlkem_hash);
    suite_sha256((struct suite_parts){{{ciphertext, IBE_CIPHERTEXT_SIZE},
                                       {binding, BF_BINDING_SIZE},
                                       BYTES_ARRAY(mlkem_hash)}},
                 info);
    suite_combine(halves->bf, halves->mlkem, info, key_out->p);
}

enum status ibe_encapsulate(const struct ibe_sender *sender, struct bytes identity,
                            const uint8_t random[IBE_RANDOM_SIZE],
                            uint8_t ciphertext_out[IBE_CIPHERTEXT_SIZE], struct secret *key_out)
{
    enum status status = ST_BAD;
    struct bf_identity whom;
    struct halves halves;
    uint8_t ciphertext[IBE_CIPHERTEXT_SIZE];
    if (!identity_belongs(&sender->params, identity))
        goto out;
    status = bf_identity(sender->params.public_point, identity, &whom);
    if (status != ST_OK)
        goto out;

    bf_encapsulate(sender->lines, &whom, random, ciphertext, halves.bf);
    mlkem_encapsulate(sender->params.mlkem, random + BF_RANDOM_SIZE,
                      ciphertext + BF_CIPHERTEXT_SIZE, halves.mlkem);
    combine(&sender->params, &halves, ciphertext, whom.binding, key_out);
    memcpy(ciphertext_out, ciphertext, sizeof ciphertext);
out:
    secret_wipe(&halves, sizeof halves);
    secret_burn_stack();
    return status;
}

enum status ibe_decapsulate(const struct ibe_opener *opener, struct bytes identity,
                            const uint8_t ciphertext[IBE_CIPHERTEXT_SIZE], struct secret *key_out)
{
    enum status status = ST_BAD;
    struct halves halves;
    uint8_t binding[BF_BINDING_SIZE];
    assert(opener->identity_key->n == IBE_IDENTITY_KEY_SIZE &&
           opener->mlkem->n == IBE_MLKEM_SECRET_SIZE);
    if (!identity_belongs(opener->params, identity))
        goto out;
    bf_binding(opener->params->public_point, identity, binding);
    status = bf_decapsulate(opener->identity_key->p, binding, ciphertext, halves.bf);
    if (status != ST_OK)
        goto out;

    mlkem_decapsulate(opener->mlkem->p, ciphertext + BF_CIPHERTEXT_SIZE, halves.mlkem);
    combine(opener->params, &halves, ciphertext, binding, key_out);
out:
    secret_wipe(&halves, sizeof halves);
    secret_burn_stack();
    return status;
}

bool ibe_identity_key_valid(const struct params *params, struct bytes identity,
                            const struct secret *identity_key)
{
    static const char dst[] = SUITE_DST;
    blst_p2_affine public_point;
    blst_p1_affine private_key;
    bool valid = false;
    assert(identity_key->n == IBE_IDENTITY_KEY_SIZE);

    /* e(d, P2) = e(Q, Ppub) is how a BLS signature on the identity is verified: I-3, I-4. */
    if (identity_belongs(params, identity) &&
        point_read_g2(params->public_point, &public_point) == ST_OK &&
        point_read_g1(identity_key->p, &private_key) == ST_OK)
        valid =
            blst_core_verify_pk_in_g2(&public_point, &private_key, true, identity.p, identity.n,
                                      (const byte *)dst, sizeof dst - 1, NULL, 0) == BLST_SUCCESS;
    secret_wipe(&private_key, sizeof private_key);
    secret_burn_stack();
    return valid;
}

bool ibe_mlkem_secret_valid(const struct params *params, const struct secret *mlkem)
{
    assert(mlkem->n == IBE_MLKEM_SECRET_SIZE);
    return mlkem_public_valid(params->mlkem) && mlkem_secret_valid(mlkem->p, params->mlkem);
}
