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

/* Wait for a connection at any of the doors. ST_NONE: a stop was requested, or we are outdated. */
static enum status accept_one(const struct workers *workers, unsigned *turn, int *fd_out,
                              char peer_out[NET_PEER_SIZE])
{
    struct pollfd ready[LISTENERS_MAX + 1];
    size_t n = workers->listener_count;
    for (size_t i = 0; i < n; i++)
        ready[i] = (struct pollfd){.fd = workers->listeners[i], .events = POLLIN};
    ready[n] = (struct pollfd){.fd = stop_fd(), .events = POLLIN};
    if (poll(ready, n + 1, -1) < 0)
        return ST_TEMP;
    if (stop_requested() || outdated(workers))
        return ST_NONE;

    /* Another door first each time, so that none starves. */
    for (size_t i = 0; i < n; i++) {
        size_t door = (i + *turn) % n;
        if (ready[door].revents == 0 ||
            net_accept(workers->listeners[door], fd_out, peer_out) != ST_OK)
            continue;
        *turn = (unsigned)(door + 1);
        atomic_fetch_add(&workers->shared->accepted, 1);
        return ST_OK;
    }
    return ST_TEMP; /* another worker was faster */
}

static struct smtp_server_settings server_settings(const struct gateway *gateway,
                                                   struct metrics *metrics)
{
    static const char *const forwarders[] = {"unix", "127.0.0.1", "::1", NULL};
    return (struct smtp_server_settings){
        .flavour = SMTP_FLAVOUR_LMTP,
        .line_ends = gateway->keep_line_ends ? SMTP_LINE_ENDS_KEEP : SMTP_LINE_ENDS_REJECT,
        .host_name = gateway->host_name,
        .size_max = config_number(gateway->config, "gateway", "max-size"),
        .recipients_max = (size_t)config_number(gateway->config, "gateway", "max-recipients"),
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

static unsigned serve(const struct post *post, int fd, const char *peer)
{
    unsigned letters = 0;
    if (welcome(post->gateway, peer)) {
        letters = letter_serve(post, fd, peer);
    } else {
        smtp_session_unwelcome(fd, post->gateway->host_name);
        journal_stranger(post, peer);
    }
    metrics_event(post->metrics, METRICS_CONNECTION);
    return letters;
}

void worker_run(const struct workers *workers, struct poison *poison, unsigned number)
{
    sign_key_lock_again(workers->gateway->key);
    const struct smtp_server_settings server = server_settings(workers->gateway, workers->metrics);
    const struct routes *routes = &workers->gateway->routes;
    struct relay **ways = memory_new(routes->count + 1, sizeof *ways);
    for (size_t i = 0; i < routes->count; i++)
        ways[i] = relay_new(&routes->routes[i].relay);
    const struct post post = {
        .gateway = workers->gateway,
        .ways = ways,
        .server = &server,
        .relay = relay_new(&workers->gateway->relay),
        .poison = poison,
        .worker = number,
        .metrics = workers->metrics,
    };
    unsigned letters = 0, turn = number;
    while (letters < workers->letters) {
        char peer[NET_PEER_SIZE];
        int fd = -1;
        enum status status = accept_one(workers, &turn, &fd, peer);
        if (status == ST_NONE)
            break;
        if (status == ST_OK)
            letters += serve(&post, fd, peer);
        io_close(&fd);
    }
    for (size_t i = 0; i < routes->count; i++)
        relay_free(ways[i]);
    free(ways);
    relay_free(post.relay);
}
