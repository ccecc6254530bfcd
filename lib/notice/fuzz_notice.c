/* SPDX-License-Identifier: Apache-2.0
 * notice: any bytes as a template; what is taken is filled in with values that would like to be
 * markup, marks and lines. The first byte of the input chooses text or HTML. */
#include <assert.h>

#include "notice_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct notice_settings settings = {"{{help}}", "https://portal.example", "<host>",
                                                "call\r\n us"};
static const struct notice_letter letter = {"<b onclick=\"x\">", "\xff@\xe2\x80\xae", "<r>", "{{"};

/* Only lines that a mail can carry. */
static void check_lines(const struct buffer *part)
{
    struct bytes rest = buffer_bytes(part), line;
    while (bytes_line(&rest, &line)) {
        assert(line.n <= 76);
        for (size_t i = 0; i < line.n; i++)
            assert(line.p[i] >= ' ' && line.p[i] < 0x7f);
    }
}

/* "<" stands in a part as often as in its template: none is a value's. */
static size_t signs(const struct buffer *part)
{
    size_t count = 0;
    for (size_t i = 0; i < part->n; i++)
        count += part->p[i] == '<';
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct notice notice = {.language = "en"};
    struct buffer part;
    struct why why = {""};
    if (n < 1)
        return 0;
    bool html = (data[0] & 1) != 0;
    const struct template file = {"fuzz", {data + 1, n - 1}, html ? "en" : NULL, &why};
    struct buffer *template = html ? &notice.html : &notice.text;
    buffer_init(template, NOTICE_FILE_MAX);
    buffer_init(&part, NOTICE_MAX);
    enum status status = template_read(&file, template);
    assert(status == ST_OK || strstr(why.text, "fuzz:") == why.text);
    if (status == ST_OK) {
        (html ? notice_html : notice_text)(&notice, &settings, &letter, &part);
        assert(buffer_check(&part) == ST_OK);
        check_lines(&part);
        assert(!html || signs(&part) == signs(template));
    }
    buffer_done(&part);
    buffer_done(template);
    return 0;
}
