/* SPDX-License-Identifier: Apache-2.0
 * gateway: when no worker is free. */
#include "overload.h"

#include <poll.h>

#include "io.h"
#include "log.h"
#include "net.h"
#include "smtp_server.h"

#define AT_ONCE 1000 /* of each door at one look: the master has other things to do */

static bool somebody_waits(int listener)
{
    struct pollfd ready = {.fd = listener, .events = POLLIN};
    return poll(&ready, 1, 0) > 0;
}

static bool somebody_waits_anywhere(const struct workers *workers)
{
    for (size_t i = 0; i < workers->door_count; i++)
        if (somebody_waits(workers->doors[i].listener))
            return true;
    return false;
}

/* A worker that becomes free meanwhile may be faster, and that is as well. */
static unsigned send_away(const struct workers *workers, int listener)
{
    char peer[NET_PEER_SIZE];
    unsigned count = 0;
    int fd = -1;
    while (count < AT_ONCE && somebody_waits(listener) &&
           net_accept(listener, &fd, peer) == ST_OK) {
        smtp_session_busy(fd, workers->gateway->host_name);
        io_close(&fd);
        metrics_event(workers->metrics, METRICS_SENT_AWAY);
        count++;
    }
    return count;
}

unsigned overload_look(struct overload *overload, const struct workers *workers, int64_t now)
{
    unsigned accepted = atomic_load(&workers->shared->accepted), count = 0;
    int64_t patience = config_duration(workers->gateway->config, "gateway", "patience");
    if (accepted != overload->accepted || !somebody_waits_anywhere(workers)) {
        *overload = (struct overload){accepted, now};
        return 0;
    }
    if (now - overload->since < patience * 1000)
        return 0;
    for (size_t i = 0; i < workers->door_count; i++)
        count += send_away(workers, workers->doors[i].listener);
    if (count > 0)
        log_warn("overloaded", L_NUMBER("connections", count), L_NUMBER("workers", workers->count));
    return count;
}
