/* SPDX-License-Identifier: Apache-2.0
 * http: fuzz target for what else comes in headers: cookies, media types, and names of files that
 * go out again. */
#include "cookie.h"
#include "disposition.h"
#include "media_type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, size};
    struct buffer out;
    char text[400];

    (void)!cookie_find(bytes, "session", text, sizeof(text));
    (void)!media_type_parameter(bytes, "boundary", text, sizeof(text));
    if (!bytes_to_text(bytes, text, sizeof(text)))
        return 0;

    /* Whatever the name: one line of printable ASCII comes out. */
    buffer_init(&out, 5000);
    disposition_write(&out, true, text);
    if (buffer_check(&out) != ST_OK)
        abort();
    for (size_t i = 0; i < out.n; i++)
        if (out.p[i] < 0x20 || out.p[i] > 0x7e)
            abort();
    buffer_done(&out);
    return 0;
}
