/* SPDX-License-Identifier: Apache-2.0
 * cli: the stanzas that age and its plugins exchange (C2SP, age-plugin): a line "-> WORD
 * ARGUMENT…", then unpadded base64 in lines of 64 characters, the last of which is shorter, perhaps
 * empty. */
#ifndef SECUREMAIL_AGE_PROTOCOL_H
#define SECUREMAIL_AGE_PROTOCOL_H

#include "buffer.h"
#include "secret.h"

#define AGE_LINE_MAX 8192   /* characters */
#define AGE_BODY_MAX 4096   /* bytes */
#define AGE_ARGUMENTS_MAX 8 /* the word among them; further ones are not kept */

/* Both ends of a conversation. */
struct age_peer {
    int in, out;
    struct secret *input; /* what was read and not used: strings in it are keys */
    size_t at, n;
};

/* A stanza that was read; valid until the next is. */
struct age_message {
    struct secret *line; /* AGE_LINE_MAX */
    struct bytes arguments[AGE_ARGUMENTS_MAX];
    size_t argument_count; /* of those kept */
    size_t arguments_all;
    uint8_t body[AGE_BODY_MAX];
    size_t body_n;
};

void age_peer_init(struct age_peer *peer, int in, int out);
void age_peer_done(struct age_peer *peer);
void age_message_init(struct age_message *message);
void age_message_done(struct age_message *message);

/* The next stanza. ST_NONE: the peer has closed; ST_BAD: not a stanza, or beyond the bounds. */
enum status age_read(struct age_peer *peer, struct age_message *message) MUST_CHECK;
/* Is its word this one? */
bool age_message_is(const struct age_message *message, const char *word);
/* Write a stanza: `line` is "file-key 0", say. The body may be a secret. ST_TEMP: nobody reads. */
enum status age_write(struct age_peer *peer, const char *line, struct bytes body) MUST_CHECK;

#endif
