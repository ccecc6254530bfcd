/* SPDX-License-Identifier: Apache-2.0
 * envelope: the grammar of an age v1 header (docs/spec/envelope.md §2.2, E-1 to E-8), whatever its
 * stanzas mean.
 *
 * Read it in its order: begin, every stanza, end. The functions answer ST_TEMP when the bytes given
 * stop before the header does, and ST_BAD, with the rule's number in `why`, when no more bytes
 * could mend it. */
#ifndef SECUREMAIL_AGE_HEADER_PRIVATE_H
#define SECUREMAIL_AGE_HEADER_PRIVATE_H

#include "buffer.h"
#include "crypto_private.h"

#define AGE_HEADER_MAX 8192

struct age_header {
    struct bytes text; /* the file's first bytes, at most AGE_HEADER_MAX */
    size_t at;         /* what was read of it */
    bool full;         /* `text` is as long as a header may be */
    size_t stanzas;
    bool scrypt; /* one of them was of this type */
};

struct age_stanza {
    struct bytes arguments; /* separated by single spaces; at least one, none of them empty */
    struct bytes body;      /* the lines of base64 with their ends; known to be canonical */
};

enum status age_header_begin(struct bytes file, struct age_header *header_out,
                             struct why *why) MUST_CHECK;
/* ST_NONE: there are no more stanzas. */
enum status age_header_stanza(struct age_header *header, struct age_stanza *stanza_out,
                              struct why *why) MUST_CHECK;
/* The MAC line; afterwards header->at is the header's size. */
enum status age_header_end(struct age_header *header, uint8_t mac_out[MAC_SIZE],
                           struct why *why) MUST_CHECK;

/* Take the next argument off. False when none is left. */
bool age_argument(struct bytes *arguments, struct bytes *argument_out);
/* Decode a body of exactly n bytes; ST_BAD if it has another size. */
enum status age_body(const struct age_stanza *stanza, uint8_t *out, size_t n) MUST_CHECK;

/* What the MAC covers of a header of this text: everything up to and with its last "---". */
struct bytes age_header_covered(struct bytes header);
/* The MAC of that under a file key. */
enum status age_header_mac(const struct secret *file_key, struct bytes covered,
                           uint8_t mac_out[MAC_SIZE]) MUST_CHECK;

/* Append a header of one stanza up to and with "---". */
void age_header_write(struct buffer *out, struct bytes type, struct bytes argument,
                      struct bytes body);
/* Append the rest: the MAC and the line end. */
void age_header_write_mac(struct buffer *out, const uint8_t mac[MAC_SIZE]);
/* Bytes that the two write for an argument and a body of these sizes (before base64). */
size_t age_header_size(size_t type_n, size_t argument_n, size_t body_n);

#endif
