/* SPDX-License-Identifier: Apache-2.0
 * mail: the MIME tree of a mail (RFC 2046 §5.1), found by one pass over its lines without
 * recursion. Time is linear in the mail, memory is bounded by the constants here, and every body is
 * a view into the mail's own bytes.
 *
 * What a reader of damaged mail has to decide: a delimiter line of an outer multipart ends the
 * inner ones; a missing last delimiter is the end of the mail; a multipart without a boundary, or
 * whose boundary never comes, is one text; a line that is no field ends a header without the blank
 * line; message/rfc822 is a leaf. */
#ifndef SECUREMAIL_MAIL_TREE_PRIVATE_H
#define SECUREMAIL_MAIL_TREE_PRIVATE_H

#include "mail_fields_private.h"

#define MAIL_HEADER_MAX 65536  /* bytes of a header; fields that begin beyond are skipped */
#define MAIL_DEPTH_MAX 32      /* multiparts inside each other; a deeper one is a leaf */
#define MAIL_ENTITIES_MAX 2000 /* multiparts and leaves; the mail is not read further */

/* The raw values of the fields of the top header that a reader sees. */
struct mail_header {
    struct bytes from, to, cc, date, subject;
};

struct mail_entity {
    struct mail_content content;
    struct bytes body; /* still encoded; nothing for a multipart */
    size_t parent;     /* place in the array, smaller than its own; the root is its own parent */
    unsigned number; /* of a leaf: 1, 2, … VIEW_PARTS_MAX; 0 for a multipart and leaves beyond */
    bool multipart;
};

struct mail_tree {
    struct mail_header header;
    struct mail_entity *entities; /* in the order of the mail; entities[0] is the mail itself */
    size_t entities_n;
    unsigned leaves; /* numbered ones */
    bool more_parts; /* there were more, or they are nested too deeply */
    bool truncated;  /* a header was longer than MAIL_HEADER_MAX */
};

/* Read a mail; it must outlive the tree. The caller frees. */
struct mail_tree *mail_tree_new(struct bytes mail);
void mail_tree_free(struct mail_tree *tree);

/* The leaf with this number, or NULL. */
const struct mail_entity *mail_tree_leaf(const struct mail_tree *tree, unsigned number);

#endif
