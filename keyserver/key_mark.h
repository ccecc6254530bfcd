/* SPDX-License-Identifier: Apache-2.0
 * keyserver: the signed head of a key log: how far it went at a moment, kept elsewhere to find out
 * later whether anything before that was changed or cut off (docs/spec/key-log.md §Signed heads).
 */
#ifndef SECUREMAIL_KEY_MARK_H
#define SECUREMAIL_KEY_MARK_H

#include "key_record.h"
#include "sign.h"

#define KEY_MARK_MAX 4096 /* bytes of a signed head */

struct key_mark {
    char district[IDENTITY_DISTRICT_MAX + 1];
    uint64_t number; /* of the last record; 0: there is none */
    int64_t time;    /* when it was signed */
    uint8_t chain[KEY_CHAIN_SIZE];
};

/* What is signed, one line with its LF; and the trusted comment that says the same. ST_BAD if the
 * district or the time can't stand in it. */
enum status key_mark_line(const struct key_mark *mark, struct buffer *line_out) MUST_CHECK;
enum status key_mark_comment(const struct key_mark *mark, struct buffer *comment_out) MUST_CHECK;

/* Read a signed head. ST_BAD with a reason: its form, or not signed by this authority. */
enum status key_mark_read(struct bytes file, const struct sign_public *authority,
                          struct key_mark *mark_out, struct why *why) MUST_CHECK;

#endif
