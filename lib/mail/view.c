/* SPDX-License-Identifier: Apache-2.0
 * mail: describing a mail and reading its parts. */
#include "view.h"

#include "mail_body_private.h"
#include "mail_charset_private.h"
#include "mail_cid_private.h"
#include "mail_mute_private.h"
#include "mail_content_private.h"
#include "mail_plain_private.h"
#include "mail_tree_private.h"
#include "memory.h"

#define UTF8_GROWTH 3        /* the most bytes that one byte of an old charset becomes in UTF-8 */
#define META_SEARCH_MAX 2048 /* bytes of a document in which it may name its charset */

void view_prepare(void)
{
    mail_charset_prepare();
    mail_fields_prepare();
}

/* --- decoding --- */

static enum status add_piece(struct bytes piece, void *context)
{
    return buffer_add(context, piece);
}

/* The decoded bytes of a part that is to be shown. */
static enum status decode_shown(const struct mail_entity *leaf, struct buffer *decoded_out)
{
    uint64_t size = mail_content_size(leaf->body, leaf->content.encoding);
    if (size > VIEW_BODY_MAX)
        return ST_LIMIT;
    struct view_sink sink = {add_piece, decoded_out};
    return mail_content_decode(leaf->body, leaf->content.encoding, &sink);
}

/* The charset that an HTML document names in a meta element, for where the header names none. */
static void find_meta_charset(struct bytes html, char charset_out[MAIL_CHARSET_MAX + 1])
{
    static const struct bytes key = BYTES_LITERAL("charset=");
    struct bytes head = bytes_first(html, META_SEARCH_MAX);
    size_t at = 0;
    while (at < head.n && !bytes_starts_nocase(bytes_from(head, at), key))
        at++;
    struct bytes name = bytes_from(head, at + key.n);
    while (name.n > 0 && (name.p[0] == '"' || name.p[0] == '\'' || name.p[0] == ' '))
        name = bytes_from(name, 1);
    size_t n = 0;
    while (n < name.n && name.p[n] > ' ' && strchr("\"';/>", name.p[n]) == NULL)
        n++;
    (void)bytes_to_text(bytes_first(name, n), charset_out, MAIL_CHARSET_MAX + 1);
}

/* A part that is to be shown, as UTF-8. */
static enum status read_utf8(const struct mail_entity *leaf, struct buffer *utf8_out)
{
    struct buffer decoded;
    buffer_init(&decoded, VIEW_BODY_MAX);
    enum status status = decode_shown(leaf, &decoded);
    if (status == ST_OK) {
        char charset[MAIL_CHARSET_MAX + 1] = "";
        struct bytes bytes = buffer_bytes(&decoded);
        (void)bytes_to_text(bytes_text(leaf->content.charset), charset, sizeof charset);
        if (charset[0] == '\0' && view_kind_of(leaf->content.type) == VIEW_HTML)
            find_meta_charset(bytes, charset);
        status = mail_charset_convert(bytes, charset, utf8_out);
    }
    buffer_done(&decoded);
    return status;
}

/* --- describing --- */

/* A picture belongs to the body if the HTML shows it; the texts themselves do, too. */
static void mark_body(const struct mail_tree *tree, struct view *view)
{
    if (view->text != 0)
        view->parts[view->text - 1].in_body = true;
    if (view->html == 0)
        return;
    view->parts[view->html - 1].in_body = true;

    struct buffer html;
    struct mail_cid_seen seen;
    buffer_init(&html, UTF8_GROWTH * VIEW_BODY_MAX);
    if (read_utf8(mail_tree_leaf(tree, view->html), &html) == ST_OK) {
        mail_cid_seen(tree, buffer_bytes(&html), &seen);
        for (size_t i = 0; i < view->parts_n; i++)
            view->parts[i].in_body |= seen.number[i + 1];
    }
    buffer_done(&html);
}

static struct view_part describe_part(const struct mail_entity *leaf)
{
    const struct mail_content *content = &leaf->content;
    return (struct view_part){
        .number = leaf->number,
        .kind = view_kind_of(content->type),
        .attachment = content->attachment,
        .size = mail_content_size(leaf->body, content->encoding),
        .type = memory_text(content->type),
        .name = memory_text(content->name),
        .safe_name = view_safe_name(content->name, content->type, leaf->number),
        .content_id = memory_text(content->id),
    };
}

enum status view_make(struct bytes mail, struct view **view_out)
{
    struct mail_tree *tree = mail_tree_new(mail);
    struct view *view = memory_new(1, sizeof *view);
    view->truncated = tree->truncated;
    view->more_parts = tree->more_parts;
    view->from = mail_fields_addresses(tree->header.from, &view->truncated);
    view->to = mail_fields_addresses(tree->header.to, &view->truncated);
    view->cc = mail_fields_addresses(tree->header.cc, &view->truncated);
    view->date = mail_fields_text(tree->header.date, &view->truncated);
    view->subject = mail_fields_text(tree->header.subject, &view->truncated);

    view->parts = memory_new(tree->leaves + 1, sizeof *view->parts);
    for (size_t i = 0; i < tree->entities_n; i++) {
        if (tree->entities[i].number != 0)
            view->parts[view->parts_n++] = describe_part(&tree->entities[i]);
    }

    struct mail_body body = mail_body_find(tree);
    view->text = body.text;
    view->html = body.html;
    mark_body(tree, view);
    mail_tree_free(tree);
    *view_out = view;
    return ST_OK;
}

/* --- reading parts --- */

enum status view_name_part(struct bytes mail, unsigned number, char type_out[VIEW_TYPE_MAX + 1],
                           char name_out[VIEW_NAME_MAX + 1])
{
    enum status status = ST_NONE;
    struct mail_tree *tree = mail_tree_new(mail);
    const struct mail_entity *leaf = mail_tree_leaf(tree, number);
    if (leaf != NULL) {
        char *name = view_safe_name(leaf->content.name, leaf->content.type, number);
        bool fits = bytes_to_text(bytes_text(leaf->content.type), type_out, VIEW_TYPE_MAX + 1) &&
                    bytes_to_text(bytes_text(name), name_out, VIEW_NAME_MAX + 1);
        status = fits ? ST_OK : ST_FAIL;
        free(name);
    }
    mail_tree_free(tree);
    return status;
}

enum status view_read_part(struct bytes mail, unsigned number, const struct view_sink *sink)
{
    struct mail_tree *tree = mail_tree_new(mail);
    const struct mail_entity *leaf = mail_tree_leaf(tree, number);
    enum status status = ST_NONE;
    if (leaf != NULL)
        status = mail_content_decode(leaf->body, leaf->content.encoding, sink);
    mail_tree_free(tree);
    return status;
}

enum status view_read_text(struct bytes mail, unsigned number, struct buffer *text_out)
{
    struct buffer utf8;
    enum status status = ST_NONE;
    buffer_init(&utf8, UTF8_GROWTH * VIEW_BODY_MAX);
    struct mail_tree *tree = mail_tree_new(mail);
    const struct mail_entity *leaf = mail_tree_leaf(tree, number);
    if (leaf == NULL || view_kind_of(leaf->content.type) != VIEW_TEXT)
        goto out;
    status = read_utf8(leaf, &utf8);
    if (status != ST_OK)
        goto out;
    if (leaf->content.flowed)
        status = mail_plain_flowed(buffer_bytes(&utf8), leaf->content.delete_space, text_out);
    else
        status = mail_plain_fixed(buffer_bytes(&utf8), text_out);

out:
    mail_tree_free(tree);
    buffer_done(&utf8);
    return status;
}

/* Where a document's doctype ends: what is put before it would turn a browser's layout rules back
 * to 1996. Blanks and comments may precede it. */
static size_t doctype_end(struct bytes html)
{
    size_t at = 0;
    for (;;) {
        struct bytes rest = bytes_from(html, at);
        struct bytes comment = bytes_from(rest, 4);
        if (rest.n > 0 && strchr(" \t\r\n\f", rest.p[0]) != NULL)
            at++;
        else if (bytes_starts(rest, BYTES_LITERAL("<!--")) &&
                 bytes_find(comment, BYTES_LITERAL("-->")) < comment.n)
            at += 4 + bytes_find(comment, BYTES_LITERAL("-->")) + 3;
        else if (bytes_starts_nocase(rest, BYTES_LITERAL("<!doctype")) &&
                 bytes_index(rest, '>') < rest.n)
            return at + bytes_index(rest, '>') + 1;
        else
            return 0;
    }
}

enum status view_read_html(struct bytes mail, unsigned number, const char *picture_prefix,
                           struct buffer *html_out)
{
    struct buffer utf8, pictured;
    enum status status = ST_NONE;
    buffer_init(&utf8, UTF8_GROWTH * VIEW_BODY_MAX);
    buffer_init(&pictured, html_out->max);
    struct mail_tree *tree = mail_tree_new(mail);
    const struct mail_entity *leaf = mail_tree_leaf(tree, number);
    if (leaf == NULL || view_kind_of(leaf->content.type) != VIEW_HTML)
        goto out;
    status = read_utf8(leaf, &utf8);
    if (status != ST_OK)
        goto out;

    struct bytes html = buffer_bytes(&utf8);
    size_t doctype = doctype_end(html);
    status = mail_mute(bytes_first(html, doctype), html_out);
    if (status != ST_OK)
        goto out;
    (void)buffer_add_text(html_out, "<meta charset=\"utf-8\"><base target=\"_blank\">");
    status = mail_cid_replace(tree, bytes_from(html, doctype), picture_prefix, &pictured);
    if (status == ST_OK)
        status = mail_mute(buffer_bytes(&pictured), html_out);

out:
    mail_tree_free(tree);
    buffer_done(&pictured);
    buffer_done(&utf8);
    return status;
}
