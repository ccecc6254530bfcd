/* SPDX-License-Identifier: Apache-2.0
 * portal: for the viewer's tests: sealed files, made straight from the age specification without
 * lib/envelope's writer. The stanza is well formed, but nobody could unwrap it: a viewer is given
 * the file key. */
#ifndef SECUREMAIL_TEST_SEALED_H
#define SECUREMAIL_TEST_SEALED_H

#include "bytes.h"
#include "secret.h"

/* A memory file with the sealed mail, at its beginning; `key` is the file key. Aborts on any error.
 */
int test_sealed(struct bytes mail, const struct secret *key);
/* A file key for tests. */
struct secret *test_key(void);
/* Change one byte of a file. */
void test_flip(int fd, long offset);

#endif
