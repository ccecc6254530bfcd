/* SPDX-License-Identifier: Apache-2.0
 * accounts: the program securemail-accounts. Acquire (settings, database, socket), lock the door,
 * work. */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <libgen.h>
#include <unistd.h>

#include "accounts.h"
#include "clock.h"
#include "config.h"
#include "io.h"
#include "log.h"
#include "memory.h"
#include "room.h"
#include "secret.h"
#include "serve.h"
#include "stop.h"
#include "user.h"
#include "wire_accounts.h"

#define CONFIG_DEFAULT "/etc/securemail/securemail.conf"
#define SWEEP_EVERY 600 /* seconds */
#define GRACE_MS 10000
#define STACK_SIZE (512 * 1024) /* zxcvbn and SQLite are no small eaters */

struct program {
    struct config *config;
    struct service_settings settings;
    struct service service;
    struct users allowed;
    int listener;
};

static const char *text(const struct program *program, const char *section, const char *key)
{
    return config_text(program->config, section, key);
}

static void read_settings(struct program *program)
{
    struct service_settings *s = &program->settings;
    s->notice.organisation = text(program, "district", "organisation");
    s->notice.portal = text(program, "district", "portal");
    s->notice.help = text(program, "district", "help");
    s->notice.from = s->mailer.from = text(program, "accounts", "from");
    s->notice.host_name = s->mailer.host_name = text(program, "accounts", "hostname");
    s->mailer.relay = text(program, "accounts", "relay");
    s->keyserver = text(program, "accounts", "keyserver");
    s->session_idle = config_duration(program->config, "accounts", "session-idle");
    s->session_max = config_duration(program->config, "accounts", "session-max");
    s->confirm_time = config_duration(program->config, "accounts", "confirm-time");
    s->pending_max = 20;
}

static enum status acquire(struct program *program, const char *path, struct why *why)
{
    static const char *const needed[] = {"district organisation", "district portal",
                                         "district help", "accounts from", NULL};
    enum status status = config_read(path, &program->config, why);
    if (status == ST_OK)
        status = config_need(program->config, needed, why);
    if (status != ST_OK)
        return status;
    log_open("accounts", config_switch(program->config, "log", "debug"));
    read_settings(program);

    const struct password_settings passwords = {
        .memory = config_number(program->config, "accounts", "argon2-memory"),
        .passes = (unsigned)config_number(program->config, "accounts", "argon2-passes"),
        .at_once = (unsigned)config_number(program->config, "accounts", "argon2-at-once"),
        .wait_ms = 5000,
    };
    program->service = (struct service){.settings = &program->settings, .send = mailer_send};
    program->service.passwords = passwords_new(&passwords);
    if (program->service.passwords == NULL)
        return why_set(why, ST_FAIL, "no memory for a password hash of %llu bytes",
                       (unsigned long long)passwords.memory);
    for (size_t i = 0;
         i < config_count(program->config, "accounts", "allow-user") && status == ST_OK; i++)
        status = users_add(&program->allowed,
                           config_item(program->config, "accounts", "allow-user", i), why);
    if (status == ST_OK)
        status = users_add_self(&program->allowed, text(program, "accounts", "user"), why);
    if (status == ST_OK)
        /* Whoever may reach the socket's folder may knock; who is served, the peer's user decides.
         */
        status = net_listen(text(program, "accounts", "listen"), 0666, &program->listener, why);
    return status;
}

/* SQLite opens its journal files beside the database as it needs them: the directory, and no other,
 * is the room's. */
static enum status enter(struct program *program, struct why *why)
{
    const char *database = text(program, "accounts", "database");
    char *copy = memory_text(database);
    const char *const write_paths[] = {dirname(copy), NULL};
    static const char *const read_paths[] = {"/dev/urandom", "/dev/null", NULL};
    const struct room room = {
        .name = "accounts",
        .rights = ROOM_TCP | ROOM_UNIX | ROOM_THREAD,
        .read_paths = read_paths,
        .write_paths = write_paths,
        .user = text(program, "accounts", "user"),
    };
    enum status status = room_enter(&room, why);
    /* Opened from inside, so that its files belong to the user that we have become. */
    if (status == ST_OK)
        status = store_open(database, &program->service.store, why);
    free(copy);
    return status;
}

static void serve_connection(int fd, const char *peer, void *context)
{
    struct program *program = context;
    size_t count;
    uid_t uid = (uid_t)-1;
    if (net_peer_user(fd, &uid) != ST_OK || !users_have(&program->allowed, uid)) {
        log_warn("peer-refused", L_TEXT("peer", peer));
        return;
    }
    const struct wire_exchange *exchanges = wire_accounts_exchanges(&count);
    const struct wire_service service = {.exchanges = exchanges,
                                         .count = count,
                                         .handle = accounts_handle,
                                         .context = &program->service};
    if (wire_serve(fd, &service) == ST_BAD)
        log_warn("peer-malformed", L_TEXT("peer", peer));
}

static void *sweep_from_time_to_time(void *context)
{
    struct program *program = context;
    for (int64_t next = 0; !stop_requested(); sleep(1)) {
        if (clock_monotonic_ms() / 1000 < next)
            continue;
        next = clock_monotonic_ms() / 1000 + SWEEP_EVERY;
        enum status status = accounts_sweep(&program->service, clock_now());
        if (status != ST_OK)
            log_warn("sweep-failed", L_TEXT("status", status_name(status)));
    }
    return NULL;
}

static void work(struct program *program)
{
    pthread_t sweeper;
    bool sweeping = pthread_create(&sweeper, NULL, sweep_from_time_to_time, program) == 0;
    const struct serve serve = {
        .listener = program->listener,
        .max = (unsigned)config_number(program->config, "accounts", "connections"),
        .stack = STACK_SIZE,
        .connection = serve_connection,
        .context = program,
    };
    if (!secret_lockable())
        log_warn("memory-not-locked",
                 L_TEXT("effect", "keys may be swapped out; raise the limit, LimitMEMLOCK="));
    log_info("started", L_TEXT("listen", text(program, "accounts", "listen")));
    unsigned left = serve_threads(&serve, GRACE_MS);
    log_info("stopped", L_NUMBER("connections", left));
    if (left > 0)
        _exit(
            0); /* their threads still use what we would free; the database is safe at any moment */
    if (sweeping)
        pthread_join(sweeper, NULL);
}

int main(int count, char **arguments)
{
    struct program program = {.listener = -1};
    struct why why = {""};
    const char *path = CONFIG_DEFAULT;
    room_harden();
    log_open("accounts", false);
    for (int option; (option = getopt(count, arguments, "c:")) != -1;) {
        if (option != 'c') {
            fputs("usage: securemail-accounts [-c FILE]\n", stderr);
            return 64;
        }
        path = optarg;
    }
    stop_catch();
    enum status status = acquire(&program, path, &why);
    if (status == ST_OK)
        status = enter(&program, &why);
    if (status == ST_OK)
        work(&program);
    else
        log_error("not-started", L_TEXT("why", why.text));
    store_close(program.service.store);
    passwords_free(program.service.passwords);
    io_close(&program.listener);
    config_free(program.config);
    return status == ST_OK ? 0 : 1;
}
