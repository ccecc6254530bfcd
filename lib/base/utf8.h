/* SPDX-License-Identifier: Apache-2.0
 * base: text character by character, for whoever shows foreign text to people. */
#ifndef SECUREMAIL_UTF8_H
#define SECUREMAIL_UTF8_H

#include "bytes.h"

#define UTF8_REPLACEMENT 0xfffd

/* Take one character off valid or invalid UTF-8 of at least one byte. A byte that belongs to none
 * is one of its own, and gives UTF8_REPLACEMENT. */
uint32_t utf8_next(struct bytes *text);

/* Control characters, line separators, and what turns the direction of the text around it (Unicode
 * TR 36 §3.2). */
bool utf8_misleading(uint32_t character);

#endif
