/* SPDX-License-Identifier: Apache-2.0
 * portal: every address of the portal, in one table: who may ask for it, what proves a form, who
 * answers. What is not in the table does not exist. */
#ifndef SECUREMAIL_ROUTES_H
#define SECUREMAIL_ROUTES_H

#include "visit.h"

/* Who may have the page. */
enum route_access {
    ACCESS_FILE, /* the same for everybody: no cookie is looked at */
    ACCESS_ANYBODY,
    ACCESS_SESSION, /* somebody signed in */
    ACCESS_MESSAGE, /* anybody who knows the id of a message in the spool: the path's first star */
    ACCESS_READER,  /* signed in with the address that the message is sealed to */
    ACCESS_TOKEN,   /* the path carries a view token (see keyring.h); no cookie is looked at */
};

/* What proves that a POST comes from a page of ours. */
enum route_form {
    FORM_NONE,    /* GET: there is no form, and nothing changes */
    FORM_FOREIGN, /* POST /open: the attachment is a page of the reader's own disk; the message
                     itself is the proof */
    FORM_VISITOR, /* the token of a browser */
    FORM_SESSION, /* the token of a session */
};

struct route {
    bool post;
    const char *path; /* a star is one segment */
    enum route_access access;
    enum route_form form;
    enum intake_form intake; /* whether the form holds a message, and how */
    void (*answer)(struct visit *visit);
};

extern const struct route routes[];
extern const size_t routes_n;

/* The route of a path, its stars copied to parts_out. ST_NONE: there is none for any method;
 * ST_DENIED: only for the other method. */
enum status route_find(bool post, const char *path, const struct route **route_out,
                       char parts_out[VISIT_PARTS_MAX][VISIT_PART_SIZE]) MUST_CHECK;

/* The portal as lib/http sees it. `portal` outlives the server. */
struct http_application routes_application(struct portal *portal);

#endif
