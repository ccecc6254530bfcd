/* SPDX-License-Identifier: Apache-2.0
 * wire: the protocol between portal and accounts, as tables (docs/spec/wire.md §Accounts). */
#include "wire_accounts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MESSAGE(name)                                                                              \
    static const struct wire_message name##_message = {name##_fields, COUNT(name##_fields),        \
                                                       sizeof(struct wire_##name)}
#define A_TOKEN(type, member) WIRE_A_SECRET(type, member, WIRE_TOKEN_SIZE, WIRE_TOKEN_SIZE)
#define MAYBE_A_TOKEN(type, member)                                                                \
    WIRE_MAYBE_A_SECRET(type, member, WIRE_TOKEN_SIZE, WIRE_TOKEN_SIZE)

/* clang-format off */
static const struct wire_message nothing = {NULL, 0, 0};

static const struct wire_field lookup_fields[] = {
    WIRE_A_TEXT(struct wire_lookup, address, 1),
};
static const struct wire_field lookup_reply_fields[] = {
    WIRE_A_BIT(struct wire_lookup_reply, known),
};

static const struct wire_field register_fields[] = {
    WIRE_A_TEXT(struct wire_register, address, 1),
    WIRE_A_TEXT(struct wire_register, name, 1),
    WIRE_A_SECRET(struct wire_register, password, 1, WIRE_PASSWORD_MAX),
    WIRE_A_NUMBER(struct wire_register, question),
    WIRE_A_SECRET(struct wire_register, answer, 1, WIRE_ANSWER_MAX),
    WIRE_A_NUMBER(struct wire_register, terms),
    WIRE_A_TEXT(struct wire_register, language, 0),
    WIRE_A_TEXT(struct wire_register, source, 0),
    WIRE_A_TEXT(struct wire_register, return_to, 0),
};
static const struct wire_field register_reply_fields[] = {
    A_TOKEN(struct wire_register_reply, pending),
};

static const struct wire_field confirm_view_fields[] = {
    A_TOKEN(struct wire_confirm_view, token),
    MAYBE_A_TOKEN(struct wire_confirm_view, pending),
};
static const struct wire_field confirm_view_reply_fields[] = {
    WIRE_A_TEXT(struct wire_confirm_view_reply, address, 1),
    WIRE_A_TEXT(struct wire_confirm_view_reply, name, 1),
    WIRE_A_TEXT(struct wire_confirm_view_reply, return_to, 0),
    WIRE_A_BIT(struct wire_confirm_view_reply, needs_password),
};

static const struct wire_field confirm_fields[] = {
    A_TOKEN(struct wire_confirm, token),
    MAYBE_A_TOKEN(struct wire_confirm, pending),
    WIRE_MAYBE_A_SECRET(struct wire_confirm, password, 1, WIRE_PASSWORD_MAX),
    WIRE_A_TEXT(struct wire_confirm, source, 0),
};
static const struct wire_field confirm_reply_fields[] = {
    A_TOKEN(struct wire_confirm_reply, session),
};

static const struct wire_field confirm_deny_fields[] = {
    A_TOKEN(struct wire_confirm_deny, token),
};

static const struct wire_field sign_in_fields[] = {
    WIRE_A_TEXT(struct wire_sign_in, address, 1),
    WIRE_A_SECRET(struct wire_sign_in, password, 1, WIRE_PASSWORD_MAX),
    WIRE_A_TEXT(struct wire_sign_in, source, 0),
};
static const struct wire_field sign_in_reply_fields[] = {
    A_TOKEN(struct wire_sign_in_reply, session),
};

static const struct wire_field session_fields[] = {
    A_TOKEN(struct wire_session, session),
};
static const struct wire_field session_reply_fields[] = {
    WIRE_A_TEXT(struct wire_session_reply, address, 1),
    WIRE_A_TEXT(struct wire_session_reply, name, 1),
    WIRE_A_TEXT(struct wire_session_reply, language, 0),
    A_TOKEN(struct wire_session_reply, form_key),
    WIRE_A_NUMBER(struct wire_session_reply, terms),
};

static const struct wire_field sign_out_fields[] = {
    A_TOKEN(struct wire_sign_out, session),
};

static const struct wire_field open_fields[] = {
    A_TOKEN(struct wire_open, session),
    WIRE_SOME_BYTES(struct wire_open, identity, 1),
    WIRE_A_FIXED(struct wire_open, ciphertext),
    WIRE_A_FIXED(struct wire_open, id),
};
static const struct wire_field open_reply_fields[] = {
    WIRE_A_SECRET(struct wire_open_reply, key, IBE_KEY_SIZE, IBE_KEY_SIZE),
};
static const struct wire_field parameters_reply_fields[] = {
    WIRE_SOME_BYTES(struct wire_parameters_reply, file, 1),
};

MESSAGE(lookup);
MESSAGE(lookup_reply);
MESSAGE(register);
MESSAGE(register_reply);
MESSAGE(confirm_view);
MESSAGE(confirm_view_reply);
MESSAGE(confirm);
MESSAGE(confirm_reply);
MESSAGE(confirm_deny);
MESSAGE(sign_in);
MESSAGE(sign_in_reply);
MESSAGE(session);
MESSAGE(session_reply);
MESSAGE(sign_out);
MESSAGE(open);
MESSAGE(open_reply);
MESSAGE(parameters_reply);

static const struct wire_exchange exchanges[] = {
    {"lookup",       WIRE_LOOKUP,       &lookup_message,       &lookup_reply_message},
    {"register",     WIRE_REGISTER,     &register_message,     &register_reply_message},
    {"confirm-view", WIRE_CONFIRM_VIEW, &confirm_view_message, &confirm_view_reply_message},
    {"confirm",      WIRE_CONFIRM,      &confirm_message,      &confirm_reply_message},
    {"confirm-deny", WIRE_CONFIRM_DENY, &confirm_deny_message, &nothing},
    {"sign-in",      WIRE_SIGN_IN,      &sign_in_message,      &sign_in_reply_message},
    {"session",      WIRE_SESSION,      &session_message,      &session_reply_message},
    {"sign-out",     WIRE_SIGN_OUT,     &sign_out_message,     &nothing},
    {"open",         WIRE_OPEN,         &open_message,         &open_reply_message},
    {"parameters",   WIRE_PARAMETERS,   &nothing,              &parameters_reply_message},
};
/* clang-format on */

const struct wire_exchange *wire_accounts_exchanges(size_t *count_out)
{
    *count_out = COUNT(exchanges);
    return exchanges;
}

/* Types count from 1 in the table's order. */
static struct wire_verdict call(const struct wire_peer *accounts, enum wire_accounts_type type,
                                const void *ask, void *reply_out)
{
    return wire_call(accounts, &exchanges[type - 1], ask, reply_out);
}

struct wire_verdict wire_lookup(const struct wire_peer *accounts, const struct wire_lookup *ask,
                                struct wire_lookup_reply *reply_out)
{
    return call(accounts, WIRE_LOOKUP, ask, reply_out);
}

struct wire_verdict wire_register(const struct wire_peer *accounts, const struct wire_register *ask,
                                  struct wire_register_reply *reply_out)
{
    return call(accounts, WIRE_REGISTER, ask, reply_out);
}

struct wire_verdict wire_confirm_view(const struct wire_peer *accounts,
                                      const struct wire_confirm_view *ask,
                                      struct wire_confirm_view_reply *reply_out)
{
    return call(accounts, WIRE_CONFIRM_VIEW, ask, reply_out);
}

struct wire_verdict wire_confirm(const struct wire_peer *accounts, const struct wire_confirm *ask,
                                 struct wire_confirm_reply *reply_out)
{
    return call(accounts, WIRE_CONFIRM, ask, reply_out);
}

struct wire_verdict wire_confirm_deny(const struct wire_peer *accounts,
                                      const struct wire_confirm_deny *ask)
{
    return call(accounts, WIRE_CONFIRM_DENY, ask, NULL);
}

struct wire_verdict wire_sign_in(const struct wire_peer *accounts, const struct wire_sign_in *ask,
                                 struct wire_sign_in_reply *reply_out)
{
    return call(accounts, WIRE_SIGN_IN, ask, reply_out);
}

struct wire_verdict wire_session(const struct wire_peer *accounts, const struct wire_session *ask,
                                 struct wire_session_reply *reply_out)
{
    return call(accounts, WIRE_SESSION, ask, reply_out);
}

struct wire_verdict wire_sign_out(const struct wire_peer *accounts, const struct wire_sign_out *ask)
{
    return call(accounts, WIRE_SIGN_OUT, ask, NULL);
}

struct wire_verdict wire_open(const struct wire_peer *accounts, const struct wire_open *ask,
                              struct wire_open_reply *reply_out)
{
    return call(accounts, WIRE_OPEN, ask, reply_out);
}

struct wire_verdict wire_parameters(const struct wire_peer *accounts,
                                    struct wire_parameters_reply *reply_out)
{
    return call(accounts, WIRE_PARAMETERS, NULL, reply_out);
}
