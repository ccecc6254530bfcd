/* SPDX-License-Identifier: Apache-2.0
 * header: reading the top header of a letter (RFC 5322 §2.2), and nothing behind it. The reader
 * takes any bytes: what is no field ends the header, as a mail server sees it too. All it gives are
 * views of the text it was given. */
#ifndef SECUREMAIL_HEADER_H
#define SECUREMAIL_HEADER_H

#include "bytes.h"
#include "status.h"

#define HEADER_MAX (256 * 1024) /* bytes of a header */
#define HEADER_FIELDS_MAX 2000

struct header_field {
    struct bytes name;  /* as written, without blanks and colon; never empty */
    struct bytes value; /* all behind the colon, folds and blanks as they are, no final line end */
};

struct header {
    const struct header_field *fields; /* in the order of the text */
    size_t count;
    size_t n; /* bytes of the header, with the empty line that ends it if there is one */
};

/* Read the header at the beginning of `text`. `whole`: nothing follows behind `text`. ST_TEMP: the
 * header does not end in `text`, give more; ST_LIMIT: it is larger than we read, or has too many
 * fields. Lines end with LF or CRLF. The caller frees *header_out; it points into `text`. */
enum status header_read(struct bytes text, bool whole, struct header **header_out) MUST_CHECK;
void header_free(struct header *header); /* NULL is fine */

/* The first field of this name (any case), or NULL; how many there are. */
const struct header_field *header_find(const struct header *header, const char *name);
size_t header_count(const struct header *header, const char *name);

#endif
