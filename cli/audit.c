/* SPDX-License-Identifier: Apache-2.0
 * cli: audit: the key log, checked against itself and against heads that were signed before; read;
 * and a new signed head, from the running keyserver. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include "clock.h"
#include "commands.h"
#include "config.h"
#include "encode.h"
#include "file.h"
#include "io.h"
#include "key_check.h"
#include "key_mark.h"
#include "wire_keyserver.h"

#define HEADS_MAX 1000

struct audit {
    const char *config_path, *log_path, *authority_text, *district;
    const char *address; /* list: of this one alone */
    int64_t since;
    struct config *config; /* NULL: everything was given by options */
    struct sign_public authority;

    const char *head_paths[HEADS_MAX];
    struct key_mark heads[HEADS_MAX];
    bool found[HEADS_MAX];    /* its number is in the log */
    bool agreeing[HEADS_MAX]; /* and has its chain */
    size_t head_count;

    uint64_t results[KEY_RESULT_COUNT];
    int64_t first, last; /* times of records; 0: there is none */
};

/* --- options ---------------------------------------------------------------------------------- */

static enum status take_option(struct audit *audit, int option, char *value, struct why *why)
{
    switch (option) {
    case 'c':
        audit->config_path = value;
        return ST_OK;
    case 'l':
        audit->log_path = value;
        return ST_OK;
    case 'k':
        audit->authority_text = value;
        return ST_OK;
    case 'd':
        audit->district = value;
        return ST_OK;
    case 'a':
        audit->address = value;
        return ST_OK;
    case 's':
        return clock_parse_iso(bytes_text(value), &audit->since) == ST_OK
                   ? ST_OK
                   : why_set(why, ST_BAD, "--since: write 2026-11-24T01:49:52Z or 2026-11-24");
    case 'h':
        if (audit->head_count == HEADS_MAX)
            return why_set(why, ST_LIMIT, "more than %d heads", HEADS_MAX);
        audit->head_paths[audit->head_count++] = value;
        return ST_OK;
    default:
        return why_set(why, ST_BAD, "there is no such option");
    }
}

static enum status read_options(struct audit *audit, int count, char **arguments, struct why *why)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},    {"log", required_argument, NULL, 'l'},
        {"authority", required_argument, NULL, 'k'}, {"district", required_argument, NULL, 'd'},
        {"address", required_argument, NULL, 'a'},   {"since", required_argument, NULL, 's'},
        {"head", required_argument, NULL, 'h'},      {NULL, 0, NULL, 0}};
    enum status status = ST_OK;
    for (int option;
         status == ST_OK && (option = getopt_long(count, arguments, "c:", options, NULL)) != -1;)
        status = take_option(audit, option, optarg, why);
    return status == ST_OK && optind != count ? why_set(why, ST_BAD, "too many words") : status;
}

/* What was not given by options is in the configuration. */
static enum status read_settings(struct audit *audit, struct why *why)
{
    if (audit->log_path == NULL || audit->district == NULL || audit->authority_text == NULL) {
        enum status status = config_read(audit->config_path, &audit->config, why);
        if (status != ST_OK)
            return status;
        if (audit->log_path == NULL)
            audit->log_path = config_text(audit->config, "keyserver", "log");
        if (audit->district == NULL)
            audit->district = config_text(audit->config, "district", "name");
        if (audit->authority_text == NULL)
            audit->authority_text = config_text(audit->config, "district", "authority");
    }
    if (sign_public_parse(bytes_text(audit->authority_text), &audit->authority) != ST_OK)
        return why_set(why, ST_BAD, "the authority is no minisign public key");
    return ST_OK;
}

/* --- heads ------------------------------------------------------------------------------------ */

static enum status read_head(struct audit *audit, size_t i, struct why *why)
{
    struct buffer file;
    struct why reason = {""};
    const char *path = audit->head_paths[i];
    buffer_init(&file, KEY_MARK_MAX);
    enum status status = file_read(path, &file, why);
    if (status == ST_OK) {
        status = key_mark_read(buffer_bytes(&file), &audit->authority, &audit->heads[i], &reason);
        if (status != ST_OK)
            why_set(why, status, "%s: %s", path, reason.text);
    }
    if (status == ST_OK && strcmp(audit->heads[i].district, audit->district) != 0)
        status = why_set(why, ST_BAD, "%s: of district %s", path, audit->heads[i].district);
    buffer_done(&file);
    return status;
}

/* --- the log ---------------------------------------------------------------------------------- */

static void visit_verify(void *context, const struct key_record *record,
                         const uint8_t chain[KEY_CHAIN_SIZE])
{
    struct audit *audit = context;
    uint64_t number = record != NULL ? record->number : 0;
    for (size_t i = 0; i < audit->head_count; i++)
        if (audit->heads[i].number == number) {
            audit->found[i] = true;
            audit->agreeing[i] = memcmp(audit->heads[i].chain, chain, KEY_CHAIN_SIZE) == 0;
        }
    if (record == NULL)
        return;
    audit->results[record->result]++;
    audit->first = audit->first == 0 ? record->time : audit->first;
    audit->last = record->time;
}

static void visit_list(void *context, const struct key_record *record,
                       const uint8_t chain[KEY_CHAIN_SIZE])
{
    const struct audit *audit = context;
    char time[CLOCK_TEXT_SIZE], period[CLOCK_TEXT_SIZE] = "-", message[2 * KEY_MESSAGE_SIZE + 1];
    (void)chain;
    if (record == NULL || record->time < audit->since ||
        (audit->address != NULL && strcmp(record->address, audit->address) != 0))
        return;
    clock_iso(record->time, time);
    if (record->period_start >= 0)
        clock_iso(record->period_start, period);
    period[period[0] == '-' ? 1 : 10] = '\0';
    hex_encode(message, BYTES_ARRAY(record->message));
    printf("%8llu  %s  %-16s  %6llu  %-10s  %8llu  %.16s  %s\n", (unsigned long long)record->number,
           time, key_result_name(record->result), (unsigned long long)record->serial, period,
           (unsigned long long)record->account, message,
           record->address[0] == '\0' ? "-" : record->address);
}

static enum status walk(struct audit *audit, const struct key_visitor *visitor,
                        struct key_check *found_out, struct why *why)
{
    struct why reason = {""};
    int fd = open(audit->log_path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return why_set(why, ST_FAIL, "%s: %s", audit->log_path, strerror(errno));
    enum status status = key_check(fd, visitor, found_out, &reason);
    io_close(&fd);
    if (status == ST_OK && found_out->lines == 0)
        status = why_set(&reason, ST_BAD, "L-1: there is nothing in it");
    if (status == ST_OK && strcmp(found_out->head.district, audit->district) != 0)
        status = why_set(&reason, ST_BAD, "of district %s", found_out->head.district);
    if (status == ST_OK && found_out->torn_bytes > 0)
        status = why_set(&reason, ST_BAD, "L-5: line %llu is unfinished",
                         (unsigned long long)found_out->lines + 1);
    return status == ST_OK ? ST_OK : why_set(why, status, "%s: %s", audit->log_path, reason.text);
}

/* L-6: each head must still stand in the log. */
static enum status check_heads(const struct audit *audit, uint64_t records, struct why *why)
{
    for (size_t i = 0; i < audit->head_count; i++) {
        unsigned long long number = audit->heads[i].number;
        if (!audit->found[i])
            return why_set(why, ST_BAD,
                           "%s: L-6: records are missing at the end: %s was signed at record %llu, "
                           "and the log ends with %llu",
                           audit->log_path, audit->head_paths[i], number,
                           (unsigned long long)records);
        if (!audit->agreeing[i])
            return why_set(why, ST_BAD,
                           "%s: L-6: the log was written anew: record %llu is not the one that %s "
                           "was signed at",
                           audit->log_path, number, audit->head_paths[i]);
    }
    return ST_OK;
}

static void report(const struct audit *audit, const struct key_check *found)
{
    char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE], chain[2 * KEY_CHAIN_SIZE + 1];
    printf("%s: %llu records, unchanged", audit->log_path, (unsigned long long)found->records);
    if (found->records > 0) {
        clock_iso(audit->first, first);
        clock_iso(audit->last, last);
        printf(", from %s to %s", first, last);
    }
    printf("\n");
    for (int i = 0; i < KEY_RESULT_COUNT; i++)
        if (audit->results[i] > 0)
            printf("  %-16s %llu\n", key_result_name((enum key_result)i),
                   (unsigned long long)audit->results[i]);
    hex_encode(chain, BYTES_ARRAY(found->chain));
    printf("  chain            %s\n", chain);
    if (audit->head_count > 0)
        printf("All %zu signed heads still stand in it.\n", audit->head_count);
    else
        printf("No signed head was given: whether records are missing at the end can't be seen.\n");
}

static enum status verify(struct audit *audit, struct why *why)
{
    struct key_check found;
    const struct key_visitor visitor = {visit_verify, audit};
    enum status status = read_settings(audit, why);
    for (size_t i = 0; i < audit->head_count && status == ST_OK; i++)
        status = read_head(audit, i, why);
    if (status == ST_OK)
        status = walk(audit, &visitor, &found, why);
    if (status == ST_OK)
        status = check_heads(audit, found.records, why);
    if (status == ST_OK)
        report(audit, &found);
    return status;
}

static enum status list(struct audit *audit, struct why *why)
{
    struct key_check found;
    const struct key_visitor visitor = {visit_list, audit};
    enum status status = read_settings(audit, why);
    if (status != ST_OK)
        return status;
    printf(
        "  number  time                  result            serial  period       account  message  "
        "         address\n");
    return walk(audit, &visitor, &found, why);
}

static enum status head(struct audit *audit, struct why *why)
{
    struct wire_key_head_reply *reply = &(struct wire_key_head_reply){.file_n = 0};
    struct key_mark mark;
    enum status status = config_read(audit->config_path, &audit->config, why);
    if (status == ST_OK)
        status = read_settings(audit, why);
    if (status != ST_OK)
        return status;
    const struct wire_peer keyserver = {.where = config_text(audit->config, "keyserver", "listen")};
    struct wire_verdict verdict = wire_key_head(&keyserver, reply);
    if (verdict.status != ST_OK)
        return why_set(why, verdict.status, "the keyserver gives no head: %s",
                       verdict.status == ST_TEMP ? "it does not answer, or its log is in doubt"
                                                 : status_name(verdict.status));
    /* What is kept for years is worth a look now. */
    struct bytes file = {reply->file, reply->file_n};
    status = key_mark_read(file, &audit->authority, &mark, why);
    if (status == ST_OK)
        status = io_write_all(STDOUT_FILENO, file, io_deadline(60000));
    return status;
}

int command_audit(int count, char **arguments)
{
    static struct audit audit = {.config_path = CONFIG_DEFAULT};
    static const struct {
        const char *name;
        enum status (*run)(struct audit *audit, struct why *why);
    } verbs[] = {{"verify", verify}, {"list", list}, {"head", head}};
    struct why why = {""};
    for (size_t i = 0; count > 1 && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(arguments[1], verbs[i].name) != 0)
            continue;
        enum status status = read_options(&audit, count - 1, arguments + 1, &why);
        if (status != ST_OK) {
            command_failed("audit", &why);
            return command_misused("audit");
        }
        status = verbs[i].run(&audit, &why);
        config_free(audit.config);
        return status == ST_OK ? 0 : command_failed("audit", &why);
    }
    return command_misused("audit");
}
