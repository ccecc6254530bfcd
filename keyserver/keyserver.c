/* SPDX-License-Identifier: Apache-2.0
 * keyserver: one key at a time, and its record. */
#include "keyserver_private.h"

#define TIME_MAX INT64_C(253402300799) /* the last second that identity bytes can say */
#define CLOCKS_DIFFER 300              /* seconds that a gateway's clock may be ahead of ours */

/* What was decided, as the log has it, and as the asking service hears it. */
static struct wire_verdict verdict_of(enum key_result result)
{
    static const struct wire_verdict verdicts[KEY_RESULT_COUNT] = {
        [KEY_OPENED] = {ST_OK, REASON_NONE, 0},
        [KEY_EXPIRED] = {ST_DENIED, REASON_EXPIRED, 0},
        [KEY_TOO_EARLY] = {ST_DENIED, REASON_TOO_EARLY, 0},
        [KEY_UNKNOWN_DISTRICT] = {ST_NONE, REASON_UNKNOWN_DISTRICT, 0},
        [KEY_MALFORMED] = {ST_BAD, REASON_NONE, 0},
        [KEY_TORN] = {ST_FAIL, REASON_NONE, 0},
        [KEY_EXPORTED] = {ST_OK, REASON_NONE, 0},
        [KEY_EXPORT_REFUSED] = {ST_DENIED, REASON_NONE, 0},
    };
    return verdicts[result];
}

/* Nobody gets a key for bytes of his own choice: the identity is built here. */
enum key_result identify(const struct keyserver *keyserver, const struct asked *asked,
                         const struct master **master_out, struct identity *identity_out)
{
    const struct master *master = master_set_find(keyserver->masters, asked->serial);
    const struct params *params = master != NULL ? master_params(master) : NULL;
    if (params == NULL || strcmp(asked->district, params->district) != 0)
        return KEY_UNKNOWN_DISTRICT; /* K-1 */
    struct identity identity = {.serial = params->serial};
    memcpy(identity.district, params->district, sizeof identity.district);
    if (address_parse(bytes_text(asked->address), &identity.address, NULL) != ST_OK ||
        strcmp(identity.address.text, asked->address) != 0)
        return KEY_MALFORMED; /* K-2 */
    if (asked->period_start > TIME_MAX || asked->period_start % params->interval != 0)
        return KEY_MALFORMED; /* K-3 */
    identity.period_start = (int64_t)asked->period_start;
    *master_out = master;
    *identity_out = identity;
    return KEY_OPENED;
}

enum key_result judge_beginning(const struct identity *identity, int64_t now)
{
    return identity->period_start > now + CLOCKS_DIFFER ? KEY_TOO_EARLY /* K-4 */ : KEY_OPENED;
}

static enum key_result judge_time(const struct keyserver *keyserver,
                                  const struct identity *identity, int64_t now)
{
    if (now - identity->period_start > keyserver->lifetime)
        return KEY_EXPIRED; /* K-5 */
    return judge_beginning(identity, now);
}

struct wire_verdict write_down(const struct keyserver *keyserver, const struct asked *asked,
                               const struct identity *identity, enum key_result result, int64_t now)
{
    struct key_record record = {.time = now,
                                .result = result,
                                .serial = asked->serial,
                                .period_start = identity->period_start,
                                .account = asked->account};
    memcpy(record.address, identity->address.text, sizeof record.address);
    if (asked->message != NULL)
        memcpy(record.message, asked->message, sizeof record.message);
    if (key_log_append(keyserver->log, &record) != ST_OK)
        return WIRE_REFUSE(ST_TEMP, REASON_NONE); /* K-7 */
    return verdict_of(result);
}

struct wire_verdict keyserver_open(const struct keyserver *keyserver,
                                   const struct wire_key_open *ask, int64_t now,
                                   struct secret **key_out)
{
    struct identity identity = {.period_start = -1};
    const struct master *master = NULL;
    const struct asked asked = {ask->district,     ask->address, ask->serial,
                                ask->period_start, ask->account, ask->id};
    struct secret *key = secret_new(IBE_KEY_SIZE);

    enum key_result result = identify(keyserver, &asked, &master, &identity);
    if (result == KEY_OPENED)
        result = judge_time(keyserver, &identity, now);
    if (result == KEY_OPENED &&
        master_decapsulate(master, &identity, ask->ciphertext, key) != ST_OK)
        result = KEY_MALFORMED; /* K-6 */

    /* The record first, then the key. */
    struct wire_verdict verdict = write_down(keyserver, &asked, &identity, result, now);
    if (verdict.status == ST_OK) {
        *key_out = key;
        key = NULL;
    }
    secret_free(key);
    return verdict;
}

struct wire_verdict keyserver_head(const struct keyserver *keyserver, int64_t now,
                                   struct wire_key_head_reply *reply_out)
{
    const struct master *master = master_set_newest(keyserver->masters);
    struct key_mark mark = {.time = now};
    struct buffer line, comment, file;
    struct wire_verdict verdict = WIRE_REFUSE(ST_TEMP, REASON_NONE);
    memcpy(mark.district, master_params(master)->district, sizeof mark.district);
    buffer_init(&line, KEY_MARK_MAX);
    buffer_init(&comment, KEY_MARK_MAX);
    buffer_init(&file, sizeof reply_out->file);
    if (key_log_last(keyserver->log, &mark.number, mark.chain) == ST_OK &&
        key_mark_line(&mark, &line) == ST_OK && key_mark_comment(&mark, &comment) == ST_OK &&
        master_sign_head(master, buffer_bytes(&line), buffer_text(&comment), &file) == ST_OK) {
        memcpy(reply_out->file, file.p, file.n);
        reply_out->file_n = file.n;
        verdict = WIRE_OK;
    }
    buffer_done(&line);
    buffer_done(&comment);
    buffer_done(&file);
    return verdict;
}

struct wire_verdict keyserver_parameters(const struct keyserver *keyserver, int64_t now,
                                         struct wire_key_parameters_reply *reply_out)
{
    struct buffer file;
    struct wire_verdict verdict = WIRE_REFUSE(ST_TEMP, REASON_NONE);
    buffer_init(&file, sizeof reply_out->file);
    if (master_write_params(master_set_newest(keyserver->masters), now, keyserver->validity,
                            &file) == ST_OK) {
        memcpy(reply_out->file, file.p, file.n);
        reply_out->file_n = file.n;
        verdict = WIRE_OK;
    }
    buffer_done(&file);
    return verdict;
}
