/* SPDX-License-Identifier: Apache-2.0
 * master: a share as its two files see it. */
#ifndef SECUREMAIL_SHARE_PRIVATE_H
#define SECUREMAIL_SHARE_PRIVATE_H

#include "lines_private.h"
#include "share.h"

struct share {
    unsigned number, needed, count;
    struct public_lines public;
    struct secret *value; /* MASTER_RANDOM_SIZE */
    struct buffer common; /* the lines that all shares of a set have in common */
};

/* Append the file of one share; `values` are those of all. */
enum status share_write(const struct master *master, const struct share_plan *plan,
                        struct secret *const values[], unsigned number,
                        struct buffer *file_out) MUST_CHECK;

/* y = seeds + a_1·x + … + a_{k−1}·x^{k−1}, for each byte. */
void share_evaluate(const struct secret *seeds, const struct share_plan *plan, uint8_t x,
                    struct secret *y);
/* The value at 0 of the polynomials through these shares, added to `seeds`. */
void share_interpolate(struct share *const shares[], size_t count, struct secret *seeds);

#endif
