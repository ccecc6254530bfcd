/* SPDX-License-Identifier: Apache-2.0
 * http: between response.c and server.c; nobody else includes this. */
#ifndef SECUREMAIL_RESPONSE_PRIVATE_H
#define SECUREMAIL_RESPONSE_PRIVATE_H

#include "http.h"

void response_init(struct http_response *response);
/* Frees and wipes; closes body_fd. */
void response_done(struct http_response *response);

struct response_header {
    const char *name, *value;
};
#define RESPONSE_FIXED_MAX 12

/* The headers that every answer carries, whatever it is: the only place where they are decided.
 * Returns how many. */
size_t response_fixed(const struct http_response *response, bool secure,
                      struct response_header headers_out[RESPONSE_FIXED_MAX]);

#endif
