/* SPDX-License-Identifier: Apache-2.0
 * gateway: the program securemail-gateway. Acquire (settings, parameters, key, sockets), lock the
 * door, work. Before all that, a helper is started that opens the files of the configuration when
 * it is to be read again: it is no file that whoever reads letters may open. */
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>

#include "clock.h"
#include "file_helper.h"
#include "inspect.h"
#include "io.h"
#include "log.h"
#include "net.h"
#include "net_name.h"
#include "room.h"
#include "secret.h"
#include "stop.h"
#include "user.h"
#include "workers.h"

#define CONFIG_DEFAULT "/etc/securemail/securemail.conf"

/* --- what the helper opens ---------------------------------------------------------------------
 */

struct named {
    const char *path;      /* of the configuration */
    struct config *config; /* as it was at the start; NULL: it could not be read */
};

/* Files that belong to rules are named by whole values. */
static bool names(const struct config *config, const char *path)
{
    size_t count = 0;
    if (config == NULL)
        return false;
    const struct config_rule *rules = config_rules(config, &count);
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < rules[i].count; at++)
            if (strcmp(rules[i].entries[at].value, path) == 0)
                return true;
    return strcmp(config_text(config, "district", "parameters"), path) == 0 ||
           strcmp(config_text(config, "gateway", "ca-file"), path) == 0 ||
           notices_names(config, path);
}

/* The configuration, what it names now, and what it named at the start: while somebody is changing
 * it, parameters are still to be had. */
static bool may_be_read(void *context, const char *path)
{
    const struct named *named = context;
    struct config *now = NULL;
    struct why why;
    if (strcmp(path, named->path) == 0 || names(named->config, path))
        return true;
    bool found = config_read(named->path, &now, &why) == ST_OK && names(now, path);
    config_free(now);
    return found;
}

static enum status start_helper(const char *path, struct why *why)
{
    struct named named = {path, NULL};
    struct why ignored; /* gateway_open finds it, too */
    if (config_read(path, &named.config, &ignored) != ST_OK)
        named.config = NULL;
    enum status status = file_helper_start(may_be_read, &named, why);
    config_free(named.config);
    return status;
}

/* --- doors -------------------------------------------------------------------------------------
 */

/* The doors that a setting names, all of one flavour. */
static enum status listen_at(struct workers *workers, const struct config *config,
                             const char *setting, enum smtp_flavour flavour, struct why *why)
{
    size_t count = config_count(config, "gateway", setting);
    if (count > DOORS_MAX - workers->door_count)
        return why_set(why, ST_BAD, "gateway %s: more than %d addresses", setting, DOORS_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *where = config_item(config, "gateway", setting, i);
        struct door *door = &workers->doors[workers->door_count];
        enum status status = net_listen(where, 0660, &door->listener, why);
        /* The mail server gets in by the group of the user that we become. */
        if (status == ST_OK && bytes_starts(bytes_text(where), BYTES_LITERAL("unix:")))
            status = user_give(config_text(config, "gateway", "user"), where + 5, why);
        if (status != ST_OK)
            return status;
        door->flavour = flavour;
        workers->door_count++;
        log_info("listening", L_TEXT("at", where));
    }
    return ST_OK;
}

static enum status listen_all(struct workers *workers, const struct config *config, struct why *why)
{
    enum status status = listen_at(workers, config, "listen", SMTP_FLAVOUR_LMTP, why);
    if (status == ST_OK)
        status = listen_at(workers, config, "listen-smtp", SMTP_FLAVOUR_SMTP, why);
    if (status == ST_OK && workers->door_count == 0)
        return why_set(why, ST_BAD, "gateway listen names no address");
    return status;
}

/* A door for Prometheus, on this host alone: what it tells is nobody else's. */
static enum status listen_metrics(struct workers *workers, const struct config *config,
                                  struct why *why)
{
    const char *where = config_text(config, "gateway", "metrics");
    struct bytes text = bytes_text(where);
    if (where[0] == '\0')
        return ST_OK;
    if (!bytes_starts(text, BYTES_LITERAL("unix:")) && !bytes_starts(text, BYTES_LITERAL("127.")) &&
        !bytes_starts(text, BYTES_LITERAL("[::1]:")))
        return why_set(why, ST_BAD, "gateway metrics: %s is not on this host", where);
    enum status status = net_listen(where, 0660, &workers->metrics_door, why);
    if (status == ST_OK)
        log_info("listening", L_TEXT("at", where));
    return status;
}

/* --- the room ----------------------------------------------------------------------------------
 */

/* Files of letters too large for memory, the parameters, and what names are looked up with, are all
 * that may be opened from now on. A file that is replaced is another file each time, so it is the
 * directory that is let in. */
static enum status enter(const struct gateway *gateway, struct why *why)
{
    const struct config *config = gateway->config;
    char directory[PATH_MAX];
    const char *read_paths[NET_NAME_FILES + 2] = {NULL};
    snprintf(directory, sizeof directory, "%s", config_text(config, "district", "parameters"));
    read_paths[0] = dirname(directory);
    inspect_prepare(); /* no rule may need it now, but one that is read later */
    net_name_prepare();
    for (size_t i = 0; net_name_files()[i] != NULL; i++)
        read_paths[i + 1] = net_name_files()[i];
    const char *const write_paths[] = {config_text(config, "gateway", "spool"), NULL};
    const struct room room = {
        .name = "gateway",
        .rights = ROOM_TCP | ROOM_UNIX | ROOM_PROCESS,
        .read_paths = read_paths,
        .write_paths = write_paths,
        .user = config_text(config, "gateway", "user"),
    };
    return room_enter(&room, why);
}

static enum status acquire(struct gateway *gateway, struct workers *workers, const char *path,
                           struct why *why)
{
    workers->config_path = path;
    enum status status = start_helper(path, why);
    if (status == ST_OK)
        status = gateway_open(gateway, path, clock_now(), why);
    if (status != ST_OK)
        return status;
    const struct config *config = gateway->config;
    log_open("gateway", config_switch(config, "log", "debug"));
    workers->count = (unsigned)config_number(config, "gateway", "workers");
    workers->letters = (unsigned)config_number(config, "gateway", "letters-per-worker");
    workers->attempts = (unsigned)config_number(config, "gateway", "attempts");
    status = listen_all(workers, config, why);
    if (status == ST_OK)
        status = listen_metrics(workers, config, why);
    return status == ST_OK ? enter(gateway, why) : status;
}

int main(int count, char **arguments)
{
    struct gateway gateway = {0};
    struct workers workers = {.gateway = &gateway, .metrics_door = -1};
    struct why why = {""};
    const char *path = CONFIG_DEFAULT;
    room_harden();
    log_open("gateway", false);
    for (int option; (option = getopt(count, arguments, "c:")) != -1;) {
        if (option != 'c') {
            (void)fputs("usage: securemail-gateway [-c FILE]\n", stderr);
            return 64;
        }
        path = optarg;
    }
    stop_catch();
    stop_catch_reload();
    workers.metrics = metrics_new(clock_now());
    enum status status = acquire(&gateway, &workers, path, &why);
    if (status == ST_OK) {
        char fingerprint[80];
        if (!secret_lockable())
            log_warn("memory-not-locked",
                     L_TEXT("effect", "keys may be swapped out; raise the limit, LimitMEMLOCK="));
        params_fingerprint_text(&gateway.params, fingerprint);
        log_info("started", L_TEXT("district", gateway.params.district),
                 L_TEXT("parameters", fingerprint), L_NUMBER("workers", workers.count));
        workers_run(&workers);
        log_info("stopped", L_NUMBER("workers", workers.count));
    } else {
        log_error("not-started", L_TEXT("why", why.text));
    }
    for (size_t i = 0; i < workers.door_count; i++)
        io_close(&workers.doors[i].listener);
    io_close(&workers.metrics_door);
    gateway_close(&gateway);
    metrics_free(workers.metrics);
    return status == ST_OK ? 0 : 1;
}
