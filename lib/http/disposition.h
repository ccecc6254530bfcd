/* SPDX-License-Identifier: Apache-2.0
 * http: the name under which a browser saves a download (RFC 6266). */
#ifndef SECUREMAIL_DISPOSITION_H
#define SECUREMAIL_DISPOSITION_H

#include "buffer.h"

/* Append `attachment; filename="…"; filename*=UTF-8''…` (`inline; …` unless `attachment`). The name
 * comes from a foreign mail and is made safe first: no path, no control or bidirectional
 * characters, no leading or trailing dots or blanks, none of \ / : * ? " < > |, at most 120 bytes
 * with its ending kept; "attachment" if nothing is left. */
void disposition_write(struct buffer *out, bool attachment, const char *name);

#endif
