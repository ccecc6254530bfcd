/* SPDX-License-Identifier: Apache-2.0
 * accounts: the chain of account events. Each event's hash covers the one before it, so that a
 * change, a gap or a removal in the middle shows (docs/spec/audit.md). An event is written in the
 * transaction that makes it true. */
#ifndef SECUREMAIL_AUDIT_H
#define SECUREMAIL_AUDIT_H

#include "store.h"

/* Append one event. `event` is one word ("registered", "confirmed", "sign-in", …), `source` a
 * network address; either text is cut to its column. */
enum status audit_add(struct store_transaction *t, int64_t now, const char *event,
                      const char *address, const char *source) MUST_CHECK;

/* The hash of an event that follows one with the hash `before` (32 zero bytes for the first). */
void audit_hash(const uint8_t before[STORE_HASH_SIZE], const struct store_event *event,
                uint8_t hash_out[STORE_HASH_SIZE]);

/* Recompute the chain. ST_BAD, with the number of the first event that does not fit, else ST_OK and
 * how many there are. */
enum status audit_verify(struct store_transaction *t, int64_t *number_out) MUST_CHECK;

#endif
