/* SPDX-License-Identifier: Apache-2.0
 * base: listening, connecting, accepting. */
#include "net.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "io.h"
#include "number.h"

union address {
    struct sockaddr any;
    struct sockaddr_un local;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static enum status parse_local(const char *path, union address *address_out, socklen_t *n_out)
{
    union address address = {.local.sun_family = AF_UNIX};
    if (path[0] != '/' || strlen(path) >= sizeof address.local.sun_path)
        return ST_BAD;
    memcpy(address.local.sun_path, path, strlen(path) + 1);
    *address_out = address;
    *n_out = sizeof address.local;
    return ST_OK;
}

/* "192.0.2.1:25" or "[2001:db8::1]:25": the last colon parts host and port. */
static enum status parse_internet(struct bytes where, union address *address_out, socklen_t *n_out)
{
    union address address = {0};
    char host[INET6_ADDRSTRLEN];
    uint64_t port;
    size_t colon = where.n;
    while (colon > 0 && where.p[colon - 1] != ':')
        colon--;
    if (colon == 0 || number_parse(bytes_from(where, colon), 0, 65535, &port) != ST_OK)
        return ST_BAD;
    struct bytes name = bytes_first(where, colon - 1);
    bool brackets = name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']';
    if (brackets)
        name = bytes_first(bytes_from(name, 1), name.n - 2);
    if (!bytes_to_text(name, host, sizeof host))
        return ST_BAD;
    if (!brackets && inet_pton(AF_INET, host, &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons((uint16_t)port);
        *n_out = sizeof address.v4;
    } else if (brackets && inet_pton(AF_INET6, host, &address.v6.sin6_addr) == 1) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = htons((uint16_t)port);
        *n_out = sizeof address.v6;
    } else {
        return ST_BAD;
    }
    *address_out = address;
    return ST_OK;
}

static enum status parse(const char *where, union address *address_out, socklen_t *n_out,
                         struct why *why)
{
    enum status status = bytes_starts(bytes_text(where), BYTES_LITERAL("unix:"))
                             ? parse_local(where + 5, address_out, n_out)
                             : parse_internet(bytes_text(where), address_out, n_out);
    if (status != ST_OK)
        why_set(why, status, "“%s” is no address: write unix:/path, 127.0.0.1:port or [::1]:port",
                where);
    return status;
}

/* A socket file is dead if the kernel knows no listener behind it. (A busy one answers EAGAIN, one
 * of somebody else EACCES.) */
static bool dead(const union address *address, socklen_t n)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = fd >= 0 && connect(fd, &address->any, n) != 0 && errno == ECONNREFUSED;
    io_close(&fd);
    return refused;
}

enum status net_listen(const char *where, mode_t mode, int *fd_out, struct why *why)
{
    union address address;
    socklen_t n = 0;
    struct stat old;
    enum status status = parse(where, &address, &n, why);
    if (status != ST_OK)
        return status;
    bool local = address.any.sa_family == AF_UNIX;
    const char *path = address.local.sun_path;
    if (local && lstat(path, &old) == 0 && S_ISSOCK(old.st_mode)) {
        if (!dead(&address, n))
            return why_set(why, ST_FAIL, "%s: somebody listens there already", where);
        unlink(path);
    }

    /* Not blocking: several workers may be woken for one connection. */
    status = ST_FAIL;
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* A Unix socket is made without rights for others and gets its mode before anybody can be
     * served. */
    mode_t mask = umask(0777 & ~0600);
    if (fd < 0 ||
        (!local && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) != 0) ||
        bind(fd, &address.any, n) != 0) {
        why_set(why, ST_FAIL, "%s: %s", where, strerror(errno));
        umask(mask);
        goto out;
    }
    umask(mask);
    if ((local && chmod(path, mode) != 0) || listen(fd, NET_BACKLOG) != 0) {
        why_set(why, ST_FAIL, "%s: %s", where, strerror(errno));
        goto out;
    }
    *fd_out = fd;
    fd = -1;
    status = ST_OK;
out:
    io_close(&fd);
    return status;
}

/* Each returns 0 or an errno. A Unix socket whose listener is busy answers EAGAIN at once instead
 * of being ready later, so there the call itself waits. */
static int connect_local(int fd, const union address *address, socklen_t n, int timeout_ms)
{
    struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    int result;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
        return errno;
    do {
        result = connect(fd, &address->any, n);
    } while (result != 0 && errno == EINTR);
    if (result != 0)
        return errno == EAGAIN ? ETIMEDOUT : errno;
    limit = (struct timeval){0};
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 ? 0 : errno;
}

static int connect_internet(int fd, const union address *address, socklen_t n, int timeout_ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int64_t deadline = io_deadline(timeout_ms), left = timeout_ms;
    int events, error = 0;
    socklen_t size = sizeof error;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connect(fd, &address->any, n) != 0 && errno != EINPROGRESS)
        return errno;
    while ((events = poll(&ready, 1, (int)left)) < 0 && errno == EINTR) {
        left = deadline - clock_monotonic_ms();
        left = left < 0 ? 0 : left;
    }
    if (events <= 0)
        return ETIMEDOUT;
    fcntl(fd, F_SETFL, 0); /* from here on it blocks */
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

enum status net_connect(const char *where, int timeout_ms, int *fd_out, struct why *why)
{
    union address address;
    socklen_t n = 0;
    assert(timeout_ms > 0); /* 0 would be for ever */
    enum status status = parse(where, &address, &n, why);
    if (status != ST_OK)
        return status;
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = fd < 0                             ? errno
                : address.any.sa_family == AF_UNIX ? connect_local(fd, &address, n, timeout_ms)
                                                   : connect_internet(fd, &address, n, timeout_ms);
    if (error != 0) {
        io_close(&fd);
        return why_set(why, ST_TEMP, "%s: %s", where, strerror(error));
    }
    *fd_out = fd;
    return ST_OK;
}

/* A client of IPv4 that came to a socket of IPv6 goes by its own address. */
static void name_peer(int fd, const union address *address, char peer_out[NET_PEER_SIZE])
{
    uid_t uid;
    peer_out[0] = '\0';
    if (address->any.sa_family == AF_INET)
        inet_ntop(AF_INET, &address->v4.sin_addr, peer_out, NET_PEER_SIZE);
    else if (address->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr))
        inet_ntop(AF_INET, &address->v6.sin6_addr.s6_addr[12], peer_out, NET_PEER_SIZE);
    else if (address->any.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &address->v6.sin6_addr, peer_out, NET_PEER_SIZE);
    else if (net_peer_user(fd, &uid) == ST_OK)
        snprintf(peer_out, NET_PEER_SIZE, "unix:uid=%u", (unsigned)uid);
    else
        snprintf(peer_out, NET_PEER_SIZE, "unix");
}

enum status net_accept(int listener, int *fd_out, char peer_out[NET_PEER_SIZE])
{
    union address address = {0};
    socklen_t n = sizeof address;
    int fd = accept4(listener, &address.any, &n, SOCK_CLOEXEC);
    if (fd < 0)
        return errno == EBADF || errno == EINVAL || errno == ENOTSOCK ? ST_FAIL : ST_TEMP;
    if (address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    name_peer(fd, &address, peer_out);
    *fd_out = fd;
    return ST_OK;
}

enum status net_port(int fd, int *port_out)
{
    union address address = {0};
    socklen_t n = sizeof address;
    if (getsockname(fd, &address.any, &n) != 0)
        return ST_FAIL;
    if (address.any.sa_family == AF_INET)
        *port_out = ntohs(address.v4.sin_port);
    else if (address.any.sa_family == AF_INET6)
        *port_out = ntohs(address.v6.sin6_port);
    else
        return ST_BAD;
    return ST_OK;
}

enum status net_peer_user(int fd, uid_t *uid_out)
{
    struct ucred peer;
    socklen_t n = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
        return ST_FAIL;
    *uid_out = peer.uid;
    return ST_OK;
}
