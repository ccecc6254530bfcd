/* SPDX-License-Identifier: Apache-2.0
 * smtp: the bytes of one letter. A small letter stays in memory. A large one goes to a file without
 * a name, encrypted under a key that exists only in this process and only as long as the letter:
 * its plaintext never touches a disk, and nothing is left behind by a crash. */
#ifndef SECUREMAIL_SMTP_BODY_H
#define SECUREMAIL_SMTP_BODY_H

#include <stdint.h>

#include "bytes.h"
#include "status.h"

#define SMTP_BODY_PIECE 65536    /* every piece but the last has exactly this many bytes */
#define SMTP_BODY_MEMORY 1048576 /* bytes of a letter that stay in memory before a file is used */

struct smtp_body_settings {
    const char *directory;                  /* for the unnamed files; must exist and be writable */
    void (*random_fill)(void *p, size_t n); /* fresh key bytes: random_fill of random.h */
};

struct smtp_body;

/* An empty body. The settings are only read here. */
struct smtp_body *smtp_body_new(const struct smtp_body_settings *settings);
/* Wipes memory and key, closes the file; NULL is fine. */
void smtp_body_free(struct smtp_body *body);

/* Append. ST_TEMP: no room or a fault of the disk; the body then stays failed, and every later call
 * says so. Only before the first smtp_body_read. */
enum status smtp_body_add(struct smtp_body *body, struct bytes bytes) MUST_CHECK;

/* Bytes so far. */
uint64_t smtp_body_size(const struct smtp_body *body);
/* The first bytes, at most SMTP_BODY_PIECE: the letter's top header. Valid until the body is freed,
 * once nothing is added any more. */
struct bytes smtp_body_top(const struct smtp_body *body);

/* Read from the beginning again; as often as needed. */
void smtp_body_rewind(struct smtp_body *body);
/* The next piece; valid until the next call for this body. ST_NONE after the last. ST_TEMP: the
 * disk failed or gave back other bytes than were written (each block is authenticated). */
enum status smtp_body_read(struct smtp_body *body, struct bytes *piece_out) MUST_CHECK;

#endif
