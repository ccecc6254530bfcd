/* SPDX-License-Identifier: Apache-2.0
 * ibe: the Boneh–Franklin KEM on blst. Read it beside docs/spec/ibe.md §4 to §6; the names are
 * those of the text. Callers burn the stack. */
#include "bf.h"

#include <assert.h>
#include <blst_aux.h>

#include "secret.h"
#include "suite.h"

#define SCALAR_BITS 255
#define GT_SIZE 576

void bf_binding(const uint8_t public_point[POINT_G2_SIZE], struct bytes identity,
                uint8_t binding_out[BF_BINDING_SIZE])
{
    assert(identity.n <= UINT16_MAX);
    const uint8_t length[2] = {(uint8_t)(identity.n >> 8), (uint8_t)identity.n};
    suite_hash256(
        SUITE_TAG_BIND,
        (struct suite_parts){{{public_point, POINT_G2_SIZE}, BYTES_ARRAY(length), identity}},
        binding_out);
}

enum status bf_identity(const uint8_t public_point[POINT_G2_SIZE], struct bytes identity,
                        struct bf_identity *identity_out)
{
    struct bf_identity whom;
    enum status status = point_of_identity(identity, &whom.point);
    if (status != ST_OK)
        return status;
    bf_binding(public_point, identity, whom.binding);
    *identity_out = whom;
    return ST_OK;
}

/* The ciphertext's two parts, and what is hashed with them. */
struct transcript {
    struct bytes u, v, binding;
};

static struct transcript transcript_of(const uint8_t ciphertext[BF_CIPHERTEXT_SIZE],
                                       const uint8_t binding[BF_BINDING_SIZE])
{
    return (struct transcript){
        .u = {ciphertext, POINT_G2_SIZE},
        .v = {ciphertext + POINT_G2_SIZE, BF_CIPHERTEXT_SIZE - POINT_G2_SIZE},
        .binding = {binding, BF_BINDING_SIZE},
    };
}

/* ρ = OS2IP( H512("…-R", m ‖ h) ) mod r; false if that is zero. */
static bool encryption_scalar(const uint8_t m[32], struct bytes binding, blst_scalar *rho_out)
{
    uint8_t wide[64];
    suite_hash512(SUITE_TAG_RANDOM, (struct suite_parts){{{m, 32}, binding}}, wide);
    bool good = blst_scalar_from_be_bytes(rho_out, wide, sizeof wide);
    secret_wipe(wide, sizeof wide);
    return good;
}

/* A scalar that is a hash is zero once in 2^255 times: never. A function of its own, so that the
 * constant time test can name the one branch on a secret that is ours. */
__attribute__((noinline)) static void must_not_be_zero(bool good)
{
    if (!good)
        abort();
}

/* U = [ρ]P2, compressed. */
static void commitment(const blst_scalar *rho, uint8_t u_out[POINT_G2_SIZE])
{
    blst_p2 point;
    blst_p2_mult(&point, blst_p2_generator(), rho->b, SCALAR_BITS);
    blst_p2_compress(u_out, &point);
    secret_wipe(&point, sizeof point);
}

/* to = from ⊕ H256("…-M", GT(g) ‖ U ‖ h), where g is the pairing behind this Miller loop. */
static void mask(const blst_fp12 *miller, const struct transcript *t, const uint8_t from[32],
                 uint8_t to[32])
{
    blst_fp12 g;
    uint8_t gt[GT_SIZE], pad[32];
    blst_final_exp(&g, miller);
    blst_bendian_from_fp12(gt, &g);
    suite_hash256(SUITE_TAG_MASK, (struct suite_parts){{BYTES_ARRAY(gt), t->u, t->binding}}, pad);
    for (size_t i = 0; i < sizeof pad; i++)
        to[i] = from[i] ^ pad[i];
    secret_wipe(&g, sizeof g);
    secret_wipe(gt, sizeof gt);
    secret_wipe(pad, sizeof pad);
}

void bf_encapsulate(const blst_fp6 lines[BF_LINES], const struct bf_identity *identity,
                    const uint8_t random[BF_RANDOM_SIZE],
                    uint8_t ciphertext_out[BF_CIPHERTEXT_SIZE], uint8_t key_out[BF_KEY_SIZE])
{
    uint8_t ciphertext[BF_CIPHERTEXT_SIZE];
    struct transcript t = transcript_of(ciphertext, identity->binding);
    struct {
        blst_scalar rho;
        blst_p1 product;
        blst_p1_affine affine;
        blst_fp12 miller;
    } secret;

    /* ρ from m and h, so that m alone decides all that follows. */
    must_not_be_zero(encryption_scalar(random, t.binding, &secret.rho));
    commitment(&secret.rho, ciphertext);

    /* g = e([ρ]Q, Ppub). The loop over lines doesn't know infinity; Q is in G1 and not infinity, ρ
     * is not zero, so [ρ]Q is neither. */
    blst_p1_mult(&secret.product, &identity->point, secret.rho.b, SCALAR_BITS);
    blst_p1_to_affine(&secret.affine, &secret.product);
    blst_miller_loop_lines(&secret.miller, lines, &secret.affine);
    mask(&secret.miller, &t, random, ciphertext + POINT_G2_SIZE);

    suite_hash256(SUITE_TAG_KEY, (struct suite_parts){{{random, 32}, t.binding, t.u, t.v}},
                  key_out);
    memcpy(ciphertext_out, ciphertext, sizeof ciphertext);
    secret_wipe(&secret, sizeof secret);
}

/* out = a if `first`, else b, without a branch: the compiler can't see what the mask is. */
static void select_key(bool first, const uint8_t a[32], const uint8_t b[32], uint8_t out[32])
{
    uint8_t mask_a = (uint8_t)(0 - (unsigned)first); /* 0xff or 0 */
    __asm__ volatile("" : "+r"(mask_a));
    for (size_t i = 0; i < BF_KEY_SIZE; i++)
        out[i] = (uint8_t)((a[i] & mask_a) | (b[i] & (uint8_t)~mask_a));
}

enum status bf_decapsulate(const uint8_t private_key[POINT_G1_SIZE],
                           const uint8_t binding[BF_BINDING_SIZE],
                           const uint8_t ciphertext[BF_CIPHERTEXT_SIZE],
                           uint8_t key_out[BF_KEY_SIZE])
{
    enum status status = ST_BAD;
    struct transcript t = transcript_of(ciphertext, binding);
    blst_p2_affine u;
    struct {
        blst_p1_affine d;
        blst_fp12 miller;
        blst_scalar rho;
        uint8_t m[32], z[32], u_again[POINT_G2_SIZE], key[32], rejected[32];
    } secret;

    /* A foreign point is checked before it is used: I-6 to I-8. */
    if (point_read_g2(ciphertext, &u) != ST_OK || point_read_g1(private_key, &secret.d) != ST_OK)
        goto out;

    /* m' from the pairing; then the encryption again. (A zero ρ' would give infinity: not U.) */
    blst_miller_loop(&secret.miller, &u, &secret.d);
    mask(&secret.miller, &t, t.v.p, secret.m);
    encryption_scalar(secret.m, t.binding, &secret.rho);
    commitment(&secret.rho, secret.u_again);

    /* Both keys, always; I-9. */
    suite_hash256(SUITE_TAG_REJECTION,
                  (struct suite_parts){{{private_key, POINT_G1_SIZE}, t.binding}}, secret.z);
    suite_hash256(SUITE_TAG_KEY, (struct suite_parts){{BYTES_ARRAY(secret.m), t.binding, t.u, t.v}},
                  secret.key);
    suite_hash256(SUITE_TAG_REJECTED,
                  (struct suite_parts){{BYTES_ARRAY(secret.z), t.binding, t.u, t.v}},
                  secret.rejected);
    select_key(secret_equal(BYTES_ARRAY(secret.u_again), t.u), secret.key, secret.rejected,
               key_out);
    status = ST_OK;
out:
    secret_wipe(&secret, sizeof secret);
    return status;
}
