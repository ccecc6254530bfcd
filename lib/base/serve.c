/* SPDX-License-Identifier: Apache-2.0
 * base: a thread for each connection. */
#include "serve.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

#include "clock.h"
#include "io.h"
#include "memory.h"
#include "stop.h"

#define STACK_DEFAULT (256 * 1024)
#define SHUT_MS 500 /* for threads to notice that their connection is gone */

struct connection {
    struct server *server;
    struct connection *next;
    int fd;
    char peer[NET_PEER_SIZE];
};

struct server {
    const struct serve *settings;
    pthread_mutex_t lock;
    pthread_cond_t ended; /* a connection has ended */
    unsigned open;
    struct connection *first; /* all that are open */
};

static void forget(struct server *server, struct connection *connection)
{
    pthread_mutex_lock(&server->lock);
    struct connection **at = &server->first;
    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    io_close(&connection->fd);
    server->open--;
    pthread_cond_broadcast(&server->ended);
    pthread_mutex_unlock(&server->lock);
    free(connection);
}

static void *serve_one(void *argument)
{
    struct connection *connection = argument;
    const struct serve *settings = connection->server->settings;
    settings->connection(connection->fd, connection->peer, settings->context);
    forget(connection->server, connection);
    return NULL;
}

/* Take a place, a connection and a thread for it. Without a thread the peer is simply hung up on.
 * False if there was no connection to take. */
static bool accept_one(struct server *server)
{
    struct connection *connection = memory_new(1, sizeof *connection);
    connection->server = server;
    if (net_accept(server->settings->listener, &connection->fd, connection->peer) != ST_OK) {
        free(connection);
        return false;
    }
    pthread_mutex_lock(&server->lock);
    connection->next = server->first;
    server->first = connection;
    server->open++;
    pthread_mutex_unlock(&server->lock);

    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, server->settings->stack != 0 ? server->settings->stack
                                                                        : STACK_DEFAULT);
    if (pthread_create(&thread, &attributes, serve_one, connection) != 0)
        forget(server, connection);
    pthread_attr_destroy(&attributes);
    return true;
}

/* Wait for a connection to end, at most this long; the caller holds the lock. */
static void wait_ended(struct server *server, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&server->ended, &server->lock, &until);
}

static void accept_until_stop(struct server *server)
{
    bool pause = false;
    while (!stop_requested()) {
        /* With every place taken the next connections wait in the backlog; so they do when there
         * are no descriptors left, until a connection gives one back. */
        pthread_mutex_lock(&server->lock);
        bool full = server->open >= server->settings->max;
        if (full || pause)
            wait_ended(server, full ? 200 : 20);
        pthread_mutex_unlock(&server->lock);
        pause = false;
        if (full)
            continue;
        struct pollfd ready[2] = {{.fd = server->settings->listener, .events = POLLIN},
                                  {.fd = stop_fd(), .events = POLLIN}};
        if (poll(ready, 2, 1000) > 0 && ready[0].revents != 0)
            pause = !accept_one(server);
    }
}

/* Shut the open connections down, in one direction or both, and wait for them to end. Returns how
 * many have not; the caller holds the lock. */
static unsigned end_connections(struct server *server, int direction, int64_t ms)
{
    int64_t deadline = io_deadline(ms);
    for (struct connection *c = server->first; c != NULL; c = c->next)
        shutdown(c->fd, direction);
    while (server->open > 0 && clock_monotonic_ms() < deadline)
        wait_ended(server, 50);
    return server->open;
}

unsigned serve_threads(const struct serve *serve, int grace_ms)
{
    /* On the heap, and left there if a connection outlives the grace: its thread still points to
     * it. */
    struct server *server = memory_new(1, sizeof *server);
    server->settings = serve;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->ended, &attributes);
    pthread_condattr_destroy(&attributes);

    accept_until_stop(server);

    /* No more is read, and what was asked is still answered; after the grace not even that. */
    pthread_mutex_lock(&server->lock);
    unsigned open = end_connections(server, SHUT_RD, grace_ms);
    if (open > 0)
        open = end_connections(server, SHUT_RDWR, SHUT_MS);
    pthread_mutex_unlock(&server->lock);
    if (open == 0) {
        pthread_cond_destroy(&server->ended);
        pthread_mutex_destroy(&server->lock);
        free(server);
    }
    return open;
}
