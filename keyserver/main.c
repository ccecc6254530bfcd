/* SPDX-License-Identifier: Apache-2.0
 * keyserver: the program securemail-keyserver. Acquire (settings, master secret, key log, socket),
 * lock the door, work. */
#include <getopt.h>
#include <unistd.h>

#include "buffer.h"
#include "clock.h"
#include "config.h"
#include "encode.h"
#include "file.h"
#include "io.h"
#include "keyserver.h"
#include "log.h"
#include "room.h"
#include "secret.h"
#include "serve.h"
#include "stop.h"
#include "user.h"

#define CONFIG_DEFAULT "/etc/securemail/securemail.conf"
#define GRACE_MS 5000
#define STACK_SIZE (512 * 1024) /* a pairing, and the stack that is burnt after it */

struct program {
    struct config *config;
    struct master_set *masters;
    struct keyserver keyserver;
    struct users allowed;
    int listener;
};

/* --- acquiring -------------------------------------------------------------------------------- */

/* The secrets, and the passphrase they are behind: a file, which may be a systemd credential. */
static enum status read_masters(struct program *program, struct why *why)
{
    struct secret *passphrase = NULL;
    enum status status = ST_OK;
    const char *path = config_text(program->config, "keyserver", "master");
    const char *passphrase_path = config_text(program->config, "keyserver", "passphrase");
    if (passphrase_path[0] != '\0')
        status = master_read_passphrase(passphrase_path, &passphrase, why);
    if (status == ST_OK) {
        status = master_set_read(path, passphrase, &program->masters, why);
        if (status == ST_NONE)
            why_set(why, status, "%s: there is no master secret; “securemail init” makes one",
                    path);
    }
    secret_free(passphrase);
    return status;
}

/* The master secrets and the settings must speak of the same district. */
static enum status check_masters(struct program *program, struct why *why)
{
    const struct params *params = master_params(master_set_newest(program->masters));
    const char *district = config_text(program->config, "district", "name");
    int64_t lifetime = config_duration(program->config, "district", "lifetime");
    if (strcmp(params->district, district) != 0)
        return why_set(why, ST_BAD, "the master secret is of district %s, the settings of %s",
                       params->district, district);
    if (lifetime <= params->interval)
        return why_set(why, ST_BAD, "[district] lifetime must be longer than a period, %u seconds",
                       params->interval);
    program->keyserver.masters = program->masters;
    program->keyserver.lifetime = lifetime;
    program->keyserver.exports = config_switch(program->config, "keyserver", "export-keys");
    program->keyserver.validity =
        config_duration(program->config, "district", "parameters-validity");
    log_info("masters", L_NUMBER("serials", master_set_count(program->masters)),
             L_NUMBER("newest", params->serial));
    if (!params_valid(params, clock_now()))
        log_error("master-over", L_NUMBER("serial", params->serial),
                  L_TEXT("effect", "no parameters are given until “securemail rotate”"));
    return ST_OK;
}

static enum status open_key_log(struct program *program, struct why *why)
{
    struct key_head head = {.time = clock_now()};
    struct key_check found;
    char chain[2 * KEY_CHAIN_SIZE + 1];
    const char *path = config_text(program->config, "keyserver", "log");
    memcpy(head.district, master_params(master_set_newest(program->masters))->district,
           sizeof head.district);
    enum status status = key_log_open(path, &head, &program->keyserver.log, &found, why);
    if (status == ST_OK)
        status = user_give(config_text(program->config, "keyserver", "user"), path, why);
    if (status != ST_OK)
        return status;
    if (found.torn_bytes > 0) {
        log_warn("key-log-torn", L_TEXT("file", path), L_NUMBER("after", found.records),
                 L_NUMBER("bytes", found.torn_bytes));
        return key_log_mend(program->keyserver.log, clock_now(), why);
    }
    hex_encode(chain, BYTES_ARRAY(found.chain));
    log_info("key-log", L_TEXT("file", path), L_NUMBER("records", found.records),
             L_TEXT("chain", chain));
    return ST_OK;
}

static enum status find_users(struct program *program, struct why *why)
{
    enum status status =
        users_add_self(&program->allowed, config_text(program->config, "keyserver", "user"), why);
    size_t count = config_count(program->config, "keyserver", "allow-user");
    for (size_t i = 0; status == ST_OK && i < count; i++)
        status = users_add(&program->allowed,
                           config_item(program->config, "keyserver", "allow-user", i), why);
    return status;
}

static enum status acquire(struct program *program, const char *path, struct why *why)
{
    static const char *const needed[] = {"district name", NULL};
    enum status status = config_read(path, &program->config, why);
    if (status == ST_OK)
        status = config_need(program->config, needed, why);
    if (status != ST_OK)
        return status;
    log_open("keyserver", config_switch(program->config, "log", "debug"));
    status = read_masters(program, why);
    if (status == ST_OK)
        status = check_masters(program, why);
    if (status == ST_OK)
        status = open_key_log(program, why);
    if (status == ST_OK)
        status = find_users(program, why);
    /* Whoever may reach the socket's folder may knock; who is served, the peer's user decides. */
    if (status == ST_OK)
        status = net_listen(config_text(program->config, "keyserver", "listen"), 0666,
                            &program->listener, why);
    return status;
}

/* No file, no socket, no other program: all it needs is open. */
static enum status enter(const struct program *program, struct why *why)
{
    const struct room room = {
        .name = "keyserver",
        .rights = ROOM_THREAD,
        .user = config_text(program->config, "keyserver", "user"),
    };
    return room_enter(&room, why);
}

/* --- working ---------------------------------------------------------------------------------- */

/* A connection, and who is on its other end. */
struct connection {
    const struct keyserver *keyserver;
    bool allowed;  /* may have messages opened */
    bool operator; /* root, or our own user */
};

static void note_broken(const struct keyserver *keyserver)
{
    if (key_log_broken(keyserver->log))
        log_error("key-log-broken", L_TEXT("effect", "nothing is opened until a restart"));
}

static struct wire_verdict answer_open(const struct connection *connection,
                                       const struct wire_key_open *ask,
                                       struct wire_key_open_reply *reply_out)
{
    struct wire_verdict verdict = WIRE_REFUSE(ST_DENIED, REASON_NONE);
    if (connection->allowed)
        verdict = keyserver_open(connection->keyserver, ask, clock_now(), &reply_out->key);
    char id[2 * KEY_MESSAGE_SIZE + 1];
    hex_encode(id, BYTES_ARRAY(ask->id));
    log_info("key-open", L_TEXT("message", id), L_NUMBER("account", ask->account),
             L_TEXT("status", status_name(verdict.status)),
             L_TEXT("reason", wire_reason_name(verdict.reason)));
    note_broken(connection->keyserver);
    return verdict;
}

/* What was exported is in the key log. */
static void note_export(const struct keyserver *keyserver, struct wire_verdict verdict)
{
    log_info("key-export", L_TEXT("status", status_name(verdict.status)),
             L_TEXT("reason", wire_reason_name(verdict.reason)));
    note_broken(keyserver);
}

static struct wire_verdict answer_export_message(const struct connection *connection,
                                                 const struct wire_key_open *ask,
                                                 struct wire_key_open_reply *reply_out)
{
    struct wire_verdict verdict = keyserver_export_message(
        connection->keyserver, ask, connection->operator, clock_now(), &reply_out->key);
    note_export(connection->keyserver, verdict);
    return verdict;
}

static struct wire_verdict answer_export_identity(const struct connection *connection,
                                                  const struct wire_key_export *ask,
                                                  struct wire_key_export_reply *reply_out)
{
    struct wire_verdict verdict = keyserver_export_identity(
        connection->keyserver, ask, connection->operator, clock_now(), reply_out);
    note_export(connection->keyserver, verdict);
    return verdict;
}

static struct wire_verdict handle(void *context, const struct wire_exchange *exchange,
                                  const void *ask, void *reply_out)
{
    const struct connection *connection = context;
    switch (exchange->type) {
    case WIRE_KEY_OPEN:
        return answer_open(connection, ask, reply_out);
    case WIRE_KEY_PARAMETERS:
        return keyserver_parameters(connection->keyserver, clock_now(), reply_out);
    case WIRE_KEY_HEAD:
        return keyserver_head(connection->keyserver, clock_now(), reply_out);
    case WIRE_KEY_EXPORT_MESSAGE:
        return answer_export_message(connection, ask, reply_out);
    case WIRE_KEY_EXPORT_IDENTITY:
        return answer_export_identity(connection, ask, reply_out);
    default:
        return WIRE_REFUSE(ST_FAIL, REASON_NONE);
    }
}

static void serve_connection(int fd, const char *peer, void *context)
{
    struct program *program = context;
    size_t count;
    uid_t uid;
    struct connection connection = {.keyserver = &program->keyserver};
    if (net_peer_user(fd, &uid) == ST_OK) {
        connection.allowed = users_have(&program->allowed, uid);
        connection.operator= uid == 0 || uid == geteuid();
    }
    if (!connection.allowed && !connection.operator) {
        log_warn("peer-refused", L_TEXT("peer", peer));
        return;
    }
    const struct wire_exchange *exchanges = wire_keyserver_exchanges(&count);
    const struct wire_service service = {
        .exchanges = exchanges, .count = count, .handle = handle, .context = &connection};
    if (wire_serve(fd, &service) == ST_BAD)
        log_warn("peer-malformed", L_TEXT("peer", peer));
}

/* True if no thread uses the program's memory any more. */
static bool work(struct program *program)
{
    const struct serve serve = {
        .listener = program->listener,
        .max = (unsigned)config_number(program->config, "keyserver", "connections"),
        .stack = STACK_SIZE,
        .connection = serve_connection,
        .context = program,
    };
    if (!secret_lockable())
        log_warn("memory-not-locked",
                 L_TEXT("effect", "keys may be swapped out; raise the limit, LimitMEMLOCK="));
    log_info("started", L_TEXT("listen", config_text(program->config, "keyserver", "listen")));
    unsigned left = serve_threads(&serve, GRACE_MS);
    log_info("stopped", L_NUMBER("connections", left));
    return left == 0;
}

int main(int count, char **arguments)
{
    struct program program = {.listener = -1};
    struct why why = {""};
    const char *path = CONFIG_DEFAULT;
    room_harden();
    log_open("keyserver", false);
    for (int option; (option = getopt(count, arguments, "c:")) != -1;) {
        if (option != 'c') {
            fputs("usage: securemail-keyserver [-c FILE]\n", stderr);
            return 64;
        }
        path = optarg;
    }
    stop_catch();

    enum status status = acquire(&program, path, &why);
    if (status == ST_OK)
        status = enter(&program, &why);
    if (status != ST_OK)
        log_error("not-started", L_TEXT("why", why.text));
    else if (!work(&program))
        _exit(0); /* their threads still use what would be freed; each record is on the disk */

    io_close(&program.listener);
    key_log_close(program.keyserver.log);
    master_set_free(program.masters);
    config_free(program.config);
    return status == ST_OK ? 0 : 1;
}
