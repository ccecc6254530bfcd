/* SPDX-License-Identifier: Apache-2.0
 * envelope: HTML's character references, as far as they can stand in a message or a signature. */
#ifndef SECUREMAIL_ENVELOPE_REFERENCE_PRIVATE_H
#define SECUREMAIL_ENVELOPE_REFERENCE_PRIVATE_H

#include "bytes.h"

/* The ASCII character of "#43", "#x2b" or "plus" (what stands between ampersand and semicolon, of
 * ASCII letters, digits and "#"); 0 if it is another one, or none. */
char reference_character(struct bytes text);

#endif
