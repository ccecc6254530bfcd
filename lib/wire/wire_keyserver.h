/* SPDX-License-Identifier: Apache-2.0
 * wire: the protocol between accounts and keyserver (docs/spec/wire.md §Keyserver). Used as
 * wire_accounts.h says. */
#ifndef SECUREMAIL_WIRE_KEYSERVER_H
#define SECUREMAIL_WIRE_KEYSERVER_H

#include "ibe.h"
#include "wire_frame.h"

/* Numbers apart from those of the other protocol, so that a frame at the wrong door is refused. */
enum wire_keyserver_type {
    WIRE_KEY_OPEN = 65,
    WIRE_KEY_PARAMETERS = 66,
    WIRE_KEY_HEAD = 67,
    WIRE_KEY_EXPORT_MESSAGE = 68,
    WIRE_KEY_EXPORT_IDENTITY = 69,
};

/* The rows of the protocol, for wire_service. */
const struct wire_exchange *wire_keyserver_exchanges(size_t *count_out);

/* Open one message key. The keyserver builds the identity from these fields itself, and writes the
 * opening down before it answers. ST_DENIED: REASON_EXPIRED, REASON_TOO_EARLY; ST_NONE:
 * REASON_UNKNOWN_DISTRICT (district or serial); ST_BAD: a bare one, the ciphertext or the address
 * is malformed; ST_TEMP: it can't be written down now. */
struct wire_key_open {
    char district[IDENTITY_DISTRICT_MAX + 1];
    uint64_t serial;
    char address[ADDRESS_MAX + 1]; /* canonical */
    uint64_t period_start;         /* seconds since 1970 */
    uint8_t ciphertext[IBE_CIPHERTEXT_SIZE];
    uint8_t id[32];   /* the envelope's: names the message in the log */
    uint64_t account; /* who asks: names the reader in the log */
};
struct wire_key_open_reply {
    struct secret *key; /* IBE_KEY_SIZE bytes */
};
struct wire_verdict wire_key_open(const struct wire_peer *keyserver,
                                  const struct wire_key_open *ask,
                                  struct wire_key_open_reply *reply_out) MUST_CHECK;

/* The district's signed public parameters, as params_read takes them. */
struct wire_key_parameters_reply {
    uint8_t file[PARAMS_FILE_MAX];
    size_t file_n;
};
struct wire_verdict wire_key_parameters(const struct wire_peer *keyserver,
                                        struct wire_key_parameters_reply *reply_out) MUST_CHECK;

/* The key log's head at this moment, signed (docs/spec/key-log.md); everything before it is on the
 * disk. */
#define WIRE_KEY_HEAD_MAX 4096
struct wire_key_head_reply {
    uint8_t file[WIRE_KEY_HEAD_MAX];
    size_t file_n;
};
struct wire_verdict wire_key_head(const struct wire_peer *keyserver,
                                  struct wire_key_head_reply *reply_out) MUST_CHECK;

/* As wire_key_open, for the operator, and also after the lifetime. ST_DENIED, REASON_NONE: exports
 * are switched off, or the caller is not the operator. */
struct wire_verdict wire_key_export_message(const struct wire_peer *keyserver,
                                            const struct wire_key_open *ask,
                                            struct wire_key_open_reply *reply_out) MUST_CHECK;

/* All that opens what is sealed to one identity (docs/spec/age-plugin.md §1). */
struct wire_key_export {
    char district[IDENTITY_DISTRICT_MAX + 1];
    uint64_t serial;
    char address[ADDRESS_MAX + 1]; /* canonical */
    uint64_t period_start;         /* seconds since 1970 */
};
struct wire_key_export_reply {
    uint8_t public_point[PARAMS_PUBLIC_SIZE];
    struct secret *identity_key; /* IBE_IDENTITY_KEY_SIZE bytes */
    struct secret *mlkem;        /* IBE_MLKEM_SECRET_SIZE bytes */
};
struct wire_verdict wire_key_export_identity(const struct wire_peer *keyserver,
                                             const struct wire_key_export *ask,
                                             struct wire_key_export_reply *reply_out) MUST_CHECK;

#endif
