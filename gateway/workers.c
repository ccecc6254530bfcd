/* SPDX-License-Identifier: Apache-2.0
 * gateway: the master: fork, wait, fork again. While it works it reads the parameters, behind their
 * signature, and, when it is asked to, the configuration, which is the operator's. */
#include "workers.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "file_helper.h"
#include "log.h"
#include "memory.h"
#include "overload.h"
#include "stop.h"
#include "worker.h"

#define GRACE_MS 20000           /* for letters in hand when a stop is requested */
#define PAUSE_MS 1000            /* before a worker is replaced that did not live so long */
#define LOOK_MS 2000             /* between two looks at the parameter file */
#define OLD_SECONDS (30 * 86400) /* before their end, parameters are old */
#define WARN_MS (24 * 3600 * INT64_C(1000))

struct place {
    pid_t pid; /* 0: nobody works here */
    int64_t started;
};

struct master {
    struct workers *workers;
    struct poison *poison;
    struct place *places; /* of the workers; of who answers Prometheus, if anybody does */
    unsigned count;
    pid_t pid;
    int64_t next_look, next_warning; /* as clock_monotonic_ms */
    struct overload overload;
};

/* SIGCHLD is let through only while the master waits, so none is missed. */
static void on_child(int number)
{
    (void)number;
}

static void catch_children(void)
{
    sigset_t child;
    struct sigaction action = {.sa_handler = on_child};
    (void)sigaction(SIGCHLD, &action, NULL);
    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &child, NULL);
}

static void wait_for_news(int timeout_ms, bool until_stop)
{
    sigset_t none;
    struct pollfd stop = {.fd = until_stop ? stop_fd() : -1, .events = POLLIN};
    struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    (void)sigemptyset(&none);
    (void)ppoll(&stop, 1, &timeout, &none);
}

/* In the child. */
static void work(const struct master *master, unsigned number)
{
    struct workers *workers = master->workers;
    file_helper_leave(); /* the configuration is the master's */
    if (number == workers->count) {
        sign_key_free(workers->gateway->key); /* it answers strangers, and signs nothing */
        metrics_serve(workers->metrics, workers->metrics_door);
    } else {
        worker_run(workers, master->poison, number);
    }
}

static void start_worker(struct master *master, unsigned number)
{
    struct place *place = &master->places[number];
    master->workers->born = atomic_load(&master->workers->shared->generation);
    pid_t pid = fork();
    place->started = clock_monotonic_ms();
    if (pid < 0)
        log_error("worker-not-started", L_TEXT("why", strerror(errno)));
    if (pid != 0) {
        place->pid = pid < 0 ? 0 : pid;
        return;
    }
    /* A worker without a master would never be told to stop. */
    stop_catch();
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == master->pid)
        work(master, number);
    _exit(0);
}

/* A worker has ended: in order, or by accident. */
static void note_end(struct master *master, unsigned number, int status)
{
    master->places[number].pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    unsigned accidents = number < master->workers->count ? poison_blame(master->poison, number) : 0;
    metrics_event(master->workers->metrics, METRICS_WORKER_DIED);
    log_error("worker-died", L_NUMBER("worker", number),
              L_NUMBER("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
              L_NUMBER("accidents", accidents));
}

/* Returns how many still work. */
static unsigned gather(struct master *master)
{
    unsigned working = 0;
    for (unsigned i = 0; i < master->count; i++) {
        int status = 0;
        pid_t pid = master->places[i].pid;
        if (pid != 0 && waitpid(pid, &status, WNOHANG) == pid)
            note_end(master, i, status);
        working += master->places[i].pid != 0;
    }
    return working;
}

/* Fill empty places, but not faster than once a second each. */
static void fill_places(struct master *master)
{
    for (unsigned i = 0; i < master->count; i++) {
        struct place *place = &master->places[i];
        if (place->pid == 0 &&
            (place->started == 0 || clock_monotonic_ms() - place->started >= PAUSE_MS))
            start_worker(master, i);
    }
}

static void signal_all(struct master *master, int number)
{
    for (unsigned i = 0; i < master->count; i++)
        if (master->places[i].pid != 0)
            (void)kill(master->places[i].pid, number);
}

/* A worker that is killed with a letter in hand has not answered for it, so nothing is lost. */
static void end_workers(struct master *master)
{
    int64_t deadline = clock_monotonic_ms() + GRACE_MS;
    signal_all(master, SIGTERM);
    while (gather(master) > 0 && clock_monotonic_ms() < deadline)
        wait_for_news(PAUSE_MS, false);
    signal_all(master, SIGKILL);
    while (gather(master) > 0)
        wait_for_news(PAUSE_MS, false);
}

/* New parameters: workers of before finish what they have in hand, new ones take its place. */
static void note_parameters(struct master *master, enum status status, const struct why *why)
{
    const struct params *params = &master->workers->gateway->params;
    char fingerprint[PARAMS_FINGERPRINT_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
    if (status != ST_OK) {
        log_warn("parameters-refused", L_TEXT("why", why->text));
        return;
    }
    params_fingerprint_text(params, fingerprint);
    clock_iso(params->not_after, until);
    log_info("parameters-changed", L_TEXT("parameters", fingerprint),
             L_NUMBER("serial", params->serial), L_TEXT("until", until));
    metrics_parameters(master->workers->metrics, params);
    atomic_fetch_add(&master->workers->shared->generation, 1);
}

static void look_after_parameters(struct master *master)
{
    struct gateway *gateway = master->workers->gateway;
    struct why why = {""};
    char until[CLOCK_TEXT_SIZE];
    if (clock_monotonic_ms() < master->next_look)
        return;
    master->next_look = clock_monotonic_ms() + LOOK_MS;
    enum status status = gateway_refresh(gateway, clock_now(), &why);
    if (status != ST_NONE)
        note_parameters(master, status, &why);
    if (gateway->params.not_after - clock_now() > OLD_SECONDS ||
        clock_monotonic_ms() < master->next_warning)
        return;
    master->next_warning = clock_monotonic_ms() + WARN_MS;
    clock_iso(gateway->params.not_after, until);
    log_warn("parameters-old", L_TEXT("until", until),
             L_TEXT("effect", "after that nothing is sealed; run “securemail refresh”"));
}

static void look_after_configuration(const struct master *master)
{
    struct workers *workers = master->workers;
    struct why why = {""};
    if (!stop_reload_requested())
        return;
    if (gateway_reload(workers->gateway, workers->config_path, &why) == ST_OK) {
        atomic_fetch_add(&workers->shared->generation, 1);
        log_info("configuration-changed",
                 L_NUMBER("rules", policy_count(workers->gateway->policy)));
    } else {
        log_error("configuration-refused", L_TEXT("why", why.text),
                  L_TEXT("effect", "the one before stays"));
    }
}

static struct workers_shared *shared_new(void)
{
    struct workers_shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    atomic_init(&shared->generation, 0);
    atomic_init(&shared->accepted, 0);
    return shared;
}

void workers_run(struct workers *workers)
{
    workers->shared = shared_new();
    struct master master = {
        .workers = workers,
        .poison = poison_new(workers->count, workers->attempts),
        .places = memory_new(workers->count + 1, sizeof *master.places),
        .count = workers->count + (workers->metrics_door >= 0),
        .pid = getpid(),
        .overload = {.since = clock_monotonic_ms()},
    };
    metrics_parameters(workers->metrics, &workers->gateway->params);
    catch_children();
    while (!stop_requested()) {
        look_after_configuration(&master);
        look_after_parameters(&master);
        fill_places(&master);
        (void)overload_look(&master.overload, workers, clock_monotonic_ms());
        wait_for_news(PAUSE_MS, true);
        (void)gather(&master);
    }
    end_workers(&master);
    (void)munmap(workers->shared, sizeof *workers->shared);
    poison_free(master.poison);
    free(master.places);
}
