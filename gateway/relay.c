/* SPDX-License-Identifier: Apache-2.0
 * gateway: keeping a connection. */
#include "relay.h"

#include <stdlib.h>

#include "memory.h"

struct relay {
    struct smtp_client_settings settings;
    const char *where;
    const struct policy_route *route;
    struct smtp_client *client;
};

struct relay *relay_new(const struct relay_settings *settings)
{
    struct relay *relay = memory_new(1, sizeof *relay);
    relay->where = settings->where;
    relay->route = settings->route;
    /* Shorter than RFC 5321's minutes: the next hop is our own mail server, and ours waits upstream
     * meanwhile. */
    relay->settings = (struct smtp_client_settings){
        .flavour = SMTP_FLAVOUR_SMTP,
        .line_ends = settings->keep_line_ends ? SMTP_LINE_ENDS_KEEP : SMTP_LINE_ENDS_REJECT,
        .host_name = settings->host_name,
        .tls = settings->tls,
        .tls_first = settings->tls_first,
        .connect_timeout_ms = 10000,
        .greeting_timeout_ms = 60000,
        .command_timeout_ms = 120000,
        .data_timeout_ms = 120000,
        .end_timeout_ms = 300000,
    };
    return relay;
}

void relay_free(struct relay *relay)
{
    if (relay == NULL)
        return;
    if (relay->client != NULL)
        smtp_client_quit(relay->client);
    free(relay);
}

enum status relay_client(struct relay *relay, struct smtp_client **client_out, bool *kept_out,
                         struct why *why)
{
    if (relay->client != NULL && !smtp_client_usable(relay->client))
        relay_drop(relay);
    bool kept = relay->client != NULL;
    if (!kept) {
        enum status status = smtp_client_open(relay->where, &relay->settings, &relay->client, why);
        /* A next hop that turns us away for good is a matter of its settings, not of the letter. */
        if (status != ST_OK)
            return ST_TEMP;
    }
    *client_out = relay->client;
    *kept_out = kept;
    return ST_OK;
}

void relay_rest(struct relay *relay)
{
    if (relay->client != NULL)
        smtp_client_quit(relay->client);
    relay->client = NULL;
}

const struct policy_route *relay_route(const struct relay *relay)
{
    return relay->route;
}

const char *relay_where(const struct relay *relay)
{
    return relay->where;
}

void relay_drop(struct relay *relay)
{
    smtp_client_free(relay->client);
    relay->client = NULL;
}
