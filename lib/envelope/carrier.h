/* SPDX-License-Identifier: Apache-2.0
 * envelope: the carrier: one HTML page without script that holds a sealed message and hands it to
 * the portal when its button is pressed (docs/spec/envelope.md §5). All bytes are ASCII; lines have
 * at most 76 characters, but for those with the portal's URL or the signature, which stay
 * below 998. So a mail can carry it unencoded.
 *
 *     <form method=post enctype=multipart/form-data action="https://portal/open">
 *       <input type=hidden name=message value="-----BEGIN AGE ENCRYPTED FILE-----…">
 *       <input type=hidden name=signature value="untrusted comment: …"> <button>
 */
#ifndef SECUREMAIL_CARRIER_H
#define SECUREMAIL_CARRIER_H

#include "envelope.h"

#define CARRIER_CHUNK ENVELOPE_CHUNK
/* Bytes that one call can append at the most, for a plaintext chunk of CARRIER_CHUNK bytes. */
#define CARRIER_STEP_MAX 131072

/* What the page says. All texts are plain UTF-8 and are escaped here; ASCII-only on output (&#…;).
 * More than 300 bytes of one are cut; what is not valid UTF-8, or would mislead, is shown as a
 * blank or a replacement character. */
struct carrier_text {
    const char *language;     /* "es", "pt-BR"; the page is in English if we don't have it */
    const char *organisation; /* "Commonwealth of Massachusetts" */
    const char
        *portal; /* "https://securemail.example.org": http or https, host, port; no path or slash */
    const char *host;      /* "securemail.example.org": printed for the reader to compare */
    const char *sender;    /* who wrote, as shown */
    const char *recipient; /* the address it is sealed to */
    const char *expires;   /* a date for people */
    const char *help;      /* help contact: one line */
};

/* All of it is used during carrier_new alone, but for `key`, which must outlive the carrier. */
struct carrier_settings {
    const struct ibe_sender *sender;
    const struct sign_key *key;
    const struct identity *identity;
    const struct secret *random; /* ENVELOPE_RANDOM_SIZE, fresh */
    struct envelope_seal seal;
    const struct carrier_text *text;
};

/* --- writing ---------------------------------------------------------------------------------- */

struct carrier; /* one carrier being written */

/* Begin a carrier: appends the page up to the first bytes of the armored message. ST_BAD: an
 * identity that is not the sender's district's, a portal or a language that can't stand in a page,
 * or (at the end) times out of order. When one of these three fails, the page is worthless: throw
 * away what was appended. */
enum status carrier_new(const struct carrier_settings *settings, struct carrier **carrier_out,
                        struct buffer *html_out) MUST_CHECK;
/* Seal more plaintext, at most CARRIER_CHUNK bytes a call. */
enum status carrier_add(struct carrier *carrier, struct bytes plain,
                        struct buffer *html_out) MUST_CHECK;
/* The last chunk, the signature and the rest of the page. */
enum status carrier_end(struct carrier *carrier, struct buffer *html_out) MUST_CHECK;
void carrier_free(struct carrier *carrier);
const uint8_t *carrier_id(const struct carrier *carrier); /* ENVELOPE_ID_SIZE bytes */

/* --- reading ---------------------------------------------------------------------------------- */

/* Takes an armored message that arrives in pieces (LF or CRLF), gives the binary age file and its
 * hash. Strict: anything the age specification calls malformed is ST_BAD, and stays so. */
struct armor_reader;
struct armor_reader *armor_reader_new(void);
void armor_reader_free(struct armor_reader *reader);
/* Append decoded bytes to `file_out`: never more in all than were given in all. ST_LIMIT if they do
 * not fit. */
enum status armor_reader_add(struct armor_reader *reader, struct bytes text,
                             struct buffer *file_out) MUST_CHECK;
/* The END line was seen and nothing but blank space followed. */
enum status armor_reader_end(struct armor_reader *reader,
                             uint8_t hash_out[SIGN_HASH_SIZE]) MUST_CHECK;

/* After ST_BAD: what is wrong, beginning with the rule's number; NULL if nothing was. */
const char *armor_reader_why(const struct armor_reader *reader);

/* Finds message and signature in a saved carrier page that arrives in pieces. */
struct carrier_reader;
struct carrier_reader *carrier_reader_new(void);
void carrier_reader_free(struct carrier_reader *reader);
/* Append the age file's bytes to `file_out`. */
enum status carrier_reader_add(struct carrier_reader *reader, struct bytes html,
                               struct buffer *file_out) MUST_CHECK;
/* `signature_out` is a buffer the caller initialised with SIGN_TEXT_MAX; it stays empty if the page
 * is whole but holds no signature. ST_BAD: damaged; ST_NONE: this is no carrier page; ST_TEMP: cut
 * short. */
enum status carrier_reader_end(struct carrier_reader *reader, uint8_t hash_out[SIGN_HASH_SIZE],
                               struct buffer *signature_out) MUST_CHECK;
/* As armor_reader_why. Where the message is at fault (E-28), the armor's own rule is named. */
const char *carrier_reader_why(const struct carrier_reader *reader);

#endif
