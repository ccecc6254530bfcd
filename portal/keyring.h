/* SPDX-License-Identifier: Apache-2.0
 * portal: the file keys of opened messages, in locked memory and nowhere else. A key belongs to one
 * session and one message. It is wiped when the session signs out, when it was not used for the
 * idle time, and when room is needed (the one unused longest goes first). Any number of threads may
 * use a keyring at once.
 *
 * Beside each key stands a view token: pictures in a mail's frame are asked for without a cookie,
 * because the frame has no origin; whoever shows this token may see this message's pictures, while
 * the key is here. */
#ifndef SECUREMAIL_KEYRING_H
#define SECUREMAIL_KEYRING_H

#include "secret.h"
#include "status.h"

#define KEYRING_TOKEN_SIZE 33 /* 32 hexadecimal digits and a NUL */

struct keyring;

/* For at most `keys_max` keys (at most 16384), each forgotten `idle` seconds after its last use. */
struct keyring *keyring_new(size_t keys_max, int64_t idle);
/* Wipes all. */
void keyring_free(struct keyring *keyring);

/* A place for a key that is still to be asked for. */
struct keyring_place {
    struct bytes session; /* the session's token */
    const char *message;  /* the message's id */
    uint64_t generation;  /* keyring's own */
};

/* Before accounts is asked for a message's key. Both arguments live as long as the place. */
struct keyring_place keyring_expect(struct keyring *keyring, struct bytes session,
                                    const char *message);
/* Keep a file key (ENVELOPE_OPENED_SIZE bytes; copied) in its place. ST_NONE, and it is not kept,
 * if the session was forgotten since the place was made: a key that comes late would outlive it. */
enum status keyring_put(struct keyring *keyring, const struct keyring_place *place, int64_t now,
                        const struct secret *key) MUST_CHECK;
/* The key, copied; the caller frees. ST_NONE if it is not there. */
enum status keyring_get(struct keyring *keyring, struct bytes session, const char *message,
                        int64_t now, struct secret **key_out) MUST_CHECK;
/* The view token that stands beside it. */
enum status keyring_token(struct keyring *keyring, struct bytes session, const char *message,
                          char token_out[KEYRING_TOKEN_SIZE]) MUST_CHECK;
/* The key of a message by its view token. Counts as no use: who has the token may be nobody's
 * session, and must not keep the key alive. */
enum status keyring_get_by_token(struct keyring *keyring, const char *token, const char *message,
                                 int64_t now, struct secret **key_out) MUST_CHECK;

/* Wipe the keys of a session; wipe all that idled. */
void keyring_forget_session(struct keyring *keyring, struct bytes session);
void keyring_sweep(struct keyring *keyring, int64_t now);

#endif
