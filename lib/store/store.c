/* SPDX-License-Identifier: Apache-2.0
 * store: rows to structs and back. One function for each statement; the order of columns is the
 * list's. */
#include "store.h"

#include <assert.h>
#include <pthread.h>

#include "database.h"
#include "memory.h"
#include "number.h"
#include "statements.h"

struct store {
    struct database *database;
    pthread_mutex_t lock; /* held from begin to end of a transaction */
};

/* A store whose lock is held: only store_begin makes one. */
struct store_transaction {
    struct store store;
};

#define RUN(t, statement, row_out, ...)                                                            \
    database_run(                                                                                  \
        (t)->store.database, STATEMENT_##statement, (const struct database_value[]){__VA_ARGS__},  \
        sizeof((const struct database_value[]){__VA_ARGS__}) / sizeof(struct database_value),      \
        (row_out))

/* Bring the schema forward. Each step is one transaction together with its number. */
static enum status migrate(struct database *database, struct why *why)
{
    enum status status = database_script(
        database, "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)", why);
    int64_t version = 0;
    if (status == ST_OK)
        status = database_number(database, "SELECT COALESCE(MAX(version), 0) FROM schema_version",
                                 &version);
    if (status != ST_OK)
        return status;
    if (version > migrations_count)
        return why_set(why, ST_FAIL, "the database has schema %lld, this program knows up to %d",
                       (long long)version, migrations_count);
    for (; version < migrations_count; version++) {
        char number[128];
        snprintf(number, sizeof number,
                 "DELETE FROM schema_version; INSERT INTO schema_version VALUES (%lld)",
                 (long long)version + 1);
        if ((status = database_script(database, "BEGIN", why)) != ST_OK ||
            (status = database_script(database, migrations[version], why)) != ST_OK ||
            (status = database_script(database, number, why)) != ST_OK ||
            (status = database_script(database, "COMMIT", why)) != ST_OK)
            return status;
    }
    return ST_OK;
}

enum status store_open(const char *path, struct store **store_out, struct why *why)
{
    struct database *database = NULL;
    enum status status = database_open(path, &database, why);
    if (status == ST_OK)
        status = migrate(database, why);
    if (status == ST_OK)
        status = database_prepare(database, why);
    if (status == ST_OK) {
        struct store_transaction *t = memory_new(1, sizeof *t);
        t->store.database = database;
        pthread_mutex_init(&t->store.lock, NULL);
        *store_out = &t->store;
        database = NULL;
    }
    database_close(database);
    return status;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    database_close(store->database);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

enum status store_begin(struct store *store, struct store_transaction **transaction_out)
{
    pthread_mutex_lock(&store->lock);
    enum status status = database_run(store->database, STATEMENT_BEGIN, NULL, 0, NULL);
    if (status == ST_OK)
        *transaction_out = (struct store_transaction *)store;
    else
        pthread_mutex_unlock(&store->lock);
    return status;
}

enum status store_commit(struct store_transaction *t)
{
    enum status status = database_run(t->store.database, STATEMENT_COMMIT, NULL, 0, NULL);
    /* A commit that failed for want of space leaves the transaction open. */
    if (status != ST_OK)
        (void)!database_run(t->store.database, STATEMENT_ROLLBACK, NULL, 0, NULL);
    pthread_mutex_unlock(&t->store.lock);
    return status;
}

void store_rollback(struct store_transaction *t)
{
    if (t == NULL)
        return;
    (void)!database_run(t->store.database, STATEMENT_ROLLBACK, NULL, 0, NULL);
    pthread_mutex_unlock(&t->store.lock);
}

/* --- columns
 * -------------------------------------------------------------------------------------------- */

/* A row comes from a file that somebody may have edited: each column must have its kind and fit its
 * place. */
static bool take_number(const struct database_value *value, int64_t *number_out)
{
    if (value->kind != DATABASE_NUMBER)
        return false;
    *number_out = value->number;
    return true;
}

static bool take_text(const struct database_value *value, char *text_out, size_t size)
{
    return value->kind == DATABASE_TEXT && bytes_to_text(value->bytes, text_out, size);
}

static bool take_hash(const struct database_value *value, uint8_t hash_out[STORE_HASH_SIZE])
{
    if (value->kind != DATABASE_BYTES || value->bytes.n != STORE_HASH_SIZE)
        return false;
    memcpy(hash_out, value->bytes.p, STORE_HASH_SIZE);
    return true;
}

static enum status counter_next(struct store_transaction *t, const char *name, int64_t *number_out)
{
    struct database_row row;
    enum status status = RUN(t, COUNTER_NEXT, &row, V_TEXT(name));
    if (status == ST_NONE || (status == ST_OK && !take_number(&row.columns[0], number_out)))
        return ST_FAIL;
    return status;
}

/* --- accounts
 * ------------------------------------------------------------------------------------------- */

static enum status take_account(const struct database_row *row, struct store_account *account_out)
{
    const struct database_value *c = row->columns;
    struct store_account account = {0};
    if (row->n != 9 || !take_number(&c[0], &account.id) ||
        !take_text(&c[1], account.name, sizeof account.name) ||
        !take_text(&c[2], account.language, sizeof account.language) ||
        !take_text(&c[3], account.password, sizeof account.password) ||
        !take_number(&c[4], &account.question) ||
        !take_text(&c[5], account.answer, sizeof account.answer) ||
        !take_number(&c[6], &account.terms) || !take_number(&c[7], &account.state) ||
        !take_number(&c[8], &account.created))
        return ST_FAIL;
    *account_out = account;
    return ST_OK;
}

enum status store_account_add(struct store_transaction *t, const struct store_account *a,
                              int64_t *id_out)
{
    int64_t id;
    enum status status = counter_next(t, "account", &id);
    if (status == ST_OK)
        status = RUN(t, ACCOUNT_ADD, NULL, V_NUMBER(id), V_TEXT(a->name), V_TEXT(a->language),
                     V_TEXT(a->password), V_NUMBER(a->question), V_TEXT(a->answer),
                     V_NUMBER(a->terms), V_NUMBER(a->state), V_NUMBER(a->created));
    if (status == ST_OK)
        *id_out = id;
    return status;
}

enum status store_account_by_address(struct store_transaction *t, const char *address,
                                     struct store_account *account_out)
{
    struct database_row row;
    enum status status = RUN(t, ACCOUNT_BY_ADDRESS, &row, V_TEXT(address));
    return status == ST_OK ? take_account(&row, account_out) : status;
}

enum status store_account_by_id(struct store_transaction *t, int64_t id,
                                struct store_account *account_out)
{
    struct database_row row;
    enum status status = RUN(t, ACCOUNT_BY_ID, &row, V_NUMBER(id));
    return status == ST_OK ? take_account(&row, account_out) : status;
}

enum status store_address_add(struct store_transaction *t, int64_t account, const char *address,
                              int64_t proved)
{
    return RUN(t, ADDRESS_ADD, NULL, V_TEXT(address), V_NUMBER(account), V_NUMBER(proved));
}

enum status store_address_proved(struct store_transaction *t, int64_t account, const char *address)
{
    struct database_row row;
    return RUN(t, ADDRESS_PROVED, &row, V_NUMBER(account), V_TEXT(address));
}

/* --- pending registrations
 * ------------------------------------------------------------------------------- */

enum status store_pending_add(struct store_transaction *t, const struct store_pending *p)
{
    int64_t id;
    enum status status = counter_next(t, "pending", &id);
    if (status != ST_OK)
        return status;
    const struct store_account *a = &p->account;
    return RUN(t, PENDING_ADD, NULL, V_NUMBER(id), V_BYTES(p->token, STORE_HASH_SIZE),
               V_BYTES(p->browser, STORE_HASH_SIZE), V_TEXT(p->address), V_TEXT(p->return_to),
               V_NUMBER(p->expires), V_TEXT(a->name), V_TEXT(a->language), V_TEXT(a->password),
               V_NUMBER(a->question), V_TEXT(a->answer), V_NUMBER(a->terms));
}

enum status store_pending_by_token(struct store_transaction *t,
                                   const uint8_t token[STORE_HASH_SIZE],
                                   struct store_pending *pending_out)
{
    struct database_row row;
    enum status status = RUN(t, PENDING_BY_TOKEN, &row, V_BYTES(token, STORE_HASH_SIZE));
    if (status != ST_OK)
        return status;
    const struct database_value *c = row.columns;
    struct store_pending pending = {0};
    struct store_account *a = &pending.account;
    if (row.n != 12 || !take_number(&c[0], &pending.id) || !take_hash(&c[1], pending.token) ||
        !take_hash(&c[2], pending.browser) ||
        !take_text(&c[3], pending.address, sizeof pending.address) ||
        !take_text(&c[4], pending.return_to, sizeof pending.return_to) ||
        !take_number(&c[5], &pending.expires) || !take_text(&c[6], a->name, sizeof a->name) ||
        !take_text(&c[7], a->language, sizeof a->language) ||
        !take_text(&c[8], a->password, sizeof a->password) || !take_number(&c[9], &a->question) ||
        !take_text(&c[10], a->answer, sizeof a->answer) || !take_number(&c[11], &a->terms))
        return ST_FAIL;
    *pending_out = pending;
    return ST_OK;
}

enum status store_pending_count(struct store_transaction *t, const char *address,
                                int64_t *count_out)
{
    struct database_row row;
    enum status status = RUN(t, PENDING_COUNT, &row, V_TEXT(address));
    if (status == ST_OK && !take_number(&row.columns[0], count_out))
        return ST_FAIL;
    return status;
}

enum status store_pending_remove(struct store_transaction *t, int64_t id)
{
    return RUN(t, PENDING_REMOVE, NULL, V_NUMBER(id));
}

enum status store_pending_remove_oldest(struct store_transaction *t, const char *address)
{
    return RUN(t, PENDING_REMOVE_OLDEST, NULL, V_TEXT(address));
}

enum status store_pending_remove_address(struct store_transaction *t, const char *address)
{
    return RUN(t, PENDING_REMOVE_ADDRESS, NULL, V_TEXT(address));
}

/* --- sessions
 * ------------------------------------------------------------------------------------------- */

enum status store_session_add(struct store_transaction *t, const struct store_session *s)
{
    return RUN(t, SESSION_ADD, NULL, V_BYTES(s->token, STORE_HASH_SIZE), V_NUMBER(s->account),
               V_TEXT(s->address), V_BYTES(s->form_key, STORE_HASH_SIZE), V_NUMBER(s->created),
               V_NUMBER(s->used));
}

enum status store_session_by_token(struct store_transaction *t,
                                   const uint8_t token[STORE_HASH_SIZE],
                                   struct store_session *session_out)
{
    struct database_row row;
    enum status status = RUN(t, SESSION_BY_TOKEN, &row, V_BYTES(token, STORE_HASH_SIZE));
    if (status != ST_OK)
        return status;
    const struct database_value *c = row.columns;
    struct store_session session = {0};
    if (row.n != 6 || !take_hash(&c[0], session.token) || !take_number(&c[1], &session.account) ||
        !take_text(&c[2], session.address, sizeof session.address) ||
        !take_hash(&c[3], session.form_key) || !take_number(&c[4], &session.created) ||
        !take_number(&c[5], &session.used))
        return ST_FAIL;
    *session_out = session;
    return ST_OK;
}

enum status store_session_touch(struct store_transaction *t, const uint8_t token[STORE_HASH_SIZE],
                                int64_t used)
{
    return RUN(t, SESSION_TOUCH, NULL, V_BYTES(token, STORE_HASH_SIZE), V_NUMBER(used));
}

enum status store_session_remove(struct store_transaction *t, const uint8_t token[STORE_HASH_SIZE])
{
    return RUN(t, SESSION_REMOVE, NULL, V_BYTES(token, STORE_HASH_SIZE));
}

enum status store_session_remove_account(struct store_transaction *t, int64_t account)
{
    return RUN(t, SESSION_REMOVE_ACCOUNT, NULL, V_NUMBER(account));
}

/* --- throttles
 * ------------------------------------------------------------------------------------------ */

enum status store_throttle_get(struct store_transaction *t, const char *key,
                               struct store_throttle *throttle_out)
{
    struct database_row row;
    struct store_throttle throttle = {0};
    enum status status = RUN(t, THROTTLE_GET, &row, V_TEXT(key));
    if (status != ST_OK)
        return status;
    if (!take_text(&row.columns[0], throttle.key, sizeof throttle.key) ||
        !take_number(&row.columns[1], &throttle.failures) ||
        !take_number(&row.columns[2], &throttle.last))
        return ST_FAIL;
    *throttle_out = throttle;
    return ST_OK;
}

enum status store_throttle_set(struct store_transaction *t, const struct store_throttle *throttle)
{
    return RUN(t, THROTTLE_SET, NULL, V_TEXT(throttle->key), V_NUMBER(throttle->failures),
               V_NUMBER(throttle->last));
}

enum status store_throttle_remove(struct store_transaction *t, const char *key)
{
    return RUN(t, THROTTLE_REMOVE, NULL, V_TEXT(key));
}

/* --- audit
 * ---------------------------------------------------------------------------------------------- */

static enum status take_event(const struct database_row *row, struct store_event *event_out)
{
    const struct database_value *c = row->columns;
    struct store_event event = {0};
    if (row->n != 6 || !take_number(&c[0], &event.number) || !take_number(&c[1], &event.time) ||
        !take_text(&c[2], event.event, sizeof event.event) ||
        !take_text(&c[3], event.address, sizeof event.address) ||
        !take_text(&c[4], event.source, sizeof event.source) || !take_hash(&c[5], event.chain))
        return ST_FAIL;
    *event_out = event;
    return ST_OK;
}

enum status store_event_last(struct store_transaction *t, struct store_event *event_out)
{
    struct database_row row;
    enum status status = database_run(t->store.database, STATEMENT_EVENT_LAST, NULL, 0, &row);
    return status == ST_OK ? take_event(&row, event_out) : status;
}

enum status store_event_by_number(struct store_transaction *t, int64_t number,
                                  struct store_event *event_out)
{
    struct database_row row;
    enum status status = RUN(t, EVENT_BY_NUMBER, &row, V_NUMBER(number));
    return status == ST_OK ? take_event(&row, event_out) : status;
}

enum status store_event_add(struct store_transaction *t, const struct store_event *e)
{
    return RUN(t, EVENT_ADD, NULL, V_NUMBER(e->number), V_NUMBER(e->time), V_TEXT(e->event),
               V_TEXT(e->address), V_TEXT(e->source), V_BYTES(e->chain, STORE_HASH_SIZE));
}

enum status store_sweep(struct store_transaction *t, const struct store_sweep *sweep)
{
    enum status status = RUN(t, SWEEP_PENDING, NULL, V_NUMBER(sweep->now));
    if (status == ST_OK)
        status =
            RUN(t, SWEEP_SESSION, NULL, V_NUMBER(sweep->idle_since), V_NUMBER(sweep->made_since));
    if (status == ST_OK)
        status = RUN(t, SWEEP_THROTTLE, NULL, V_NUMBER(sweep->failed_since));
    return status;
}
