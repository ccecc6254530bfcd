/* SPDX-License-Identifier: Apache-2.0
 * http: header values of the form `token; name=value; name="value"` (RFC 9110 §5.6.6): Content-Type
 * and Content-Disposition. */
#ifndef SECUREMAIL_MEDIA_TYPE_H
#define SECUREMAIL_MEDIA_TYPE_H

#include "bytes.h"
#include "status.h"

/* Does the value begin with this token (ASCII case does not count), followed by its end or a
 * semicolon? */
bool media_type_is(struct bytes value, const char *token);

/* A parameter's value as a C string, quotes off, backslashes resolved only before a quote or a
 * backslash (file names of Windows carry others). ST_NONE if it is not there; ST_BAD if the value
 * is malformed anywhere, the parameter stands there twice, or it is longer than fits. */
enum status media_type_parameter(struct bytes value, const char *name, char *text_out,
                                 size_t size) MUST_CHECK;

#endif
