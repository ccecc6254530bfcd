/* SPDX-License-Identifier: Apache-2.0
 * envelope: any texts in the carrier's page, divided by line ends. They stay texts: no sign of
 * markup more than in the page with other texts, only ASCII, only lines that a mail can carry. */
#include <assert.h>

#include "page_private.h"

#define TEXT_SIZE 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void make_page(const struct carrier_text *text, struct buffer *html)
{
    buffer_init(html, CARRIER_STEP_MAX);
    page_add(page_before_message, text, html);
    page_add(page_after_signature, text, html);
    assert(buffer_check(html) == ST_OK);
}

/* Signs of markup, without those of the tags that break long words. */
static size_t signs(const struct buffer *html)
{
    size_t n = 0;
    for (size_t i = 0; i < html->n; i++) {
        n += html->p[i] == '<' || html->p[i] == '>' || html->p[i] == '"' || html->p[i] == '\'';
        if (bytes_starts(bytes_from(buffer_bytes(html), i), BYTES_LITERAL("<wbr\n>")))
            n -= 2;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static char texts[6][TEXT_SIZE];
    struct bytes rest = {data, n}, line = BYTES_NONE;
    struct buffer plain, html;
    static const char *const languages[] = {"en", "es", "pt"};
    struct carrier_text text = {.language = languages[n % 3], .portal = "https://a.example"};
    const char **places[] = {&text.organisation, &text.host,    &text.sender,
                             &text.recipient,    &text.expires, &text.help};
    for (size_t i = 0; i < 6; i++)
        *places[i] = "x";
    make_page(&text, &plain);
    for (size_t i = 0; i < 6; i++) {
        bytes_line(&rest, &line);
        bytes_to_text(bytes_first(line, TEXT_SIZE - 1), texts[i], TEXT_SIZE);
        *places[i] = texts[i];
    }
    make_page(&text, &html);
    assert(signs(&plain) == signs(&html));

    rest = buffer_bytes(&html);
    while (bytes_line(&rest, &line)) {
        assert(line.n <= 76);
        for (size_t i = 0; i < line.n; i++)
            assert(line.p[i] >= 0x20 && line.p[i] < 0x7f);
    }
    buffer_done(&plain);
    buffer_done(&html);
    return 0;
}
