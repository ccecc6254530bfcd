/* SPDX-License-Identifier: Apache-2.0
 * accounts: registering and proving the mailbox. */
#include "registration.h"

#include "audit.h"
#include "encode.h"
#include "throttle.h"

/* --- taking one
 * ----------------------------------------------------------------------------------------- */

static bool one_line(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] == 0x7f)
            return false;
    return bytes_utf8(text);
}

static bool language_good(struct bytes language)
{
    for (size_t i = 0; i < language.n; i++) {
        uint8_t c = language.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return language.n >= 2 && language.n < STORE_LANGUAGE_SIZE;
}

static bool fields_good(const struct registration *r)
{
    uint8_t id[16];
    struct bytes name = bytes_trim(r->name);
    return name.n > 0 && name.n < STORE_NAME_SIZE && one_line(name) && r->question >= 0 &&
           r->question < QUESTIONS && r->terms >= 1 && language_good(r->language) &&
           (r->return_to.n == 0 || hex_decode(r->return_to, id, sizeof id) == ST_OK);
}

static enum status check(struct service *service, const struct registration *r,
                         enum registration_fault *fault_out)
{
    char name[STORE_NAME_SIZE];
    *fault_out = REGISTRATION_FIELD;
    if (!fields_good(r) || !bytes_to_text(bytes_trim(r->name), name, sizeof name))
        return ST_BAD;
    const char *const context[] = {r->address->text, name, service->settings->notice.organisation,
                                   NULL};
    *fault_out = REGISTRATION_PASSWORD;
    return password_good(r->password, context) == ST_OK ? ST_OK : ST_BAD;
}

/* The row as it will stand, hashes made. The two slow computations happen here, outside of any
 * transaction. */
static enum status prepare(struct service *service, const struct registration *r,
                           const struct registration_random *random,
                           struct store_pending *pending_out, enum registration_fault *fault_out)
{
    struct store_pending p = {.expires = r->now + service->settings->confirm_time};
    struct secret *answer = NULL;
    *fault_out = REGISTRATION_FIELD;
    enum status status = password_answer(r->answer, &answer);
    if (status == ST_OK)
        status = password_hash(service->passwords, r->password, p.account.password);
    if (status == ST_OK)
        status = password_hash(service->passwords, secret_bytes(answer), p.account.answer);
    if (status == ST_OK)
        status = token_hash(BYTES_ARRAY(random->token), p.token);
    if (status == ST_OK)
        status = token_hash(BYTES_ARRAY(random->browser), p.browser);
    secret_free(answer);
    if (status != ST_OK)
        return status;

    snprintf(p.address, sizeof p.address, "%s", r->address->text);
    p.account.question = r->question;
    p.account.terms = r->terms;
    if (!bytes_to_text(bytes_trim(r->name), p.account.name, sizeof p.account.name) ||
        !bytes_to_text(r->language, p.account.language, sizeof p.account.language) ||
        !bytes_to_text(r->return_to, p.return_to, sizeof p.return_to))
        return ST_BAD;
    *pending_out = p;
    return ST_OK;
}

/* Count the registration: each sends somebody a mail and costs us two slow hashes. */
static enum status admit(struct service *service, const struct registration *r, const char *source,
                         struct registration_outcome *outcome_out)
{
    struct store_transaction *t = NULL;
    struct throttle_ticket ticket;
    const struct attempt attempt = {ATTEMPT_REGISTER, r->address->text, source, r->now};
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = throttle_take(t, &attempt, &ticket, &outcome_out->wait);
    if (status == ST_OK)
        return store_commit(t);
    store_rollback(t);
    return status;
}

/* Keep the row, unless the address has an account already. */
static enum status keep(struct service *service, const struct store_pending *pending,
                        const char *source, int64_t now, bool *exists_out)
{
    int64_t waiting = 0;
    struct store_transaction *t = NULL;
    struct store_account account;
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = store_account_by_address(t, pending->address, &account);
    *exists_out = status == ST_OK;
    if (status == ST_NONE)
        status = store_pending_count(t, pending->address, &waiting);
    /* The oldest makes room: refusing would let a stranger keep the owner out. */
    if (status == ST_OK && waiting >= service->settings->pending_max)
        status = store_pending_remove_oldest(t, pending->address);
    if (status == ST_OK && !*exists_out)
        status = store_pending_add(t, pending);
    if (status == ST_OK)
        status = audit_add(t, now, *exists_out ? "registered-again" : "registered",
                           pending->address, source);
    if (status == ST_OK) {
        status = store_commit(t);
        t = NULL;
    }
    store_rollback(t);
    return status;
}

/* The mail is sent outside of the transaction; if it can't be handed over, the row goes again. */
static void forget(struct service *service, const uint8_t token[STORE_HASH_SIZE])
{
    struct store_transaction *t = NULL;
    struct store_pending pending;
    if (store_begin(service->store, &t) != ST_OK)
        return;
    enum status status = store_pending_by_token(t, token, &pending);
    if (status == ST_OK)
        status = store_pending_remove(t, pending.id);
    if (status == ST_OK && store_commit(t) == ST_OK)
        return;
    if (status != ST_OK)
        store_rollback(t);
}

static enum status send_notice(struct service *service, const struct notice *notice,
                               struct why *why)
{
    struct buffer mail;
    buffer_init(&mail, NOTICE_MAX);
    enum status status = notice_write(&service->settings->notice, notice, &mail);
    if (status == ST_OK)
        status = service->send(&service->settings->mailer, notice->to, buffer_bytes(&mail), why);
    buffer_done(&mail);
    return status;
}

enum status registration_take(struct service *service, const struct registration *r,
                              const struct registration_random *random,
                              struct registration_outcome *outcome_out, struct why *why)
{
    struct store_pending pending = {0};
    bool exists = false;
    char token[TOKEN_TEXT_SIZE], source[STORE_TEXT_SIZE];
    if (!bytes_to_text(r->source, source, sizeof source))
        source[0] = '\0';
    enum status status = check(service, r, &outcome_out->fault);
    if (status == ST_OK)
        status = admit(service, r, source, outcome_out);
    if (status == ST_OK)
        status = prepare(service, r, random, &pending, &outcome_out->fault);
    if (status == ST_OK)
        status = keep(service, &pending, source, r->now, &exists);
    if (status != ST_OK)
        return status;

    token_encode(token, sizeof token, BYTES_ARRAY(random->token));
    const struct notice notice = {.kind = exists ? NOTICE_EXISTS : NOTICE_CONFIRM,
                                  .to = pending.address,
                                  .token = exists ? NULL : token,
                                  .time = r->now,
                                  .unique = random->unique};
    status = send_notice(service, &notice, why);
    if (status == ST_OK) {
        outcome_out->browser = secret_copy(BYTES_ARRAY(random->browser));
    } else if (!exists) {
        forget(service, pending.token);
        status = ST_TEMP;
    }
    secret_wipe(token, sizeof token);
    return status;
}

/* --- looking at one
 * ------------------------------------------------------------------------------------- */

static enum status find(struct store_transaction *t, struct bytes token, int64_t now,
                        struct store_pending *pending_out)
{
    uint8_t hash[STORE_HASH_SIZE];
    struct store_pending pending;
    if (token_hash(token, hash) != ST_OK)
        return ST_NONE;
    enum status status = store_pending_by_token(t, hash, &pending);
    if (status == ST_OK && pending.expires < now)
        return ST_NONE;
    if (status == ST_OK)
        *pending_out = pending;
    return status;
}

static bool same_browser(const struct store_pending *pending, struct bytes browser)
{
    uint8_t hash[STORE_HASH_SIZE];
    return token_hash(browser, hash) == ST_OK &&
           secret_equal(BYTES_ARRAY(hash), BYTES_ARRAY(pending->browser));
}

static void describe(const struct store_pending *pending, struct bytes browser,
                     struct confirmation *out)
{
    memcpy(out->address, pending->address, sizeof out->address);
    memcpy(out->name, pending->account.name, sizeof out->name);
    memcpy(out->return_to, pending->return_to, sizeof out->return_to);
    out->same_browser = same_browser(pending, browser);
}

enum status registration_view(struct service *service, struct bytes token, struct bytes browser,
                              int64_t now, struct confirmation *confirmation_out)
{
    struct store_transaction *t = NULL;
    struct store_pending pending;
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = find(t, token, now, &pending);
    store_rollback(t);
    if (status == ST_OK)
        describe(&pending, browser, confirmation_out);
    return status;
}

/* --- confirming
 * ----------------------------------------------------------------------------------------- */

/* The rows of a confirmed account. An account that somebody confirmed meanwhile wins: ST_NONE then.
 */
static enum status make_account(struct store_transaction *t, const struct store_pending *pending,
                                const struct confirm *c, struct secret **session_out)
{
    int64_t id = 0;
    struct store_account account = pending->account;
    struct store_session session = {.created = c->now, .used = c->now};
    account.state = STORE_ACTIVE;
    account.created = c->now;
    enum status status = store_account_add(t, &account, &id);
    if (status == ST_OK)
        status = store_address_add(t, id, pending->address, c->now);
    if (status == ST_DENIED)
        return ST_NONE;
    if (status == ST_OK)
        status = store_pending_remove_address(t, pending->address);
    if (status == ST_OK)
        status = audit_add(t, c->now, "confirmed", pending->address, c->source);
    session.account = id;
    memcpy(session.address, pending->address, sizeof session.address);
    return status == ST_OK ? session_begin(t, &session, c->random, session_out) : status;
}

/* Try a password: counted first, in a transaction of its own. */
static enum status try_password(struct service *service, const struct store_pending *pending,
                                const struct confirm *c, int64_t *wait_out)
{
    struct store_transaction *t = NULL;
    struct throttle_ticket ticket;
    const struct attempt attempt = {ATTEMPT_CONFIRM, pending->address, c->source, c->now};
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = throttle_take(t, &attempt, &ticket, wait_out);
    if (status != ST_OK) {
        store_rollback(t);
        return status;
    }
    status = store_commit(t);
    if (status != ST_OK)
        return status;

    enum status outcome =
        password_check(service->passwords, c->password, pending->account.password);
    if (outcome == ST_DENIED)
        return ST_DENIED;
    status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = outcome == ST_OK ? throttle_succeeded(t, &ticket) : throttle_give_back(t, &ticket);
    if (status == ST_OK)
        return store_commit(t) == ST_OK ? outcome : ST_TEMP;
    store_rollback(t);
    return status;
}

/* The second thing beside the link: the cookie, or the password (throttled like a sign-in). */
static enum status second_proof(struct service *service, const struct store_pending *pending,
                                const struct confirm *c, int64_t *wait_out)
{
    if (same_browser(pending, c->browser))
        return ST_OK;
    return c->password.n == 0 ? ST_DENIED : try_password(service, pending, c, wait_out);
}

enum status registration_confirm(struct service *service, const struct confirm *c,
                                 struct secret **session_out, struct confirmation *confirmation_out,
                                 int64_t *wait_out)
{
    struct store_transaction *t = NULL;
    struct store_pending pending;
    struct secret *session = NULL;
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = find(t, c->token, c->now, &pending);
    store_rollback(t);
    t = NULL;
    if (status == ST_OK)
        status = second_proof(service, &pending, c, wait_out);
    if (status == ST_OK)
        status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;

    /* Looked up again: of two who confirm at the same time, one does. */
    status = find(t, c->token, c->now, &pending);
    if (status == ST_OK)
        status = make_account(t, &pending, c, &session);
    if (status == ST_OK) {
        status = store_commit(t);
        t = NULL;
    }
    store_rollback(t);
    if (status == ST_OK) {
        describe(&pending, c->browser, confirmation_out);
        *session_out = session;
        session = NULL;
    }
    secret_free(session);
    return status;
}

enum status registration_deny(struct service *service, struct bytes token, const char *source,
                              int64_t now)
{
    struct store_transaction *t = NULL;
    struct store_pending pending;
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = find(t, token, now, &pending);
    if (status == ST_OK)
        status = store_pending_remove(t, pending.id);
    if (status == ST_OK)
        status = audit_add(t, now, "registration-denied", pending.address, source);
    if (status == ST_OK) {
        status = store_commit(t);
        t = NULL;
    }
    store_rollback(t);
    return status;
}
