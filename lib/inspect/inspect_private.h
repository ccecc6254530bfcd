/* SPDX-License-Identifier: Apache-2.0
 * inspect (private): what runs in the cell. */
#ifndef SECUREMAIL_INSPECT_PRIVATE_H
#define SECUREMAIL_INSPECT_PRIVATE_H

#include "buffer.h"
#include "policy.h"

/* Ask all questions about a whole mail. ST_LIMIT: it holds more than can be looked at; ST_FAIL: no
 * memory. */
enum status inspect_mail(const struct policy *policy, struct bytes mail,
                         struct policy_content *content) MUST_CHECK;

/* An HTML document's words as text: markup and comments taken out, references read. Marks that
 * stand inside of words ("<b>") leave nothing, others a blank. */
enum status inspect_strip(struct bytes html, struct buffer *text_out) MUST_CHECK;

#endif
