/* SPDX-License-Identifier: Apache-2.0
 * cli: asking for the passphrase of the master secret, and locking under it. */
#ifndef SECUREMAIL_PASSPHRASE_H
#define SECUREMAIL_PASSPHRASE_H

#include "master.h"

#define PASSPHRASE_MIN 12 /* bytes of a new one */

/* From a file (master_read_passphrase), or, for "-", asked for at the terminal, twice, without
 * echo. ST_BAD: too short for a new one, or the two differ. */
enum status passphrase_new(const char *path, struct secret **passphrase_out,
                           struct why *why) MUST_CHECK;

/* A lock with fresh salt and nonce and the cost of a new file: 256 MiB, 3 passes, about a second
 * (RFC 9106 §4 asks for 64 MiB and 3 passes at least). `passphrase` outlives it. */
struct master_lock passphrase_lock(const struct secret *passphrase);

#endif
