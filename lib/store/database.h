/* SPDX-License-Identifier: Apache-2.0
 * store: what a database must be able to do for this room. One implementation a database
 * (database_sqlite.c); the SQL is the same for all: parameters are $1, $2, …, types BIGINT, TEXT
 * and BYTEA, times are parameters. */
#ifndef SECUREMAIL_DATABASE_H
#define SECUREMAIL_DATABASE_H

#include "bytes.h"
#include "status.h"

#define DATABASE_COLUMNS_MAX 16

struct database;

enum database_kind { DATABASE_NULL, DATABASE_NUMBER, DATABASE_TEXT, DATABASE_BYTES };

struct database_value {
    enum database_kind kind;
    int64_t number;
    struct bytes bytes; /* of TEXT and BYTES */
};

#define V_NUMBER(value) ((struct database_value){DATABASE_NUMBER, (value), BYTES_NONE})
#define V_TEXT(text) ((struct database_value){DATABASE_TEXT, 0, bytes_text(text)})
#define V_BYTES(p, n) ((struct database_value){DATABASE_BYTES, 0, {(p), (n)}})

struct database_row {
    struct database_value columns[DATABASE_COLUMNS_MAX];
    size_t n;
};

enum status database_open(const char *path, struct database **database_out,
                          struct why *why) MUST_CHECK;
void database_close(struct database *database);

/* Run a prepared statement (index into `statements`, statements.h) and give its first row, if it
 * gives rows: ST_NONE if there is none. The row's bytes live until the next call. `row_out` may be
 * NULL. ST_DENIED: a uniqueness rule was broken. */
enum status database_run(struct database *database, int statement,
                         const struct database_value *values, size_t n,
                         struct database_row *row_out) MUST_CHECK;
/* Run the statements of a script, for migrations: no parameters, no rows. */
enum status database_script(struct database *database, const char *sql, struct why *why) MUST_CHECK;
/* The one number that a query without parameters gives; for migrations, before the statements are
 * compiled. */
enum status database_number(struct database *database, const char *sql,
                            int64_t *number_out) MUST_CHECK;
/* Compile all of `statements`; afterwards the database takes nothing else (an authorizer refuses
 * ATTACH, PRAGMA and the like). */
enum status database_prepare(struct database *database, struct why *why) MUST_CHECK;

#endif
