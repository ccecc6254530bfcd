/* SPDX-License-Identifier: Apache-2.0
 * mail: texts of a stranger that will stand on a page of ours. A clean text is valid UTF-8 without
 * control characters and without marks that turn the direction of what follows:
 * "invoice<U+202E>fdp.exe" must not read as "invoiceexe.pdf". */
#ifndef SECUREMAIL_MAIL_TEXT_PRIVATE_H
#define SECUREMAIL_MAIL_TEXT_PRIVATE_H

#include "buffer.h"
#include "bytes.h"

#define MAIL_TEXT_REPLACEMENT 0xFFFDu /* U+FFFD, what stands for bytes that are no character */

/* Take one character off *rest, which is not empty. A byte that begins no valid UTF-8 sequence
 * (RFC 3629) is taken alone and gives MAIL_TEXT_REPLACEMENT. */
uint32_t mail_text_next(struct bytes *rest);
/* Append a character (at most U+10FFFF) as UTF-8. */
void mail_text_add(struct buffer *out, uint32_t character);

/* Nothing in it that mail_text_clean would change? */
bool mail_text_is_clean(struct bytes text);
/* A clean copy of at most `max` bytes (at least 4) that ends between characters, without blanks at
 * its ends. Where a text was cut, an ellipsis ends it and *cut_out becomes true; it is untouched
 * otherwise. The caller frees. */
char *mail_text_clean(struct bytes text, size_t max, bool *cut_out);

#endif
