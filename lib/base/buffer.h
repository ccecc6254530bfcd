/* SPDX-License-Identifier: Apache-2.0
 * base: a growing buffer that is born with its greatest size. Its memory is wiped whenever it is
 * given back, so that a letter or an answer does not outlive its use. */
#ifndef SECUREMAIL_BUFFER_H
#define SECUREMAIL_BUFFER_H

#include "bytes.h"
#include "status.h"

struct buffer {
    uint8_t *p;
    size_t n;      /* bytes in use */
    size_t space;  /* bytes allocated */
    size_t max;    /* never more than this */
    bool overflow; /* an addition did not fit: every later one fails too */
};

/* An empty buffer in the caller's storage that will hold at most `max` bytes. */
void buffer_init(struct buffer *buffer, size_t max);
/* Wipe and free; the struct may be used again after buffer_init. */
void buffer_done(struct buffer *buffer);
/* Wipe and forget the content, keep the memory and the limit, clear `overflow`. */
void buffer_clear(struct buffer *buffer);

/* Append bytes that do not lie in the buffer itself. ST_LIMIT, and no change but `overflow`, if it
 * would pass `max`. Because `overflow` sticks, a writer may append many times and check once, at
 * the end, with buffer_check. */
enum status buffer_add(struct buffer *buffer, struct bytes bytes);
enum status buffer_add_byte(struct buffer *buffer, uint8_t byte);
enum status buffer_add_text(struct buffer *buffer, const char *text);
enum status buffer_add_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* Make room for n more bytes and return where they go; the caller then adds to buffer->n what it
 * wrote. NULL if that would pass `max`. */
uint8_t *buffer_space(struct buffer *buffer, size_t n);
/* Drop the first n bytes (at most all). */
void buffer_drop(struct buffer *buffer, size_t n);

/* ST_OK, or ST_LIMIT if any addition since init or clear did not fit. */
enum status buffer_check(const struct buffer *buffer) MUST_CHECK;
/* The content; valid until the buffer changes. */
struct bytes buffer_bytes(const struct buffer *buffer);
/* The content as a C string (a NUL is kept behind it); valid until the buffer changes. */
const char *buffer_text(struct buffer *buffer);

#endif
