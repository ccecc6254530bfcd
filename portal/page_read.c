/* SPDX-License-Identifier: Apache-2.0
 * portal: the page of an opened message. What it shows was taken apart by the viewer; here it is
 * only text. */
#include "answers.h"
#include "human.h"
#include "io.h"
#include "memory.h"
#include "reader.h"
#include "reply.h"
#include "routes.h"
#include "sentence.h"

#define TEXT_SHOWN_MAX                                                                             \
    ((size_t)512 * 1024) /* bytes of plain text on the page; escaped it may be five times that */
#define READ_TIMEOUT_MS 10000

/* --- when the reader is not the one ---------------------------------------------------------- */

static void show_other_address(struct visit *visit)
{
    struct page_other_address page = {.address = visit->message.envelope.identity.address.text,
                                      .message = visit->message.id};
    struct page_frame frame = visit_frame(visit);

    visit_page(visit, 403, page_other_address_render(&page, &frame, &visit->response->body));
}

void answer_ask_reader(struct visit *visit)
{
    struct wire_lookup ask = {0};
    struct wire_lookup_reply found;

    if (visit->signed_in) {
        show_other_address(visit);
        return;
    }
    if (strcmp(visit->route->path, "/read/*") != 0) { /* a part of the message: begin at its page */
        visit_go(visit, "/read/%s", visit->message.id);
        return;
    }
    (void)snprintf(ask.address, sizeof(ask.address), "%s",
                   visit->message.envelope.identity.address.text);
    if (wire_lookup(&visit->portal->accounts, &ask, &found).status != ST_OK)
        reply(visit, REPLY_BUSY);
    else
        visit_go(visit, "/read/%s/%s", visit->message.id, found.known ? "sign-in" : "register");
}

/* --- the page -------------------------------------------------------------------------------- */

/* The mail is whole, but the viewer can't show it: it can still be saved. */
static void show_unshown(struct visit *visit)
{
    struct page_unshown page = {.message = visit->message.id};
    struct page_frame frame = visit_frame(visit);

    visit_page(visit, 200, page_unshown_render(&page, &frame, &visit->response->body));
}

static void reply_viewer(struct visit *visit, enum status status)
{
    switch (status) {
    case ST_BAD:
        reply(visit, REPLY_DAMAGED);
        break;
    case ST_TEMP:
        reply(visit, REPLY_BUSY);
        break;
    case ST_NONE: /* the description does not need a part: the file is gone */
        reply(visit, REPLY_MESSAGE_GONE);
        break;
    default:
        show_unshown(visit);
    }
}

static bool viewable(enum view_kind kind)
{
    return kind == VIEW_PICTURE || kind == VIEW_PDF || kind == VIEW_TEXT;
}

/* The parts worth listing. Sizes are texts of their own, HUMAN_SIZE each. */
static size_t list_parts(const struct view *view, struct page_read_parts *parts,
                         char (*sizes)[HUMAN_SIZE])
{
    size_t n = 0;

    for (size_t i = 0; i < view->parts_n; i++) {
        const struct view_part *part = &view->parts[i];

        if (part->in_body)
            continue;
        human_size(part->size, sizes[n]);
        parts[n] = (struct page_read_parts){.name = part->safe_name,
                                            .size = sizes[n],
                                            .viewable = viewable(part->kind),
                                            .number = part->number};
        n++;
    }
    return n;
}

/* The text part into `text`, as far as it is shown. False: it can't be shown. */
static bool read_text(struct visit *visit, const struct secret *key, unsigned part,
                      struct buffer *text, bool *cut_out)
{
    const struct viewer_request request = {.form = VIEWER_TEXT, .part = part};
    struct viewer_document document = {.fd = -1};
    int64_t deadline = io_deadline(READ_TIMEOUT_MS);
    size_t wanted;
    uint8_t *space;

    if (reader_open(visit, key, &request, &document) != ST_OK)
        return false;
    *cut_out = document.size > TEXT_SHOWN_MAX;
    wanted = *cut_out ? TEXT_SHOWN_MAX : (size_t)document.size;
    space = wanted == 0 ? NULL : buffer_space(text, wanted);
    if (space != NULL && io_read_all(document.fd, space, wanted, deadline) == ST_OK)
        text->n += wanted;
    viewer_close(&document);
    return text->n == wanted;
}

/* Which body is shown: the formatted one unless the reader asks for the plain one, or there is only
 * that. */
static void choose_body(struct visit *visit, const struct view *view, struct page_read *page)
{
    const char *show = form_text(visit->request->query, "show");
    bool plain = view->html == 0 || (view->text != 0 && show != NULL && strcmp(show, "text") == 0);

    page->frame = !plain;
    page->text_link = !plain && view->text != 0;
    page->html_link = plain && view->html != 0;
}

static void show_message(struct visit *visit, const struct secret *key, const struct view *view)
{
    struct page_read_parts *parts = memory_new(view->parts_n + 1, sizeof(*parts));
    char(*sizes)[HUMAN_SIZE] = memory_new(view->parts_n + 1, sizeof(*sizes));
    char sealed[HUMAN_SIZE], expires[HUMAN_SIZE];
    bool cut = false, shown = true;
    struct buffer text;
    struct page_read page = {
        .message = visit->message.id,
        .subject = view->subject[0] == '\0' ? SENTENCE("(no subject)") : view->subject,
        .from = view->from,
        .to = view->to,
        .cc = view->cc,
        .date = view->date,
        .sealed = sealed,
        .expires = expires,
        .parts = parts,
        .parts_n = list_parts(view, parts, sizes),
    };
    struct page_frame frame = visit_frame(visit);

    human_time(visit->message.seal.time, sealed);
    human_day(visit->message.seal.expires - 1, expires); /* the last day, as the mail says it */
    buffer_init(&text, TEXT_SHOWN_MAX + 1);
    choose_body(visit, view, &page);
    if (!page.frame && view->text != 0)
        shown = read_text(visit, key, view->text, &text, &cut);
    page.text = buffer_text(&text);
    page.truncated = view->truncated || view->more_parts || cut || !shown;
    visit_page(visit, 200, page_read_render(&page, &frame, &visit->response->body));
    buffer_done(&text);
    free(parts);
    free(sizes);
}

void answer_read(struct visit *visit)
{
    struct secret *key = NULL;
    struct view *view = NULL;
    enum status status;

    if (!reader_key(visit, &key))
        return;
    status = reader_describe(visit, key, &view);
    if (status == ST_OK)
        show_message(visit, key, view);
    else
        reply_viewer(visit, status);
    view_free(view);
    secret_free(key);
}
