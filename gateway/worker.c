/* SPDX-License-Identifier: Apache-2.0
 * gateway: waiting for connections, and serving them. */
#include "worker.h"

#include <poll.h>
#include <stdlib.h>

#include "io.h"
#include "journal.h"
#include "letter.h"
#include "memory.h"
#include "net.h"
#include "net_network.h"
#include "random.h"
#include "relay.h"
#include "stop.h"

/* RFC 5321 §4.5.3.2.7 allows an idle client five minutes; a worker has better things to do. */
#define COMMAND_TIMEOUT_MS 60000
#define LETTER_TIMEOUT_MS 600000

/* Was there something new to be forked with since? What waits at the doors is then for others. */
static bool outdated(const struct workers *workers)
{
    return atomic_load(&workers->shared->generation) != workers->born;
}

/* Somebody who came in. */
struct caller {
    int fd;
    enum smtp_flavour flavour;
    char peer[NET_PEER_SIZE];
};

/* Wait for a connection at any of the doors. ST_NONE: a stop was requested, or we are outdated. */
static enum status accept_one(const struct workers *workers, unsigned *turn,
                              struct caller *caller_out)
{
    struct pollfd ready[DOORS_MAX + 1];
    size_t n = workers->door_count;
    for (size_t i = 0; i < n; i++)
        ready[i] = (struct pollfd){.fd = workers->doors[i].listener, .events = POLLIN};
    ready[n] = (struct pollfd){.fd = stop_fd(), .events = POLLIN};
    if (poll(ready, n + 1, -1) < 0)
        return ST_TEMP;
    if (stop_requested() || outdated(workers))
        return ST_NONE;

    /* Another door first each time, so that none starves. */
    for (size_t i = 0; i < n; i++) {
        size_t at = (i + *turn) % n;
        const struct door *door = &workers->doors[at];
        if (ready[at].revents == 0 ||
            net_accept(door->listener, &caller_out->fd, caller_out->peer) != ST_OK)
            continue;
        caller_out->flavour = door->flavour;
        *turn = (unsigned)(at + 1);
        atomic_fetch_add(&workers->shared->accepted, 1);
        return ST_OK;
    }
    return ST_TEMP; /* another worker was faster */
}

/* SMTP has one answer for all recipients, but each has a fate of his own: so it takes one at a time
 * (decision 14). */
static size_t recipients_max(const struct gateway *gateway, enum smtp_flavour flavour)
{
    return flavour == SMTP_FLAVOUR_SMTP
               ? 1
               : (size_t)config_number(gateway->config, "gateway", "max-recipients");
}

static struct smtp_server_settings
server_settings(const struct gateway *gateway, enum smtp_flavour flavour, struct metrics *metrics)
{
    static const char *const forwarders[] = {"unix", "127.0.0.1", "::1", NULL};
    return (struct smtp_server_settings){
        .flavour = flavour,
        .line_ends = gateway->keep_line_ends ? SMTP_LINE_ENDS_KEEP : SMTP_LINE_ENDS_REJECT,
        .host_name = gateway->host_name,
        .size_max = config_number(gateway->config, "gateway", "max-size"),
        .recipients_max = recipients_max(gateway, flavour),
        .command_timeout_ms = COMMAND_TIMEOUT_MS,
        .letter_timeout_ms = LETTER_TIMEOUT_MS,
        .stop_fd = stop_fd(),
        .xforward_peers = forwarders,
        .body = {.directory = config_text(gateway->config, "gateway", "spool"),
                 .random_fill = random_fill},
        .refused = journal_refusal,
        .refused_context = metrics,
    };
}

/* May this peer bring letters? Who may reach a Unix socket, may. */
static bool welcome(const struct gateway *gateway, const char *peer)
{
    size_t count = config_count(gateway->config, "gateway", "networks");
    bool found = bytes_starts(bytes_text(peer), BYTES_LITERAL("unix"));
    for (size_t i = 0; i < count && !found; i++)
        found = net_network_holds(
            bytes_text(config_item(gateway->config, "gateway", "networks", i)), peer);
    return found;
}

static unsigned serve(const struct post *post, const struct caller *caller)
{
    unsigned letters = 0;
    if (welcome(post->gateway, caller->peer)) {
        letters = letter_serve(post, caller->fd, caller->peer);
    } else {
        smtp_session_unwelcome(caller->fd, post->gateway->host_name);
        journal_stranger(post, caller->peer);
    }
    metrics_event(post->metrics, METRICS_CONNECTION);
    return letters;
}

void worker_run(const struct workers *workers, struct poison *poison, unsigned number)
{
    sign_key_lock_again(workers->gateway->key);
    const struct gateway *gateway = workers->gateway;
    const struct smtp_server_settings servers[] = {
        [SMTP_FLAVOUR_LMTP] = server_settings(gateway, SMTP_FLAVOUR_LMTP, workers->metrics),
        [SMTP_FLAVOUR_SMTP] = server_settings(gateway, SMTP_FLAVOUR_SMTP, workers->metrics),
    };
    const struct routes *routes = &gateway->routes;
    struct relay **ways = memory_new(routes->count + 1, sizeof *ways);
    for (size_t i = 0; i < routes->count; i++)
        ways[i] = relay_new(&routes->routes[i].relay);
    struct post post = {
        .gateway = gateway,
        .ways = ways,
        .relay = relay_new(&gateway->relay),
        .poison = poison,
        .worker = number,
        .metrics = workers->metrics,
    };
    unsigned letters = 0, turn = number;
    while (letters < workers->letters) {
        struct caller caller = {.fd = -1};
        enum status status = accept_one(workers, &turn, &caller);
        if (status == ST_NONE)
            break;
        post.server = &servers[caller.flavour];
        if (status == ST_OK)
            letters += serve(&post, &caller);
        io_close(&caller.fd);
    }
    for (size_t i = 0; i < routes->count; i++)
        relay_free(ways[i]);
    free(ways);
    relay_free(post.relay);
}
