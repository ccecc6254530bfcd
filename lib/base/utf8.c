/* SPDX-License-Identifier: Apache-2.0
 * base: text character by character. */
#include "utf8.h"

uint32_t utf8_next(struct bytes *text)
{
    static const uint8_t lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    for (size_t n = 1; n <= 4 && n <= text->n; n++) {
        if (!bytes_utf8(bytes_first(*text, n)))
            continue;
        uint32_t character = text->p[0] & lead[n];
        for (size_t i = 1; i < n; i++)
            character = character << 6 | (text->p[i] & 0x3f);
        *text = bytes_from(*text, n);
        return character;
    }
    *text = bytes_from(*text, 1);
    return UTF8_REPLACEMENT;
}

bool utf8_misleading(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}
