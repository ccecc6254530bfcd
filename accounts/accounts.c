/* SPDX-License-Identifier: Apache-2.0
 * accounts: one handler for each request of the portal. A handler translates: wire struct → call of
 * the logic → verdict with a reason that a person can act on. Only here are clock and kernel
 * randomness read. */
#include "accounts.h"

#include "clock.h"
#include "encode.h"
#include "log.h"
#include "random.h"
#include "registration.h"
#include "throttle.h"
#include "wire_accounts.h"
#include "wire_keyserver.h"

static struct bytes optional(const struct secret *secret)
{
    return secret != NULL ? secret_bytes(secret) : BYTES_NONE;
}

static struct wire_verdict wait_for(int64_t seconds)
{
    return (struct wire_verdict){ST_LIMIT, REASON_THROTTLED, (uint32_t)seconds};
}

/* What a failure means that has no reason of its own: ours, or the store's. */
static struct wire_verdict other(enum status status)
{
    return WIRE_REFUSE(status == ST_TEMP ? ST_TEMP : ST_FAIL,
                       status == ST_TEMP ? REASON_BUSY : REASON_NONE);
}

static struct wire_verdict lookup(struct service *service, const void *ask_any, void *reply_any)
{
    const struct wire_lookup *ask = ask_any;
    struct wire_lookup_reply *reply = reply_any;
    struct address address;
    struct store_account account;
    struct store_transaction *t = NULL;
    if (address_parse(bytes_text(ask->address), &address, NULL) != ST_OK)
        return WIRE_REFUSE(ST_BAD, REASON_FIELD);
    enum status status = store_begin(service->store, &t);
    if (status == ST_OK)
        status = store_account_by_address(t, address.text, &account);
    store_rollback(t);
    reply->known = status == ST_OK;
    return status == ST_OK || status == ST_NONE ? WIRE_OK : other(status);
}

static struct wire_verdict take_registration(struct service *service, const void *ask_any,
                                             void *reply_any)
{
    const struct wire_register *ask = ask_any;
    struct wire_register_reply *reply = reply_any;
    struct registration_random *random = NULL;
    struct secret *memory = NULL;
    struct address address;
    struct why why = {""};
    struct registration_outcome outcome = {.browser = NULL};
    if (address_parse(bytes_text(ask->address), &address, NULL) != ST_OK)
        return WIRE_REFUSE(ST_BAD, REASON_FIELD);
    const struct registration registration = {
        .address = &address,
        .name = bytes_text(ask->name),
        .password = optional(ask->password),
        .question = (int64_t)ask->question,
        .answer = optional(ask->answer),
        .terms = (int64_t)ask->terms,
        .language = bytes_text(ask->language),
        .source = bytes_text(ask->source),
        .return_to = bytes_text(ask->return_to),
        .now = clock_now(),
    };
    memory = secret_new(sizeof *random);
    random = (struct registration_random *)(void *)memory->p;
    random_fill(random, sizeof *random);
    enum status status = registration_take(service, &registration, random, &outcome, &why);
    secret_free(memory);
    reply->pending = outcome.browser;

    if (status == ST_OK)
        log_info("registration-taken", L_TEXT("address", address.text),
                 L_TEXT("source", ask->source));
    else
        log_info("registration-refused", L_TEXT("address", address.text),
                 L_TEXT("source", ask->source), L_TEXT("status", status_name(status)),
                 L_TEXT("why", why.text));
    switch (status) {
    case ST_OK:
        return WIRE_OK;
    case ST_BAD:
        return WIRE_REFUSE(ST_BAD, outcome.fault == REGISTRATION_PASSWORD ? REASON_WEAK_PASSWORD
                                                                          : REASON_FIELD);
    case ST_LIMIT:
        return wait_for(outcome.wait);
    default:
        return other(status);
    }
}

static struct wire_verdict confirm_view(struct service *service, const void *ask_any,
                                        void *reply_any)
{
    const struct wire_confirm_view *ask = ask_any;
    struct wire_confirm_view_reply *reply = reply_any;
    struct confirmation found;
    enum status status = registration_view(service, optional(ask->token), optional(ask->pending),
                                           clock_now(), &found);
    if (status != ST_OK)
        return status == ST_NONE ? WIRE_REFUSE(ST_NONE, REASON_TOKEN) : other(status);
    snprintf(reply->address, sizeof reply->address, "%s", found.address);
    snprintf(reply->name, sizeof reply->name, "%s", found.name);
    snprintf(reply->return_to, sizeof reply->return_to, "%s", found.return_to);
    reply->needs_password = !found.same_browser;
    return WIRE_OK;
}

static struct wire_verdict confirm(struct service *service, const void *ask_any, void *reply_any)
{
    const struct wire_confirm *ask = ask_any;
    struct wire_confirm_reply *reply = reply_any;
    struct secret *memory = secret_new(sizeof(struct session_random));
    struct confirmation found = {.address = ""};
    int64_t wait = 0;
    random_fill(memory->p, memory->n);
    const struct confirm proof = {
        .token = optional(ask->token),
        .browser = optional(ask->pending),
        .password = optional(ask->password),
        .source = ask->source,
        .now = clock_now(),
        .random = (const struct session_random *)(const void *)memory->p,
    };
    enum status status = registration_confirm(service, &proof, &reply->session, &found, &wait);
    secret_free(memory);
    log_info("registration-confirmed", L_TEXT("address", found.address),
             L_TEXT("source", ask->source), L_TEXT("status", status_name(status)));
    switch (status) {
    case ST_OK:
        return WIRE_OK;
    case ST_NONE:
        return WIRE_REFUSE(ST_NONE, REASON_TOKEN);
    case ST_DENIED:
        return WIRE_REFUSE(ST_DENIED, REASON_WRONG_PASSWORD);
    case ST_LIMIT:
        return wait_for(wait);
    default:
        return other(status);
    }
}

static struct wire_verdict confirm_deny(struct service *service, const void *ask_any,
                                        void *reply_any)
{
    const struct wire_confirm_deny *ask = ask_any;
    (void)reply_any;
    enum status status = registration_deny(service, optional(ask->token), "", clock_now());
    log_info("registration-denied", L_TEXT("status", status_name(status)));
    if (status == ST_OK)
        return WIRE_OK;
    return status == ST_NONE ? WIRE_REFUSE(ST_NONE, REASON_TOKEN) : other(status);
}

static struct wire_verdict sign_in(struct service *service, const void *ask_any, void *reply_any)
{
    const struct wire_sign_in *ask = ask_any;
    struct wire_sign_in_reply *reply = reply_any;
    struct address address;
    int64_t wait = 0;
    if (address_parse(bytes_text(ask->address), &address, NULL) != ST_OK)
        return WIRE_REFUSE(ST_BAD, REASON_FIELD);
    struct secret *memory = secret_new(sizeof(struct session_random));
    random_fill(memory->p, memory->n);
    const struct sign_in try = {
        .address = &address,
        .password = optional(ask->password),
        .source = ask->source,
        .now = clock_now(),
        .random = (const struct session_random *)(const void *)memory->p,
    };
    enum status status = session_sign_in(service, &try, &reply->session, &wait);
    secret_free(memory);
    log_info("sign-in", L_TEXT("address", address.text), L_TEXT("source", ask->source),
             L_TEXT("status", status_name(status)));
    switch (status) {
    case ST_OK:
        return WIRE_OK;
    case ST_DENIED:
        return WIRE_REFUSE(ST_DENIED, REASON_WRONG_PASSWORD);
    case ST_NONE:
        return WIRE_REFUSE(ST_DENIED, REASON_REVOKED);
    case ST_LIMIT:
        return wait_for(wait);
    default:
        return other(status);
    }
}

static struct wire_verdict session(struct service *service, const void *ask_any, void *reply_any)
{
    const struct wire_session *ask = ask_any;
    struct wire_session_reply *reply = reply_any;
    struct store_session found;
    struct store_account account;
    enum status status =
        session_find(service, optional(ask->session), clock_now(), &found, &account);
    if (status != ST_OK)
        return status == ST_NONE ? WIRE_REFUSE(ST_DENIED, REASON_SESSION) : other(status);
    snprintf(reply->address, sizeof reply->address, "%s", found.address);
    snprintf(reply->name, sizeof reply->name, "%s", account.name);
    snprintf(reply->language, sizeof reply->language, "%s", account.language);
    reply->form_key = secret_copy(BYTES_ARRAY(found.form_key));
    reply->terms = (uint64_t)account.terms;
    return WIRE_OK;
}

static struct wire_verdict sign_out(struct service *service, const void *ask_any, void *reply_any)
{
    const struct wire_sign_out *ask = ask_any;
    (void)reply_any;
    enum status status = session_sign_out(service, optional(ask->session), clock_now());
    return status == ST_OK ? WIRE_OK : other(status);
}

/* May this account have this message's key? Its session lives, and it has proved the address that
 * the message is sealed to. */
static struct wire_verdict may_open(struct service *service, const struct wire_open *ask,
                                    struct identity *identity_out,
                                    struct store_session *session_out)
{
    struct store_account account;
    struct store_transaction *t = NULL;
    enum status status =
        session_find(service, optional(ask->session), clock_now(), session_out, &account);
    if (status != ST_OK)
        return status == ST_NONE ? WIRE_REFUSE(ST_DENIED, REASON_SESSION) : other(status);
    if (identity_decode((struct bytes){ask->identity, ask->identity_n}, identity_out) != ST_OK)
        return WIRE_REFUSE(ST_BAD, REASON_NONE);
    status = store_begin(service->store, &t);
    if (status == ST_OK)
        status = store_address_proved(t, account.id, identity_out->address.text);
    store_rollback(t);
    if (status == ST_NONE)
        return WIRE_REFUSE(ST_DENIED, REASON_NOT_ADDRESSEE);
    return status == ST_OK ? WIRE_OK : other(status);
}

/* The keyserver gets fields, and makes the identity from them itself. */
static struct wire_verdict open_key(struct service *service, const void *ask_any, void *reply_any)
{
    const struct wire_open *ask = ask_any;
    struct wire_open_reply *reply = reply_any;
    struct identity identity;
    struct store_session found = {.address = ""};
    char id[2 * WIRE_ID_SIZE + 1];
    struct wire_verdict verdict = may_open(service, ask, &identity, &found);
    if (verdict.status == ST_OK) {
        struct wire_key_open request = {.serial = identity.serial,
                                        .period_start = (uint64_t)identity.period_start,
                                        .account = (uint64_t)found.account};
        struct wire_key_open_reply answer = {0};
        snprintf(request.district, sizeof request.district, "%s", identity.district);
        snprintf(request.address, sizeof request.address, "%s", identity.address.text);
        memcpy(request.ciphertext, ask->ciphertext, sizeof request.ciphertext);
        memcpy(request.id, ask->id, sizeof request.id);
        const struct wire_peer keyserver = {.where = service->settings->keyserver};
        verdict = wire_key_open(&keyserver, &request, &answer);
        if (verdict.status == ST_OK)
            reply->key = answer.key;
    }
    hex_encode(id, BYTES_ARRAY(ask->id));
    log_info("key-asked", L_TEXT("message", id), L_TEXT("address", found.address),
             L_TEXT("status", status_name(verdict.status)),
             L_TEXT("reason", wire_reason_name(verdict.reason)));
    return verdict;
}

/* For whoever wants to seal; it is signed, so it is handed on as it is. */
static struct wire_verdict parameters(struct service *service, const void *ask, void *reply_any)
{
    struct wire_parameters_reply *reply = reply_any;
    struct wire_key_parameters_reply answer = {.file_n = 0};
    const struct wire_peer keyserver = {.where = service->settings->keyserver};
    (void)ask;
    struct wire_verdict verdict = wire_key_parameters(&keyserver, &answer);
    if (verdict.status == ST_OK) {
        memcpy(reply->file, answer.file, answer.file_n);
        reply->file_n = answer.file_n;
    }
    return verdict;
}

struct wire_verdict accounts_handle(void *context, const struct wire_exchange *exchange,
                                    const void *ask, void *reply_out)
{
    static const struct handler {
        enum wire_accounts_type type;
        struct wire_verdict (*handle)(struct service *, const void *, void *);
    } handlers[] = {
        {WIRE_LOOKUP, lookup},
        {WIRE_REGISTER, take_registration},
        {WIRE_CONFIRM_VIEW, confirm_view},
        {WIRE_CONFIRM, confirm},
        {WIRE_CONFIRM_DENY, confirm_deny},
        {WIRE_SIGN_IN, sign_in},
        {WIRE_SESSION, session},
        {WIRE_SIGN_OUT, sign_out},
        {WIRE_OPEN, open_key},
        {WIRE_PARAMETERS, parameters},
    };
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (handlers[i].type == exchange->type)
            return handlers[i].handle(context, ask, reply_out);
    return WIRE_REFUSE(ST_FAIL, REASON_NONE);
}

enum status accounts_sweep(struct service *service, int64_t now)
{
    struct store_transaction *t = NULL;
    const struct store_sweep sweep = {
        .now = now,
        .idle_since = now - service->settings->session_idle,
        .made_since = now - service->settings->session_max,
        .failed_since = now - THROTTLE_FORGET,
    };
    enum status status = store_begin(service->store, &t);
    if (status != ST_OK)
        return status;
    status = store_sweep(t, &sweep);
    if (status == ST_OK)
        return store_commit(t);
    store_rollback(t);
    return status;
}
