/* SPDX-License-Identifier: Apache-2.0
 * mail: prints what a mail looks like to us as JSON, for tests/interop/mail_view.py, which asks
 * Python's email package the same. A tool of the tests: it parses outside a cell. */
#include "memory.h"
#include "file.h"
#include "view.h"

#define MAIL_MAX (64 << 20)

/* A clean text in JSON: only quotes and backslashes need care. */
static void print_text(const char *key, const char *text)
{
    printf("\"%s\":\"", key);
    for (; *text != '\0'; text++)
        printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    printf("\",");
}

static void print_hex(const char *key, struct bytes bytes)
{
    printf("\"%s\":\"", key);
    for (size_t i = 0; i < bytes.n; i++)
        printf("%02x", bytes.p[i]);
    printf("\"");
}

static enum status add(struct bytes piece, void *context)
{
    return buffer_add(context, piece);
}

static void print_part(struct bytes mail, const struct view_part *part)
{
    struct buffer decoded, shown;
    struct view_sink sink = {add, &decoded};
    buffer_init(&decoded, MAIL_MAX);
    buffer_init(&shown, MAIL_MAX);
    printf("{");
    print_text("type", part->type);
    print_text("name", part->name);
    print_text("safe_name", part->safe_name);
    print_text("content_id", part->content_id);
    printf("\"kind\":%d,\"attachment\":%d,\"in_body\":%d,\"size\":%llu,", (int)part->kind,
           part->attachment, part->in_body, (unsigned long long)part->size);
    if (view_read_part(mail, part->number, &sink) == ST_OK)
        print_hex("content", buffer_bytes(&decoded));
    if (view_read_text(mail, part->number, &shown) == ST_OK) {
        printf(",");
        print_hex("text", buffer_bytes(&shown));
    }
    printf("}");
    buffer_done(&decoded);
    buffer_done(&shown);
}

static void print_view(struct bytes mail, const struct view *view)
{
    printf("{");
    print_text("from", view->from);
    print_text("to", view->to);
    print_text("cc", view->cc);
    print_text("date", view->date);
    print_text("subject", view->subject);
    printf("\"text\":%u,\"html\":%u,\"truncated\":%d,\"more_parts\":%d,\"parts\":[", view->text,
           view->html, view->truncated, view->more_parts);
    for (size_t i = 0; i < view->parts_n; i++) {
        printf(i == 0 ? "" : ",");
        print_part(mail, &view->parts[i]);
    }
    printf("]}\n");
}

int main(int count, char **names)
{
    struct buffer mail;
    struct view *view = NULL;
    struct why why = {""};
    buffer_init(&mail, MAIL_MAX);
    view_prepare();
    if (count != 2 || file_read(names[1], &mail, &why) != ST_OK ||
        view_make(buffer_bytes(&mail), &view) != ST_OK) {
        fprintf(stderr, "usage: view_dump MAIL %s\n", why.text);
        return 1;
    }
    print_view(buffer_bytes(&mail), view);
    view_free(view);
    buffer_done(&mail);
    return 0;
}
