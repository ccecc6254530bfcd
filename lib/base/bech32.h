/* SPDX-License-Identifier: Apache-2.0
 * base: Bech32 (BIP 173) without its limit of 90 characters, as age writes keys. Both directions
 * run in constant time for a length, but for the verdict. */
#ifndef SECUREMAIL_BECH32_H
#define SECUREMAIL_BECH32_H

#include "bytes.h"
#include "status.h"

/* Characters for a human-readable part of hrp_n characters and n bytes, without a NUL. */
size_t bech32_length(size_t hrp_n, size_t n);

/* Write bech32_length characters, upper case, and a NUL. `hrp`: lower-case ASCII. */
void bech32_encode(const char *hrp, struct bytes data, char *text_out);

/* Decode a text of either case into `out`, which has room for `size` bytes. ST_BAD: not Bech32 of
 * this human-readable part, mixed case, a wrong check, bits left over; ST_LIMIT: it does not fit.
 * After a failure the bytes at `out` mean nothing, and are for the caller to wipe. */
enum status bech32_decode(struct bytes text, const char *hrp, uint8_t *out, size_t size,
                          size_t *n_out) MUST_CHECK;

#endif
