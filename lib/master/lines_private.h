/* SPDX-License-Identifier: Apache-2.0
 * master: files of lines "name: value", as master files and shares are: reading one after the
 * other, up to the first mistake; and the lines that both have. */
#ifndef SECUREMAIL_LINES_PRIVATE_H
#define SECUREMAIL_LINES_PRIVATE_H

#include "master.h"

/* A file while it is read: the line in hand, and where the first mistake was. */
struct lines {
    struct bytes file, rest;
    unsigned line;
    const char *wrong; /* the name of the line that was not as it must be; NULL: none yet */
};

/* The value of the next line, which must have this name; nothing after a first mistake. */
struct bytes lines_value(struct lines *lines, const char *name);
/* Keep the first mistake. */
void lines_expect(struct lines *lines, const char *name, bool good);
void lines_word(struct lines *lines, const char *name, const char *word);
void lines_number(struct lines *lines, const char *name, uint64_t min, uint64_t max, uint64_t *out);
/* The last line, "check: <SHA-256 of all before it>", and nothing behind it. */
void lines_check(struct lines *lines);
/* What was read so far. */
struct bytes lines_before(const struct lines *lines);

/* Append the check line over what stands in the buffer from `start` on. */
void lines_add_check(struct buffer *file, size_t start);
/* n bytes from 2n digits in lower case: one text for each value. */
bool lines_hex(struct bytes text, uint8_t *out, size_t n);
/* "name: base64", in constant time; and back, from canonical base64 of exactly n bytes. */
void lines_add_secret(struct buffer *file, const char *name, struct bytes secret);
bool lines_secret(struct bytes text, uint8_t *out, size_t n);

/* What everybody may know of a master secret: the lines from `district` to `authority`. */
struct public_lines {
    char district[IDENTITY_DISTRICT_MAX + 1];
    struct master_settings settings; /* without a district: set it to the one above */
    uint8_t fingerprint[PARAMS_FINGERPRINT_SIZE];
    struct sign_public authority;
};
void lines_add_public(struct buffer *file, const struct master *master);
void lines_public(struct lines *lines, struct public_lines *out);

#endif
