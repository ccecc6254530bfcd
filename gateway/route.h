/* SPDX-License-Identifier: Apache-2.0
 * gateway: the ways to trusted domains: for each rule that sends by TLS, whom to verify by which
 * CAs. Made before the program is locked in, for that reads files. */
#ifndef SECUREMAIL_ROUTE_H
#define SECUREMAIL_ROUTE_H

#include "policy.h"
#include "relay.h"

struct route {
    const struct policy_route *policy;
    struct smtp_tls *tls; /* NULL: the mail server's transport verifies */
    struct relay_settings relay;
};

struct routes {
    struct route *routes;
    size_t count;
};

/* One for each rule of the policy that has one, else as `relay`. ST_FAIL, naming the file, if a CA
 * file can't be read; routes_free is due in any case. */
enum status routes_make(struct routes *routes, const struct policy *policy,
                        const struct relay_settings *relay, const char *ca_file,
                        struct why *why) MUST_CHECK;
void routes_free(struct routes *routes);

#endif
