/* SPDX-License-Identifier: Apache-2.0
 * wire: the protocol between accounts and keyserver, as tables (docs/spec/wire.md §Keyserver). */
#include "wire_keyserver.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
static const struct wire_field open_fields[] = {
    WIRE_A_TEXT(struct wire_key_open, district, 1),
    WIRE_A_NUMBER(struct wire_key_open, serial),
    WIRE_A_TEXT(struct wire_key_open, address, 1),
    WIRE_A_NUMBER(struct wire_key_open, period_start),
    WIRE_A_FIXED(struct wire_key_open, ciphertext),
    WIRE_A_FIXED(struct wire_key_open, id),
    WIRE_A_NUMBER(struct wire_key_open, account),
};
static const struct wire_field open_reply_fields[] = {
    WIRE_A_SECRET(struct wire_key_open_reply, key, IBE_KEY_SIZE, IBE_KEY_SIZE),
};
static const struct wire_field parameters_reply_fields[] = {
    WIRE_SOME_BYTES(struct wire_key_parameters_reply, file, 1),
};

static const struct wire_field head_reply_fields[] = {
    WIRE_SOME_BYTES(struct wire_key_head_reply, file, 1),
};
static const struct wire_field export_fields[] = {
    WIRE_A_TEXT(struct wire_key_export, district, 1),
    WIRE_A_NUMBER(struct wire_key_export, serial),
    WIRE_A_TEXT(struct wire_key_export, address, 1),
    WIRE_A_NUMBER(struct wire_key_export, period_start),
};
static const struct wire_field export_reply_fields[] = {
    WIRE_A_FIXED(struct wire_key_export_reply, public_point),
    WIRE_A_SECRET(struct wire_key_export_reply, identity_key, IBE_IDENTITY_KEY_SIZE, IBE_IDENTITY_KEY_SIZE),
    WIRE_A_SECRET(struct wire_key_export_reply, mlkem, IBE_MLKEM_SECRET_SIZE, IBE_MLKEM_SECRET_SIZE),
};

static const struct wire_message nothing = {NULL, 0, 0};
static const struct wire_message open_message =
    {open_fields, COUNT(open_fields), sizeof(struct wire_key_open)};
static const struct wire_message open_reply_message =
    {open_reply_fields, COUNT(open_reply_fields), sizeof(struct wire_key_open_reply)};
static const struct wire_message parameters_reply_message =
    {parameters_reply_fields, COUNT(parameters_reply_fields), sizeof(struct wire_key_parameters_reply)};
static const struct wire_message head_reply_message =
    {head_reply_fields, COUNT(head_reply_fields), sizeof(struct wire_key_head_reply)};
static const struct wire_message export_message =
    {export_fields, COUNT(export_fields), sizeof(struct wire_key_export)};
static const struct wire_message export_reply_message =
    {export_reply_fields, COUNT(export_reply_fields), sizeof(struct wire_key_export_reply)};

enum { OPEN, PARAMETERS, HEAD, EXPORT_MESSAGE, EXPORT_IDENTITY };
static const struct wire_exchange exchanges[] = {
    [OPEN] =            {"open",            WIRE_KEY_OPEN,            &open_message,   &open_reply_message},
    [PARAMETERS] =      {"parameters",      WIRE_KEY_PARAMETERS,      &nothing,        &parameters_reply_message},
    [HEAD] =            {"head",            WIRE_KEY_HEAD,            &nothing,        &head_reply_message},
    [EXPORT_MESSAGE] =  {"export-message",  WIRE_KEY_EXPORT_MESSAGE,  &open_message,   &open_reply_message},
    [EXPORT_IDENTITY] = {"export-identity", WIRE_KEY_EXPORT_IDENTITY, &export_message, &export_reply_message},
};
/* clang-format on */

const struct wire_exchange *wire_keyserver_exchanges(size_t *count_out)
{
    *count_out = COUNT(exchanges);
    return exchanges;
}

struct wire_verdict wire_key_open(const struct wire_peer *keyserver,
                                  const struct wire_key_open *ask,
                                  struct wire_key_open_reply *reply_out)
{
    return wire_call(keyserver, &exchanges[OPEN], ask, reply_out);
}

struct wire_verdict wire_key_parameters(const struct wire_peer *keyserver,
                                        struct wire_key_parameters_reply *reply_out)
{
    return wire_call(keyserver, &exchanges[PARAMETERS], NULL, reply_out);
}

struct wire_verdict wire_key_head(const struct wire_peer *keyserver,
                                  struct wire_key_head_reply *reply_out)
{
    return wire_call(keyserver, &exchanges[HEAD], NULL, reply_out);
}

struct wire_verdict wire_key_export_message(const struct wire_peer *keyserver,
                                            const struct wire_key_open *ask,
                                            struct wire_key_open_reply *reply_out)
{
    return wire_call(keyserver, &exchanges[EXPORT_MESSAGE], ask, reply_out);
}

struct wire_verdict wire_key_export_identity(const struct wire_peer *keyserver,
                                             const struct wire_key_export *ask,
                                             struct wire_key_export_reply *reply_out)
{
    return wire_call(keyserver, &exchanges[EXPORT_IDENTITY], ask, reply_out);
}
