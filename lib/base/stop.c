/* SPDX-License-Identifier: Apache-2.0
 * base: a stop is a byte in a pipe that nobody reads. */
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "io.h"

static atomic_bool requested; /* lock-free, so a signal handler may set it */
static int ends[2] = {-1, -1};

void stop_request(void)
{
    int saved = errno;
    requested = true;
    if (ends[1] >= 0 && write(ends[1], "", 1) < 0) { /* full is as good as readable */
    }
    errno = saved;
}

static void on_signal(int signal)
{
    (void)signal;
    stop_request();
}

void stop_catch(void)
{
    int old[2] = {ends[0], ends[1]}, fresh[2];
    if (pipe2(fresh, O_CLOEXEC | O_NONBLOCK) != 0)
        abort();
    ends[0] = fresh[0];
    ends[1] = fresh[1];
    io_close(&old[0]);
    io_close(&old[1]);
    if (requested) /* by a signal that came while the pipes changed */
        stop_request();
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

static atomic_bool reload;

static void on_hangup(int signal)
{
    (void)signal;
    reload = true;
}

void stop_catch_reload(void)
{
    struct sigaction action = {.sa_handler = on_hangup, .sa_flags = SA_RESTART};
    sigaction(SIGHUP, &action, NULL);
}

bool stop_reload_requested(void)
{
    return atomic_exchange(&reload, false);
}

bool stop_requested(void)
{
    return requested;
}

int stop_fd(void)
{
    return ends[0];
}
