/* SPDX-License-Identifier: Apache-2.0
 * gateway: what a worker needs to seal: all of it public but the signing key. Made once, before the
 * workers are forked; never changed. */
#ifndef SECUREMAIL_GATEWAY_H
#define SECUREMAIL_GATEWAY_H

#include "config.h"
#include "ibe.h"
#include "notice.h"
#include "policy.h"
#include "relay.h"
#include "sign.h"

struct gateway {
    struct config *config;
    struct policy *policy;
    struct params params;
    struct ibe_sender *sender;
    struct sign_key *key;
    struct relay_settings relay;
    struct notice_settings notice;
    int64_t lifetime; /* seconds a message can be opened from the beginning of its period on */
    const char *host_name;
    bool keep_line_ends;
};

/* Read settings, rules, parameters and key. Parameters must be signed by the pinned authority, be
 * of the configured district, and be valid now; the key must be the one that readers are told to
 * trust. On failure the reason names the file; what was made is freed by gateway_close. */
enum status gateway_open(struct gateway *gateway, const char *path, int64_t now,
                         struct why *why) MUST_CHECK;
void gateway_close(struct gateway *gateway);

#endif
