/* SPDX-License-Identifier: Apache-2.0
 * mail: plain text as a page shows it: LF line ends (from LF, CRLF and CR), no control characters
 * but tab, and the soft line ends of format=flowed (RFC 3676) joined. */
#ifndef SECUREMAIL_MAIL_PLAIN_PRIVATE_H
#define SECUREMAIL_MAIL_PLAIN_PRIVATE_H

#include "buffer.h"
#include "bytes.h"

/* Append the lines of `text` (UTF-8) as they stand. */
enum status mail_plain_fixed(struct bytes text, struct buffer *text_out) MUST_CHECK;
/* Append them as paragraphs; `delete_space` is the parameter delsp=yes. */
enum status mail_plain_flowed(struct bytes text, bool delete_space,
                              struct buffer *text_out) MUST_CHECK;

#endif
