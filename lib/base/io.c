/* SPDX-License-Identifier: Apache-2.0
 * base: waiting, reading and writing with an end. */
#include "io.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

int64_t io_deadline(int64_t ms)
{
    return clock_monotonic_ms() + ms;
}

/* Until the descriptor is ready; an error on it counts as ready, the next call will tell. */
static enum status wait_for(int fd, short events, int64_t deadline)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    for (;;) {
        int64_t left = deadline - clock_monotonic_ms();
        if (left <= 0)
            return ST_TEMP;
        int ready = poll(&poll_fd, 1, left > 60000 ? 60000 : (int)left);
        if (ready > 0)
            return ST_OK;
        if (ready < 0 && errno != EINTR)
            return ST_TEMP;
    }
}

enum status io_read(int fd, void *p, size_t size, int64_t deadline, size_t *n_out)
{
    for (;;) {
        if (wait_for(fd, POLLIN, deadline) != ST_OK)
            return ST_TEMP;
        ssize_t n = read(fd, p, size);
        if (n > 0) {
            *n_out = (size_t)n;
            return ST_OK;
        }
        if (n == 0)
            return ST_NONE;
        if (errno != EINTR && errno != EAGAIN)
            return ST_TEMP;
    }
}

enum status io_read_all(int fd, void *p, size_t n, int64_t deadline)
{
    size_t done = 0;
    while (done < n) {
        size_t got = 0;
        enum status status = io_read(fd, (uint8_t *)p + done, n - done, deadline, &got);
        if (status == ST_NONE && done > 0)
            return ST_TEMP;
        if (status != ST_OK)
            return status;
        done += got;
    }
    return ST_OK;
}

/* Write what goes without waiting. A socket is told so; a file never waits; a pipe that poll calls
 * ready takes PIPE_BUF bytes at once (pipe(7)), and no more are given to it. */
static ssize_t write_some(int fd, struct bytes bytes)
{
    ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0 || errno != ENOTSOCK)
        return n;
    if (lseek(fd, 0, SEEK_CUR) >= 0)
        return write(fd, bytes.p, bytes.n);
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(fd, bytes.p, bytes.n < PIPE_BUF ? bytes.n : PIPE_BUF);
}

enum status io_write_all(int fd, struct bytes bytes, int64_t deadline)
{
    while (bytes.n > 0) {
        ssize_t n = write_some(fd, bytes);
        if (n > 0) {
            bytes = bytes_from(bytes, (size_t)n);
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return ST_TEMP;
        if (wait_for(fd, POLLOUT, deadline) != ST_OK)
            return ST_TEMP;
    }
    return ST_OK;
}

enum status io_send_fd(int socket, struct bytes bytes, int fd)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes.p, .iov_len = bytes.n};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    ssize_t n;
    do {
        n = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)bytes.n ? ST_OK : ST_TEMP;
}

enum status io_receive_fd(int socket, void *p, size_t size, size_t *n_out, int *fd_out)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = p, .iov_len = size};
    /* CMSG_LEN, not the padded space, in which two descriptors would fit: a second one is cut off
     * by the kernel, which says so. */
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = CMSG_LEN(sizeof(int))};
    ssize_t n;
    do {
        n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n == 0)
        return ST_NONE;
    if (n < 0)
        return ST_TEMP;

    int fd = -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(header), sizeof fd);
    if (fd < 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        io_close(&fd);
        return ST_BAD;
    }
    *n_out = (size_t)n;
    *fd_out = fd;
    return ST_OK;
}

void io_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
