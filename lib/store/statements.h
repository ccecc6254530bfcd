/* SPDX-License-Identifier: Apache-2.0
 * store: every statement that is ever run, in one list. A column order here is what store.c reads.
 */
#ifndef SECUREMAIL_STATEMENTS_H
#define SECUREMAIL_STATEMENTS_H

/* name, SQL */
#define STATEMENTS(S)                                                                                  \
    S(BEGIN, "BEGIN IMMEDIATE")                                                                        \
    S(COMMIT, "COMMIT")                                                                                \
    S(ROLLBACK, "ROLLBACK")                                                                            \
    S(COUNTER_NEXT, "UPDATE counter SET value = value + 1 WHERE name = $1 RETURNING value")            \
    S(ACCOUNT_ADD,                                                                                     \
      "INSERT INTO account (id, name, language, password, question, answer, terms, state,"             \
      " created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")                                         \
    S(ACCOUNT_BY_ADDRESS,                                                                              \
      "SELECT a.id, a.name, a.language, a.password, a.question, a.answer, a.terms, a.state, a.created" \
      " FROM account a JOIN address d ON d.account = a.id WHERE d.address = $1")                       \
    S(ACCOUNT_BY_ID,                                                                                   \
      "SELECT id, name, language, password, question, answer, terms, state, created"                   \
      " FROM account WHERE id = $1")                                                                   \
    S(ADDRESS_ADD, "INSERT INTO address (address, account, proved) VALUES ($1, $2, $3)")               \
    S(ADDRESS_PROVED, "SELECT proved FROM address WHERE account = $1 AND address = $2")                \
    S(PENDING_ADD, "INSERT INTO pending (id, token, browser, address, return_to, expires, name,"       \
                   " language, password, question, answer, terms)"                                     \
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")                      \
    S(PENDING_BY_TOKEN,                                                                                \
      "SELECT id, token, browser, address, return_to, expires, name, language, password,"              \
      " question, answer, terms FROM pending WHERE token = $1")                                        \
    S(PENDING_COUNT, "SELECT COUNT(*) FROM pending WHERE address = $1")                                \
    S(PENDING_REMOVE, "DELETE FROM pending WHERE id = $1")                                             \
    S(PENDING_REMOVE_OLDEST,                                                                           \
      "DELETE FROM pending WHERE id = (SELECT MIN(id) FROM pending WHERE address = $1)")               \
    S(PENDING_REMOVE_ADDRESS, "DELETE FROM pending WHERE address = $1")                                \
    S(SESSION_ADD, "INSERT INTO session (token, account, address, form_key, created, used)"            \
                   " VALUES ($1, $2, $3, $4, $5, $6)")                                                 \
    S(SESSION_BY_TOKEN, "SELECT token, account, address, form_key, created, used FROM session"         \
                        " WHERE token = $1")                                                           \
    S(SESSION_TOUCH, "UPDATE session SET used = $2 WHERE token = $1")                                  \
    S(SESSION_REMOVE, "DELETE FROM session WHERE token = $1")                                          \
    S(SESSION_REMOVE_ACCOUNT, "DELETE FROM session WHERE account = $1")                                \
    S(THROTTLE_GET, "SELECT id, failures, last FROM throttle WHERE id = $1")                           \
    S(THROTTLE_SET,                                                                                    \
      "INSERT INTO throttle (id, failures, last) VALUES ($1, $2, $3)"                                  \
      " ON CONFLICT (id) DO UPDATE SET failures = excluded.failures, last = excluded.last")            \
    S(THROTTLE_REMOVE, "DELETE FROM throttle WHERE id = $1")                                           \
    S(EVENT_LAST, "SELECT number, time, event, address, source, chain FROM audit"                      \
                  " ORDER BY number DESC LIMIT 1")                                                     \
    S(EVENT_BY_NUMBER,                                                                                 \
      "SELECT number, time, event, address, source, chain FROM audit WHERE number = $1")               \
    S(EVENT_ADD, "INSERT INTO audit (number, time, event, address, source, chain)"                     \
                 " VALUES ($1, $2, $3, $4, $5, $6)")                                                   \
    S(SWEEP_PENDING, "DELETE FROM pending WHERE expires < $1")                                         \
    S(SWEEP_SESSION, "DELETE FROM session WHERE used < $1 OR created < $2")                            \
    S(SWEEP_THROTTLE, "DELETE FROM throttle WHERE last < $1")

enum statement {
#define STATEMENT_NAME(name, sql) STATEMENT_##name,
    STATEMENTS(STATEMENT_NAME)
#undef STATEMENT_NAME
        STATEMENT_COUNT
};

extern const char *const statements[STATEMENT_COUNT];

/* Migrations in order: the n-th brings a database of version n - 1 to version n. */
extern const char *const migrations[];
extern const int migrations_count;

#endif
