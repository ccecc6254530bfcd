/* SPDX-License-Identifier: Apache-2.0
 * mail: references of an HTML part to pictures of the same mail (RFC 2392). Only cid: references
 * that a picture answers, in the places where a picture is loaded, are seen; the rest of the
 * document is copied. */
#ifndef SECUREMAIL_MAIL_CID_PRIVATE_H
#define SECUREMAIL_MAIL_CID_PRIVATE_H

#include "mail_tree_private.h"

/* A picture that the HTML refers to is reported by its part number. */
struct mail_cid_seen {
    bool number[VIEW_PARTS_MAX + 1];
};

/* Which pictures the document shows; html is UTF-8. */
void mail_cid_seen(const struct mail_tree *tree, struct bytes html, struct mail_cid_seen *seen_out);
/* Append the document with each such reference replaced by prefix and part number. */
enum status mail_cid_replace(const struct mail_tree *tree, struct bytes html, const char *prefix,
                             struct buffer *html_out) MUST_CHECK;

#endif
