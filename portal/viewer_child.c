/* SPDX-License-Identifier: Apache-2.0
 * portal: a viewer child: one request, then the end. It maps the sealed file and the memory file,
 * locks itself into its cell, and only then touches a byte of either: decrypts all, verifies all,
 * parses. */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "room.h"
#include "viewer_private.h"

/* Memory of the kernel's own making. */
struct map {
    uint8_t *p;
    size_t n;
};

struct child {
    int socket;
    int64_t deadline;
    struct viewer_order order;
    struct map sealed;  /* the sealed file */
    struct map content; /* the memory file that the portal will read */
    struct map plain;   /* the mail */
};

/* --- before the cell --- */

/* Map a whole file; an empty one is no request of ours. */
static enum status map_file(int fd, int protection, int flags, struct map *map_out)
{
    struct stat found;
    if (fstat(fd, &found) != 0 || found.st_size <= 0)
        return ST_FAIL;
    void *p = mmap(NULL, (size_t)found.st_size, protection, flags, fd, 0);
    if (p == MAP_FAILED)
        return ST_FAIL;
    *map_out = (struct map){p, (size_t)found.st_size};
    return ST_OK;
}

static void unmap(struct map *map)
{
    if (map->p != NULL)
        munmap(map->p, map->n);
    *map = (struct map){NULL, 0};
}

static enum status receive_order(struct child *child)
{
    int sealed = -1, content = -1;
    size_t n = 0;
    uint8_t byte;
    enum status status =
        io_receive_fd(child->socket, &child->order, sizeof child->order, &n, &sealed);
    if (status == ST_OK && n != sizeof child->order)
        status = ST_FAIL;
    if (status == ST_OK)
        status = io_receive_fd(child->socket, &byte, sizeof byte, &n, &content);
    if (status == ST_OK)
        status = map_file(sealed, PROT_READ, MAP_PRIVATE, &child->sealed);
    if (status == ST_OK)
        status = map_file(content, PROT_READ | PROT_WRITE, MAP_SHARED, &child->content);
    io_close(&sealed);
    io_close(&content);
    return status;
}

/* Everything but the socket is closed, the standard descriptors too: what a hostile mail makes of
 * this process has nothing to write to. */
static enum status lock_in(struct child *child, const struct viewer_limits *limits)
{
    struct why why = {""};
    unsigned socket = (unsigned)child->socket; /* above 3, which is the spawner's own */
    if (close_range(3, socket - 1, 0) != 0 || close_range(socket + 1, ~0U, 0) != 0)
        return ST_FAIL;
    if (room_enter_cell(limits->memory, limits->seconds, &why) != ST_OK) {
        log_error("viewer-cell", L_TEXT("why", why.text));
        return ST_FAIL;
    }
    for (int fd = 0; fd <= 2; fd++)
        close(fd);
    return ST_OK;
}

/* --- in the cell --- */

static enum status receive_key(struct child *child, struct secret *key)
{
    enum status status = io_read_all(child->socket, key->p, key->n, child->deadline);
    return status == ST_OK ? ST_OK : ST_FAIL;
}

/* Where the plaintext goes: into anonymous memory; of a mail that is handed on whole, straight to
 * the portal. */
static enum status place_plain(struct child *child, uint64_t plain_n, uint8_t **plain_out)
{
    bool whole = !child->order.describe && child->order.form == VIEWER_WHOLE;
    if (whole && plain_n > child->content.n)
        return ST_FAIL;
    if (whole) {
        *plain_out = child->content.p;
        return ST_OK;
    }
    size_t n = (size_t)plain_n + 1; /* an empty mail has a place, too */
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return ST_LIMIT;
    child->plain = (struct map){p, n};

    /* All of it or nothing: a mail that is larger than the limit on locked memory is shown
     * unlocked, for its decoded parts stand in ordinary memory anyway (securemail-portal(8)). */
    (void)mlock(p, n);
    *plain_out = p;
    return ST_OK;
}

/* Decrypt the whole mail; nothing of it is looked at before its last byte is verified. */
static enum status open_mail(struct child *child, const struct secret *key, struct bytes *mail_out)
{
    struct bytes file = {child->sealed.p, child->sealed.n};
    struct envelope envelope;
    uint64_t plain_n = 0;
    uint8_t *plain = NULL;
    struct why why;
    if (envelope_read(file, &envelope, &why) != ST_OK)
        return ST_BAD;
    struct bytes payload = bytes_from(file, envelope.header_n);
    if (envelope_plain_size(payload.n, &plain_n) != ST_OK)
        return ST_BAD;
    enum status status = place_plain(child, plain_n, &plain);
    if (status != ST_OK)
        return status;
    if (envelope_decrypt(key, payload, plain) != ST_OK)
        return ST_BAD;

    /* From here on the sealed file is not needed: at most one copy of a large mail stays. */
    unmap(&child->sealed);
    *mail_out = (struct bytes){plain, (size_t)plain_n};
    return ST_OK;
}

/* --- content for the portal --- */

/* Bytes go behind what is there already. */
static enum status add_content(struct bytes piece, void *context)
{
    struct map *rest = context;
    if (piece.n > rest->n)
        return ST_LIMIT;
    if (piece.n > 0)
        memcpy(rest->p, piece.p, piece.n);
    *rest = (struct map){rest->p + piece.n, rest->n - piece.n};
    return ST_OK;
}

static enum status describe(struct bytes mail, struct map *rest)
{
    struct buffer wire;
    struct view *view = NULL;
    buffer_init(&wire, VIEW_WIRE_MAX);
    enum status status = view_make(mail, &view);
    if (status == ST_OK)
        status = view_write(view, &wire);
    if (status == ST_OK)
        status = add_content(buffer_bytes(&wire), rest);
    view_free(view);
    buffer_done(&wire);
    return status;
}

/* A part as text or as HTML. */
static enum status show(struct bytes mail, const struct viewer_order *order, struct map *rest)
{
    struct buffer shown;
    buffer_init(&shown, VIEWER_SHOWN_MAX);
    enum status status = order->form == VIEWER_TEXT
                             ? view_read_text(mail, order->part, &shown)
                             : view_read_html(mail, order->part, order->picture_prefix, &shown);
    if (status == ST_OK)
        status = add_content(buffer_bytes(&shown), rest);
    buffer_done(&shown);
    return status;
}

static enum status decode(struct bytes mail, const struct viewer_order *order, struct map *rest)
{
    struct view_sink sink = {add_content, rest};
    return view_read_part(mail, order->part, &sink);
}

static enum status fill(struct child *child, struct bytes mail, struct viewer_answer *answer)
{
    const struct viewer_order *order = &child->order;
    struct map rest = child->content;
    enum status status = ST_FAIL;
    if (order->describe) {
        status = describe(mail, &rest);
    } else if (order->form == VIEWER_WHOLE) {
        answer->size = mail.n; /* it stands there already */
        return ST_OK;
    } else {
        status = view_name_part(mail, order->part, answer->type, answer->name);
        if (status == ST_OK && order->form == VIEWER_DECODED)
            status = decode(mail, order, &rest);
        else if (status == ST_OK)
            status = show(mail, order, &rest);
    }
    answer->size = child->content.n - rest.n;
    return status;
}

static void answer_order(struct child *child)
{
    struct viewer_answer answer = {.status = ST_FAIL};
    struct bytes mail = BYTES_NONE;
    struct secret *key = secret_new(ENVELOPE_OPENED_SIZE);
    answer.status = receive_key(child, key);
    if (answer.status == ST_OK)
        answer.status = open_mail(child, key, &mail);
    secret_free(key);
    if (answer.status == ST_OK)
        answer.status = fill(child, mail, &answer);

    /* The content has to be whole before the portal hears of it; if it does not hear, it will see
     * the end. */
    unmap(&child->content);
    if (io_write_all(child->socket, (struct bytes){(const uint8_t *)&answer, sizeof answer},
                     child->deadline) != ST_OK)
        _exit(1);
}

void viewer_child_run(int socket, const struct viewer_limits *limits)
{
    struct child child = {.socket = socket, .deadline = io_deadline(limits->timeout_ms)};
    if (io_write_all(socket, BYTES_LITERAL("s"), child.deadline) != ST_OK)
        _exit(1); /* whoever asked has gone */
    if (receive_order(&child) != ST_OK || lock_in(&child, limits) != ST_OK)
        _exit(1);
    answer_order(&child);
    unmap(&child.plain);
    _exit(0);
}
