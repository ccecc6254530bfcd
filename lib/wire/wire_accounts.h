/* SPDX-License-Identifier: Apache-2.0
 * wire: the protocol between portal and accounts (docs/spec/wire.md §Accounts).
 *
 * The portal calls one function for each request and gets the verdict that accounts gave:
 *
 *     struct wire_sign_in ask = {.password = password};
 *     struct wire_sign_in_reply reply;
 *     …address, source…
 *     struct wire_verdict verdict = wire_sign_in(&accounts, &ask, &reply);
 *     if (verdict.status != ST_OK) … a page by verdict.reason …
 *
 * Secrets in a request stay the caller's; secrets in a reply become the caller's to free. Tokens
 * are 32 random bytes; in links and cookies they stand as token_encode writes them. Texts are
 * bounded by their arrays and hold no control characters; a call with a text that does is ST_BAD,
 * REASON_FIELD, and nothing is sent. Every call may be answered ST_TEMP (the service is away or
 * busy). */
#ifndef SECUREMAIL_WIRE_ACCOUNTS_H
#define SECUREMAIL_WIRE_ACCOUNTS_H

#include "ibe.h"
#include "wire_frame.h"

#define WIRE_TOKEN_SIZE 32
#define WIRE_PASSWORD_MAX 256 /* bytes */
#define WIRE_ANSWER_MAX 256   /* bytes */
#define WIRE_NAME_SIZE 201    /* UTF-8 and a NUL */
#define WIRE_LANGUAGE_SIZE 16
#define WIRE_SOURCE_SIZE 64 /* a network address as text */
#define WIRE_RETURN_SIZE 33 /* the message to come back to: 32 hexadecimal digits, or "" */
#define WIRE_ADDRESS_SIZE (ADDRESS_MAX + 1)
#define WIRE_ID_SIZE 32 /* as ENVELOPE_ID_SIZE */

enum wire_accounts_type {
    WIRE_LOOKUP = 1,
    WIRE_REGISTER = 2,
    WIRE_CONFIRM_VIEW = 3,
    WIRE_CONFIRM = 4,
    WIRE_CONFIRM_DENY = 5,
    WIRE_SIGN_IN = 6,
    WIRE_SESSION = 7,
    WIRE_SIGN_OUT = 8,
    WIRE_OPEN = 9,
    WIRE_PARAMETERS = 10,
};

/* The rows of the protocol, for wire_service. */
const struct wire_exchange *wire_accounts_exchanges(size_t *count_out);

/* Is there an account for this address? Asked only after a validly signed message to it came in. */
struct wire_lookup {
    char address[WIRE_ADDRESS_SIZE];
};
struct wire_lookup_reply {
    uint64_t known; /* 0 or 1 */
};
struct wire_verdict wire_lookup(const struct wire_peer *accounts, const struct wire_lookup *ask,
                                struct wire_lookup_reply *reply_out) MUST_CHECK;

/* Remember a registration and mail its confirmation link. The answer is the same if there is an
 * account already. ST_BAD: REASON_WEAK_PASSWORD, REASON_FIELD (address, name or answer);
 * ST_LIMIT: REASON_THROTTLED; ST_TEMP: REASON_BUSY, or the mail can't be sent now. */
struct wire_register {
    char address[WIRE_ADDRESS_SIZE];
    char name[WIRE_NAME_SIZE];
    struct secret *password;
    uint64_t question; /* index in the portal's list */
    struct secret *answer;
    uint64_t terms; /* version accepted */
    char language[WIRE_LANGUAGE_SIZE];
    char source[WIRE_SOURCE_SIZE];
    char return_to[WIRE_RETURN_SIZE];
};
struct wire_register_reply {
    struct secret *pending; /* a token: the cookie of the browser that registered */
};
struct wire_verdict wire_register(const struct wire_peer *accounts, const struct wire_register *ask,
                                  struct wire_register_reply *reply_out) MUST_CHECK;

/* What a mailed link is about; changes nothing. ST_NONE, REASON_TOKEN if it is about nothing. */
struct wire_confirm_view {
    struct secret *token;
    struct secret *pending; /* NULL: this browser has no such cookie */
};
struct wire_confirm_view_reply {
    char address[WIRE_ADDRESS_SIZE];
    char name[WIRE_NAME_SIZE];
    char return_to[WIRE_RETURN_SIZE];
    uint64_t needs_password; /* 1: another browser registered, so the password must be typed */
};
struct wire_verdict wire_confirm_view(const struct wire_peer *accounts,
                                      const struct wire_confirm_view *ask,
                                      struct wire_confirm_view_reply *reply_out) MUST_CHECK;

/* Prove the mailbox: by the link's token and either the cookie or the password. Uses the token up
 * and opens a session. ST_NONE, REASON_TOKEN; ST_DENIED, REASON_WRONG_PASSWORD (the token is still
 * good); ST_LIMIT, REASON_THROTTLED; ST_TEMP, REASON_BUSY. */
struct wire_confirm {
    struct secret *token;
    struct secret *pending;  /* NULL: none */
    struct secret *password; /* NULL: none typed */
    char source[WIRE_SOURCE_SIZE];
};
struct wire_confirm_reply {
    struct secret *session; /* a token */
};
struct wire_verdict wire_confirm(const struct wire_peer *accounts, const struct wire_confirm *ask,
                                 struct wire_confirm_reply *reply_out) MUST_CHECK;

/* “It was not me”: forget that registration. ST_NONE, REASON_TOKEN. */
struct wire_confirm_deny {
    struct secret *token;
};
struct wire_verdict wire_confirm_deny(const struct wire_peer *accounts,
                                      const struct wire_confirm_deny *ask) MUST_CHECK;

/* ST_DENIED, REASON_WRONG_PASSWORD (also without an account), REASON_UNCONFIRMED or REASON_REVOKED
 * (both only after the right password); ST_LIMIT, REASON_THROTTLED; ST_TEMP, REASON_BUSY. */
struct wire_sign_in {
    char address[WIRE_ADDRESS_SIZE];
    struct secret *password;
    char source[WIRE_SOURCE_SIZE];
};
struct wire_sign_in_reply {
    struct secret *session; /* a token */
};
struct wire_verdict wire_sign_in(const struct wire_peer *accounts, const struct wire_sign_in *ask,
                                 struct wire_sign_in_reply *reply_out) MUST_CHECK;

/* Whose session is it? Using it keeps it alive. ST_DENIED, REASON_SESSION or REASON_REVOKED. */
struct wire_session {
    struct secret *session;
};
struct wire_session_reply {
    char address[WIRE_ADDRESS_SIZE]; /* the one it signed in with */
    char name[WIRE_NAME_SIZE];
    char language[WIRE_LANGUAGE_SIZE];
    struct secret *form_key; /* 32 bytes: keys the tokens in this session's forms */
    uint64_t terms;          /* version accepted */
};
struct wire_verdict wire_session(const struct wire_peer *accounts, const struct wire_session *ask,
                                 struct wire_session_reply *reply_out) MUST_CHECK;

/* End a session; ending one that is over is ST_OK. */
struct wire_sign_out {
    struct secret *session;
};
struct wire_verdict wire_sign_out(const struct wire_peer *accounts,
                                  const struct wire_sign_out *ask) MUST_CHECK;

/* The key of one message, for the session's own address. ST_DENIED: REASON_SESSION, REASON_REVOKED,
 * REASON_NOT_ADDRESSEE, REASON_EXPIRED, REASON_TOO_EARLY, REASON_RECALLED; ST_NONE:
 * REASON_UNKNOWN_DISTRICT; ST_BAD: a bare one, the message is damaged; ST_TEMP: the keyserver is
 * away. */
struct wire_open {
    struct secret *session;
    uint8_t identity[IDENTITY_MAX]; /* the stanza's identity bytes */
    size_t identity_n;
    uint8_t ciphertext[IBE_CIPHERTEXT_SIZE];
    uint8_t id[WIRE_ID_SIZE]; /* the envelope's */
};
struct wire_open_reply {
    struct secret *key; /* IBE_KEY_SIZE bytes, for envelope_unwrap */
};
struct wire_verdict wire_open(const struct wire_peer *accounts, const struct wire_open *ask,
                              struct wire_open_reply *reply_out) MUST_CHECK;

/* The district's signed public parameters, as the keyserver gives them. ST_TEMP: it is away. */
struct wire_parameters_reply {
    uint8_t file[PARAMS_FILE_MAX];
    size_t file_n;
};
struct wire_verdict wire_parameters(const struct wire_peer *accounts,
                                    struct wire_parameters_reply *reply_out) MUST_CHECK;

#endif
