/* SPDX-License-Identifier: Apache-2.0
 * store: the rows that the accounts service keeps, and the only room that knows a database.
 *
 * Everything happens inside a transaction. store_begin takes the store's lock, so a transaction is
 * short: no waiting for the network, no password hashing between begin and end. Whatever is not
 * committed did not happen, also after a kill.
 *
 * Results of all functions: ST_OK; ST_NONE there is no such row; ST_TEMP the database is busy, full
 * or away: nothing was changed, try again; ST_FAIL the database is broken or newer than we are. A
 * row's texts are C strings in the caller's struct. */
#ifndef SECUREMAIL_STORE_H
#define SECUREMAIL_STORE_H

#include "bytes.h"
#include "status.h"

#define STORE_HASH_SIZE 32 /* SHA-256 of a token */
#define STORE_ADDRESS_SIZE 255
#define STORE_NAME_SIZE 201     /* UTF-8 bytes and a NUL */
#define STORE_PASSWORD_SIZE 128 /* an Argon2id string */
#define STORE_LANGUAGE_SIZE 16
#define STORE_TEXT_SIZE 64
#define STORE_RETURN_SIZE 33

struct store;
struct store_transaction;

/* Open the database at `path`, make it (mode 0600) or bring it forward to this version's schema. */
enum status store_open(const char *path, struct store **store_out, struct why *why) MUST_CHECK;
void store_close(struct store *store);

enum status store_begin(struct store *store, struct store_transaction **transaction_out) MUST_CHECK;
/* Make it last. On ST_TEMP nothing of it has happened. Ends the transaction in either case. */
enum status store_commit(struct store_transaction *transaction) MUST_CHECK;
/* Undo and end it; NULL does nothing, so that `out:` can always call it. */
void store_rollback(struct store_transaction *transaction);

/* --- accounts and the addresses they have proved
 * ------------------------------------------------------- */

enum store_state { STORE_ACTIVE = 0, STORE_REVOKED = 1 };

struct store_account {
    int64_t id;
    char name[STORE_NAME_SIZE];
    char language[STORE_LANGUAGE_SIZE];
    char password[STORE_PASSWORD_SIZE];
    int64_t question;
    char answer[STORE_PASSWORD_SIZE];
    int64_t terms; /* version accepted */
    int64_t state; /* enum store_state */
    int64_t created;
};

/* Add; the id is chosen by the database. */
enum status store_account_add(struct store_transaction *t, const struct store_account *account,
                              int64_t *id_out) MUST_CHECK;
enum status store_account_by_address(struct store_transaction *t, const char *address,
                                     struct store_account *account_out) MUST_CHECK;
enum status store_account_by_id(struct store_transaction *t, int64_t id,
                                struct store_account *account_out) MUST_CHECK;
/* A proved address belongs to one account. ST_DENIED if another one has it. */
enum status store_address_add(struct store_transaction *t, int64_t account, const char *address,
                              int64_t proved) MUST_CHECK;
/* ST_OK if this account has proved this address, else ST_NONE. */
enum status store_address_proved(struct store_transaction *t, int64_t account,
                                 const char *address) MUST_CHECK;

/* --- registrations that wait for their mailbox to be proved
 * ---------------------------------------------- */

struct store_pending {
    int64_t id;
    uint8_t token[STORE_HASH_SIZE];   /* hash of the mailed token */
    uint8_t browser[STORE_HASH_SIZE]; /* hash of the cookie of the browser that registered */
    char address[STORE_ADDRESS_SIZE];
    char return_to[STORE_RETURN_SIZE]; /* the message that waits; hexadecimal, may be empty */
    int64_t expires;
    struct store_account account; /* as it will be; its id, state and created are not kept */
};

enum status store_pending_add(struct store_transaction *t,
                              const struct store_pending *pending) MUST_CHECK;
enum status store_pending_by_token(struct store_transaction *t,
                                   const uint8_t token[STORE_HASH_SIZE],
                                   struct store_pending *pending_out) MUST_CHECK;
/* How many wait for this address. */
enum status store_pending_count(struct store_transaction *t, const char *address,
                                int64_t *count_out) MUST_CHECK;
enum status store_pending_remove(struct store_transaction *t, int64_t id) MUST_CHECK;
/* The one that waits longest for this address. */
enum status store_pending_remove_oldest(struct store_transaction *t,
                                        const char *address) MUST_CHECK;
enum status store_pending_remove_address(struct store_transaction *t,
                                         const char *address) MUST_CHECK;

/* --- sessions
 * ------------------------------------------------------------------------------------------- */

struct store_session {
    uint8_t token[STORE_HASH_SIZE]; /* hash of the cookie */
    int64_t account;
    char address[STORE_ADDRESS_SIZE];  /* the one it signed in with */
    uint8_t form_key[STORE_HASH_SIZE]; /* keys the tokens in this session's forms */
    int64_t created, used;
};

enum status store_session_add(struct store_transaction *t,
                              const struct store_session *session) MUST_CHECK;
enum status store_session_by_token(struct store_transaction *t,
                                   const uint8_t token[STORE_HASH_SIZE],
                                   struct store_session *session_out) MUST_CHECK;
enum status store_session_touch(struct store_transaction *t, const uint8_t token[STORE_HASH_SIZE],
                                int64_t used) MUST_CHECK;
enum status store_session_remove(struct store_transaction *t,
                                 const uint8_t token[STORE_HASH_SIZE]) MUST_CHECK;
enum status store_session_remove_account(struct store_transaction *t, int64_t account) MUST_CHECK;

/* --- throttles
 * ------------------------------------------------------------------------------------------ */

struct store_throttle {
    char key[STORE_HASH_SIZE * 2 + 1]; /* hexadecimal hash of what is counted */
    int64_t failures;
    int64_t last; /* time of the last failure */
};

enum status store_throttle_get(struct store_transaction *t, const char *key,
                               struct store_throttle *throttle_out) MUST_CHECK;
enum status store_throttle_set(struct store_transaction *t,
                               const struct store_throttle *throttle) MUST_CHECK;
enum status store_throttle_remove(struct store_transaction *t, const char *key) MUST_CHECK;

/* --- audit: a chain of account events
 * ------------------------------------------------------------------- */

struct store_event {
    int64_t number; /* 1, 2, 3 … without a gap */
    int64_t time;
    char event[STORE_TEXT_SIZE];
    char address[STORE_ADDRESS_SIZE];
    char source[STORE_TEXT_SIZE];
    uint8_t chain[STORE_HASH_SIZE]; /* covers this event and the chain before it */
};

enum status store_event_last(struct store_transaction *t, struct store_event *event_out) MUST_CHECK;
enum status store_event_by_number(struct store_transaction *t, int64_t number,
                                  struct store_event *event_out) MUST_CHECK;
enum status store_event_add(struct store_transaction *t,
                            const struct store_event *event) MUST_CHECK;

/* --- housekeeping
 * --------------------------------------------------------------------------------------- */

/* Remove registrations that expired before `now`, sessions last used before `idle_since` or made
 * before `made_since`, and throttles whose last failure was before `failed_since`. */
struct store_sweep {
    int64_t now, idle_since, made_since, failed_since;
};
enum status store_sweep(struct store_transaction *t, const struct store_sweep *sweep) MUST_CHECK;

#endif
