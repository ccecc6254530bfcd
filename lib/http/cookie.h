/* SPDX-License-Identifier: Apache-2.0
 * http: cookies (RFC 6265), as few of them as a page needs. */
#ifndef SECUREMAIL_COOKIE_H
#define SECUREMAIL_COOKIE_H

#include "buffer.h"

/* The value of the cookie of that name in a Cookie header: only what we set ourselves, so only
 * characters of base64url. ST_NONE if it is not there; ST_BAD if it is there twice (somebody tossed
 * one in), holds other characters or does not fit. */
enum status cookie_find(struct bytes header, const char *name, char *value_out,
                        size_t size) MUST_CHECK;

/* Append the value of a Set-Cookie header. `secure`: with the attribute Secure; the name then
 * begins with "__Host-", so that no other host and no other scheme can set it. max_age: seconds; 0:
 * until the browser ends; negative: forget it now. */
void cookie_write(struct buffer *out, const char *name, const char *value, bool secure,
                  long max_age);

#define COOKIE_NAME_SIZE 40
/* "__Host-name" or, without `secure`, "name". */
void cookie_name(const char *name, bool secure, char name_out[COOKIE_NAME_SIZE]);

#endif
