/* SPDX-License-Identifier: Apache-2.0
 * accounts: sessions. A session is a random token; the store has its hash. It is bound to no
 * network address: phones change theirs. */
#include "session.h"

#include "audit.h"

#define TOUCH_AFTER 60 /* seconds: a write for each request would be a sync for each picture */

enum status session_begin(struct store_transaction *t, const struct store_session *session,
                          const struct session_random *random, struct secret **token_out)
{
    struct store_session row = *session;
    memcpy(row.form_key, random->form_key, sizeof row.form_key);
    enum status status = token_hash(BYTES_ARRAY(random->token), row.token);
    if (status == ST_OK)
        status = store_session_add(t, &row);
    if (status == ST_OK)
        *token_out = secret_copy(BYTES_ARRAY(random->token));
    return status;
}

/* A sign-in under way. */
struct trial {
    struct store_account account;
    bool known; /* there is such an account; if not, what follows takes the same time */
    struct throttle_ticket ticket;
};

/* Count the attempt and look the account up. */
static enum status begin(struct service *service, const struct sign_in *in, struct trial *trial,
                         int64_t *wait_out)
{
    struct store_transaction *t = NULL;
    const struct attempt attempt = {ATTEMPT_SIGN_IN, in->address->text, in->source, in->now};
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = throttle_take(t, &attempt, &trial->ticket, wait_out);
    if (status == ST_OK) {
        status = store_account_by_address(t, in->address->text, &trial->account);
        trial->known = status == ST_OK;
        status = status == ST_NONE ? ST_OK : status;
    }
    if (status == ST_OK) {
        status = store_commit(t);
        t = NULL;
    }
    store_rollback(t);
    return status;
}

/* Write down how it ended (`outcome` of the password), and open the session if it ended well. */
static enum status conclude(struct store_transaction *t, const struct sign_in *in,
                            const struct trial *trial, enum status outcome,
                            struct secret **token_out)
{
    bool good = outcome == ST_OK && trial->account.state == STORE_ACTIVE;
    enum status status = ST_OK;
    if (outcome == ST_OK)
        status = throttle_succeeded(t, &trial->ticket);
    else if (outcome != ST_DENIED)
        return throttle_give_back(t, &trial->ticket);
    if (status == ST_OK)
        status = audit_add(t, in->now, good ? "sign-in" : "sign-in-refused", in->address->text,
                           in->source);
    if (status == ST_OK && good) {
        struct store_session session = {
            .account = trial->account.id, .created = in->now, .used = in->now};
        snprintf(session.address, sizeof session.address, "%s", in->address->text);
        status = session_begin(t, &session, in->random, token_out);
    }
    return status;
}

enum status session_sign_in(struct service *service, const struct sign_in *in,
                            struct secret **token_out, int64_t *wait_out)
{
    struct trial trial = {.known = false};
    struct store_transaction *t = NULL;
    struct secret *token = NULL;
    enum status status = begin(service, in, &trial, wait_out);
    if (status != ST_OK)
        return status;

    /* The slow part is outside of any transaction. */
    enum status outcome = password_check(service->passwords, in->password,
                                         trial.known ? trial.account.password : NULL);
    status = store_begin(service->store, &t);
    if (status == ST_OK)
        status = conclude(t, in, &trial, outcome, &token);
    if (status == ST_OK) {
        status = store_commit(t);
        t = NULL;
    }
    store_rollback(t);

    /* A right password of a revoked account has no session, and hears so. */
    if (status == ST_OK)
        status = outcome == ST_OK && token == NULL ? ST_NONE : outcome;
    if (status == ST_OK) {
        *token_out = token;
        token = NULL;
    }
    secret_free(token);
    secret_wipe(trial.account.password, sizeof trial.account.password);
    return status;
}

static bool over(const struct service *service, const struct store_session *session, int64_t now)
{
    return now - session->used > service->settings->session_idle ||
           now - session->created > service->settings->session_max;
}

/* A session and whose it is. */
struct found {
    struct store_session session;
    struct store_account account;
};

/* The rows, inside a transaction. */
static enum status find(struct service *service, struct store_transaction *t,
                        const uint8_t hash[STORE_HASH_SIZE], int64_t now, struct found *found_out)
{
    enum status status = store_session_by_token(t, hash, &found_out->session);
    if (status == ST_OK && over(service, &found_out->session, now))
        return ST_NONE;
    if (status == ST_OK)
        status = store_account_by_id(t, found_out->session.account, &found_out->account);
    if (status == ST_OK && found_out->account.state != STORE_ACTIVE)
        return ST_NONE;
    return status;
}

enum status session_find(struct service *service, struct bytes token, int64_t now,
                         struct store_session *session_out, struct store_account *account_out)
{
    uint8_t hash[STORE_HASH_SIZE];
    struct store_transaction *t = NULL;
    struct found found;
    if (token_hash(token, hash) != ST_OK)
        return ST_NONE;
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = find(service, t, hash, now, &found);
    if (status == ST_OK && now - found.session.used >= TOUCH_AFTER) {
        status = store_session_touch(t, hash, now);
        if (status == ST_OK) {
            status = store_commit(t);
            t = NULL;
        }
    }
    store_rollback(t);
    if (status == ST_OK) {
        *session_out = found.session;
        *account_out = found.account;
    }
    return status;
}

enum status session_sign_out(struct service *service, struct bytes token, int64_t now)
{
    uint8_t hash[STORE_HASH_SIZE];
    struct store_transaction *t = NULL;
    struct store_session session;
    if (token_hash(token, hash) != ST_OK)
        return ST_OK;
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = store_session_by_token(t, hash, &session);
    if (status == ST_OK)
        status = store_session_remove(t, hash);
    if (status == ST_OK)
        status = audit_add(t, now, "sign-out", session.address, "");
    if (status == ST_OK) {
        status = store_commit(t);
        t = NULL;
    }
    store_rollback(t);
    return status == ST_NONE ? ST_OK : status;
}
