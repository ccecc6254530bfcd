/* SPDX-License-Identifier: Apache-2.0
 * mail: renaming elements that make a browser reach out. */
#include "mail_mute_private.h"

static const struct bytes elements[] = {
    BYTES_LITERAL("link"),     BYTES_LITERAL("iframe"),      BYTES_LITERAL("frame"),
    BYTES_LITERAL("frameset"), BYTES_LITERAL("embed"),       BYTES_LITERAL("object"),
    BYTES_LITERAL("portal"),   BYTES_LITERAL("fencedframe"), BYTES_LITERAL("meta"),
};

/* The name of a tag ends at a blank, "/" or ">" (WHATWG HTML §13.2.5.8); a document that ends there
 * has no such tag. */
static bool ends_name(struct bytes rest)
{
    return rest.n > 0 && memchr("\t\n\f\r />", rest.p[0], 7) != NULL;
}

/* Does one of the elements begin here, behind a "<"? */
static bool reaches_out(struct bytes behind)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (bytes_starts_nocase(behind, elements[i]) &&
            ends_name(bytes_from(behind, elements[i].n)))
            return true;
    return false;
}

enum status mail_mute(struct bytes html, struct buffer *html_out)
{
    while (html.n > 0 && buffer_check(html_out) == ST_OK) {
        size_t to = bytes_index(html, '<');
        size_t copied = to < html.n ? to + 1 : html.n;
        (void)buffer_add(html_out, bytes_first(html, copied));
        html = bytes_from(html, copied);
        if (to < copied && reaches_out(html))
            (void)buffer_add_text(html_out, "x-");
    }
    return buffer_check(html_out);
}
