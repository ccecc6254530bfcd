/* SPDX-License-Identifier: Apache-2.0
 * base: blocking reads and writes on descriptors that end. A deadline is a value of
 * clock_monotonic_ms; every call that can wait takes one. EINTR is handled here. */
#ifndef SECUREMAIL_IO_H
#define SECUREMAIL_IO_H

#include "bytes.h"
#include "status.h"

/* A deadline `ms` milliseconds from now. */
int64_t io_deadline(int64_t ms);

/* Read what is there, at least one byte, at most `size`. ST_NONE at end of file, ST_TEMP at the
 * deadline or on an error. */
enum status io_read(int fd, void *p, size_t size, int64_t deadline, size_t *n_out) MUST_CHECK;
/* Read exactly n bytes. ST_NONE at end of file before the first, ST_TEMP if cut short. */
enum status io_read_all(int fd, void *p, size_t n, int64_t deadline) MUST_CHECK;
/* Write all; never raises SIGPIPE on a socket. ST_TEMP at the deadline or on an error. */
enum status io_write_all(int fd, struct bytes bytes, int64_t deadline) MUST_CHECK;

/* Send n bytes with one descriptor over a Unix socket (SCM_RIGHTS); receive likewise: ST_NONE at
 * end of file, ST_BAD for a message without exactly one descriptor or larger than `size` (what came
 * with it is closed), ST_TEMP on an error. The caller closes *fd_out. */
enum status io_send_fd(int socket, struct bytes bytes, int fd) MUST_CHECK;
enum status io_receive_fd(int socket, void *p, size_t size, size_t *n_out, int *fd_out) MUST_CHECK;

/* close(2) unless fd is negative; sets it to -1. */
void io_close(int *fd);

#endif
