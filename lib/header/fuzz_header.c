/* SPDX-License-Identifier: Apache-2.0
 * header: any bytes as a header; each field is read, decoded and written again. What the headers of
 * this room promise is asserted. */
#include <assert.h>

#include "header.h"
#include "header_text.h"
#include "header_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_decoded(struct bytes value)
{
    struct buffer text;
    struct header_mailbox mailbox;
    buffer_init(&text, 4 * value.n + 16);
    assert(header_decode(value, &text) == ST_OK);
    struct bytes decoded = buffer_bytes(&text);
    assert(bytes_utf8(decoded));
    for (size_t i = 0; i < decoded.n; i++)
        assert(decoded.p[i] >= ' ' && decoded.p[i] != 127);
    (void)header_tag(decoded, BYTES_LITERAL("Secure:"));
    (void)header_tag(decoded, BYTES_LITERAL("[secure]"));
    if (header_mailbox(value, &mailbox) == ST_OK) {
        assert(strchr(mailbox.address, '@') != NULL);
        assert(bytes_utf8(bytes_text(mailbox.name)) && bytes_utf8(bytes_text(mailbox.address)));
    }
    buffer_done(&text);
}

/* What was written is one field, for a reader of ours as for one that knows lines alone. */
static void check_written(const struct buffer *out)
{
    struct bytes rest = buffer_bytes(out);
    struct header *header = NULL;
    assert(buffer_check(out) == ST_OK);
    assert(header_read(rest, true, &header) == ST_OK || rest.n > HEADER_MAX);
    assert(header == NULL || (header->count == 1 && header->n == rest.n));
    header_free(header);
    for (bool first = true; rest.n > 0; first = false) {
        size_t length = bytes_find(rest, BYTES_LITERAL("\r\n"));
        struct bytes line = bytes_first(rest, length);
        assert(length < rest.n && length <= 998);
        assert(bytes_index(line, '\r') == length && bytes_index(line, '\n') == length &&
               bytes_index(line, 0) == length);
        assert(first || line.p[0] == ' ');
        assert(bytes_trim(line).n > 0);
        rest = bytes_from(rest, length + 2);
    }
}

static void check_field(struct bytes name, struct bytes value)
{
    struct buffer out;
    buffer_init(&out, 32 * value.n + 1000);
    header_write_text(&out, name, value);
    check_written(&out);
    buffer_clear(&out);
    header_write_copy(&out, name, value, false);
    check_written(&out);
    buffer_clear(&out);
    header_write_copy(&out, name, value, true);
    check_written(&out);
    buffer_clear(&out);
    header_write_addresses(&out, name, value, value.n % 2 == 0);
    check_written(&out);
    buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct header *header = NULL;
    struct bytes text = {data, n};
    enum status whole = header_read(text, true, &header);
    if (whole != ST_OK)
        return 0;
    assert(header->n <= n);
    for (size_t i = 0; i < header->count; i++) {
        struct header_field field = header->fields[i];
        check_decoded(field.value);
        if (field.name.n <= HEADER_NAME_MAX)
            check_field(field.name, field.value);
    }
    header_free(header);
    return 0;
}
