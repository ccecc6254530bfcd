/* SPDX-License-Identifier: Apache-2.0
 * http: a form that arrives in pieces: multipart/form-data (RFC 7578) or
 * application/x-www-form-urlencoded (WHATWG URL §5). Small fields are collected and can be asked
 * for at the end; large ones and files go to a sink while they arrive, so that memory does not grow
 * with them.
 *
 * Strict where browsers are: no preamble, no folded headers, no second field of the same name among
 * the collected ones, values in UTF-8 without NUL. What is wrong stays wrong: the first failure is
 * the answer to every later call. */
#ifndef SECUREMAIL_FORM_H
#define SECUREMAIL_FORM_H

#include "buffer.h"
#include "secret.h"

#define FORM_NAME_MAX 64      /* bytes of a field's name */
#define FORM_FILENAME_MAX 255 /* bytes of a file's name */
#define FORM_TYPE_MAX 127     /* bytes of a file's media type */

/* Of the collected fields; the size of what goes to a sink is the sink's own question. */
struct form_limits {
    size_t fields;     /* how many, sink or not */
    size_t field_size; /* bytes of one value */
    size_t total_size; /* bytes of all values */
};

/* A field that begins. The texts live until the field ends. */
struct form_part {
    const char *name;
    const char *filename; /* last component only; NULL: not a file; "": no file was chosen */
    const char *type;     /* "" if not told */
};

/* Takes fields in pieces. A status other than ST_OK from data or end fails the form with it. */
struct form_sink {
    /* True: this field's bytes go to `data`, and then `end` is called. False: it is collected. */
    bool (*begin)(void *context, const struct form_part *part);
    enum status (*data)(void *context, struct bytes bytes);
    enum status (*end)(void *context);
    void *context;
};

struct form;

/* A form in the encoding that a Content-Type names; `sink` may be NULL. ST_BAD if it is no form's
 * type or its boundary is not as RFC 2046 §5.1.1 wants it. */
enum status form_new(const char *content_type, const struct form_limits *limits,
                     const struct form_sink *sink, struct form **form_out) MUST_CHECK;
/* Wipes what was collected. */
void form_free(struct form *form);

/* More bytes. ST_BAD: malformed; ST_LIMIT: more than the limits allow; or what the sink answered.
 */
enum status form_add(struct form *form, struct bytes bytes) MUST_CHECK;
/* No more bytes: ST_BAD if something is missing. */
enum status form_end(struct form *form) MUST_CHECK;

/* The value of a collected field: UTF-8 without NUL, line ends as they came; NULL if there is none.
 * Valid until the form is freed. */
const char *form_text(const struct form *form, const char *name);
/* A field's value moved into locked memory and wiped here; NULL if there is none or it is empty.
 * The caller frees. */
struct secret *form_take_secret(struct form *form, const char *name);

#endif
