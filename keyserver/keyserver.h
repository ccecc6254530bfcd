/* SPDX-License-Identifier: Apache-2.0
 * keyserver: what it answers. Time is an argument, so that expiry can be tested. */
#ifndef SECUREMAIL_KEYSERVER_H
#define SECUREMAIL_KEYSERVER_H

#include "key_log.h"
#include "key_mark.h"
#include "master_set.h"
#include "wire_keyserver.h"

/* Read by all threads, changed by none. */
struct keyserver {
    const struct master_set *masters;
    struct key_log *log;
    int64_t lifetime; /* seconds from a period's beginning that its messages can be opened */
    int64_t validity; /* seconds that parameters given now are valid */
    bool exports;     /* [keyserver] export-keys */
};

/* Open one message key, by the rules K-1 to K-7 of docs/spec/wire.md, in their order. What was
 * decided is in the key log before this returns. `key_out` becomes the caller's, if ST_OK. */
struct wire_verdict keyserver_open(const struct keyserver *keyserver,
                                   const struct wire_key_open *ask, int64_t now,
                                   struct secret **key_out) MUST_CHECK;

/* The same for the operator, after the lifetime too, and what opens a whole identity: K-1 to K-4
 * and K-6 to K-8. `operator`: the peer is root or the keyserver's own user. */
struct wire_verdict keyserver_export_message(const struct keyserver *keyserver,
                                             const struct wire_key_open *ask, bool operator,
                                             int64_t now, struct secret **key_out) MUST_CHECK;
struct wire_verdict keyserver_export_identity(const struct keyserver *keyserver,
                                              const struct wire_key_export *ask, bool operator,
                                              int64_t now,
                                              struct wire_key_export_reply *reply_out) MUST_CHECK;

/* The key log's signed head. ST_TEMP: the log is in doubt. */
struct wire_verdict keyserver_head(const struct keyserver *keyserver, int64_t now,
                                   struct wire_key_head_reply *reply_out) MUST_CHECK;

/* The public parameters of the newest serial, signed for now. ST_TEMP: its life is over. */
struct wire_verdict keyserver_parameters(const struct keyserver *keyserver, int64_t now,
                                         struct wire_key_parameters_reply *reply_out) MUST_CHECK;

#endif
