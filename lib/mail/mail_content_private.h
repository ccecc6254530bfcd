/* SPDX-License-Identifier: Apache-2.0
 * mail: undoing transfer encodings (RFC 2045 §6.7, §6.8). Damaged encodings give what can be read.
 */
#ifndef SECUREMAIL_MAIL_CONTENT_PRIVATE_H
#define SECUREMAIL_MAIL_CONTENT_PRIVATE_H

#include "mail_fields_private.h"

/* Hand the decoded bytes of `body` to `sink`, in pieces. */
enum status mail_content_decode(struct bytes body, enum mail_encoding encoding,
                                const struct view_sink *sink) MUST_CHECK;
/* How many bytes that are. */
uint64_t mail_content_size(struct bytes body, enum mail_encoding encoding);

#endif
