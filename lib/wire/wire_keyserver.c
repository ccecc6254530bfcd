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

static const struct wire_message nothing = {NULL, 0, 0};
static const struct wire_message open_message =
    {open_fields, COUNT(open_fields), sizeof(struct wire_key_open)};
static const struct wire_message open_reply_message =
    {open_reply_fields, COUNT(open_reply_fields), sizeof(struct wire_key_open_reply)};
static const struct wire_message parameters_reply_message =
    {parameters_reply_fields, COUNT(parameters_reply_fields), sizeof(struct wire_key_parameters_reply)};

static const struct wire_exchange exchanges[] = {
    {"open",       WIRE_KEY_OPEN,       &open_message, &open_reply_message},
    {"parameters", WIRE_KEY_PARAMETERS, &nothing,      &parameters_reply_message},
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
    return wire_call(keyserver, &exchanges[0], ask, reply_out);
}

struct wire_verdict wire_key_parameters(const struct wire_peer *keyserver,
                                        struct wire_key_parameters_reply *reply_out)
{
    return wire_call(keyserver, &exchanges[1], NULL, reply_out);
}
