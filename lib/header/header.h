/* SPDX-License-Identifier: Apache-2.0
 * header: the top header of a letter, read within bounds and without a MIME library, and header
 * fields written so that nothing can be injected into them.
 *
 * Reading never fails for a letter's form: whatever Postfix lets in has a header, if only an empty
 * one. A header ends at the first empty line, or before the first line that is no field (RFC 5322
 * §2.2: "name:" and a line, continued by lines that begin with a blank). */
#ifndef SECUREMAIL_HEADER_H
#define SECUREMAIL_HEADER_H

#include "buffer.h"

#define HEADER_MAX (256 * 1024) /* bytes */
#define HEADER_FIELDS_MAX 2000
#define HEADER_LINE_MAX 998  /* octets of a line without its CRLF (RFC 5322 §2.1.1) */
#define HEADER_TEXT_MAX 4096 /* bytes of a decoded text */

struct header_field {
    struct bytes name;  /* "Subject" */
    struct bytes value; /* what follows the colon, still folded, without the last line end */
};

struct header {
    struct header_field *fields;
    size_t count;
    size_t size; /* bytes of the header, with the empty line that ends it if there is one */
};

/* Read the header at the beginning of a letter; all views point into `letter`. ST_LIMIT: more than
 * HEADER_MAX bytes or HEADER_FIELDS_MAX fields; nothing to free then. */
enum status header_read(struct bytes letter, struct header *header_out) MUST_CHECK;
void header_done(struct header *header);

/* The first field of that name, of any case; NULL if there is none. Of several, the first counts,
 * for us as for those who show it. */
const struct header_field *header_find(const struct header *header, const char *name);
size_t header_count(const struct header *header, const char *name);

/* --- what a field says
 * ---------------------------------------------------------------------------------- */

/* Append the value as UTF-8 text: unfolded, encoded words decoded (RFC 2047; US-ASCII, UTF-8,
 * ISO-8859-1, ISO-8859-15, windows-1252; others stay as written), control characters and broken
 * UTF-8 replaced. ST_LIMIT if it does not fit the buffer. */
enum status header_text(struct bytes value, struct buffer *text_out) MUST_CHECK;

/* The first mailbox of a From, Sender or Reply-To field, for showing. */
struct header_mailbox {
    char name[256];    /* display name, UTF-8; "" if there is none */
    char address[322]; /* addr-spec as written */
};
/* False if there is none. */
bool header_mailbox(struct bytes value, struct header_mailbox *mailbox_out);

/* --- writing
 * -------------------------------------------------------------------------------------------- */

/* Append a field as it was read, made fit to be sent: line ends become CRLF, continuation lines
 * stay, a bare CR, LF or NUL becomes a blank, and a line beyond HEADER_LINE_MAX is folded at a
 * blank or, without one, cut. The name is written as given. */
void header_write_field(struct buffer *out, const char *name, struct bytes value);
/* Append a field of UTF-8 text for people: plain if it is short printable ASCII, otherwise encoded
 * words of at most 75 characters on lines of at most 78 (RFC 2047 §2). */
void header_write_text(struct buffer *out, const char *name, const char *text);

#endif
