/* SPDX-License-Identifier: Apache-2.0
 * portal: what passes between a portal thread, the spawner and a viewer child. All three are one
 * program that has forked, so a struct is its own encoding; an answer may come from a child that a
 * hostile mail has taken over, and nothing in it is believed.
 *
 *     portal → spawner   one byte, with the child's end of a new socket
 *     child  → portal    one byte: it has started
 *     portal → child     struct viewer_order, with the sealed file
 *     portal → child     one byte, with an empty memory file of the greatest size allowed
 *     portal → child     the file key
 *     child  → portal    struct viewer_answer, once its content stands in the memory file
 *     child  → portal    end of file: it is gone, the content can't change any more */
#ifndef SECUREMAIL_VIEWER_PRIVATE_H
#define SECUREMAIL_VIEWER_PRIVATE_H

#include "envelope.h"
#include "viewer.h"

#define VIEWER_SHOWN_MAX (32 * 1024 * 1024) /* bytes of a text or HTML part as it is handed on */

struct viewer_order {
    bool describe;         /* a written description is asked for; form and part are not used */
    enum viewer_form form; /* else this */
    unsigned part;
    char picture_prefix[VIEWER_PREFIX_MAX + 1];
};

struct viewer_answer {
    enum status status;
    uint64_t size; /* bytes in the memory file */
    char type[VIEW_TYPE_MAX + 1];
    char name[VIEW_NAME_MAX + 1];
};

/* viewer_settings with every number filled in. */
struct viewer_limits {
    unsigned children_max;
    size_t memory;
    unsigned seconds;
    unsigned timeout_ms;
};

/* The spawner's life: lock the door, then fork a child for each request on `control` until the
 * other end is closed. Tells on `control`, with one byte, when it is ready. */
_Noreturn void spawner_run(int control, const char *user, const struct viewer_limits *limits);

/* A child's life. */
_Noreturn void viewer_child_run(int socket, const struct viewer_limits *limits);

#endif
