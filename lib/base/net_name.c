/* SPDX-License-Identifier: Apache-2.0
 * base: connecting to a host by its name, as the C library finds it. */
#include "net_name.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes.h"
#include "net.h"

const char *const *net_name_files(void)
{
    static const char *const files[NET_NAME_FILES] = {"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf",
                                        "/etc/host.conf", "/etc/gai.conf"};
    static const char *found[NET_NAME_FILES + 1];
    size_t n = 0;
    for (size_t i = 0; i < NET_NAME_FILES; i++)
        if (access(files[i], R_OK) == 0)
            found[n++] = files[i];
    found[n] = NULL;
    return found;
}

/* The addresses of host and port. */
static int look_up(const char *host, const char *port, struct addrinfo **found_out)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    return getaddrinfo(host, port, &hints, found_out);
}

void net_name_prepare(void)
{
    struct addrinfo *found = NULL;
    if (look_up("localhost", "25", &found) == 0)
        freeaddrinfo(found);
}

/* As net.h writes it, which does the connecting. */
static enum status connect_to(const struct addrinfo *address, int timeout_ms, int *fd_out,
                              struct why *why)
{
    char host[NI_MAXHOST], port[NI_MAXSERV], where[NI_MAXHOST + NI_MAXSERV + 4];
    if (getnameinfo(address->ai_addr, address->ai_addrlen, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return why_set(why, ST_TEMP, "an address that can't be written");
    snprintf(where, sizeof where, address->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return net_connect(where, timeout_ms, fd_out, why) == ST_OK ? ST_OK : ST_TEMP;
}

enum status net_connect_name(const char *where, int timeout_ms, int *fd_out, struct why *why)
{
    char host[256];
    const char *colon = strrchr(where, ':');
    struct addrinfo *found = NULL;
    struct bytes name = {(const uint8_t *)where, colon == NULL ? 0 : (size_t)(colon - where)};
    if (name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
        name = bytes_first(bytes_from(name, 1), name.n - 2);
    if (name.n == 0 || !bytes_to_text(name, host, sizeof host))
        return why_set(why, ST_BAD, "“%s” is not host:port", where);
    int result = look_up(host, colon + 1, &found);
    if (result != 0)
        return why_set(why, ST_TEMP, "%s: %s", host, gai_strerror(result));
    enum status status = why_set(why, ST_TEMP, "%s: it has no address", host);
    for (const struct addrinfo *each = found; each != NULL && status != ST_OK; each = each->ai_next)
        status = connect_to(each, timeout_ms, fd_out, why);
    freeaddrinfo(found);
    return status;
}
