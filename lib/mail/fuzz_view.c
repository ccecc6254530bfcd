/* SPDX-License-Identifier: Apache-2.0
 * mail: fuzz target: any bytes as a mail. Whatever they are, there is a description that survives
 * the pipe, and every part it lists can be read and has the size it says. */
#include "view.h"

#define SHOWN_MAX (32 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool true_for_every_mail)
{
    if (!true_for_every_mail)
        abort();
}

static enum status count(struct bytes piece, void *context)
{
    *(uint64_t *)context += piece.n;
    return ST_OK;
}

static void read_part(struct bytes mail, const struct view_part *part)
{
    uint64_t size = 0;
    struct view_sink sink = {count, &size};
    must(view_read_part(mail, part->number, &sink) == ST_OK && size == part->size);

    struct buffer shown;
    buffer_init(&shown, SHOWN_MAX);
    enum status text = view_read_text(mail, part->number, &shown);
    must((text == ST_NONE) == (part->kind != VIEW_TEXT));
    must(text != ST_OK || bytes_utf8(buffer_bytes(&shown)));
    buffer_clear(&shown);
    enum status html = view_read_html(mail, part->number, "/p/", &shown);
    must((html == ST_NONE) == (part->kind != VIEW_HTML));
    must(html != ST_OK || bytes_utf8(buffer_bytes(&shown)));
    buffer_done(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes mail = {data, n};
    struct view *view = NULL, *read_back = NULL;
    struct buffer wire;
    view_prepare();
    must(view_make(mail, &view) == ST_OK);
    buffer_init(&wire, VIEW_WIRE_MAX);
    must(view_write(view, &wire) == ST_OK);
    must(view_parse(buffer_bytes(&wire), &read_back) == ST_OK);
    must(read_back->parts_n == view->parts_n);

    /* Reading a part walks the mail again, so a mail of many parts is not read whole. */
    for (size_t i = 0; i < view->parts_n && i < 20; i++)
        read_part(mail, &view->parts[i]);
    view_free(view);
    view_free(read_back);
    buffer_done(&wire);
    return 0;
}
