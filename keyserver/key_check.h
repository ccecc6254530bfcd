/* SPDX-License-Identifier: Apache-2.0
 * keyserver: checking a key log from its first line to its last (docs/spec/key-log.md §Checking).
 * Stands apart from the writing, for it is used without a keyserver, too. */
#ifndef SECUREMAIL_KEY_CHECK_H
#define SECUREMAIL_KEY_CHECK_H

#include "key_record.h"

struct key_check {
    struct key_head head;
    uint64_t lines;                /* whole ones, the head included; 0: the file is empty */
    uint64_t records;              /* the last one's number */
    uint8_t chain[KEY_CHAIN_SIZE]; /* of the last whole line */
    uint64_t bytes;                /* of all whole lines */
    uint64_t torn_bytes;           /* behind them: rule L-5 is the caller's */
};

/* Told of each whole line that is good: the head of the file as record NULL. `chain` is the line's.
 */
struct key_visitor {
    void (*visit)(void *context, const struct key_record *record,
                  const uint8_t chain[KEY_CHAIN_SIZE]);
    void *context;
};

/* Read the file from its beginning; `visitor` may be NULL. ST_BAD, naming the line, if a rule from
 * L-1 to L-4 is broken; ST_FAIL if it can't be read. */
enum status key_check(int fd, const struct key_visitor *visitor, struct key_check *found_out,
                      struct why *why) MUST_CHECK;

#endif
