/* SPDX-License-Identifier: Apache-2.0
 * keyserver: keys for the operator, to be used without portal and keyserver: for archives and legal
 * hold, so after the lifetime too (docs/spec/age-plugin.md). */
#include "keyserver_private.h"

/* K-8 before all the others: who may not export is told, and the log too, whatever he asked for. */
static enum key_result judge(const struct keyserver *keyserver, bool operator,
                             enum key_result result, const struct identity *identity, int64_t now)
{
    if (!keyserver->exports || !operator)
        return KEY_EXPORT_REFUSED; /* K-8 */
    if (result == KEY_OPENED)
        result = judge_beginning(identity, now);
    return result == KEY_OPENED ? KEY_EXPORTED : result;
}

struct wire_verdict keyserver_export_message(const struct keyserver *keyserver,
                                             const struct wire_key_open *ask, bool operator,
                                             int64_t now, struct secret **key_out)
{
    struct identity identity = {.period_start = -1};
    const struct master *master = NULL;
    const struct asked asked = {ask->district,     ask->address, ask->serial,
                                ask->period_start, ask->account, ask->id};
    struct secret *key = secret_new(IBE_KEY_SIZE);

    enum key_result result = identify(keyserver, &asked, &master, &identity);
    result = judge(keyserver, operator, result, &identity, now);
    if (result == KEY_EXPORTED &&
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

struct wire_verdict keyserver_export_identity(const struct keyserver *keyserver,
                                              const struct wire_key_export *ask, bool operator,
                                              int64_t now, struct wire_key_export_reply *reply_out)
{
    struct identity identity = {.period_start = -1};
    const struct master *master = NULL;
    struct secret *identity_key = NULL, *mlkem = NULL;
    const struct asked asked = {.district = ask->district,
                                .address = ask->address,
                                .serial = ask->serial,
                                .period_start = ask->period_start};

    enum key_result result = identify(keyserver, &asked, &master, &identity);
    result = judge(keyserver, operator, result, &identity, now);
    if (result == KEY_EXPORTED && master_export(master, &identity, &identity_key, &mlkem) != ST_OK)
        result = KEY_MALFORMED;

    struct wire_verdict verdict = write_down(keyserver, &asked, &identity, result, now);
    if (verdict.status == ST_OK) {
        memcpy(reply_out->public_point, master_params(master)->public_point,
               sizeof reply_out->public_point);
        reply_out->identity_key = identity_key;
        reply_out->mlkem = mlkem;
        identity_key = mlkem = NULL;
    }
    secret_free(identity_key);
    secret_free(mlkem);
    return verdict;
}
