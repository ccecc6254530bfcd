/* SPDX-License-Identifier: Apache-2.0
 * mail: transfer encodings, by GMime, in pieces: a part of 25 MiB takes a few KiB here. */
#include "mail_content.h"

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

enum status mail_content_decode(struct bytes body, enum mail_encoding encoding,
                                const struct view_sink *sink)
{
    if (encoding == MAIL_IDENTITY)
        return body.n == 0 ? ST_OK : sink->take(body, sink->context);

    enum status status = ST_OK;
    GMimeFilter *filter = g_mime_filter_basic_new(foreign(encoding), FALSE);
    bool last = false;
    while (!last && status == ST_OK) {
        struct bytes step = bytes_first(body, DECODE_STEP);
        body = bytes_from(body, step.n);
        last = body.n == 0;

        char *in = (char *)(uintptr_t)step.p; /* filters only read here */
        char *decoded = NULL;
        size_t decoded_n = 0, prespace = 0;
        if (last)
            g_mime_filter_complete(filter, in, step.n, 0, &decoded, &decoded_n, &prespace);
        else
            g_mime_filter_filter(filter, in, step.n, 0, &decoded, &decoded_n, &prespace);
        if (decoded_n > 0)
            status = sink->take((struct bytes){(uint8_t *)decoded, decoded_n}, sink->context);
    }
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
