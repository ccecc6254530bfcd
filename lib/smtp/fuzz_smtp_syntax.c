/* SPDX-License-Identifier: Apache-2.0
 * smtp (fuzz): command lines. What is taken for an address or a value can't hold a second word. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "smtp_syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool is_one_word(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] == 0x7f || text.p[i] == '<' || text.p[i] == '>')
            return false;
    return true;
}

/* What decodes, encodes to something that decodes to the same. */
static void check_xtext(struct bytes value)
{
    struct buffer text, xtext, again;
    buffer_init(&text, 4096);
    buffer_init(&xtext, 3 * 4096);
    buffer_init(&again, 4096);
    if (smtp_syntax_xtext_decode(value, &text) == ST_OK && text.n > 0) {
        require(smtp_syntax_xtext_encode(buffer_bytes(&text), &xtext) == ST_OK);
        require(smtp_syntax_xtext_decode(buffer_bytes(&xtext), &again) == ST_OK);
        require(bytes_equal(buffer_bytes(&text), buffer_bytes(&again)));
    }
    buffer_done(&text);
    buffer_done(&xtext);
    buffer_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes line = {data, n < SMTP_LINE_MAX ? n : SMTP_LINE_MAX}, rest, address, name, value;
    (void)smtp_syntax_verb(line, &rest);
    require(rest.n <= line.n);
    if (smtp_syntax_path(&rest, BYTES_LITERAL("FROM:"), &address) == ST_OK ||
        smtp_syntax_path(&rest, BYTES_LITERAL("TO:"), &address) == ST_OK)
        require(is_one_word(address) && address.n <= SMTP_ADDRESS_MAX);
    if (smtp_syntax_address(line))
        require(is_one_word(line));
    while (smtp_syntax_parameter(&rest, &name, &value) == ST_OK) {
        require(name.n > 0 && bytes_index(value, ' ') == value.n);
        (void)smtp_syntax_notify(value);
        (void)smtp_syntax_orcpt(value);
        (void)smtp_syntax_xforward(name);
        check_xtext(value);
    }
    check_xtext(line);
    return 0;
}
