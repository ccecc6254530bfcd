/* SPDX-License-Identifier: Apache-2.0
 * http: between form.c and the two encodings; nobody else includes this. A parser reads bytes and
 * calls form_begin, form_data and form_finish for each field. */
#ifndef SECUREMAIL_FORM_PRIVATE_H
#define SECUREMAIL_FORM_PRIVATE_H

#include "form.h"

/* A field begins; ST_BAD if its name is empty, too long or not clean UTF-8. `filename` may be
 * absent (p == NULL). */
enum status form_begin(struct form *form, struct bytes name, struct bytes filename,
                       struct bytes type) MUST_CHECK;
enum status form_data(struct form *form, struct bytes bytes) MUST_CHECK;
enum status form_finish(struct form *form) MUST_CHECK;

/* Each parser is made for one form and hands its fields to it. `read` and `end` as form_add and
 * form_end. */
struct multipart;
struct multipart *multipart_new(struct bytes boundary);
void multipart_free(struct multipart *parser);
enum status multipart_read(struct multipart *parser, struct form *form,
                           struct bytes bytes) MUST_CHECK;
enum status multipart_end(const struct multipart *parser) MUST_CHECK;

struct urlencoded;
struct urlencoded *urlencoded_new(void);
void urlencoded_free(struct urlencoded *parser);
enum status urlencoded_read(struct urlencoded *parser, struct form *form,
                            struct bytes bytes) MUST_CHECK;
enum status urlencoded_end(struct urlencoded *parser, struct form *form) MUST_CHECK;

#endif
