/* SPDX-License-Identifier: Apache-2.0
 * mail: choosing the body. Recursion goes as deep as multiparts do: MAIL_DEPTH_MAX. */
#include "mail_body_private.h"

static bool found(struct mail_body body)
{
    return body.text != 0 || body.html != 0;
}

static struct mail_body leaf_body(const struct mail_entity *leaf)
{
    struct mail_body body = {0, 0};
    if (leaf->content.attachment)
        return body;
    if (strcmp(leaf->content.type, "text/plain") == 0)
        body.text = leaf->number;
    if (strcmp(leaf->content.type, "text/html") == 0)
        body.html = leaf->number;
    return body;
}

/* The root of a related: the part that "start" names, else the first (RFC 2387 §3.2). */
static size_t related_root(const struct mail_tree *tree, size_t at)
{
    const char *start = tree->entities[at].content.start;
    size_t first = at;
    for (size_t i = at + 1; i < tree->entities_n; i++) {
        if (tree->entities[i].parent != at)
            continue;
        if (first == at)
            first = i;
        if (start[0] != '\0' && strcmp(tree->entities[i].content.id, start) == 0)
            return i;
    }
    return first;
}

static struct mail_body entity_body(const struct mail_tree *tree, size_t at);

/* What the children of a multipart give: all of them together, or the first that gives something.
 */
static struct mail_body children_body(const struct mail_tree *tree, size_t at, bool together)
{
    struct mail_body body = {0, 0};
    for (size_t i = at + 1; i < tree->entities_n; i++) {
        if (tree->entities[i].parent != at)
            continue;
        struct mail_body child = entity_body(tree, i);
        if (child.text != 0)
            body.text = child.text;
        if (child.html != 0)
            body.html = child.html;
        if (found(body) && !together)
            break;
    }
    return body;
}

static struct mail_body entity_body(const struct mail_tree *tree, size_t at)
{
    const struct mail_entity *entity = &tree->entities[at];
    if (!entity->multipart)
        return leaf_body(entity);
    if (strcmp(entity->content.type, "multipart/related") == 0) {
        size_t root = related_root(tree, at);
        return root == at ? (struct mail_body){0, 0} : entity_body(tree, root);
    }
    return children_body(tree, at, strcmp(entity->content.type, "multipart/alternative") == 0);
}

struct mail_body mail_body_find(const struct mail_tree *tree)
{
    return entity_body(tree, 0);
}
