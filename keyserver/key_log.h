/* SPDX-License-Identifier: Apache-2.0
 * keyserver: the key log: every opening, written down and on the disk before the key leaves
 * (docs/spec/key-log.md). Any number of threads may append at once; those that come together share
 * one wait for the disk. */
#ifndef SECUREMAIL_KEY_LOG_H
#define SECUREMAIL_KEY_LOG_H

#include "key_check.h"

struct key_log;

/* Open for appending; an empty or new file (mode 0600) gets its head. `found_out` says what was
 * found: if found_out->torn_bytes is not 0, a record is unfinished, and key_log_mend must follow
 * before anything is appended. ST_DENIED: another keyserver has it; ST_BAD: damaged, or of another
 * district; ST_FAIL: it can't be read or written. */
enum status key_log_open(const char *path, const struct key_head *head, struct key_log **log_out,
                         struct key_check *found_out, struct why *why) MUST_CHECK;
/* Cut the unfinished record off and write a `torn` record (or the head, if that was unfinished). */
enum status key_log_mend(struct key_log *log, int64_t now, struct why *why) MUST_CHECK;
void key_log_close(struct key_log *log); /* NULL is fine */

/* Write the record (its number is given here) and wait until it is on the disk. ST_TEMP: it is not,
 * so nothing may be opened; after a failure that leaves doubt about the file, every later call is
 * ST_TEMP too. ST_BAD: a field can't stand in a line. */
enum status key_log_append(struct key_log *log, const struct key_record *record) MUST_CHECK;
/* Number and chain of the last record, which with all before it is on the disk. ST_TEMP: it is not,
 * or the file is in doubt. */
enum status key_log_last(struct key_log *log, uint64_t *number_out,
                         uint8_t chain_out[KEY_CHAIN_SIZE]) MUST_CHECK;
/* Will every later call be ST_TEMP? */
bool key_log_broken(struct key_log *log);

#endif
