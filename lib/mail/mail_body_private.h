/* SPDX-License-Identifier: Apache-2.0
 * mail: which leaves are the text that its sender wrote. */
#ifndef SECUREMAIL_MAIL_BODY_PRIVATE_H
#define SECUREMAIL_MAIL_BODY_PRIVATE_H

#include "mail_tree_private.h"

struct mail_body {
    unsigned text, html; /* numbers of leaves, or 0 */
};

/* multipart/alternative gives a text and an HTML form of the same, the last of each (RFC 2046
 * §5.1.4); multipart/related gives its root (RFC 2387); any other multipart its first part that
 * gives something. Only one is hidden by this: the other form of an alternative. Everything else
 * stays in the list of parts. */
struct mail_body mail_body_find(const struct mail_tree *tree);

#endif
