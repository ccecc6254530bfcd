/* SPDX-License-Identifier: Apache-2.0
 * portal: the program securemail-portal. Acquire (settings, viewer, socket), lock the door, serve.
 */
#include <getopt.h>
#include <poll.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "file.h"
#include "guard.h"
#include "io.h"
#include "log.h"
#include "net.h"
#include "params.h"
#include "random.h"
#include "room.h"
#include "routes.h"
#include "secret.h"
#include "stop.h"
#include "user.h"

#define CONFIG_DEFAULT "/etc/securemail/securemail.conf"
#define SWEEP_EVERY_MS 30000
#define GRACE_MS 10000
#define IDLE_SECONDS 30     /* without a byte, until a connection is closed */
#define BODY_SECONDS 900    /* 75 MB in that time need 700 kbit/s */
#define BODY_GRACE 30       /* seconds: a network may stutter */
#define BODY_RATE 8192      /* bytes a second after them */
#define CROWD_SHARE 8       /* one source may have an eighth of the connections for its forms */
#define FORM_OVERHEAD 65536 /* of a form around a message of the largest size */
#define MESSAGES_MAX 4096   /* in the spool: 10 MB of memory */
#define SOURCE_SHARE 16     /* one source may have a sixteenth of them */
#define KEYS_MAX 4096       /* in the keyring: 128 KiB of locked memory */

struct program {
    struct config *config;
    struct portal portal;
    struct http_server *server;
    int listener;
};

static const char *text(const struct program *program, const char *section, const char *key)
{
    return config_text(program->config, section, key);
}

static uint64_t number(const struct program *program, const char *key)
{
    return config_number(program->config, "portal", key);
}

/* --- acquire --------------------------------------------------------------------------------- */

static enum status read_config(struct program *program, const char *path, struct why *why)
{
    static const char *const needed[] = {"district organisation", "district portal",
                                         "district help", "district signer", NULL};
    enum status status = config_read(path, &program->config, why);

    if (status == ST_OK)
        status = config_need(program->config, needed, why);
    if (status == ST_OK)
        status = config_check_door(program->config, why);
    if (status == ST_OK)
        log_open("portal", config_switch(program->config, "log", "debug"));
    return status;
}

/* "securemail.example.org" of "https://securemail.example.org". */
static const char *host_of(const char *origin)
{
    const char *slashes = strstr(origin, "://");

    return slashes == NULL ? origin : slashes + 3;
}

static enum status read_settings(struct program *program, struct why *why)
{
    struct portal *portal = &program->portal;
    enum status status =
        sign_public_parse(bytes_text(text(program, "district", "signer")), &portal->signer);

    if (status != ST_OK)
        return why_set(why, ST_BAD, "district signer is no public key");
    portal->organisation = text(program, "district", "organisation");
    portal->help = text(program, "district", "help");
    portal->origin = text(program, "district", "portal");
    portal->host = host_of(portal->origin);
    portal->secure = config_switch(program->config, "portal", "secure-cookies");
    portal->upload_max = number(program, "max-upload");
    portal->accounts.where = text(program, "portal", "accounts");
    return ST_OK;
}

/* The web server in front gets in by the group of the user that we become. */
static enum status listen_for_front(struct program *program, struct why *why)
{
    const char *where = text(program, "portal", "listen");
    enum status status = net_listen(where, 0660, &program->listener, why);

    if (status == ST_OK && bytes_starts(bytes_text(where), BYTES_LITERAL("unix:")))
        status = user_give(text(program, "portal", "user"), where + strlen("unix:"), why);
    return status;
}

/* The viewer's spawner first: it is to inherit neither sockets nor keys. */
static enum status acquire(struct program *program, const char *path, struct why *why)
{
    enum status status = read_config(program, path, why);
    struct viewer_settings viewer = {0};

    if (status == ST_OK)
        status = read_settings(program, why);
    if (status != ST_OK)
        return status;
    viewer.user = text(program, "portal", "user");
    viewer.children_max = (unsigned)number(program, "viewers");
    status = viewer_start(&viewer, &program->portal.viewer, why);
    if (status == ST_OK)
        status = listen_for_front(program, why);
    return status;
}

/* --- lock the door --------------------------------------------------------------------------- */

static enum status enter(struct program *program, struct why *why)
{
    const char *spool = text(program, "portal", "spool");
    const char *const write_paths[] = {spool, NULL};
    const struct room room = {.name = "portal",
                              .rights = ROOM_UNIX | ROOM_THREAD,
                              .write_paths = write_paths,
                              .user = text(program, "portal", "user")};
    const struct spool_settings settings = {
        .directory = spool,
        .keep = config_duration(program->config, "portal", "spool-time"),
        .bytes_max = number(program, "spool-size"),
        .source_max = number(program, "spool-per-source"),
        .messages_max = MESSAGES_MAX,
        .source_messages_max = MESSAGES_MAX / SOURCE_SHARE};
    enum status status = room_enter(&room, why);

    /* From inside, so that its files belong to the user that we have become. */
    if (status == ST_OK)
        status = spool_new(&settings, &program->portal.spool, why);
    return status;
}

/* --- serve ----------------------------------------------------------------------------------- */

static enum status start(struct program *program, struct why *why)
{
    struct portal *portal = &program->portal;
    struct http_application application = routes_application(portal);
    struct http_settings settings = {.listener = program->listener,
                                     .connections = (unsigned)number(program, "connections"),
                                     .idle = IDLE_SECONDS,
                                     .body_time = BODY_SECONDS,
                                     .body_grace = BODY_GRACE,
                                     .body_rate = BODY_RATE,
                                     .body_max = portal->upload_max + FORM_OVERHEAD,
                                     .secure = portal->secure};
    enum status status;

    portal->crowd =
        crowd_new(settings.connections, (settings.connections + CROWD_SHARE - 1) / CROWD_SHARE);
    portal->form_key = secret_new(GUARD_KEY_SIZE);
    random_fill(portal->form_key->p, portal->form_key->n);
    portal->keyring = keyring_new(KEYS_MAX, config_duration(program->config, "portal", "idle"));
    status = http_start(&settings, &application, &program->server, why);
    if (status == ST_OK)
        program->listener = -1; /* the server's now */
    return status;
}

/* The threads of the server do the work; this one sweeps, until it is told to stop. */
static void work(struct program *program)
{
    struct pollfd stop = {.fd = stop_fd(), .events = POLLIN};

    if (!secret_lockable())
        log_warn("memory-not-locked",
                 L_TEXT("effect", "keys may be swapped out; raise the limit, LimitMEMLOCK="));
    log_info("started", L_TEXT("listen", text(program, "portal", "listen")));
    while (!stop_requested()) {
        (void)poll(&stop, 1, SWEEP_EVERY_MS);
        spool_sweep(program->portal.spool, clock_now());
        keyring_sweep(program->portal.keyring, clock_now());
    }
    log_info("stopped", L_NUMBER("connections", http_stop(program->server, GRACE_MS)));
}

static void release(struct program *program)
{
    viewer_stop(program->portal.viewer);
    spool_free(program->portal.spool);
    keyring_free(program->portal.keyring);
    crowd_free(program->portal.crowd);
    secret_free(program->portal.form_key);
    io_close(&program->listener);
    config_free(program->config);
}

int main(int count, char **arguments)
{
    struct program program = {.listener = -1};
    struct why why = {""};
    const char *path = CONFIG_DEFAULT;
    enum status status;

    room_harden();
    log_open("portal", false);
    for (int option; (option = getopt(count, arguments, "c:")) != -1;) {
        if (option != 'c') {
            fputs("usage: securemail-portal [-c FILE]\n", stderr);
            return 64;
        }
        path = optarg;
    }
    stop_catch();
    status = acquire(&program, path, &why);
    if (status == ST_OK)
        status = enter(&program, &why);
    if (status == ST_OK)
        status = start(&program, &why);
    if (status == ST_OK)
        work(&program);
    else
        log_error("not-started", L_TEXT("why", why.text));
    release(&program);
    return status == ST_OK ? 0 : 1;
}
