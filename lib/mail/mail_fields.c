/* SPDX-License-Identifier: Apache-2.0
 * mail: header fields, by GMime. */
#include "mail_fields_private.h"

#include <gmime/gmime.h>

#include "mail_text_private.h"
#include "memory.h"

/* GMime parses groups of addresses by recursion, about 200 bytes of stack for each colon. */
#define ADDRESS_COLONS_MAX 100

static GMimeParserOptions *options;

void mail_fields_prepare(void)
{
    if (options != NULL)
        return;
    g_mime_init();
    static const char *fallback[] = {"utf-8", "windows-1252", NULL};
    options = g_mime_parser_options_new();
    g_mime_parser_options_set_fallback_charsets(options, fallback);
}

/* A field's value as a C string: unfolded, NUL bytes made visible, at most MAIL_FIELD_MAX bytes. */
static char *unfold(struct bytes value, bool *cut_out)
{
    if (value.n > MAIL_FIELD_MAX)
        *cut_out = true;
    value = bytes_trim(bytes_first(value, MAIL_FIELD_MAX));
    char *text = memory_new(value.n + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '\0')
            text[n++] = '?';
        else if (value.p[i] != '\r' && value.p[i] != '\n')
            text[n++] = (char)value.p[i];
    }
    return text;
}

/* Copy a parameter if it fits; an overlong one counts as absent. */
static void copy_text(const char *text, char *copy_out, size_t size)
{
    if (text != NULL)
        (void)bytes_to_text(bytes_text(text), copy_out, size);
}

/* --- file names --- */

/* GMime has undone RFC 2231 and RFC 2047; what is left may still be raw bytes of an old charset. */
static void read_name(const char *name, char name_out[VIEW_NAME_MAX + 1])
{
    if (name == NULL || name[0] == '\0')
        return;
    bool cut = false;
    char *utf8 = g_mime_utils_decode_8bit(options, name, strlen(name));
    char *clean = mail_text_clean(bytes_text(utf8), VIEW_NAME_MAX, &cut);
    copy_text(clean, name_out, VIEW_NAME_MAX + 1);
    free(clean);
    g_free(utf8);
}

/* --- content-type --- */

static void lower(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
    }
}

/* Names that old programs give to types with a registered one. */
static const char *registered_type(const char *type)
{
    static const char *const names[][2] = {
        {"image/jpg", "image/jpeg"},
        {"image/pjpeg", "image/jpeg"},
        {"image/x-png", "image/png"},
        {"image/x-bmp", "image/bmp"},
        {"image/x-ms-bmp", "image/bmp"},
        {"application/x-pdf", "application/pdf"},
        {"application/acrobat", "application/pdf"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(type, names[i][0]) == 0)
            return names[i][1];
    }
    return type;
}

/* "type/subtype" in lower case, if it is one. */
static bool read_type(const GMimeContentType *type, char type_out[VIEW_TYPE_MAX + 1])
{
    char text[VIEW_TYPE_MAX + 1];
    GMimeContentType *unchanged = (GMimeContentType *)(uintptr_t)type;
    int n = snprintf(text, sizeof text, "%s/%s", g_mime_content_type_get_media_type(unchanged),
                     g_mime_content_type_get_media_subtype(unchanged));
    if (n < 0 || (size_t)n >= sizeof text)
        return false;
    lower(text);
    if (!view_type_valid(bytes_text(text)))
        return false;
    return bytes_to_text(bytes_text(registered_type(text)), type_out, VIEW_TYPE_MAX + 1);
}

static bool parameter_is(GMimeContentType *type, const char *name, const char *value)
{
    const char *found = g_mime_content_type_get_parameter(type, name);
    return found != NULL && g_ascii_strcasecmp(found, value) == 0;
}

static void read_content_type(struct bytes value, struct mail_content *content)
{
    bool cut = false;
    char *text = unfold(value, &cut);
    GMimeContentType *type = g_mime_content_type_parse(options, text);

    /* A value without a slash is no type, and what is no type is read as text (RFC 2045 §5.2). */
    if (strchr(text, '/') == NULL || !read_type(type, content->type))
        copy_text("text/plain", content->type, sizeof content->type);
    copy_text(g_mime_content_type_get_parameter(type, "charset"), content->charset,
              sizeof content->charset);
    copy_text(g_mime_content_type_get_parameter(type, "boundary"), content->boundary,
              sizeof content->boundary);
    copy_text(g_mime_content_type_get_parameter(type, "start"), content->start,
              sizeof content->start);
    read_name(g_mime_content_type_get_parameter(type, "name"), content->name);
    content->flowed = parameter_is(type, "format", "flowed");
    content->delete_space = parameter_is(type, "delsp", "yes");
    g_object_unref(type);
    free(text);
}

/* --- the other three --- */

/* The file name of a disposition counts before the name of a type. */
static void read_disposition(struct bytes value, struct mail_content *content)
{
    bool cut = false;
    char *text = unfold(value, &cut);
    GMimeContentDisposition *disposition = g_mime_content_disposition_parse(options, text);
    const char *kind = g_mime_content_disposition_get_disposition(disposition);
    content->attachment =
        kind != NULL && kind[0] != '\0' && g_ascii_strcasecmp(kind, "inline") != 0;
    read_name(g_mime_content_disposition_get_parameter(disposition, "filename"), content->name);
    g_object_unref(disposition);
    free(text);
}

static enum mail_encoding read_encoding(struct bytes value)
{
    static const struct {
        const char *name;
        enum mail_encoding encoding;
    } names[] = {{"base64", MAIL_BASE64},
                 {"quoted-printable", MAIL_QUOTED_PRINTABLE},
                 {"x-uuencode", MAIL_UUENCODE},
                 {"uuencode", MAIL_UUENCODE},
                 {"x-uue", MAIL_UUENCODE}};
    value = bytes_trim(bytes_first(value, bytes_index(value, ';')));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (bytes_equal_nocase(value, bytes_text(names[i].name)))
            return names[i].encoding;
    }
    return MAIL_IDENTITY;
}

/* A content-id, or a "start" that names one, stands in angle brackets; not all programs know. */
static void read_id(struct bytes value, char id_out[VIEW_NAME_MAX + 1])
{
    value = bytes_trim(value);
    if (value.n >= 2 && value.p[0] == '<' && value.p[value.n - 1] == '>')
        value = bytes_first(bytes_from(value, 1), value.n - 2);
    if (value.n <= VIEW_NAME_MAX && mail_text_is_clean(value))
        (void)bytes_to_text(value, id_out, VIEW_NAME_MAX + 1);
}

void mail_fields_read(const struct mail_fields *fields, const char *default_type,
                      struct mail_content *content_out)
{
    struct mail_content content = {0};
    copy_text(default_type, content.type, sizeof content.type);
    if (fields->type.n > 0)
        read_content_type(fields->type, &content);
    if (fields->disposition.n > 0)
        read_disposition(fields->disposition, &content);
    if (fields->id.n > 0)
        read_id(fields->id, content.id);
    char start[VIEW_NAME_MAX + 1] = "";
    read_id(bytes_text(content.start), start);
    memcpy(content.start, start, sizeof start);
    content.encoding = read_encoding(fields->encoding);
    *content_out = content;
}

/* --- the top header --- */

/* GMime's text, made clean and ours. */
static char *take(char *decoded, bool *cut_out)
{
    char *clean = mail_text_clean(bytes_text(decoded), VIEW_TEXT_MAX, cut_out);
    g_free(decoded);
    return clean;
}

char *mail_fields_text(struct bytes value, bool *cut_out)
{
    char *text = unfold(value, cut_out);
    char *clean = take(g_mime_utils_header_decode_text(options, text), cut_out);
    free(text);
    return clean;
}

static bool few_colons(const char *text)
{
    size_t colons = 0;
    for (; *text != '\0'; text++)
        colons += *text == ':';
    return colons <= ADDRESS_COLONS_MAX;
}

char *mail_fields_addresses(struct bytes value, bool *cut_out)
{
    char *text = unfold(value, cut_out);
    InternetAddressList *list = NULL;
    char *clean = NULL;
    if (few_colons(text))
        list = internet_address_list_parse(options, text);

    /* What can't be read as addresses is shown as it stands. */
    if (list != NULL) {
        clean = take(internet_address_list_to_string(list, NULL, FALSE), cut_out);
        g_object_unref(list);
    } else {
        clean = take(g_mime_utils_header_decode_text(options, text), cut_out);
    }
    free(text);
    return clean;
}
