/* SPDX-License-Identifier: Apache-2.0
 * portal: the portal's end of the viewer. */
#include "viewer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "memory.h"
#include "viewer_private.h"

/* A build may set it: a sanitizer needs terabytes of address space. */
#ifndef VIEWER_MEMORY
#define VIEWER_MEMORY ((size_t)512 << 20)
#endif

struct viewer {
    pid_t spawner;
    int control; /* each message is one packet, so threads need no lock */
    struct viewer_limits limits;
};

/* --- the spawner's life --- */

static struct viewer_limits limits_of(const struct viewer_settings *settings)
{
    return (struct viewer_limits){
        .children_max = settings->children_max == 0 ? 16 : settings->children_max,
        .memory = settings->memory == 0 ? VIEWER_MEMORY : settings->memory,
        .seconds = settings->seconds == 0 ? 10 : settings->seconds,
        .timeout_ms = settings->timeout_ms == 0 ? 20000 : settings->timeout_ms,
    };
}

/* In the new process: nothing of the portal's stays open but the socket and the standard
 * descriptors. */
static _Noreturn void become_spawner(int socket, const char *user,
                                     const struct viewer_limits *limits)
{
    const int control = 3;
    if ((socket != control && dup2(socket, control) < 0) || close_range(control + 1, ~0U, 0) != 0)
        _exit(1);
    spawner_run(control, user, limits);
}

enum status viewer_start(const struct viewer_settings *settings, struct viewer **viewer_out,
                         struct why *why)
{
    enum status status = ST_FAIL;
    int pair[2] = {-1, -1};
    uint8_t ready;
    struct viewer *viewer = memory_new(1, sizeof *viewer);
    viewer->limits = limits_of(settings);
    viewer->spawner = -1;
    viewer->control = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        why_set(why, ST_FAIL, "viewer: %s", strerror(errno));
        goto out;
    }
    viewer->spawner = fork();
    if (viewer->spawner == 0)
        become_spawner(pair[1], settings->user, &viewer->limits);
    io_close(&pair[1]);
    viewer->control = pair[0];
    if (viewer->spawner < 0) {
        why_set(why, ST_FAIL, "viewer: %s", strerror(errno));
        goto out;
    }

    /* It says when its door is locked. A call waits in line no longer than it may take. */
    struct timeval wait = {viewer->limits.timeout_ms / 1000,
                           viewer->limits.timeout_ms % 1000 * 1000};
    if (setsockopt(viewer->control, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0 ||
        io_read_all(viewer->control, &ready, 1, io_deadline(viewer->limits.timeout_ms)) != ST_OK) {
        why_set(why, ST_FAIL, "viewer: the spawner did not start");
        goto out;
    }
    *viewer_out = viewer;
    viewer = NULL;
    status = ST_OK;

out:
    viewer_stop(viewer);
    return status;
}

void viewer_stop(struct viewer *viewer)
{
    if (viewer == NULL)
        return;
    io_close(&viewer->control); /* the spawner ends by that */
    if (viewer->spawner > 0)
        while (waitpid(viewer->spawner, NULL, 0) < 0 && errno == EINTR)
            continue;
    free(viewer);
}

/* --- one request --- */

struct job {
    struct viewer *viewer;
    int sealed_fd;
    const struct secret *file_key;
    struct viewer_order order;
};

/* What a request may give back at the most. */
static enum status greatest_size(const struct job *job, off_t *size_out)
{
    const struct viewer_order *order = &job->order;
    struct stat sealed;
    if (fstat(job->sealed_fd, &sealed) != 0 || sealed.st_size <= 0)
        return ST_BAD;
    bool shown = order->form == VIEWER_TEXT || order->form == VIEWER_HTML;
    *size_out = order->describe ? VIEW_WIRE_MAX : shown ? VIEWER_SHOWN_MAX : sealed.st_size;
    return ST_OK;
}

static enum status make_memory_file(off_t size, int *fd_out)
{
    int fd = memfd_create("securemail-view", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, size) != 0) {
        io_close(&fd);
        return ST_TEMP;
    }
    *fd_out = fd;
    return ST_OK;
}

/* Ask the spawner for a child; `socket_out` is our end. ST_TEMP if there are too many requests
 * already. */
static enum status ask_for_child(const struct viewer *viewer, int *socket_out)
{
    int pair[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return ST_TEMP;
    enum status status = io_send_fd(viewer->control, BYTES_LITERAL("v"), pair[1]);
    io_close(&pair[1]);

    /* A spawner that is gone will not come back by waiting. */
    uint8_t byte;
    if (status != ST_OK && recv(viewer->control, &byte, 1, MSG_DONTWAIT) == 0)
        status = ST_FAIL;
    if (status == ST_OK) {
        *socket_out = pair[0];
        pair[0] = -1;
    }
    io_close(&pair[0]);
    return status;
}

/* Wait until the child has started. Still in line at the deadline is ST_TEMP; no child at all is
 * ST_FAIL. */
static enum status wait_for_start(int socket, int64_t deadline)
{
    uint8_t started;
    enum status status = io_read_all(socket, &started, 1, deadline);
    return status == ST_NONE ? ST_FAIL : status;
}

static enum status send_order(const struct job *job, int socket, int content)
{
    struct bytes order = {(const uint8_t *)&job->order, sizeof job->order};
    enum status status = io_send_fd(socket, order, job->sealed_fd);
    if (status == ST_OK)
        status = io_send_fd(socket, BYTES_LITERAL("m"), content);
    if (status == ST_OK)
        status = io_write_all(socket, secret_bytes(job->file_key), io_deadline(1000));
    return status == ST_OK ? ST_OK : ST_FAIL;
}

/* The answer, and then the end of the child: a child that stays could still write. */
static enum status take_answer(int socket, int64_t deadline, struct viewer_answer *answer_out)
{
    size_t n = 0;
    uint8_t more;
    enum status status = io_read(socket, answer_out, sizeof *answer_out, deadline, &n);
    if (status != ST_OK || n != sizeof *answer_out)
        return ST_FAIL;
    return io_read(socket, &more, 1, deadline, &n) == ST_NONE ? ST_OK : ST_FAIL;
}

/* An answer that no honest child gives is a failure. */
static enum status check_answer(const struct viewer_answer *answer, off_t size_max)
{
    switch (answer->status) {
    case ST_OK:
        break;
    case ST_BAD:
    case ST_NONE:
    case ST_LIMIT:
        return answer->status;
    default:
        return ST_FAIL;
    }
    bool ends = memchr(answer->type, '\0', sizeof answer->type) != NULL &&
                memchr(answer->name, '\0', sizeof answer->name) != NULL;
    return ends && answer->size <= (uint64_t)size_max ? ST_OK : ST_FAIL;
}

/* Cut the memory file to its content and make it unchangeable; refused while anybody has it mapped
 * for writing. */
static enum status freeze(int fd, uint64_t size)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    bool frozen = ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS, seals) == 0 &&
                  lseek(fd, 0, SEEK_SET) == 0;
    return frozen ? ST_OK : ST_FAIL;
}

/* One request from beginning to end. `content_out` is a frozen memory file. */
static enum status run(const struct job *job, struct viewer_answer *answer_out, int *content_out)
{
    int64_t deadline = io_deadline(job->viewer->limits.timeout_ms);
    int socket = -1, content = -1;
    off_t size_max = 0;
    struct viewer_answer answer;
    enum status status = greatest_size(job, &size_max);
    if (status == ST_OK)
        status = make_memory_file(size_max, &content);
    if (status == ST_OK)
        status = ask_for_child(job->viewer, &socket);
    if (status == ST_OK)
        status = wait_for_start(socket, deadline);
    if (status == ST_OK)
        status = send_order(job, socket, content);
    if (status == ST_OK)
        status = take_answer(socket, deadline, &answer);
    if (status == ST_OK)
        status = check_answer(&answer, size_max);
    if (status == ST_OK)
        status = freeze(content, answer.size);
    if (status == ST_OK) {
        *answer_out = answer;
        *content_out = content;
        content = -1;
    }
    io_close(&socket);
    io_close(&content);
    return status;
}

/* --- what the pages call --- */

enum status viewer_describe(struct viewer *viewer, int sealed_fd, const struct secret *file_key,
                            struct view **view_out)
{
    struct job job = {viewer, sealed_fd, file_key, {.describe = true}};
    struct viewer_answer answer;
    struct buffer wire;
    int content = -1;
    buffer_init(&wire, VIEW_WIRE_MAX);
    enum status status = run(&job, &answer, &content);
    if (status != ST_OK)
        goto out;
    status = ST_FAIL;
    uint8_t *space = buffer_space(&wire, (size_t)answer.size);
    if (space == NULL ||
        io_read_all(content, space, (size_t)answer.size, io_deadline(1000)) != ST_OK)
        goto out;
    wire.n += (size_t)answer.size;

    /* Whatever does not read as a description did not come from an honest child. */
    if (view_parse(buffer_bytes(&wire), view_out) == ST_OK)
        status = ST_OK;

out:
    io_close(&content);
    buffer_done(&wire);
    return status;
}

/* Type and name of what is handed on: our own words where the form fixes them, else the child's,
 * made safe again. */
static enum status name_document(const struct viewer_request *request,
                                 const struct viewer_answer *answer,
                                 struct viewer_document *document)
{
    static const char *const fixed[] = {[VIEWER_WHOLE] = "message/rfc822",
                                        [VIEWER_TEXT] = "text/plain",
                                        [VIEWER_HTML] = "text/html",
                                        [VIEWER_DECODED] = NULL};
    bool whole = request->form == VIEWER_WHOLE;
    const char *type = fixed[request->form] != NULL ? fixed[request->form] : answer->type;
    if (!view_type_valid(bytes_text(type)) ||
        !bytes_to_text(bytes_text(type), document->type, sizeof document->type))
        return ST_FAIL;
    char *name = view_safe_name(whole ? "message.eml" : answer->name, type, request->part);
    bool fits = bytes_to_text(bytes_text(name), document->name, sizeof document->name);
    free(name);
    return fits ? ST_OK : ST_FAIL;
}

enum status viewer_open(struct viewer *viewer, int sealed_fd, const struct secret *file_key,
                        const struct viewer_request *request, struct viewer_document *document_out)
{
    struct job job = {viewer, sealed_fd, file_key, {.form = request->form, .part = request->part}};
    struct viewer_document document = {.fd = -1};
    struct viewer_answer answer;
    if (!bytes_to_text(bytes_text(request->picture_prefix), job.order.picture_prefix,
                       sizeof job.order.picture_prefix))
        return ST_FAIL;
    enum status status = run(&job, &answer, &document.fd);
    if (status == ST_OK)
        status = name_document(request, &answer, &document);
    if (status == ST_OK) {
        document.size = answer.size;
        *document_out = document;
    } else {
        viewer_close(&document);
    }
    return status;
}

void viewer_close(struct viewer_document *document)
{
    if (document != NULL)
        io_close(&document->fd);
}
