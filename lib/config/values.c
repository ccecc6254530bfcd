/* SPDX-License-Identifier: Apache-2.0
 * config: what makes a value right, by its kind. */
#include <arpa/inet.h>
#include <ctype.h>

#include "net_network.h"
#include "number.h"
#include "settings.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SOCKET_PATH_MAX 100 /* sun_path takes 107 */
#define HOST_MAX 253

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit sizes[] = {
    {"", 1},
    {"K", UINT64_C(1) << 10},
    {"M", UINT64_C(1) << 20},
    {"G", UINT64_C(1) << 30},
};

static const struct unit durations[] = {
    {"s", 1},        {"second", 1},   {"seconds", 1}, {"m", 60},        {"minute", 60},
    {"minutes", 60}, {"h", 3600},     {"hour", 3600}, {"hours", 3600},  {"d", 86400},
    {"day", 86400},  {"days", 86400}, {"w", 604800},  {"week", 604800}, {"weeks", 604800},
};

/* "90 days" → 90 × 86,400: digits, blanks, a unit of the table. */
static enum status parse_amount(const char *value, const struct unit *units, size_t count,
                                uint64_t *amount_out)
{
    uint64_t number;
    struct bytes text = bytes_text(value);
    size_t digits = 0;
    while (digits < text.n && isdigit(text.p[digits]))
        digits++;
    if (number_parse(bytes_first(text, digits), 0, UINT64_MAX, &number) != ST_OK)
        return ST_BAD;
    struct bytes name = bytes_trim(bytes_from(text, digits));
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(name, bytes_text(units[i].name)) &&
            number <= UINT64_MAX / units[i].factor) {
            *amount_out = number * units[i].factor;
            return ST_OK;
        }
    return ST_BAD;
}

enum status config_size(const char *text, uint64_t *bytes_out)
{
    return parse_amount(text, sizes, COUNT(sizes), bytes_out);
}

static enum status parse_number(const struct config_setting *setting, const char *value,
                                uint64_t *number_out)
{
    switch (setting->kind) {
    case CONFIG_NUMBER:
        return number_parse(bytes_text(value), 0, UINT64_MAX, number_out);
    case CONFIG_SIZE:
        return parse_amount(value, sizes, COUNT(sizes), number_out);
    case CONFIG_DURATION:
        return parse_amount(value, durations, COUNT(durations), number_out);
    case CONFIG_SWITCH:
        *number_out = strcmp(value, "yes") == 0;
        return *number_out == 1 || strcmp(value, "no") == 0 ? ST_OK : ST_BAD;
    default:
        return ST_BAD;
    }
}

uint64_t settings_number(const struct config_setting *setting, const char *value)
{
    uint64_t number = 0;
    if (parse_number(setting, value, &number) != ST_OK)
        abort();
    return number;
}

/* --- each kind ------------------------------------------------------------------------- */

static enum status check_amount(const struct config_setting *setting, const char *value,
                                struct why *why)
{
    static const char *const forms[] = {
        [CONFIG_NUMBER] = "write digits",
        [CONFIG_SIZE] = "write bytes as 500000, 64K, 25M or 2G",
        [CONFIG_DURATION] = "write it as 30 seconds, 10 minutes, 12 hours, 90 days or 2 weeks",
        [CONFIG_SWITCH] = "write yes or no",
    };
    uint64_t number;
    if (parse_number(setting, value, &number) != ST_OK)
        return why_set(why, ST_BAD, "%s: “%s”: %s", setting->key, value, forms[setting->kind]);
    if (setting->kind != CONFIG_SWITCH && (number < setting->min || number > setting->max))
        return why_set(why, ST_BAD, "%s: “%s” is not between %llu and %llu%s", setting->key, value,
                       (unsigned long long)setting->min, (unsigned long long)setting->max,
                       setting->kind == CONFIG_DURATION ? " seconds"
                       : setting->kind == CONFIG_SIZE   ? " bytes"
                                                        : "");
    return ST_OK;
}

static enum status check_choice(const struct config_setting *setting, const char *value,
                                struct why *why)
{
    struct bytes rest = bytes_text(setting->choices);
    while (rest.n > 0) {
        size_t end = bytes_index(rest, ' ');
        if (bytes_equal(bytes_first(rest, end), bytes_text(value)))
            return ST_OK;
        rest = bytes_from(rest, end + 1);
    }
    return why_set(why, ST_BAD, "%s: “%s” is none of: %s", setting->key, value, setting->choices);
}

static enum status check_path(const struct config_setting *setting, const char *value,
                              struct why *why)
{
    if (value[0] != '/')
        return why_set(why, ST_BAD, "%s: “%s” is no absolute path", setting->key, value);
    return ST_OK;
}

/* Is this "host:port" with a number for each: 192.0.2.1:25 or [2001:db8::1]:25? */
static bool is_internet(struct bytes value)
{
    uint8_t binary[16];
    char host[INET6_ADDRSTRLEN];
    uint64_t port;
    size_t colon = value.n;
    while (colon > 0 && value.p[colon - 1] != ':')
        colon--;
    if (colon == 0 || number_parse(bytes_from(value, colon), 0, 65535, &port) != ST_OK)
        return false;
    struct bytes name = bytes_first(value, colon - 1);
    bool v6 = name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']';
    if (v6)
        name = bytes_first(bytes_from(name, 1), name.n - 2);
    return bytes_to_text(name, host, sizeof host) &&
           inet_pton(v6 ? AF_INET6 : AF_INET, host, binary) == 1;
}

static enum status check_socket(const struct config_setting *setting, const char *value,
                                struct why *why)
{
    struct bytes text = bytes_text(value);
    if (bytes_starts(text, BYTES_LITERAL("unix:/")) ? text.n <= 5 + SOCKET_PATH_MAX
                                                    : is_internet(text))
        return ST_OK;
    return why_set(why, ST_BAD, "%s: “%s”: write unix:/path, 127.0.0.1:port or [::1]:port",
                   setting->key, value);
}

static bool is_host(struct bytes host)
{
    for (size_t i = 0; i < host.n; i++)
        if (!isalnum(host.p[i]) && host.p[i] != '-' && host.p[i] != '.')
            return false;
    return host.n > 0 && host.n <= HOST_MAX;
}

static bool is_loopback(struct bytes host)
{
    return bytes_equal(host, BYTES_LITERAL("127.0.0.1")) ||
           bytes_equal(host, BYTES_LITERAL("[::1]")) ||
           bytes_equal(host, BYTES_LITERAL("localhost"));
}

static enum status check_url(const struct config_setting *setting, const char *value,
                             struct why *why)
{
    struct bytes text = bytes_text(value);
    bool secure = bytes_starts(text, BYTES_LITERAL("https://"));
    bool plain = bytes_starts(text, BYTES_LITERAL("http://"));
    struct bytes host = bytes_from(text, secure ? 8 : 7);
    uint64_t port = 443;

    /* The port is behind the last colon, but an IPv6 address has colons of its own. */
    size_t end = bytes_starts(host, BYTES_LITERAL("[::1]")) ? 5 : bytes_index(host, ':');
    struct bytes behind = bytes_from(host, end);
    host = bytes_first(host, end);
    if ((!secure && !plain) || (!is_host(host) && !is_loopback(host)) ||
        (behind.n > 0 &&
         (behind.p[0] != ':' || number_parse(bytes_from(behind, 1), 1, 65535, &port) != ST_OK)))
        return why_set(why, ST_BAD, "%s: “%s”: write https://host or https://host:port",
                       setting->key, value);
    if (plain && !is_loopback(host))
        return why_set(why, ST_BAD, "%s: “%s”: without TLS only on loopback", setting->key, value);
    return ST_OK;
}

enum status settings_check(const struct config_setting *setting, const char *value, struct why *why)
{
    struct bytes text = bytes_text(value);
    if (text.n == 0)
        return why_set(why, ST_BAD, "%s: empty; leave the line out instead", setting->key);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] == 0x7f)
            return why_set(why, ST_BAD, "%s: a control character", setting->key);
    switch (setting->kind) {
    case CONFIG_TEXT:
        return ST_OK;
    case CONFIG_NUMBER:
    case CONFIG_SIZE:
    case CONFIG_DURATION:
    case CONFIG_SWITCH:
        return check_amount(setting, value, why);
    case CONFIG_CHOICE:
        return check_choice(setting, value, why);
    case CONFIG_PATH:
        return check_path(setting, value, why);
    case CONFIG_SOCKET:
        return check_socket(setting, value, why);
    case CONFIG_NETWORK:
        return net_network_valid(text)
                   ? ST_OK
                   : why_set(
                         why, ST_BAD,
                         "%s: “%s”: write 192.0.2.0/24, 2001:db8::/32 or an address; bits behind the "
                         "prefix are zero",
                         setting->key, value);
    case CONFIG_URL:
        return check_url(setting, value, why);
    }
    return ST_FAIL;
}

const char *config_kind_name(enum config_kind kind)
{
    static const char *const names[] = {
        [CONFIG_TEXT] = "text",       [CONFIG_NUMBER] = "number", [CONFIG_SIZE] = "size",
        [CONFIG_DURATION] = "time",   [CONFIG_SWITCH] = "switch", [CONFIG_CHOICE] = "choice",
        [CONFIG_PATH] = "path",       [CONFIG_SOCKET] = "socket", [CONFIG_URL] = "URL",
        [CONFIG_NETWORK] = "network",
    };
    return (size_t)kind < COUNT(names) ? names[kind] : "?";
}
