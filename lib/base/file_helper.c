/* SPDX-License-Identifier: Apache-2.0
 * base: a process that opens files for one that is locked in. */
#include "file_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"
#include "room.h"

#define SOCKET_FLOOR 10 /* the helper's socket is moved up here, so that all around can be closed  \
                         */

static int door = -1; /* the parent's end; -1: there is no helper */

/* --- the helper ------------------------------------------------------------------------------- */

struct helper {
    bool (*allowed)(void *context, const char *path);
    void *context;
    int socket;
};

static bool answer(const struct helper *helper, const char *path)
{
    int fd = -1;
    uint8_t problem = EACCES;
    if (helper->allowed(helper->context, path)) {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        problem = fd < 0 ? (uint8_t)errno : 0;
    }
    /* An answer has a descriptor: where there is no file, the socket itself. */
    bool sent = io_send_fd(helper->socket, (struct bytes){&problem, 1},
                           fd < 0 ? helper->socket : fd) == ST_OK;
    io_close(&fd);
    return sent;
}

static void serve(const struct helper *helper)
{
    char path[PATH_MAX];
    for (;;) {
        ssize_t n = recv(helper->socket, path, sizeof path - 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        path[n] = '\0';
        if (!answer(helper, path))
            return;
    }
}

/* Its room has all files of its user to read, and nothing else. It ends with its parent, not with a
 * signal to the group: the parent may need it until then. */
static void work(const struct helper *helper, pid_t parent)
{
    static const char *const read_paths[] = {"/", NULL};
    const struct room room = {.name = FILE_HELPER_NAME, .read_paths = read_paths};
    struct why why;
    unsigned fd = (unsigned)helper->socket;
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (prctl(PR_SET_NAME, FILE_HELPER_NAME) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
        getppid() == parent && close_range(3, fd - 1, 0) == 0 && close_range(fd + 1, ~0U, 0) == 0 &&
        room_enter(&room, &why) == ST_OK)
        serve(helper);
    _exit(0);
}

/* --- its parent ------------------------------------------------------------------------------- */

enum status file_helper_start(bool (*allowed)(void *context, const char *path), void *context,
                              struct why *why)
{
    int pair[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return why_set(why, ST_FAIL, "socketpair: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        struct helper helper = {allowed, context, fcntl(pair[1], F_DUPFD_CLOEXEC, SOCKET_FLOOR)};
        if (helper.socket >= 0)
            work(&helper, parent);
        _exit(1);
    }
    io_close(&pair[1]);
    if (child < 0) {
        io_close(&pair[0]);
        return why_set(why, ST_FAIL, "fork: %s", strerror(errno));
    }
    door = pair[0];
    return ST_OK;
}

bool file_helper_is_there(void)
{
    return door >= 0;
}

void file_helper_leave(void)
{
    io_close(&door);
}

static enum status problem_status(uint8_t problem)
{
    return problem == ENOENT ? ST_NONE : problem == EACCES ? ST_DENIED : ST_FAIL;
}

enum status file_helper_open(const char *path, int *fd_out, struct why *why)
{
    size_t length = strlen(path), n = 0;
    uint8_t problem = 0;
    int fd = -1;
    if (length == 0 || length >= PATH_MAX)
        return why_set(why, ST_FAIL, "%.80s: no path", path);
    if (send(door, path, length, MSG_NOSIGNAL) != (ssize_t)length ||
        io_receive_fd(door, &problem, 1, &n, &fd) != ST_OK || n != 1) {
        io_close(&fd);
        return why_set(why, ST_FAIL, "%s: nobody is there to open it", path);
    }
    if (problem == 0) {
        *fd_out = fd;
        return ST_OK;
    }
    io_close(&fd);
    return why_set(why, problem_status(problem), "%s: %s", path, strerror(problem));
}
