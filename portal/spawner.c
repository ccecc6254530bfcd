/* SPDX-License-Identifier: Apache-2.0
 * portal: the spawner: forks viewer children, at most so many at once, and buries them. It has one
 * thread, so a fork is safe, and no rights but to fork. It has loaded what a child may not load. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "io.h"
#include "log.h"
#include "memory.h"
#include "room.h"
#include "viewer_private.h"

struct child {
    pid_t pid;
    int64_t deadline; /* when it is killed */
};

struct spawner {
    int control;        /* requests come here */
    int children_ended; /* readable when a child has ended */
    const struct viewer_limits *limits;
    struct child *children;
    unsigned n;
};

/* --- getting ready --- */

/* Load what can't be loaded behind the door: charsets, GMime, OpenSSL's algorithms. */
static void load_libraries(void)
{
    view_prepare();
    /* A decryption that fails loads as much as one that works. */
    uint8_t nothing[64] = {0}, plain[64];
    struct secret *key = secret_new(ENVELOPE_OPENED_SIZE);
    if (envelope_decrypt(key, (struct bytes){nothing, 32}, plain) == ST_OK)
        abort();
    secret_free(key);
}

/* End with the portal, not with its signals: it finishes what it has in hand after SIGTERM, and
 * needs us for that. */
static enum status settle(struct spawner *spawner, const char *user, struct why *why)
{
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || sigprocmask(SIG_BLOCK, &ended, NULL) != 0)
        return why_set(why, ST_FAIL, "viewer: %s", strerror(errno));
    spawner->children_ended = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
    if (spawner->children_ended < 0)
        return why_set(why, ST_FAIL, "viewer: %s", strerror(errno));

    load_libraries();
    struct room room = {.name = "viewer", .rights = ROOM_PROCESS, .user = user};
    enum status status = room_enter(&room, why);

    /* A change of user clears the wish to die with the parent. */
    if (status == ST_OK && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        status = why_set(why, ST_FAIL, "viewer: %s", strerror(errno));
    return status;
}

/* --- children --- */

static void start_child(struct spawner *spawner, int *socket)
{
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != self)
            _exit(1);
        viewer_child_run(*socket, spawner->limits);
    }

    /* If there is no child, the portal sees the socket closed. */
    io_close(socket);
    if (pid < 0) {
        log_error("viewer-fork", L_TEXT("why", strerror(errno)));
        return;
    }
    int64_t deadline = io_deadline(spawner->limits->timeout_ms);
    spawner->children[spawner->n++] = (struct child){pid, deadline};
}

static void forget_child(struct spawner *spawner, pid_t pid)
{
    for (unsigned i = 0; i < spawner->n; i++) {
        if (spawner->children[i].pid == pid) {
            spawner->children[i] = spawner->children[--spawner->n];
            return;
        }
    }
}

/* A child that was killed met a mail that can't be shown: a fact for the log, not an error of ours.
 */
static void bury_children(struct spawner *spawner)
{
    struct signalfd_siginfo ended;
    while (read(spawner->children_ended, &ended, sizeof ended) > 0)
        continue;
    int how = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &how, WNOHANG)) > 0) {
        forget_child(spawner, pid);
        if (WIFSIGNALED(how))
            log_warn("viewer-killed", L_NUMBER("signal", WTERMSIG(how)));
    }
}

static void kill_overdue(struct spawner *spawner, int64_t now)
{
    for (unsigned i = 0; i < spawner->n; i++) {
        if (spawner->children[i].deadline <= now)
            kill(spawner->children[i].pid, SIGKILL);
    }
}

/* --- the loop --- */

/* Milliseconds to the next deadline; -1 if there is none. */
static int time_to_wait(const struct spawner *spawner, int64_t now)
{
    int64_t wait = -1;
    for (unsigned i = 0; i < spawner->n; i++) {
        int64_t left = spawner->children[i].deadline - now;
        if (wait < 0 || left < wait)
            wait = left < 10 ? 10 : left;
    }
    return (int)wait;
}

/* False when the portal has closed its end. */
static bool take_request(struct spawner *spawner)
{
    uint8_t byte;
    size_t n = 0;
    int socket = -1;
    enum status status = io_receive_fd(spawner->control, &byte, sizeof byte, &n, &socket);
    if (status == ST_OK)
        start_child(spawner, &socket);
    return status != ST_NONE;
}

static void serve(struct spawner *spawner)
{
    bool open = true;
    while (open) {
        /* With all children busy, requests wait in the socket. */
        struct pollfd ready[] = {{spawner->children_ended, POLLIN, 0},
                                 {spawner->control, POLLIN, 0}};
        bool room_left = spawner->n < spawner->limits->children_max;
        if (poll(ready, room_left ? 2 : 1, time_to_wait(spawner, clock_monotonic_ms())) < 0 &&
            errno != EINTR)
            return;
        bury_children(spawner);
        kill_overdue(spawner, clock_monotonic_ms());
        if (ready[1].revents != 0)
            open = take_request(spawner);
    }
}

void spawner_run(int control, const char *user, const struct viewer_limits *limits)
{
    struct spawner spawner = {.control = control, .children_ended = -1, .limits = limits};
    struct why why = {""};
    spawner.children = memory_new(limits->children_max, sizeof *spawner.children);
    if (settle(&spawner, user, &why) != ST_OK) {
        log_error("viewer-start", L_TEXT("why", why.text));
        _exit(1);
    }
    if (io_write_all(control, BYTES_LITERAL("r"), io_deadline(limits->timeout_ms)) == ST_OK)
        serve(&spawner);
    _exit(0); /* the children die with us */
}
