/* SPDX-License-Identifier: Apache-2.0
 * cli: export-key: asks the keyserver for keys that open messages without it, and writes them as
 * identities of `age` (docs/spec/age-plugin.md). */
#include <getopt.h>
#include <unistd.h>

#include "carrier.h"
#include "clock.h"
#include "commands.h"
#include "config.h"
#include "encode.h"
#include "file.h"
#include "io.h"
#include "number.h"
#include "opener.h"
#include "params.h"
#include "wire_keyserver.h"

#define MESSAGE_MAX (100 * 1024 * 1024) /* bytes of a sealed message's file */
#define PATIENCE_MS 60000

struct export
{
    const char *config_path, *out, *address;
    int64_t time;    /* --time; -1: not given */
    uint64_t serial; /* 0: that of the parameters */
    char **messages;
    size_t message_count;
    struct config *config;
    struct buffer keys; /* what is written in the end, all at once */
};

/* --- options ---------------------------------------------------------------------------------- */

static enum status read_options(struct export *export, int count, char **arguments, struct why *why)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},  {"out", required_argument, NULL, 'o'},
        {"address", required_argument, NULL, 'a'}, {"time", required_argument, NULL, 't'},
        {"serial", required_argument, NULL, 's'},  {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(count, arguments, "c:", options, NULL)) != -1;) {
        if (option == 'c')
            export->config_path = optarg;
        else if (option == 'o')
            export->out = optarg;
        else if (option == 'a')
            export->address = optarg;
        else if (option == 't' && clock_parse_iso(bytes_text(optarg), &export->time) != ST_OK)
            return why_set(why, ST_BAD, "--time: write 2026-11-24T01:49:52Z or 2026-11-24");
        else if (option == 's' &&
                 number_parse(bytes_text(optarg), 1, IDENTITY_SERIAL_MAX, &export->serial) != ST_OK)
            return why_set(why, ST_BAD, "--serial: a serial number");
        else if (option == '?')
            return why_set(why, ST_BAD, "there is no such option");
    }
    export->messages = arguments + optind;
    export->message_count = (size_t)(count - optind);
    bool whole = export->address != NULL && export->time >= 0 && export->message_count == 0;
    bool single = export->address == NULL && export->time < 0 && export->serial == 0 &&
                  export->message_count > 0;
    return whole || single
               ? ST_OK
               : why_set(why, ST_BAD, "either sealed messages, or --address and --time");
}

/* --- a sealed message, however it was kept ---------------------------------------------------- */

static enum status from_page(struct bytes content, struct buffer *file_out)
{
    struct carrier_reader *reader = carrier_reader_new();
    struct buffer signature;
    uint8_t hash[SIGN_HASH_SIZE];
    buffer_init(&signature, SIGN_TEXT_MAX);
    enum status status = carrier_reader_add(reader, content, file_out);
    if (status == ST_OK)
        status = carrier_reader_end(reader, hash, &signature);
    buffer_done(&signature);
    carrier_reader_free(reader);
    return status;
}

static enum status from_armor(struct bytes content, struct buffer *file_out)
{
    struct armor_reader *reader = armor_reader_new();
    uint8_t hash[SIGN_HASH_SIZE];
    enum status status = armor_reader_add(reader, content, file_out);
    if (status == ST_OK)
        status = armor_reader_end(reader, hash);
    armor_reader_free(reader);
    return status;
}

/* An age file, armored or not, or the page that carries it. */
static enum status read_message(const char *path, struct envelope *envelope_out, struct why *why)
{
    struct buffer content, file;
    struct why reason = {"no sealed message"};
    buffer_init(&content, MESSAGE_MAX);
    buffer_init(&file, MESSAGE_MAX);
    enum status status = file_read(path, &content, why);
    if (status != ST_OK)
        goto out;
    struct bytes bytes = buffer_bytes(&content);
    if (bytes_starts(bytes, BYTES_LITERAL("age-encryption.org/")))
        status = envelope_read(bytes, envelope_out, &reason);
    else if (bytes_starts(bytes_trim(bytes), BYTES_LITERAL("-----BEGIN AGE")))
        status = from_armor(bytes, &file);
    else
        status = from_page(bytes, &file);
    if (status == ST_OK && file.n > 0)
        status = envelope_read(buffer_bytes(&file), envelope_out, &reason);
    if (status != ST_OK)
        status = why_set(why, ST_BAD, "%s: %s", path, reason.text);
out:
    buffer_done(&content);
    buffer_done(&file);
    return status;
}

/* --- asking ----------------------------------------------------------------------------------- */

static enum status refused(struct wire_verdict verdict, const char *what, struct why *why)
{
    const char *reason = verdict.reason != REASON_NONE ? wire_reason_name(verdict.reason) : NULL;
    if (reason == NULL)
        reason = verdict.status == ST_DENIED
                     ? "exports are off ([keyserver] export-keys), or you are not the operator"
                 : verdict.status == ST_TEMP
                     ? "the keyserver does not answer, or can't write its log"
                     : status_name(verdict.status);
    return why_set(why, verdict.status, "%s: no key: %s", what, reason);
}

static struct wire_peer keyserver_of(const struct export *export)
{
    return (struct wire_peer){.where = config_text(export->config, "keyserver", "listen")};
}

static enum status export_message(struct export *export, const char *path, struct why *why)
{
    struct envelope envelope;
    struct wire_key_open ask = {.account = 0};
    struct wire_key_open_reply reply = {NULL};
    const struct wire_peer keyserver = keyserver_of(export);
    char id[2 * ENVELOPE_ID_SIZE + 1], period[CLOCK_TEXT_SIZE];
    enum status status = read_message(path, &envelope, why);
    if (status != ST_OK)
        return status;
    const struct identity *identity = &envelope.identity;
    memcpy(ask.district, identity->district, sizeof ask.district);
    memcpy(ask.address, identity->address.text, sizeof ask.address);
    ask.serial = identity->serial;
    ask.period_start = (uint64_t)identity->period_start;
    memcpy(ask.ciphertext, envelope.ciphertext, sizeof ask.ciphertext);
    memcpy(ask.id, envelope.id, sizeof ask.id);
    struct wire_verdict verdict = wire_key_export_message(&keyserver, &ask, &reply);
    if (verdict.status != ST_OK)
        return refused(verdict, path, why);

    hex_encode(id, BYTES_ARRAY(envelope.id));
    clock_iso(identity->period_start, period);
    buffer_add_format(&export->keys, "# message %s, sealed to %s in the period of %.10s\n", id,
                      identity->address.text, period);
    status = opener_write_message(envelope.id, reply.key, &export->keys);
    buffer_add_text(&export->keys, "\n");
    secret_free(reply.key);
    return status == ST_OK ? buffer_check(&export->keys) : status;
}

static enum status read_params(const struct export *export, struct params *params, struct why *why)
{
    struct sign_public authority;
    struct buffer file;
    const char *path = config_text(export->config, "district", "parameters");
    if (sign_public_parse(bytes_text(config_text(export->config, "district", "authority")),
                          &authority) != ST_OK)
        return why_set(why, ST_BAD, "[district] authority is no public key");
    buffer_init(&file, PARAMS_FILE_MAX);
    enum status status = file_read(path, &file, why);
    if (status == ST_OK)
        status = params_read(buffer_bytes(&file), &authority, params, why);
    buffer_done(&file);
    return status;
}

static enum status export_identity(struct export *export, struct why *why)
{
    struct params params;
    struct identity identity;
    struct wire_key_export ask = {.serial = export->serial};
    struct wire_key_export_reply reply = {.mlkem = NULL};
    const struct wire_peer keyserver = keyserver_of(export);
    char period[CLOCK_TEXT_SIZE];
    enum status status = read_params(export, &params, why);
    if (status == ST_OK)
        status = address_parse(bytes_text(export->address), &identity.address, why);
    if (status != ST_OK)
        return status;
    memcpy(identity.district, params.district, sizeof identity.district);
    identity.serial = export->serial != 0 ? export->serial : params.serial;
    identity.period_start = identity_period(export->time, params.interval);
    memcpy(ask.district, identity.district, sizeof ask.district);
    memcpy(ask.address, identity.address.text, sizeof ask.address);
    ask.serial = identity.serial;
    ask.period_start = (uint64_t)identity.period_start;
    struct wire_verdict verdict = wire_key_export_identity(&keyserver, &ask, &reply);
    if (verdict.status != ST_OK)
        return refused(verdict, export->address, why);

    clock_iso(identity.period_start, period);
    buffer_add_format(&export->keys,
                      "# everything sealed to %s in the period of %.10s, serial %llu.\n"
                      "# This line holds the ML-KEM key of the whole serial: keep it offline.\n",
                      identity.address.text, period, (unsigned long long)identity.serial);
    status = opener_write_identity(&identity, reply.public_point, reply.identity_key, reply.mlkem,
                                   &export->keys);
    buffer_add_text(&export->keys, "\n");
    secret_free(reply.identity_key);
    secret_free(reply.mlkem);
    return status == ST_OK ? buffer_check(&export->keys) : status;
}

/* --- giving out ------------------------------------------------------------------------------- */

static enum status write_keys(const struct export *export, struct why *why)
{
    struct bytes keys = buffer_bytes(&export->keys);
    if (export->out != NULL)
        return file_create(export->out, 0600, keys, why);
    return io_write_all(STDOUT_FILENO, keys, io_deadline(PATIENCE_MS)) == ST_OK
               ? ST_OK
               : why_set(why, ST_FAIL, "the keys can't be written");
}

static enum status run(struct export *export, struct why *why)
{
    enum status status = config_read(export->config_path, &export->config, why);
    if (status == ST_OK && export->address != NULL)
        status = export_identity(export, why);
    for (size_t i = 0; i < export->message_count && status == ST_OK; i++)
        status = export_message(export, export->messages[i], why);
    return status == ST_OK ? write_keys(export, why) : status;
}

int command_export_key(int count, char **arguments)
{
    struct export export = {.config_path = CONFIG_DEFAULT, .time = -1};
    struct why why = {""};
    if (read_options(&export, count, arguments, &why) != ST_OK) {
        command_failed("export-key", &why);
        return command_misused("export-key");
    }
    if (export.out == NULL && isatty(STDOUT_FILENO)) {
        why_set(&why, ST_DENIED, "keys are not shown on a terminal: use --out, or a pipe");
        return command_failed("export-key", &why);
    }
    buffer_init(&export.keys, 16 * 1024 * 1024);
    enum status status = run(&export, &why);
    buffer_done(&export.keys);
    config_free(export.config);
    return status == ST_OK ? 0 : command_failed("export-key", &why);
}
