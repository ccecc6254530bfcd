/* SPDX-License-Identifier: Apache-2.0
 * mail: from any charset to UTF-8. The converters are loaded before the cell is entered, because
 * the C library reads each from a file of its own; inside, only those can be had. */
#ifndef SECUREMAIL_MAIL_CHARSET_PRIVATE_H
#define SECUREMAIL_MAIL_CHARSET_PRIVATE_H

#include "buffer.h"
#include "bytes.h"
#include "status.h"

#define MAIL_CHARSET_MAX 63 /* bytes of a charset's name that we look up */

/* Load every converter of the table and keep it. */
void mail_charset_prepare(void);

/* Append `text` as UTF-8. `label` is the charset it claims, in any case; "" if it claims none.
 * Without a label, with one that is unknown, and where a claim of ASCII or UTF-8 is plainly wrong:
 * UTF-8 if it is that, else windows-1252. Bytes that are no character become U+FFFD. Labels mean
 * what browsers mean by them (WHATWG Encoding Standard §4.2): "iso-8859-1" is windows-1252. A byte
 * order mark is left out. ST_LIMIT: the buffer is full. */
enum status mail_charset_convert(struct bytes text, const char *label,
                                 struct buffer *utf8_out) MUST_CHECK;

#endif
