/* SPDX-License-Identifier: Apache-2.0
 * gateway: what a worker needs to seal: all of it public but the signing key. Made before the
 * workers are forked; a worker never sees it change, for it is replaced by another. */
#ifndef SECUREMAIL_GATEWAY_H
#define SECUREMAIL_GATEWAY_H

#include "config.h"
#include "ibe.h"
#include "notice.h"
#include "policy.h"
#include "route.h"
#include "sign.h"

/* One state of the parameter file. */
struct gateway_file {
    uint64_t inode;
    int64_t size, seconds, nanoseconds;
};

struct gateway {
    struct config *config;
    struct policy *policy;
    struct params params;
    struct ibe_sender *sender;
    struct gateway_file file; /* the parameter file, when it was read last */
    struct sign_key *key;
    struct relay_settings relay;
    struct routes routes;
    struct notices *notices;
    struct notice_settings notice;
    int64_t lifetime; /* seconds a message can be opened from the beginning of its period on */
    const char *host_name;
    bool keep_line_ends;
};

/* Read settings, rules, notices, parameters and key. Parameters must be signed by the pinned
 * authority, be of the configured district, and be valid now; the key must be the one that readers
 * are told to trust. On failure the reason names the file; what was made is freed by gateway_close.
 */
enum status gateway_open(struct gateway *gateway, const char *path, int64_t now,
                         struct why *why) MUST_CHECK;
/* Look whether the parameter file was replaced, and take what is in it now, by all rules as at the
 * start and P-9 to P-12: the parameters then are for workers forked from now on. ST_NONE: it is as
 * it was. Any other answer: what is there now is no good, and the present ones stay. */
enum status gateway_refresh(struct gateway *gateway, int64_t now, struct why *why) MUST_CHECK;
/* Read settings, rules and notices again, for workers forked from now on. ST_BAD, with the reason,
 * if there is a mistake, or if a setting was changed that can only be changed by a restart: then
 * all stays as it was. Parameters and keys stay in any case. */
enum status gateway_reload(struct gateway *gateway, const char *path, struct why *why) MUST_CHECK;
void gateway_close(struct gateway *gateway);

#endif
