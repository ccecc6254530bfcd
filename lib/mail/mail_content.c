/* SPDX-License-Identifier: Apache-2.0
 * mail: transfer encodings, by GMime, in pieces: a part of 25 MiB takes a few KiB here. */
#include "mail_content_private.h"

#include <gmime/gmime.h>

#define DECODE_STEP 16384

static GMimeContentEncoding foreign(enum mail_encoding encoding)
{
    switch (encoding) {
    case MAIL_BASE64:
        return GMIME_CONTENT_ENCODING_BASE64;
    case MAIL_QUOTED_PRINTABLE:
        return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
    case MAIL_UUENCODE:
        return GMIME_CONTENT_ENCODING_UUENCODE;
    case MAIL_IDENTITY:
        break;
    }
    return GMIME_CONTENT_ENCODING_BINARY;
}

/* Hand on what the filter makes of a piece; at the end, what it kept back. */
static enum status filter_piece(GMimeFilter *filter, struct bytes piece,
                                const struct view_sink *sink)
{
    static char nothing[1];
    char *decoded = NULL;
    size_t n = 0, space_before = 0;
    char *in = (char *)(uintptr_t)piece.p; /* filters only read here */
    if (piece.n > 0)
        g_mime_filter_filter(filter, in, piece.n, 0, &decoded, &n, &space_before);
    else
        g_mime_filter_complete(filter, nothing, 0, 0, &decoded, &n, &space_before);
    return n == 0 ? ST_OK : sink->take((struct bytes){(uint8_t *)decoded, n}, sink->context);
}

enum status mail_content_decode(struct bytes body, enum mail_encoding encoding,
                                const struct view_sink *sink)
{
    if (encoding == MAIL_IDENTITY)
        return body.n == 0 ? ST_OK : sink->take(body, sink->context);

    GMimeFilter *filter = g_mime_filter_basic_new(foreign(encoding), FALSE);
    enum status status = ST_OK;
    while (body.n > 0 && status == ST_OK) {
        status = filter_piece(filter, bytes_first(body, DECODE_STEP), sink);
        body = bytes_from(body, DECODE_STEP);
    }
    if (status == ST_OK)
        status = filter_piece(filter, BYTES_NONE, sink);
    g_object_unref(filter);
    return status;
}

static enum status count(struct bytes piece, void *context)
{
    uint64_t *size = context;
    *size += piece.n;
    return ST_OK;
}

uint64_t mail_content_size(struct bytes body, enum mail_encoding encoding)
{
    uint64_t size = 0;
    struct view_sink sink = {count, &size};
    enum status status = mail_content_decode(body, encoding, &sink);
    return status == ST_OK ? size : 0; /* count() never fails */
}
