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

/* Look up the account, and whether it is in a pause. An unknown address gives ST_OK and no account:
 * what follows takes the same time. */
static enum status look(struct service *service, const struct sign_in *in,
                        struct store_account *account_out, bool *known_out, int64_t *wait_out)
{
    struct store_transaction *t = NULL;
    const struct attempt attempt = {"sign-in", in->address->text, in->source};
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = throttle_check(t, &attempt, in->now, wait_out);
    if (status == ST_OK) {
        status = store_account_by_address(t, in->address->text, account_out);
        *known_out = status == ST_OK;
        status = status == ST_NONE ? ST_OK : status;
    }
    store_rollback(t);
    return status;
}

/* Write down how it ended, and open the session if it ended well. */
static enum status conclude(struct service *service, const struct sign_in *in,
                            const struct store_account *account, enum status outcome,
                            struct secret **token_out)
{
    struct store_transaction *t = NULL;
    struct secret *token = NULL;
    const struct attempt attempt = {"sign-in", in->address->text, in->source};
    bool good = outcome == ST_OK && account->state == STORE_ACTIVE;
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status =
        outcome == ST_OK ? throttle_succeeded(t, &attempt) : throttle_failed(t, &attempt, in->now);
    if (status == ST_OK)
        status = audit_add(t, in->now, good ? "sign-in" : "sign-in-refused", in->address->text,
                           in->source);
    if (status == ST_OK && good) {
        struct store_session session = {
            .account = account->id, .created = in->now, .used = in->now};
        snprintf(session.address, sizeof session.address, "%s", in->address->text);
        status = session_begin(t, &session, in->random, &token);
    }
    if (status == ST_OK) {
        status = store_commit(t);
        t = NULL;
    }
    if (status == ST_OK && good) {
        *token_out = token;
        token = NULL;
    }
    store_rollback(t);
    secret_free(token);
    if (status != ST_OK)
        return status;
    return good ? ST_OK : outcome == ST_OK ? ST_NONE : ST_DENIED;
}

enum status session_sign_in(struct service *service, const struct sign_in *in,
                            struct secret **token_out, int64_t *wait_out)
{
    struct store_account account = {0};
    bool known = false;
    enum status status = look(service, in, &account, &known, wait_out);
    if (status != ST_OK)
        return status;
    /* The slow part is outside of any transaction. */
    status = password_check(service->passwords, in->password, known ? account.password : NULL);
    if (status == ST_OK || status == ST_DENIED)
        status = conclude(service, in, &account, status, token_out);
    secret_wipe(account.password, sizeof account.password);
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
