/* SPDX-License-Identifier: Apache-2.0
 * ibe: points of BLS12-381 that came from outside, and hashing to G1. Private to lib/ibe and
 * lib/master; the only header that shows blst. */
#ifndef SECUREMAIL_POINT_H
#define SECUREMAIL_POINT_H

#include <blst.h>

#include "bytes.h"
#include "status.h"

#define POINT_G1_SIZE 48
#define POINT_G2_SIZE 96

/* The only ways in for a foreign point: canonical compressed form, on the curve, not infinity, in
 * the subgroup; else ST_BAD. blst's own uncompress tests neither of the last two, and its subgroup
 * test holds infinity to be a member. */
enum status point_read_g1(const uint8_t text[POINT_G1_SIZE], blst_p1_affine *point_out) MUST_CHECK;
enum status point_read_g2(const uint8_t text[POINT_G2_SIZE], blst_p2_affine *point_out) MUST_CHECK;

/* Q, the point of an identity (RFC 9380 under our DST); never infinity in practice, ST_FAIL then.
 */
enum status point_of_identity(struct bytes identity, blst_p1 *point_out) MUST_CHECK;

/* OS2IP(wide) mod r; ST_FAIL if that is zero. */
enum status point_scalar(const uint8_t wide[64], blst_scalar *scalar_out) MUST_CHECK;

#endif
