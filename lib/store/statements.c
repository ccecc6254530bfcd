/* SPDX-License-Identifier: Apache-2.0
 * store: the statements and the schema, as text. */
#include "statements.h"

const char *const statements[STATEMENT_COUNT] = {
#define STATEMENT_TEXT(name, sql) [STATEMENT_##name] = sql,
    STATEMENTS(STATEMENT_TEXT)
#undef STATEMENT_TEXT
};

/* Version 1. Tokens, cookies and answers are kept as hashes alone. An address has one owner; an
 * account may prove several. Numbers come from a counter, so that a deleted account's number never
 * names another in the audit. */
static const char version_1[] =
    "CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL);"
    "INSERT INTO counter (name, value) VALUES ('account', 0), ('pending', 0);"
    "CREATE TABLE account ("
    " id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, language TEXT NOT NULL,"
    " password TEXT NOT NULL, question BIGINT NOT NULL, answer TEXT NOT NULL, terms BIGINT NOT NULL,"
    " state BIGINT NOT NULL, created BIGINT NOT NULL);"
    "CREATE TABLE address ("
    " address TEXT NOT NULL PRIMARY KEY, account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,"
    " proved BIGINT NOT NULL);"
    "CREATE INDEX address_account ON address (account);"
    "CREATE TABLE pending ("
    " id BIGINT NOT NULL PRIMARY KEY, token BYTEA NOT NULL UNIQUE, browser BYTEA NOT NULL,"
    " address TEXT NOT NULL, return_to TEXT NOT NULL, expires BIGINT NOT NULL, name TEXT NOT NULL,"
    " language TEXT NOT NULL, password TEXT NOT NULL, question BIGINT NOT NULL, answer TEXT NOT NULL,"
    " terms BIGINT NOT NULL);"
    "CREATE INDEX pending_address ON pending (address);"
    "CREATE INDEX pending_expires ON pending (expires);"
    "CREATE TABLE session ("
    " token BYTEA NOT NULL PRIMARY KEY, account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,"
    " address TEXT NOT NULL, form_key BYTEA NOT NULL, created BIGINT NOT NULL, used BIGINT NOT NULL);"
    "CREATE INDEX session_account ON session (account);"
    "CREATE INDEX session_used ON session (used);"
    "CREATE TABLE throttle ("
    " id TEXT NOT NULL PRIMARY KEY, failures BIGINT NOT NULL, last BIGINT NOT NULL);"
    "CREATE TABLE audit ("
    " number BIGINT NOT NULL PRIMARY KEY, time BIGINT NOT NULL, event TEXT NOT NULL, address TEXT NOT NULL,"
    " source TEXT NOT NULL, chain BYTEA NOT NULL);";

const char *const migrations[] = {version_1};
const int migrations_count = sizeof migrations / sizeof migrations[0];
