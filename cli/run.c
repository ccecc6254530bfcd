/* SPDX-License-Identifier: Apache-2.0
 * cli: run: the four programs on one host, each in a process of its own. None is restarted: if one
 * ends, the others are ended too, so that whoever watches over us sees it. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "commands.h"
#include "config.h"
#include "io.h"
#include "log.h"
#include "number.h"
#include "programs.h"
#include "stop.h"

#define PROGRAMS 4
#define REFRESH_SECONDS UINT64_C(86400) /* a day */
#define GRACE_MS 30000 /* to finish what they have in hand; the gateway may have a large letter */

static const char *const names[PROGRAMS] = {"keyserver", "accounts", "gateway", "portal"};

struct settings {
    const char *config, *folder;
    uint64_t refresh_ms; /* between two refreshes of the parameters */
};

struct child {
    char path[PATH_MAX];
    pid_t pid; /* 0: not running */
    int fd;    /* readable when it has ended */
};

/* --- starting --------------------------------------------------------------------------------- */

/* In the new process. It ends when we are killed. */
static void become(const struct child *child, const char *config, pid_t parent)
{
    char *const arguments[] = {(char *)(uintptr_t)child->path, (char *)(uintptr_t) "-c",
                               (char *)(uintptr_t)config, NULL};
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent)
        execv(child->path, arguments);
    fprintf(stderr, "securemail run: %s: %s\n", child->path, strerror(errno));
    _exit(127);
}

static enum status start(struct child *child, const char *config, struct why *why)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(child, config, parent);
    if (pid < 0)
        return why_set(why, ST_FAIL, "%s: %s", child->path, strerror(errno));
    child->pid = pid;
    child->fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (child->fd < 0)
        return why_set(why, ST_FAIL, "pidfd_open: %s", strerror(errno));
    return ST_OK;
}

/* --- watching --------------------------------------------------------------------------------- */

/* Take note of a child's end. True if it ended in order. */
static bool reap(struct child *child, const char *name)
{
    int state = 0;
    bool ordered =
        waitpid(child->pid, &state, 0) == child->pid && WIFEXITED(state) && WEXITSTATUS(state) == 0;
    log_info("program-ended", L_TEXT("program", name), L_NUMBER("pid", child->pid),
             WIFSIGNALED(state) ? L_NUMBER("signal", WTERMSIG(state))
                                : L_NUMBER("code", WEXITSTATUS(state)));
    child->pid = 0;
    io_close(&child->fd);
    return ordered;
}

/* `securemail refresh`, once; what it says is for the log. It has a minute. */
static void refresh(const char *config)
{
    char *arguments[] = {(char *)(uintptr_t) "refresh", (char *)(uintptr_t) "-c",
                         (char *)(uintptr_t)config, NULL};
    int state = 0;
    pid_t pid = fork();
    if (pid == 0) {
        optind = 1;
        int code = command_refresh(3, arguments);
        (void)fflush(stdout);
        _exit(code);
    }
    bool done =
        pid > 0 && waitpid(pid, &state, 0) == pid && WIFEXITED(state) && WEXITSTATUS(state) == 0;
    if (done)
        log_info("parameters-refreshed", L_TEXT("status", "ok"));
    else
        log_warn("parameters-not-refreshed", L_TEXT("effect", "tried again later"));
}

/* Wait until a stop is asked for or a child has ended; refresh the parameters from time to time. */
static void wait_for_an_end(const struct child children[PROGRAMS], const struct settings *settings)
{
    struct pollfd ready[PROGRAMS + 1] = {{.fd = stop_fd(), .events = POLLIN}};
    for (size_t i = 0; i < PROGRAMS; i++)
        ready[i + 1] = (struct pollfd){.fd = children[i].fd, .events = POLLIN};
    for (;;) {
        int n = poll(ready, PROGRAMS + 1, (int)settings->refresh_ms);
        if (n > 0 || stop_requested() || (n < 0 && errno != EINTR))
            return;
        if (n == 0)
            refresh(settings->config);
    }
}

static bool has_ended(const struct child *child, int64_t wait_ms)
{
    struct pollfd ready = {.fd = child->fd, .events = POLLIN};
    return child->fd >= 0 && poll(&ready, 1, (int)(wait_ms < 0 ? 0 : wait_ms)) == 1;
}

/* End all that run; true if each ended in order. */
static bool end_all(struct child children[PROGRAMS])
{
    bool ordered = true;
    for (size_t i = 0; i < PROGRAMS; i++)
        if (children[i].pid != 0)
            kill(children[i].pid, SIGTERM);
    int64_t deadline = io_deadline(GRACE_MS);
    for (size_t i = 0; i < PROGRAMS; i++) {
        if (children[i].pid == 0)
            continue;
        if (!has_ended(&children[i], deadline - clock_monotonic_ms())) {
            log_error("program-killed", L_TEXT("program", names[i]));
            kill(children[i].pid, SIGKILL);
        }
        ordered = reap(&children[i], names[i]) && ordered;
    }
    return ordered;
}

/* Sockets are files, and the programs themselves can't remove them any more. */
static void remove_sockets(const struct config *config)
{
    for (size_t i = 0; i < PROGRAMS; i++)
        for (size_t at = 0; at < config_count(config, names[i], "listen"); at++) {
            const char *where = config_item(config, names[i], "listen", at);
            if (bytes_starts(bytes_text(where), BYTES_LITERAL("unix:")))
                unlink(where + strlen("unix:"));
        }
}

static enum status run(const struct config *config, const struct settings *settings,
                       struct why *why)
{
    struct child children[PROGRAMS];
    enum status status = ST_OK;
    for (size_t i = 0; i < PROGRAMS; i++)
        children[i] = (struct child){.fd = -1};
    for (size_t i = 0; status == ST_OK && i < PROGRAMS; i++)
        status = program_find(settings->folder, names[i], children[i].path, why);
    if (status != ST_OK)
        return status;
    for (size_t i = 0; status == ST_OK && i < PROGRAMS; i++)
        status = start(&children[i], settings->config, why);
    if (status == ST_OK)
        wait_for_an_end(children, settings);

    for (size_t i = 0; status == ST_OK && i < PROGRAMS; i++)
        if (!stop_requested() && has_ended(&children[i], 0)) {
            reap(&children[i], names[i]);
            status = why_set(why, ST_FAIL, "securemail-%s has ended; so do the others", names[i]);
        }
    if (!end_all(children) && status == ST_OK)
        status = why_set(why, ST_FAIL, "not every program ended in order");
    remove_sockets(config);
    return status;
}

int command_run(int count, char **arguments)
{
    static const struct option options[] = {{"programs", required_argument, NULL, 'p'},
                                            {"config", required_argument, NULL, 'c'},
                                            {"refresh-every", required_argument, NULL, 'r'},
                                            {NULL, 0, NULL, 0}};
    struct settings settings = {.config = CONFIG_DEFAULT};
    uint64_t refresh_seconds = REFRESH_SECONDS;
    struct config *config = NULL;
    struct why why = {""};
    for (int option; (option = getopt_long(count, arguments, "c:", options, NULL)) != -1;) {
        if (option == 'c')
            settings.config = optarg;
        else if (option == 'p')
            settings.folder = optarg;
        else if (option != 'r' ||
                 number_parse(bytes_text(optarg), 1, REFRESH_SECONDS, &refresh_seconds) != ST_OK)
            return command_misused("run");
    }
    if (optind != count)
        return command_misused("run");
    settings.refresh_ms = refresh_seconds * 1000;
    enum status status = config_read(settings.config, &config, &why);
    if (status == ST_OK) {
        log_open("securemail", config_switch(config, "log", "debug"));
        stop_catch();
        status = run(config, &settings, &why);
    }
    config_free(config);
    return status == ST_OK ? 0 : command_failed("run", &why);
}
