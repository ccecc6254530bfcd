/* SPDX-License-Identifier: Apache-2.0
 * header (private): text of the five charsets that we decode, made clean UTF-8. */
#ifndef SECUREMAIL_HEADER_CHARSET_H
#define SECUREMAIL_HEADER_CHARSET_H

#include "buffer.h"

enum charset { CHARSET_OTHER, CHARSET_ASCII, CHARSET_UTF8, CHARSET_LATIN9, CHARSET_WINDOWS };

/* By name, any case. ISO-8859-1 is read as windows-1252, as browsers do: its own places for 0x80 to
 * 0x9f are control characters that nobody means. */
enum charset charset_find(struct bytes name);

/* Append `text` as UTF-8. Bytes that mean nothing become U+FFFD; control characters and those
 * that change the direction of text become blanks. The charset is not CHARSET_OTHER. */
void charset_add(struct buffer *out, enum charset charset, struct bytes text);

#endif
