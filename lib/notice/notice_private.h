/* SPDX-License-Identifier: Apache-2.0
 * notice (private): templates, as they are checked (template.c, markup.c) and filled in (write.c).
 */
#ifndef SECUREMAIL_NOTICE_PRIVATE_H
#define SECUREMAIL_NOTICE_PRIVATE_H

#include "notice.h"

struct notice {
    char language[NOTICE_LANGUAGE_SIZE];
    struct buffer text, html; /* templates without mistakes, lines ending with LF */
};

/* --- steps through a template ----------------------------------------------------------------- */

enum place {
    PLACE_NONE,
    PLACE_SENDER,
    PLACE_SENDER_NAME,
    PLACE_SENDER_ADDRESS,
    PLACE_RECIPIENT,
    PLACE_ORGANISATION,
    PLACE_PORTAL,
    PLACE_HOST,
    PLACE_UNTIL,
    PLACE_HELP,
};

struct template_step {
    struct bytes before; /* as it stands */
    struct bytes mark;   /* then "{{name}}"; empty at the end */
    enum place place;    /* PLACE_NONE at the end; else the mark is wrong */
};

/* Take a step off *rest. False when nothing is left. */
bool template_next(struct bytes *rest, struct template_step *step_out);

/* --- checking --------------------------------------------------------------------------------- */

struct template
{
    const char *name; /* of the file, for reasons */
    struct bytes text;
    const char *language; /* that its HTML is to say it is in; NULL: it is no HTML */
    struct why *why;
};

/* Append a file's template to `text_out`, CRLF as LF and without a byte order mark, if it is right
 * in everything that notice.h says. */
enum status template_read(const struct template *file, struct buffer *text_out) MUST_CHECK;
/* Only tags and attributes that lay text out; nothing that runs, fetches or links. */
enum status markup_check(const struct template *html) MUST_CHECK;
/* ST_BAD; the reason reads "es.html:12:3: what: detail". */
enum status template_mistake(const struct template *t, size_t at, const char *what,
                             struct bytes detail) MUST_CHECK;

#endif
