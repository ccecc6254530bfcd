/* SPDX-License-Identifier: Apache-2.0
 * policy: the way to a trusted domain. */
#include "route.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "address.h"
#include "memory.h"
#include "number.h"

/* "host:port" in its two parts; brackets around an IPv6 address are taken off. */
static bool split(struct bytes where, struct bytes *host_out)
{
    uint64_t port;
    size_t colon = where.n;
    while (colon > 0 && where.p[colon - 1] != ':')
        colon--;
    struct bytes host = bytes_first(where, colon == 0 ? 0 : colon - 1);
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = bytes_first(bytes_from(host, 1), host.n - 2);
    *host_out = host;
    return host.n > 0 && number_parse(bytes_from(where, colon), 1, 65535, &port) == ST_OK;
}

static bool is_literal(struct bytes host)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t address[sizeof(struct in6_addr)];
    return bytes_to_text(host, text, sizeof text) &&
           (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1);
}

/* A DNS name as certificates have them: LDH labels, perhaps only one. */
static bool is_name(struct bytes name)
{
    bool good = name.n > 0 && name.n <= ADDRESS_DOMAIN_MAX && name.p[0] != '.' &&
                name.p[name.n - 1] != '.' && !is_literal(name);
    for (size_t i = 0; i < name.n && good; i++) {
        uint8_t c = name.p[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.';
    }
    return good;
}

static bool is_host_and_port(const char *value)
{
    struct bytes host;
    return split(bytes_text(value), &host) && (is_literal(host) || is_name(host));
}

/* Only this host: what goes there goes in clear. */
static bool is_local(const char *value)
{
    struct bytes host;
    if (bytes_starts(bytes_text(value), BYTES_LITERAL("unix:/")))
        return true;
    return split(bytes_text(value), &host) && is_literal(host) &&
           (bytes_starts(host, BYTES_LITERAL("127.")) || bytes_equal(host, BYTES_LITERAL("::1")));
}

static bool is_server_name(const char *value)
{
    return is_name(bytes_text(value));
}

static bool is_path(const char *value)
{
    return value[0] == '/';
}

static bool is_mode(const char *value)
{
    return strcmp(value, "starttls") == 0 || strcmp(value, "implicit") == 0;
}

static const struct {
    const char *key;
    size_t place; /* of the text in struct policy_route */
    bool (*good)(const char *value);
    const char *what;
} keys[] = {
    {"tls-to", offsetof(struct policy_route, to), is_host_and_port,
     "write host:port, 192.0.2.1:port or [2001:db8::1]:port"},
    {"tls-transport", offsetof(struct policy_route, transport), is_local,
     "write unix:/path, 127.0.0.1:port or [::1]:port: it must be on this host"},
    {"tls-name", offsetof(struct policy_route, name), is_server_name,
     "write the DNS name that the certificate carries"},
    {"tls-ca", offsetof(struct policy_route, ca_file), is_path, "write an absolute path"},
    {"tls-mode", offsetof(struct policy_route, mode), is_mode, "write starttls or implicit"},
};

static char **text_at(struct policy_route *route, size_t place)
{
    return (char **)(void *)((uint8_t *)route + place);
}

enum status route_read(struct policy_route *route, const char *key, const char *value,
                       struct why *why)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i].key, key) != 0)
            continue;
        char **text = text_at(route, keys[i].place);
        if (*text != NULL)
            return why_set(why, ST_BAD, "a second %s", key);
        if (!keys[i].good(value))
            return why_set(why, ST_BAD, "%s", keys[i].what);
        *text = memory_text(value);
        return ST_OK;
    }
    return ST_NONE;
}

enum status route_check(struct policy_route *route, bool needed, struct why *why)
{
    struct bytes host = BYTES_NONE;
    bool any = route->to != NULL || route->transport != NULL;
    bool details = route->name != NULL || route->ca_file != NULL || route->mode != NULL;
    if (!needed)
        return any || details
                   ? why_set(why, ST_BAD, "a way by TLS, but the action does not take it")
                   : ST_OK;
    if (!any || (route->to != NULL && route->transport != NULL))
        return why_set(why, ST_BAD, "this action needs one of tls-to and tls-transport");
    if (route->transport != NULL)
        return details ? why_set(why, ST_BAD, "tls-name, tls-ca and tls-mode belong to tls-to")
                       : ST_OK;
    if (route->name != NULL)
        return ST_OK;
    (void)split(bytes_text(route->to), &host);
    if (is_literal(host))
        return why_set(why, ST_BAD, "tls-to is an address: the certificate's tls-name is needed");
    route->name = memory_new(host.n + 1, 1);
    memcpy(route->name, host.p, host.n);
    return ST_OK;
}

void route_done(struct policy_route *route)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        free(*text_at(route, keys[i].place));
}
