/* SPDX-License-Identifier: Apache-2.0
 * http: header values with parameters. */
#include "media_type.h"

/* RFC 9110 §5.6.2 */
static bool token_char(uint8_t byte)
{
    static const char others[] = "!#$%&'*+-.^_`|~/"; /* "/" joins type and subtype */

    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != 0 && strchr(others, byte) != NULL);
}

static struct bytes take_token(struct bytes *rest)
{
    size_t n = 0;
    struct bytes token;

    while (n < rest->n && token_char(rest->p[n]))
        n++;
    token = bytes_first(*rest, n);
    *rest = bytes_from(*rest, n);
    return token;
}

static void skip_blanks(struct bytes *rest)
{
    while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == '\t'))
        *rest = bytes_from(*rest, 1);
}

/* A quoted string, from behind its first quote to behind its last; `inside_out` is what stands
 * between. */
static bool take_quoted(struct bytes *rest, struct bytes *inside_out)
{
    for (size_t i = 0; i < rest->n; i++) {
        if (rest->p[i] == '"') {
            *inside_out = bytes_first(*rest, i);
            *rest = bytes_from(*rest, i + 1);
            return true;
        }
        if (rest->p[i] == '\\' && i + 1 < rest->n &&
            (rest->p[i + 1] == '"' || rest->p[i + 1] == '\\'))
            i++;
    }
    return false;
}

/* The next `; name=value`; `quoted_out` tells whether backslashes count. */
static bool take_parameter(struct bytes *rest, struct bytes *name_out, struct bytes *value_out,
                           bool *quoted_out)
{
    if (rest->n == 0 || rest->p[0] != ';')
        return false;
    *rest = bytes_from(*rest, 1);
    skip_blanks(rest);
    *name_out = take_token(rest);
    if (name_out->n == 0 || rest->n == 0 || rest->p[0] != '=')
        return false;
    *rest = bytes_from(*rest, 1);

    *quoted_out = rest->n > 0 && rest->p[0] == '"';
    if (*quoted_out) {
        *rest = bytes_from(*rest, 1);
        if (!take_quoted(rest, value_out))
            return false;
    } else {
        *value_out = take_token(rest);
        if (value_out->n == 0)
            return false;
    }
    skip_blanks(rest);
    return true;
}

static enum status unquote(struct bytes value, bool quoted, char *text_out, size_t size)
{
    size_t n = 0;

    if (value.n >= size)
        return ST_BAD;
    for (size_t i = 0; i < value.n; i++) {
        bool escape = quoted && value.p[i] == '\\' && i + 1 < value.n &&
                      (value.p[i + 1] == '"' || value.p[i + 1] == '\\');

        if (escape)
            i++;
        if (value.p[i] == '\0')
            return ST_BAD;
        text_out[n++] = (char)value.p[i];
    }
    text_out[n] = '\0';
    return ST_OK;
}

bool media_type_is(struct bytes value, const char *token)
{
    struct bytes first = take_token(&value);

    skip_blanks(&value);
    return bytes_equal_nocase(first, bytes_text(token)) && (value.n == 0 || value.p[0] == ';');
}

enum status media_type_parameter(struct bytes value, const char *name, char *text_out, size_t size)
{
    struct bytes parameter, text, found = BYTES_NONE;
    bool quoted, found_quoted = false, seen = false;

    (void)take_token(&value);
    skip_blanks(&value);
    while (value.n > 0) {
        if (!take_parameter(&value, &parameter, &text, &quoted))
            return ST_BAD;
        if (!bytes_equal_nocase(parameter, bytes_text(name)))
            continue;
        if (seen)
            return ST_BAD;
        seen = true;
        found = text;
        found_quoted = quoted;
    }
    return seen ? unquote(found, found_quoted, text_out, size) : ST_NONE;
}
