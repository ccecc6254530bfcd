/* SPDX-License-Identifier: Apache-2.0
 * base: the skeleton of a server with one thread per connection, in straight blocking lines. */
#ifndef SECUREMAIL_SERVE_H
#define SECUREMAIL_SERVE_H

#include <stddef.h>

#include "net.h"

struct serve {
    int listener;
    unsigned max; /* connections at once; the next ones wait in the backlog */
    size_t stack; /* bytes of stack for each thread; 0: 256 KiB */
    /* Serves one connection until it ends; the skeleton closes fd afterwards. `peer` is as
     * net_accept gives it. */
    void (*connection)(int fd, const char *peer, void *context);
    void *context;
};

/* Accept and serve until stop_requested(). Then nothing more is read: a connection that waits for a
 * request sees its end, one that has a request may answer it for up to `grace_ms`. What is open
 * after that is shut down. Returns how many threads did not notice (0: all ended); the settings
 * must then live on, as those threads still look at them. */
unsigned serve_threads(const struct serve *serve, int grace_ms);

#endif
