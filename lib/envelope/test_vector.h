/* SPDX-License-Identifier: Apache-2.0
 * envelope: files of vectors for the tests: lines of "key: value", an empty line, a message. */
#ifndef SECUREMAIL_TEST_VECTOR_H
#define SECUREMAIL_TEST_VECTOR_H

#include "buffer.h"
#include "secret.h"

struct vector {
    char name[256];
    struct buffer content;
    struct bytes keys;
    struct bytes message;
};

/* A key's value; no bytes if the vector does not have it. It lives as long as the vector. */
struct bytes vector_value(const struct vector *vector, const char *key);
/* A value in hexadecimal; ends the program unless it has n bytes. */
void vector_hex(const struct vector *vector, const char *key, uint8_t *out, size_t n);
/* The same, as a secret that the caller frees. */
struct secret *vector_secret(const struct vector *vector, const char *key, size_t n);

/* Judge every file of a folder, in the order of their names: `judge` says what is wrong, or NULL.
 * Prints what is wrong and the count; gives the program's exit code, which is 1 unless there are
 * exactly `count` vectors: none can get lost unnoticed. */
int vector_run(const char *folder, int count, const char *(*judge)(const struct vector *vector));

/* Decode an armored message that comes in pieces of `step` bytes; `file_out` is a buffer of the
 * caller. A refusal says why. */
enum status vector_unarmor(struct bytes text, size_t step, struct buffer *file_out,
                           uint8_t hash_out[64], struct why *why) MUST_CHECK;

#endif
