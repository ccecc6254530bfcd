/* SPDX-License-Identifier: Apache-2.0
 * http: reading and setting cookies. */
#include "cookie.h"

static bool ours(struct bytes value)
{
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

enum status cookie_find(struct bytes header, const char *name, char *value_out, size_t size)
{
    struct bytes found = BYTES_NONE;
    bool seen = false;

    while (header.n > 0) {
        struct bytes pair = bytes_first(header, bytes_index(header, ';'));
        size_t equals = bytes_index(pair, '=');

        header = bytes_from(header, pair.n + (pair.n < header.n ? 1 : 0));
        if (!bytes_equal(bytes_trim(bytes_first(pair, equals)), bytes_text(name)))
            continue;
        if (seen || equals == pair.n)
            return ST_BAD;
        seen = true;
        found = bytes_trim(bytes_from(pair, equals + 1));
    }
    if (!seen)
        return ST_NONE;
    return found.n > 0 && ours(found) && bytes_to_text(found, value_out, size) ? ST_OK : ST_BAD;
}

void cookie_name(const char *name, bool secure, char name_out[COOKIE_NAME_SIZE])
{
    (void)snprintf(name_out, COOKIE_NAME_SIZE, "%s%s", secure ? "__Host-" : "", name);
}

void cookie_write(struct buffer *out, const char *name, const char *value, bool secure,
                  long max_age)
{
    char full[COOKIE_NAME_SIZE];

    cookie_name(name, secure, full);
    buffer_add_format(out, "%s=%s; Path=/; HttpOnly; SameSite=Lax", full, max_age < 0 ? "" : value);
    if (secure)
        buffer_add_text(out, "; Secure");
    if (max_age != 0)
        buffer_add_format(out, "; Max-Age=%ld", max_age < 0 ? 0 : max_age);
}
