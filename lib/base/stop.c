/* SPDX-License-Identifier: Apache-2.0
 * base: a stop is a byte in a pipe that nobody reads. */
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t requested;
static int ends[2] = {-1, -1};

void stop_request(void)
{
    int saved = errno;
    requested = 1;
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
    if (ends[0] < 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        abort();
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

bool stop_requested(void)
{
    return requested != 0;
}

int stop_fd(void)
{
    return ends[0];
}
