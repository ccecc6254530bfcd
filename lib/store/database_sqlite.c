/* SPDX-License-Identifier: Apache-2.0
 * store: SQLite. Write-ahead log, every commit synced, foreign keys on; after the statements are
 * compiled an authorizer refuses whatever they do not need, as a second line behind the list in
 * statements.h. */
#include <sqlite3.h>
#include <sys/stat.h>

#include "database.h"
#include "memory.h"
#include "statements.h"

struct database {
    sqlite3 *handle;
    sqlite3_stmt *compiled[STATEMENT_COUNT];
    sqlite3_stmt *running; /* whose row the caller may still look at */
};

#define BUSY_MS 10000

/* What a failed call means to the caller. Only a full disk, a lock and an I/O error may pass by
 * themselves. */
static enum status status_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return ST_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return ST_TEMP;
    case SQLITE_CONSTRAINT:
        return ST_DENIED;
    default:
        return ST_FAIL;
    }
}

static int authorize(void *context, int action, const char *a, const char *b, const char *c,
                     const char *d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_FUNCTION:
    case SQLITE_TRANSACTION:
        return SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

enum status database_open(const char *path, struct database **database_out, struct why *why)
{
    enum status status = ST_FAIL;
    struct database *database = memory_new(1, sizeof *database);
    mode_t mask = umask(077);
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    int result = sqlite3_open_v2(path, &database->handle, flags, NULL);
    umask(mask);
    if (result != SQLITE_OK) {
        why_set(why, ST_FAIL, "%s: %s", path, sqlite3_errstr(result));
        goto out;
    }
    sqlite3_busy_timeout(database->handle, BUSY_MS);
    sqlite3_extended_result_codes(database->handle, 1);
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    status = database_script(
        database,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;",
        why);
    if (status == ST_OK) {
        *database_out = database;
        database = NULL;
    }
out:
    database_close(database);
    return status;
}

void database_close(struct database *database)
{
    if (database == NULL)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(database->compiled[i]);
    sqlite3_close(database->handle);
    free(database);
}

enum status database_script(struct database *database, const char *sql, struct why *why)
{
    char *text = NULL;
    int result = sqlite3_exec(database->handle, sql, NULL, NULL, &text);
    if (result != SQLITE_OK)
        why_set(why, ST_FAIL, "database: %s", text != NULL ? text : sqlite3_errstr(result));
    sqlite3_free(text);
    return status_of(result);
}

enum status database_number(struct database *database, const char *sql, int64_t *number_out)
{
    sqlite3_stmt *compiled = NULL;
    int result = sqlite3_prepare_v2(database->handle, sql, -1, &compiled, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(compiled);
    if (result == SQLITE_ROW)
        *number_out = sqlite3_column_int64(compiled, 0);
    sqlite3_finalize(compiled);
    return result == SQLITE_DONE ? ST_NONE : status_of(result);
}

enum status database_prepare(struct database *database, struct why *why)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        int result = sqlite3_prepare_v3(database->handle, statements[i], -1,
                                        SQLITE_PREPARE_PERSISTENT, &database->compiled[i], NULL);
        if (result != SQLITE_OK)
            return why_set(why, ST_FAIL, "database: %s: %s", statements[i],
                           sqlite3_errmsg(database->handle));
    }
    sqlite3_set_authorizer(database->handle, authorize, NULL);
    return ST_OK;
}

/* SQLite takes "$1" for a name, not for the first parameter, so each is looked up by it. */
static int bind(sqlite3_stmt *statement, size_t number, const struct database_value *value)
{
    char name[24];
    snprintf(name, sizeof name, "$%zu", number);
    int at = sqlite3_bind_parameter_index(statement, name);
    if (at == 0)
        return SQLITE_RANGE;
    switch (value->kind) {
    case DATABASE_NUMBER:
        return sqlite3_bind_int64(statement, at, value->number);
    case DATABASE_TEXT:
        return sqlite3_bind_text64(statement, at, (const char *)value->bytes.p, value->bytes.n,
                                   SQLITE_STATIC, SQLITE_UTF8);
    case DATABASE_BYTES:
        return sqlite3_bind_blob64(statement, at, value->bytes.p, value->bytes.n, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(statement, at);
    }
}

static struct database_value column(sqlite3_stmt *statement, int at)
{
    struct database_value value = {0};
    switch (sqlite3_column_type(statement, at)) {
    case SQLITE_INTEGER:
        value.kind = DATABASE_NUMBER;
        value.number = sqlite3_column_int64(statement, at);
        break;
    case SQLITE_TEXT:
        value.kind = DATABASE_TEXT;
        value.bytes.p = sqlite3_column_text(statement, at);
        value.bytes.n = (size_t)sqlite3_column_bytes(statement, at);
        break;
    case SQLITE_BLOB:
        value.kind = DATABASE_BYTES;
        value.bytes.p = sqlite3_column_blob(statement, at);
        value.bytes.n = (size_t)sqlite3_column_bytes(statement, at);
        break;
    default:
        break;
    }
    return value;
}

/* Statements without rows are reset at once, so that they hold no lock; one with a row is reset by
 * the next call. */
enum status database_run(struct database *database, int statement,
                         const struct database_value *values, size_t n,
                         struct database_row *row_out)
{
    if (database->running != NULL)
        sqlite3_reset(database->running);
    database->running = NULL;
    sqlite3_stmt *compiled = database->compiled[statement];
    for (size_t i = 0; i < n; i++)
        if (bind(compiled, i + 1, &values[i]) != SQLITE_OK)
            return ST_FAIL;

    int result = sqlite3_step(compiled);
    enum status status = status_of(result);
    if (result == SQLITE_ROW && row_out != NULL) {
        row_out->n = (size_t)sqlite3_column_count(compiled);
        for (size_t i = 0; i < row_out->n && i < DATABASE_COLUMNS_MAX; i++)
            row_out->columns[i] = column(compiled, (int)i);
        database->running = compiled;
        return ST_OK;
    }
    sqlite3_reset(compiled);
    return status == ST_OK && row_out != NULL ? ST_NONE : status;
}
