/* SPDX-License-Identifier: Apache-2.0
 * ibe: checked points. */
#include "point.h"

#include "suite.h"

enum status point_read_g1(const uint8_t text[POINT_G1_SIZE], blst_p1_affine *point_out)
{
    blst_p1_affine point;
    if (blst_p1_uncompress(&point, text) != BLST_SUCCESS || blst_p1_affine_is_inf(&point) ||
        !blst_p1_affine_in_g1(&point))
        return ST_BAD;
    *point_out = point;
    return ST_OK;
}

enum status point_read_g2(const uint8_t text[POINT_G2_SIZE], blst_p2_affine *point_out)
{
    blst_p2_affine point;
    if (blst_p2_uncompress(&point, text) != BLST_SUCCESS || blst_p2_affine_is_inf(&point) ||
        !blst_p2_affine_in_g2(&point))
        return ST_BAD;
    *point_out = point;
    return ST_OK;
}

enum status point_of_identity(struct bytes identity, blst_p1 *point_out)
{
    static const char dst[] = SUITE_DST;
    blst_p1 point;
    blst_hash_to_g1(&point, identity.p, identity.n, (const byte *)dst, sizeof dst - 1, NULL, 0);
    if (blst_p1_is_inf(&point))
        return ST_FAIL;
    *point_out = point;
    return ST_OK;
}

enum status point_scalar(const uint8_t wide[64], blst_scalar *scalar_out)
{
    return blst_scalar_from_be_bytes(scalar_out, wide, 64) ? ST_OK : ST_FAIL;
}
