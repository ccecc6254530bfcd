/* SPDX-License-Identifier: Apache-2.0
 * mail: finding cid: references. */
#include "mail_cid_private.h"

#include "memory.h"

/* The pictures by content-id, sorted. */
struct picture {
    const char *id;
    unsigned number;
};

struct pictures {
    struct picture list[VIEW_PARTS_MAX];
    size_t n;
};

/* Equal ids: the first part counts. */
static int compare(const void *a, const void *b)
{
    const struct picture *first = a, *second = b;
    int order = strcmp(first->id, second->id);
    return order != 0 ? order : (int)first->number - (int)second->number;
}

static struct pictures *pictures_new(const struct mail_tree *tree)
{
    struct pictures *pictures = memory_new(1, sizeof *pictures);
    for (size_t i = 0; i < tree->entities_n; i++) {
        const struct mail_entity *entity = &tree->entities[i];
        if (entity->number == 0 || entity->content.id[0] == '\0' ||
            view_kind_of(entity->content.type) != VIEW_PICTURE)
            continue;
        pictures->list[pictures->n++] = (struct picture){entity->content.id, entity->number};
    }
    qsort(pictures->list, pictures->n, sizeof pictures->list[0], compare);
    return pictures;
}

/* The first picture with this content-id, or 0. */
static unsigned find_picture(const struct pictures *pictures, const char *id)
{
    size_t low = 0, high = pictures->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(pictures->list[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool equal = low < pictures->n && strcmp(pictures->list[low].id, id) == 0;
    return equal ? pictures->list[low].number : 0;
}

/* --- what stands before "cid:" --- */

static bool ends_nocase(struct bytes text, struct bytes ending)
{
    return text.n >= ending.n && bytes_starts_nocase(bytes_from(text, text.n - ending.n), ending);
}

static struct bytes trim_end(struct bytes text)
{
    while (text.n > 0 && strchr(" \t\r\n", text.p[text.n - 1]) != NULL)
        text.n--;
    return text;
}

/* Without one quote at its end, plain or as a character reference inside a style attribute. */
static struct bytes without_quote(struct bytes text)
{
    static const struct bytes quotes[] = {BYTES_LITERAL("\""),     BYTES_LITERAL("'"),
                                          BYTES_LITERAL("&quot;"), BYTES_LITERAL("&#39;"),
                                          BYTES_LITERAL("&#34;"),  BYTES_LITERAL("&apos;")};
    for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
        if (ends_nocase(text, quotes[i]))
            return bytes_first(text, text.n - quotes[i].n);
    }
    return text;
}

/* src="…, background="… or url(… */
static bool loads_picture(struct bytes before)
{
    /* A look at the last bytes is enough, however long the document is. */
    before = bytes_from(before, before.n > 64 ? before.n - 64 : 0);
    before = trim_end(without_quote(trim_end(before)));
    if (ends_nocase(before, BYTES_LITERAL("url(")))
        return true;
    if (!ends_nocase(before, BYTES_LITERAL("=")))
        return false;
    before = trim_end(bytes_first(before, before.n - 1));
    return ends_nocase(before, BYTES_LITERAL("src")) ||
           ends_nocase(before, BYTES_LITERAL("background"));
}

/* --- what stands behind it --- */

static int hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The content-id of a cid: URL has %xx where needed (RFC 2392 §2). False if it is too long. */
static bool decode_id(struct bytes url, char id_out[VIEW_NAME_MAX + 1])
{
    size_t n = 0;
    for (size_t i = 0; i < url.n; i++) {
        uint8_t byte = url.p[i];
        if (byte == '%' && i + 2 < url.n && hex_value(url.p[i + 1]) >= 0 &&
            hex_value(url.p[i + 2]) >= 0) {
            byte = (uint8_t)(hex_value(url.p[i + 1]) << 4 | hex_value(url.p[i + 2]));
            i += 2;
        }
        if (n == VIEW_NAME_MAX)
            return false;
        id_out[n++] = (char)byte;
    }
    id_out[n] = '\0';
    return true;
}

/* The bytes of a URL up to its quote, bracket or blank. */
static struct bytes url_of(struct bytes text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] > ' ' && strchr("\"'()<>&", text.p[n]) == NULL)
        n++;
    return bytes_first(text, n);
}

/* --- going through the document --- */

struct reference {
    struct bytes before; /* what stands between the last reference and this one */
    unsigned number;     /* of the picture */
};

/* The next "cid:" in any case. */
static size_t next_cid(struct bytes html)
{
    size_t at = 0;
    while (at < html.n) {
        at += bytes_index(bytes_from(html, at), ':');
        if (at >= 3 && at < html.n &&
            bytes_starts_nocase(bytes_from(html, at - 3), BYTES_LITERAL("cid:")))
            return at - 3;
        at++;
    }
    return html.n;
}

/* Take everything up to and with the next reference that a picture answers off *rest. */
static bool next_reference(const struct pictures *pictures, struct bytes *rest,
                           struct reference *reference_out)
{
    size_t at = 0;
    while (at < rest->n) {
        at += next_cid(bytes_from(*rest, at));
        struct bytes url = url_of(bytes_from(*rest, at + 4));
        char id[VIEW_NAME_MAX + 1];
        unsigned number = 0;
        if (loads_picture(bytes_first(*rest, at)) && decode_id(url, id))
            number = find_picture(pictures, id);
        if (number != 0) {
            *reference_out = (struct reference){bytes_first(*rest, at), number};
            *rest = bytes_from(*rest, at + 4 + url.n);
            return true;
        }
        at += 4;
    }
    return false;
}

void mail_cid_seen(const struct mail_tree *tree, struct bytes html, struct mail_cid_seen *seen_out)
{
    struct pictures *pictures = pictures_new(tree);
    struct mail_cid_seen seen = {{false}};
    struct reference reference;
    while (next_reference(pictures, &html, &reference))
        seen.number[reference.number] = true;
    *seen_out = seen;
    free(pictures);
}

enum status mail_cid_replace(const struct mail_tree *tree, struct bytes html, const char *prefix,
                             struct buffer *html_out)
{
    struct pictures *pictures = pictures_new(tree);
    struct reference reference;
    while (next_reference(pictures, &html, &reference) && buffer_check(html_out) == ST_OK) {
        (void)buffer_add(html_out, reference.before);
        (void)buffer_add_format(html_out, "%s%u", prefix, reference.number);
    }
    (void)buffer_add(html_out, html);
    free(pictures);
    return buffer_check(html_out);
}
