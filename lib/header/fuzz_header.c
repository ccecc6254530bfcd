/* SPDX-License-Identifier: Apache-2.0
 * header: any bytes as a letter. What is written of it is always a well-formed header with the same
 * fields. */
#include <assert.h>

#include "header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Every line ends in CRLF, has no CR, LF or NUL inside, keeps the limit, and is not empty. */
static void check_lines(struct bytes written)
{
    while (written.n > 0) {
        size_t end = bytes_find(written, BYTES_LITERAL("\r\n"));
        struct bytes line = bytes_first(written, end);
        assert(end + 2 <= written.n && line.n > 0 && line.n <= HEADER_LINE_MAX);
        assert(bytes_index(line, '\r') == line.n && bytes_index(line, '\n') == line.n &&
               bytes_index(line, '\0') == line.n);
        written = bytes_from(written, end + 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct header header, again = {0};
    struct buffer text, written;
    struct header_mailbox mailbox;
    if (header_read((struct bytes){data, n}, &header) != ST_OK)
        return 0;
    assert(header.size <= n);
    buffer_init(&text, HEADER_TEXT_MAX);
    buffer_init(&written, 4 * n + 65536);
    for (size_t i = 0; i < header.count; i++) {
        buffer_clear(&text);
        if (header_text(header.fields[i].value, &text) == ST_OK) {
            assert(bytes_utf8(buffer_bytes(&text)));
            for (size_t j = 0; j < text.n; j++)
                assert(text.p[j] >= ' ' && text.p[j] != 0x7f);
            header_write_text(&written, "Subject", buffer_text(&text));
        } else {
            header_write_text(&written, "Subject", "none");
        }
        if (header_mailbox(header.fields[i].value, &mailbox))
            assert(bytes_utf8(bytes_text(mailbox.address)) && strchr(mailbox.address, '@') != NULL);
        header_write_field(&written, "To", header.fields[i].value);
    }
    assert(buffer_check(&written) == ST_OK);
    check_lines(buffer_bytes(&written));
    assert(header_read(buffer_bytes(&written), &again) != ST_OK || again.count == 2 * header.count);
    header_done(&again);
    header_done(&header);
    buffer_done(&text);
    buffer_done(&written);
    return 0;
}
