/* SPDX-License-Identifier: Apache-2.0
 * portal: the pieces of an opened message: its HTML for the frame, pictures, attachments, the whole
 * mail. Nothing foreign is ever answered as a page of ours: each has a policy of its own
 * (lib/http), and only pictures, text and PDF are shown by themselves. */
#include "answers.h"
#include "disposition.h"
#include "number.h"
#include "reader.h"
#include "reply.h"

/* The types that may be shown, as we name them; the mail's own word is not repeated. */
static const char *shown_type(const char *type)
{
    static const char *const types[] = {"image/png",  "image/jpeg", "image/gif",
                                        "image/webp", "image/bmp",  "application/pdf"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(type, types[i]) == 0)
            return types[i];
    return NULL;
}

/* The document becomes the answer's body. */
static void send_document(struct visit *visit, struct viewer_document *document, const char *type,
                          enum http_policy policy)
{
    visit->response->code = 200;
    visit->response->type = type;
    visit->response->policy = policy;
    visit->response->body_fd = document->fd;
    visit->response->body_size = document->size;
    document->fd = -1;
}

static void add_name(struct visit *visit, bool attachment, const char *name)
{
    struct buffer value;

    buffer_init(&value, 2000);
    disposition_write(&value, attachment, name);
    http_header(visit->response, "Content-Disposition", buffer_text(&value));
    buffer_done(&value);
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
    case ST_NONE:
    case ST_LIMIT:
        reply(visit, REPLY_PART_GONE);
        break;
    default:
        reply(visit, REPLY_FAULT);
    }
}

static bool part_number(const char *text, unsigned *number_out)
{
    uint64_t number;

    if (number_parse(bytes_text(text), 1, VIEW_PARTS_MAX, &number) != ST_OK)
        return false;
    *number_out = (unsigned)number;
    return true;
}

/* Open what the request says for the visit's reader. False, and an answer, if that fails. */
static bool open_document(struct visit *visit, const struct viewer_request *request,
                          struct viewer_document *document_out)
{
    struct secret *key = NULL;
    enum status status;

    if (!reader_key(visit, &key))
        return false;
    status = reader_open(visit, key, request, document_out);
    secret_free(key);
    if (status != ST_OK)
        reply_viewer(visit, status);
    return status == ST_OK;
}

/* --- the frame and its pictures -------------------------------------------------------------- */

static bool find_html(struct visit *visit, unsigned *part_out)
{
    struct secret *key = NULL;
    struct view *view = NULL;
    enum status status;

    if (!reader_key(visit, &key))
        return false;
    status = reader_describe(visit, key, &view);
    secret_free(key);
    if (status == ST_OK && view->html == 0)
        status = ST_NONE;
    if (status == ST_OK)
        *part_out = view->html;
    else
        reply_viewer(visit, status);
    view_free(view);
    return status == ST_OK;
}

void answer_body(struct visit *visit)
{
    char token[KEYRING_TOKEN_SIZE], prefix[VIEWER_PREFIX_MAX + 1];
    struct viewer_request request = {.form = VIEWER_HTML, .picture_prefix = prefix};
    struct viewer_document document = {.fd = -1};

    if (!find_html(visit, &request.part))
        return;
    if (keyring_token(visit->portal->keyring, secret_bytes(visit->session), visit->message.id,
                      token) != ST_OK) {
        reply(visit, REPLY_SIGNED_OUT);
        return;
    }
    (void)snprintf(prefix, sizeof(prefix), "/read/%s/picture/%s/", visit->message.id, token);
    if (open_document(visit, &request, &document))
        send_document(visit, &document, "text/html; charset=utf-8", HTTP_POLICY_MAIL);
    viewer_close(&document);
}

/* No cookie comes with this: the token in the path says that this message is open in some session.
 */
void answer_picture(struct visit *visit)
{
    struct viewer_request request = {.form = VIEWER_DECODED};
    struct viewer_document document = {.fd = -1};
    struct secret *key = NULL;
    enum status status = ST_NONE;

    if (part_number(visit->parts[2], &request.part) &&
        keyring_get_by_token(visit->portal->keyring, visit->parts[1], visit->message.id, visit->now,
                             &key) == ST_OK)
        status = reader_open(visit, key, &request, &document);
    secret_free(key);
    if (status == ST_OK && view_kind_of(document.type) != VIEW_PICTURE)
        status = ST_NONE;
    if (status == ST_OK) {
        send_document(visit, &document, shown_type(document.type), HTTP_POLICY_FILE);
        visit->response->for_frames = true;
    } else {
        reply_viewer(visit, status);
    }
    viewer_close(&document);
}

/* --- attachments ----------------------------------------------------------------------------- */

void answer_part_view(struct visit *visit)
{
    struct viewer_request request = {.form = VIEWER_DECODED};
    struct viewer_document document = {.fd = -1};
    const char *type;

    if (!part_number(visit->parts[1], &request.part)) {
        reply(visit, REPLY_PART_GONE);
        return;
    }
    if (!open_document(visit, &request, &document))
        return;
    type = shown_type(document.type);
    if (view_kind_of(document.type) == VIEW_TEXT) {
        /* Text is converted to UTF-8 and shown as nothing but text. */
        viewer_close(&document);
        request.form = VIEWER_TEXT;
        if (!open_document(visit, &request, &document))
            return;
        type = "text/plain; charset=utf-8";
    }
    if (type == NULL) {
        reply(visit, REPLY_PART_GONE);
    } else {
        send_document(visit, &document, type, HTTP_POLICY_FILE);
        add_name(visit, false, document.name);
    }
    viewer_close(&document);
}

void answer_part_download(struct visit *visit)
{
    struct viewer_request request = {.form = VIEWER_DECODED};
    struct viewer_document document = {.fd = -1};

    if (!part_number(visit->parts[1], &request.part)) {
        reply(visit, REPLY_PART_GONE);
        return;
    }
    if (!open_document(visit, &request, &document))
        return;
    send_document(visit, &document, "application/octet-stream", HTTP_POLICY_FILE);
    add_name(visit, true, document.name);
    viewer_close(&document);
}

void answer_whole(struct visit *visit)
{
    const struct viewer_request request = {.form = VIEWER_WHOLE};
    struct viewer_document document = {.fd = -1};

    if (!open_document(visit, &request, &document))
        return;
    send_document(visit, &document, "message/rfc822", HTTP_POLICY_FILE);
    add_name(visit, true, document.name);
    viewer_close(&document);
}
