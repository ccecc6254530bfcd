/* SPDX-License-Identifier: Apache-2.0
 * header: writing fields. Whatever a value holds, what is appended is one field: lines end with
 * CRLF, no other CR, LF or NUL gets out, no line has more than 998 bytes (RFC 5322 §2.1.1), and one
 * is folded before it passes 78 where a blank allows it. Overflow sticks in the buffer: write all,
 * then ask buffer_check. */
#ifndef SECUREMAIL_HEADER_WRITE_H
#define SECUREMAIL_HEADER_WRITE_H

#include "buffer.h"

#define HEADER_NAME_MAX 76 /* bytes of a field's name */

/* `name` is a field name, as header_read gives them or a literal of ours, of at most
 * HEADER_NAME_MAX bytes. */

/* An unstructured field (Subject) from UTF-8: text that is not ASCII, or that would be taken for
 * encoded words, becomes encoded words (RFC 2047). */
void header_write_text(struct buffer *out, struct bytes name, struct bytes text);

/* A structured field as it was: its value unfolded, cleaned and folded anew. A byte above 127
 * becomes '?', unless `utf8`, the letter is SMTPUTF8, and the value is valid UTF-8. */
void header_write_copy(struct buffer *out, struct bytes name, struct bytes value, bool utf8);

/* An address list as it was: as header_write_copy, but names that are not ASCII become encoded
 * words. */
void header_write_addresses(struct buffer *out, struct bytes name, struct bytes value, bool utf8);

/* Append `text`, UTF-8 on one line, as encoded words with blanks between them, where a phrase or a
 * text may stand. */
void header_write_words(struct buffer *out, struct bytes text);

#endif
