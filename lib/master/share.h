/* SPDX-License-Identifier: Apache-2.0
 * master: shares of a master secret (docs/spec/shares.md): any `needed` of `count` make it again,
 * fewer say nothing about it. A share is a text file. */
#ifndef SECUREMAIL_SHARE_H
#define SECUREMAIL_SHARE_H

#include "master.h"

#define SHARE_FILE_MAX 4096
#define SHARE_COUNT_MAX 16
#define SHARE_SET_SIZE 16
#define SHARE_RANDOM_MAX ((SHARE_COUNT_MAX - 1) * MASTER_RANDOM_SIZE)

struct share_plan {
    unsigned needed, count;      /* 2 ≤ needed ≤ count ≤ SHARE_COUNT_MAX */
    uint8_t set[SHARE_SET_SIZE]; /* random: names this backup */
    /* (needed − 1) · MASTER_RANDOM_SIZE fresh random bytes, used once; the caller wipes them. */
    const struct secret *random;
};

/* Append the file of share i to files_out[i − 1], for i from 1 to count. ST_BAD if the plan's
 * numbers or the amount of randomness are wrong, ST_LIMIT if a file does not fit. */
enum status share_split(const struct master *master, const struct share_plan *plan,
                        struct buffer files_out[]) MUST_CHECK;

/* A share that was read: its own digest and check are right. */
struct share;

/* ST_BAD with the rule S-1 … S-3 and a reason. */
enum status share_read(struct bytes file, struct share **share_out, struct why *why) MUST_CHECK;
void share_free(struct share *share); /* NULL is fine */
unsigned share_number(const struct share *share);
unsigned share_needed(const struct share *share);
unsigned share_count(const struct share *share);

/* Do these shares belong together? odd_out[i] tells of shares[i] that it is not of the backup that
 * most of them are of. ST_OK: none is; ST_BAD: some are (S-4), or no more than half of them agree,
 * and then all are (S-7). */
enum status share_compare(struct share *const shares[], size_t count, bool odd_out[]) MUST_CHECK;

/* Make the master again from shares that share_compare found to belong together. ST_BAD with the
 * rule: one is given twice (S-5), too few (S-6), or what comes out is another master (S-8). */
enum status share_join(struct share *const shares[], size_t count, struct master **master_out,
                       struct why *why) MUST_CHECK;

#endif
