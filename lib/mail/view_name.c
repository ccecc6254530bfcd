/* SPDX-License-Identifier: Apache-2.0
 * mail: types and names of parts: what a browser is told, and what a file is saved as. */
#include "view.h"

#include "mail_text_private.h"
#include "memory.h"

/* --- types --- */

/* restricted-name of RFC 6838 §4.2, and the other signs of RFC 2045's token that are met. */
static bool is_name(struct bytes name)
{
    static const char signs[] = "!#$&-^_.+*'`~%";
    if (name.n == 0)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || strchr(signs, c) == NULL))
            return false;
    }
    return true;
}

bool view_type_valid(struct bytes type)
{
    size_t slash = bytes_index(type, '/');
    return type.n <= VIEW_TYPE_MAX && slash < type.n && is_name(bytes_first(type, slash)) &&
           is_name(bytes_from(type, slash + 1));
}

/* Types with a kind or a file ending of their own. */
static const struct {
    const char *type;
    enum view_kind kind;
    const char *ending;
} known[] = {
    {"text/html", VIEW_HTML, "html"},        {"text/plain", VIEW_TEXT, "txt"},
    {"text/calendar", VIEW_TEXT, "ics"},     {"text/csv", VIEW_TEXT, "csv"},
    {"text/vcard", VIEW_TEXT, "vcf"},        {"text/rtf", VIEW_OTHER, "rtf"},
    {"text/xml", VIEW_OTHER, "xml"},         {"image/png", VIEW_PICTURE, "png"},
    {"image/jpeg", VIEW_PICTURE, "jpg"},     {"image/jpg", VIEW_PICTURE, "jpg"},
    {"image/pjpeg", VIEW_PICTURE, "jpg"},    {"image/gif", VIEW_PICTURE, "gif"},
    {"image/webp", VIEW_PICTURE, "webp"},    {"image/bmp", VIEW_PICTURE, "bmp"},
    {"application/pdf", VIEW_PDF, "pdf"},    {"application/zip", VIEW_OTHER, "zip"},
    {"message/rfc822", VIEW_MESSAGE, "eml"}, {"message/global", VIEW_MESSAGE, "eml"},
};

static size_t find_known(const char *type)
{
    size_t i = 0;
    while (i < sizeof known / sizeof known[0] && strcmp(type, known[i].type) != 0)
        i++;
    return i;
}

enum view_kind view_kind_of(const char *type)
{
    size_t i = find_known(type);
    if (i < sizeof known / sizeof known[0])
        return known[i].kind;
    return bytes_starts(bytes_text(type), BYTES_LITERAL("text/")) ? VIEW_TEXT : VIEW_OTHER;
}

/* --- names --- */

#define SAFE_NAME_MAX 120 /* bytes: room for " (1)" and for systems that stop at 143 */
#define ENDING_MAX 16     /* bytes of ".ending" that a cut keeps */

/* What follows the last slash, of either kind. */
static struct bytes last_element(struct bytes name)
{
    for (size_t i = name.n; i > 0; i--) {
        if (name.p[i - 1] == '/' || name.p[i - 1] == '\\')
            return bytes_from(name, i);
    }
    return name;
}

/* A name that is hidden (.x), looks like an option (-x), or ends in what Windows drops. */
static struct bytes without_dots(struct bytes name)
{
    while (name.n > 0 && strchr(". -~", name.p[0]) != NULL)
        name = bytes_from(name, 1);
    while (name.n > 0 && strchr(". ", name.p[name.n - 1]) != NULL)
        name.n--;
    return name;
}

/* Signs that a file system, a shell or a header field reads its own way become "_". */
static void add_plain(struct buffer *out, struct bytes name)
{
    while (name.n > 0) {
        uint32_t character = mail_text_next(&name);
        bool special = character < 0x80 && strchr("<>:\"|?*%;&$`'", (int)character) != NULL;
        mail_text_add(out, special ? '_' : character);
    }
}

/* CON, PRN, AUX, NUL, COM1 … LPT9, with any ending, are devices on Windows. */
static bool is_device(struct bytes name)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul", "com", "lpt"};
    struct bytes base = bytes_first(name, bytes_index(name, '.'));
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        size_t digits = i < 4 ? 0 : 1;
        bool digit = digits == 0 || (base.n == 4 && base.p[3] >= '0' && base.p[3] <= '9');
        if (base.n == 3 + digits && digit &&
            bytes_equal_nocase(bytes_first(base, 3), bytes_text(devices[i])))
            return true;
    }
    return false;
}

/* Where the ending begins: the last dot, if not too far from the end. */
static size_t ending_at(struct bytes name)
{
    size_t at = name.n;
    while (at > 0 && name.p[at - 1] != '.')
        at--;
    return at > 1 && name.n - at < ENDING_MAX ? at - 1 : name.n;
}

/* At most SAFE_NAME_MAX bytes, cut before the ending and between characters. */
static void shorten(struct buffer *name)
{
    if (name->n <= SAFE_NAME_MAX)
        return;
    char ending[ENDING_MAX + 1];
    size_t at = ending_at(buffer_bytes(name));
    if (!bytes_to_text(bytes_from(buffer_bytes(name), at), ending, sizeof ending))
        ending[0] = '\0';
    name->n = SAFE_NAME_MAX - strlen(ending);
    while ((name->p[name->n] & 0xC0) == 0x80)
        name->n--;
    (void)buffer_add_text(name, ending);
}

char *view_safe_name(const char *name, const char *type, unsigned number)
{
    struct buffer safe;
    bool cut = false;
    buffer_init(&safe, 4 * VIEW_NAME_MAX);

    /* "…" of a cut name and a blank at its ends go, too. */
    char *clean = mail_text_clean(bytes_text(name), VIEW_NAME_MAX, &cut);
    struct bytes kept = without_dots(last_element(bytes_text(clean)));
    if (is_device(kept))
        (void)buffer_add_byte(&safe, '_');
    add_plain(&safe, kept);
    shorten(&safe);
    if (safe.n == 0) {
        size_t i = find_known(type);
        bool has_ending = i < sizeof known / sizeof known[0];
        (void)buffer_add_format(&safe, "part-%u.%s", number, has_ending ? known[i].ending : "bin");
    }
    char *text = memory_text(buffer_text(&safe));
    free(clean);
    buffer_done(&safe);
    return text;
}
