/* SPDX-License-Identifier: Apache-2.0
 * keyserver: one line of the key log, as a struct and as text (docs/spec/key-log.md). */
#ifndef SECUREMAIL_KEY_RECORD_H
#define SECUREMAIL_KEY_RECORD_H

#include "buffer.h"
#include "identity.h"

#define KEY_CHAIN_SIZE 32
#define KEY_MESSAGE_SIZE 32
#define KEY_LINE_MAX 1024 /* bytes of a line, with its LF */

enum key_result {
    KEY_OPENED,
    KEY_EXPIRED,
    KEY_TOO_EARLY,
    KEY_UNKNOWN_DISTRICT,
    KEY_MALFORMED,
    KEY_TORN,
    KEY_EXPORTED,
    KEY_EXPORT_REFUSED,
    KEY_RESULT_COUNT
};

/* "opened", … as in the file; a constant string. */
const char *key_result_name(enum key_result result);

struct key_record {
    uint64_t number;
    int64_t time; /* seconds since 1970 */
    enum key_result result;
    uint64_t serial;
    int64_t period_start;          /* -1: none */
    char address[ADDRESS_MAX + 1]; /* canonical; "": none */
    uint64_t account;
    uint8_t message[KEY_MESSAGE_SIZE];
};

struct key_head {
    char district[IDENTITY_DISTRICT_MAX + 1];
    int64_t time;
};

/* Write the line, with its chain and LF, behind a line whose chain is `chain`; then `chain` is this
 * line's. ST_BAD if a field can't stand in a line. */
enum status key_record_write(const struct key_record *record, uint8_t chain[KEY_CHAIN_SIZE],
                             struct buffer *line_out) MUST_CHECK;
enum status key_head_write(const struct key_head *head, uint8_t chain[KEY_CHAIN_SIZE],
                           struct buffer *line_out) MUST_CHECK;

/* Read a line (without its LF) that stands behind one whose chain is `chain`; then `chain` is this
 * line's. ST_BAD with a reason: the form, or the chain. */
enum status key_record_read(struct bytes line, uint8_t chain[KEY_CHAIN_SIZE],
                            struct key_record *record_out, struct why *why) MUST_CHECK;
enum status key_head_read(struct bytes line, uint8_t chain[KEY_CHAIN_SIZE],
                          struct key_head *head_out, struct why *why) MUST_CHECK;

#endif
