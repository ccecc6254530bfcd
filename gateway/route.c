/* SPDX-License-Identifier: Apache-2.0
 * gateway: the ways to trusted domains. */
#include "route.h"

#include <stdlib.h>

#include "memory.h"

static enum status make(struct route *route, const struct policy_route *policy, const char *ca_file,
                        struct why *why)
{
    route->policy = policy;
    route->relay.route = policy;
    if (policy->transport != NULL) {
        route->relay.where = policy->transport;
        return ST_OK;
    }
    route->relay.where = policy->to;
    route->relay.tls_first = policy->mode != NULL && strcmp(policy->mode, "implicit") == 0;
    enum status status = smtp_tls_new(
        policy->name, policy->ca_file != NULL ? policy->ca_file : ca_file, &route->tls, why);
    route->relay.tls = route->tls;
    return status;
}

enum status routes_make(struct routes *routes, const struct policy *policy,
                        const struct relay_settings *relay, const char *ca_file, struct why *why)
{
    enum status status = ST_OK;
    *routes = (struct routes){
        .routes = memory_new(policy_count(policy) + 1, sizeof *routes->routes),
    };
    for (size_t i = 0; i < policy_count(policy) && status == ST_OK; i++) {
        const struct policy_route *way = policy_route(policy_at(policy, i));
        if (way == NULL)
            continue;
        struct route *route = &routes->routes[routes->count++];
        route->relay = *relay;
        status = make(route, way, ca_file, why);
    }
    return status;
}

void routes_free(struct routes *routes)
{
    for (size_t i = 0; i < routes->count; i++)
        smtp_tls_free(routes->routes[i].tls);
    free(routes->routes);
    *routes = (struct routes){.routes = NULL};
}
