/* SPDX-License-Identifier: Apache-2.0
 * base: a view of bytes that somebody else owns. It lives as long as the memory behind it. */
#ifndef SECUREMAIL_BYTES_H
#define SECUREMAIL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *p; /* may be NULL only if n == 0 */
    size_t n;
};

#define BYTES_NONE ((struct bytes){NULL, 0})
/* The bytes of a string literal or a char array holding one, without the final NUL. */
#define BYTES_LITERAL(s) ((struct bytes){(const uint8_t *)(s), sizeof(s) - 1})
/* The whole of a fixed uint8_t array. */
#define BYTES_ARRAY(a) ((struct bytes){(a), sizeof(a)})

/* The bytes of a C string, without its NUL. NULL gives no bytes. */
struct bytes bytes_text(const char *text);

/* From `from` (at most b.n) to the end; the first `n` (at most b.n). */
struct bytes bytes_from(struct bytes b, size_t from);
struct bytes bytes_first(struct bytes b, size_t n);

/* Comparison in variable time: never for secrets (see secret_equal). */
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_nocase(struct bytes a, struct bytes b); /* ASCII letters only */
bool bytes_starts(struct bytes b, struct bytes prefix);
bool bytes_starts_nocase(struct bytes b, struct bytes prefix);

/* Position of the first such byte or sequence, or b.n if there is none. */
size_t bytes_index(struct bytes b, uint8_t byte);
size_t bytes_find(struct bytes b, struct bytes sequence);

/* Without ASCII blanks (space, tab, CR, LF) at both ends. */
struct bytes bytes_trim(struct bytes b);

/* Take the next line off *rest, without its LF or CRLF. False when nothing is left. */
bool bytes_line(struct bytes *rest, struct bytes *line_out);

/* Valid UTF-8 (RFC 3629: no surrogates, no overlong forms)? */
bool bytes_utf8(struct bytes b);

/* Copy into a C string of `size` chars. ST_LIMIT-like answers are a bool here: false, and an empty
 * string, if it does not fit or holds a NUL. */
bool bytes_to_text(struct bytes b, char *text_out, size_t size);

#endif
