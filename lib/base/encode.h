/* SPDX-License-Identifier: Apache-2.0
 * base: base64 (RFC 4648 §4) and hexadecimal. Decoding is strict: one text for each value, anything
 * else is ST_BAD: no blanks, no line ends, no missing or superfluous padding, no stray bits. After
 * a failure the bytes at `out` mean nothing. */
#ifndef SECUREMAIL_ENCODE_H
#define SECUREMAIL_ENCODE_H

#include "bytes.h"
#include "status.h"

enum padding { PADDED, UNPADDED };

/* Characters needed for n bytes, without a NUL. */
size_t base64_length(size_t n, enum padding padding);
/* Write base64_length(in.n, padding) characters, no NUL; returns that count. Not constant time. */
size_t base64_encode(char *text_out, struct bytes in, enum padding padding);
/* Decode into at most `size` bytes; ST_LIMIT if it would not fit, ST_BAD if not canonical. Not
 * constant time: for ciphertext and public values only. */
enum status base64_decode(struct bytes text, enum padding padding, uint8_t *out, size_t size,
                          size_t *n_out) MUST_CHECK;
/* The same with the URL-safe alphabet (RFC 4648 §5), unpadded; constant time, for tokens. */
size_t token_encode(char *text_out, size_t size,
                    struct bytes in); /* adds a NUL; aborts if too small */
enum status token_decode(struct bytes text, uint8_t *out,
                         size_t n) MUST_CHECK; /* exactly n bytes */

/* 2n lower-case digits and a NUL. */
void hex_encode(char *text_out, struct bytes in);
/* Exactly n bytes from 2n digits of either case. */
enum status hex_decode(struct bytes text, uint8_t *out, size_t n) MUST_CHECK;

#endif
