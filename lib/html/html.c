/* SPDX-License-Identifier: Apache-2.0
 * html: escaping, one function for each place where a value can stand. */
#include "html.h"

static const char REPLACEMENT[] = "\xef\xbf\xbd"; /* U+FFFD */

/* The character reference for a byte that means something in HTML; NULL for the others. */
static const char *reference(uint8_t byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&#34;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* Control characters have no business in a page: C0 but tab, LF, CR; and DEL. */
static bool control(uint8_t byte)
{
    return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
}

/* The length of the valid UTF-8 sequence at the start of `text`, 0 if there is none. C1 controls
 * (U+0080 … U+009F) count as none. */
static size_t sequence(struct bytes text)
{
    uint8_t first = text.p[0];
    size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (n > text.n || !bytes_utf8(bytes_first(text, n)))
        return 0;
    if (n == 2 && first == 0xc2 && text.p[1] < 0xa0)
        return 0;
    return n;
}

void html_text_bytes(struct buffer *out, struct bytes text)
{
    size_t plain = 0; /* bytes before here in `text` go out unchanged, together */

    while (plain < text.n) {
        size_t n = sequence(bytes_from(text, plain));
        uint8_t byte = text.p[plain];
        const char *instead = n == 0 || control(byte) ? REPLACEMENT : reference(byte);

        if (instead == NULL) {
            plain += n;
            continue;
        }
        buffer_add(out, bytes_first(text, plain));
        buffer_add_text(out, instead);
        text = bytes_from(text, plain + 1);
        plain = 0;
    }
    buffer_add(out, text);
}

void html_text(struct buffer *out, const char *text)
{
    html_text_bytes(out, bytes_text(text));
}

/* Browsers strip tabs and line ends from URLs and take "\" for "/", so neither may stand anywhere
 * in one. */
static bool url_allowed(struct bytes url)
{
    static const struct bytes schemes[] = {
        {(const uint8_t *)"https://", 8},
        {(const uint8_t *)"http://", 7},
        {(const uint8_t *)"mailto:", 7},
    };

    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= 0x20 || url.p[i] == 0x7f || url.p[i] == '\\')
            return false;
    if (url.n > 0 && url.p[0] == '/')
        return url.n == 1 || url.p[1] != '/';
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (bytes_starts_nocase(url, schemes[i]))
            return true;
    return false;
}

void html_url(struct buffer *out, const char *url)
{
    html_text(out, url_allowed(bytes_text(url)) ? url : "#");
}

static bool unreserved(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void html_component(struct buffer *out, const char *text)
{
    struct bytes bytes = bytes_text(text);

    for (size_t i = 0; i < bytes.n; i++) {
        if (unreserved(bytes.p[i]))
            buffer_add_byte(out, bytes.p[i]);
        else
            buffer_add_format(out, "%%%02X", bytes.p[i]);
    }
}

void html_number(struct buffer *out, uint64_t number)
{
    buffer_add_format(out, "%llu", (unsigned long long)number);
}
