/* SPDX-License-Identifier: Apache-2.0
 * keyserver: what opening and exporting share. */
#ifndef SECUREMAIL_KEYSERVER_PRIVATE_H
#define SECUREMAIL_KEYSERVER_PRIVATE_H

#include "keyserver.h"

/* What is asked for, in the asker's words. */
struct asked {
    const char *district, *address;
    uint64_t serial, period_start;
    uint64_t account;
    const uint8_t *message; /* KEY_MESSAGE_SIZE; NULL: none */
};

/* The identity in the keyserver's own words, and whose master opens it: K-1 to K-3. */
enum key_result identify(const struct keyserver *keyserver, const struct asked *asked,
                         const struct master **master_out, struct identity *identity_out);
/* K-4. */
enum key_result judge_beginning(const struct identity *identity, int64_t now);
/* Write down what was decided; K-7. The verdict is what the asking end is told. */
struct wire_verdict write_down(const struct keyserver *keyserver, const struct asked *asked,
                               const struct identity *identity, enum key_result result,
                               int64_t now);

#endif
