/* SPDX-License-Identifier: Apache-2.0
 * portal: showing a sealed mail without touching it. Each request is served by a child of its own,
 * which locks itself into a cell, decrypts and verifies the whole mail, and only then parses it.
 * The children are forked by a spawner, a small process with one thread that is started before the
 * portal has threads.
 *
 *     portal ──(1) socket──▶ spawner ──fork──▶ child
 *     portal ──(2) order, sealed file, empty memory file, file key──▶ child
 *     child ──(3) content──▶ memory file
 *     portal ◀──(4) answer── child
 *
 * The portal gets what it asked for whole or not at all: a child that crashes, hangs or needs too
 * much has answered ST_FAIL, and nobody else notices. VIEWER_WHOLE does not parse, so a mail that
 * can't be shown can still be saved. */
#ifndef SECUREMAIL_VIEWER_H
#define SECUREMAIL_VIEWER_H

#include "secret.h"
#include "view.h"

#define VIEWER_PREFIX_MAX 255

struct viewer; /* the portal's end; any number of threads may use it at once */

struct viewer_settings {
    const char *user;      /* to become, when started as root; NULL: stay */
    unsigned children_max; /* at once; the next ones wait in line (0: 16) */
    size_t memory;         /* bytes of address space for a child (0: 512 MiB) */
    unsigned seconds;      /* of processor time for a child (0: 10) */
    unsigned timeout_ms;   /* from the call to the answer, waiting in line included (0: 20,000) */
};

/* Start the spawner. Call it from the main thread, before there are others and before the portal
 * enters its room; the spawner ends with the thread that called. */
enum status viewer_start(const struct viewer_settings *settings, struct viewer **viewer_out,
                         struct why *why) MUST_CHECK;
/* End the spawner and its children, wait for it, free. No call may be under way. NULL is fine. */
void viewer_stop(struct viewer *viewer);

/* All calls below take the sealed file (an age file, read from its beginning; the descriptor stays
 * the caller's and its position is not used) and its file key (ENVELOPE_OPENED_SIZE bytes).
 * Errors:
 *
 *     ST_BAD    the sealed file is damaged: nothing of it was shown
 *     ST_NONE   there is no such part, or it is not of that form
 *     ST_LIMIT  too large to be shown (it can be saved)
 *     ST_TEMP   too many readers at once: try again in a moment
 *     ST_FAIL   the mail can't be shown: the child died or took too long */

/* Describe the mail. The caller frees with view_free. */
enum status viewer_describe(struct viewer *viewer, int sealed_fd, const struct secret *file_key,
                            struct view **view_out) MUST_CHECK;

enum viewer_form {
    VIEWER_WHOLE,   /* the mail, byte for byte; `part` is not used */
    VIEWER_DECODED, /* a part's bytes */
    VIEWER_TEXT,    /* a text part as UTF-8 plain text */
    VIEWER_HTML,    /* an HTML part as UTF-8 document: for the sandboxed frame only */
};

struct viewer_request {
    enum viewer_form form;
    unsigned part; /* as view_part.number */
    /* VIEWER_HTML: what stands before a picture's part number; NULL: nothing. */
    const char *picture_prefix;
};

/* What was asked for, complete. */
struct viewer_document {
    /* A memory file at its beginning, for read, pread or sendfile; nobody can change it any more.
     */
    int fd;
    uint64_t size; /* bytes */
    /* WHOLE: "message/rfc822"; TEXT: "text/plain"; HTML: "text/html" (both in UTF-8). */
    char type[VIEW_TYPE_MAX + 1];
    char name[VIEW_NAME_MAX + 1]; /* safe to save as; never empty */
};

enum status viewer_open(struct viewer *viewer, int sealed_fd, const struct secret *file_key,
                        const struct viewer_request *request,
                        struct viewer_document *document_out) MUST_CHECK;
/* Close it; the memory goes back. NULL, and a document closed already, are fine. */
void viewer_close(struct viewer_document *document);

#endif
