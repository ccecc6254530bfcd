/* SPDX-License-Identifier: Apache-2.0
 * base: sockets. An address is text, as in the configuration: "unix:/run/securemail/gateway.sock",
 * "127.0.0.1:10025" or "[::1]:10025". No names are looked up here. */
#ifndef SECUREMAIL_NET_H
#define SECUREMAIL_NET_H

#include <sys/types.h>

#include "status.h"

#define NET_BACKLOG 512 /* 128 gives EAGAIN to a mail server with 200 deliveries */
#define NET_PEER_SIZE 64

/* Listen (close-on-exec, not blocking, SO_REUSEADDR). ST_BAD if `where` is no address. A Unix
 * socket gets `mode`; a dead one left behind is removed, a live one (somebody answers) is ST_FAIL.
 */
enum status net_listen(const char *where, mode_t mode, int *fd_out, struct why *why) MUST_CHECK;
/* Connect within `timeout_ms` (at least 1); the descriptor blocks. ST_TEMP if nobody answers,
 * ST_BAD if `where` is no address. TCP_NODELAY is set. */
enum status net_connect(const char *where, int timeout_ms, int *fd_out, struct why *why) MUST_CHECK;
/* Accept; the descriptor blocks. ST_TEMP if there is none, and for faults that pass (EMFILE…).
 * `peer_out` gets "192.0.2.1" or "unix:uid=0". */
enum status net_accept(int listener, int *fd_out, char peer_out[NET_PEER_SIZE]) MUST_CHECK;
/* The port a TCP listener really has ("…:0" asks the kernel for a free one). */
enum status net_port(int fd, int *port_out) MUST_CHECK;
/* The user on the other end of a Unix socket (SO_PEERCRED). */
enum status net_peer_user(int fd, uid_t *uid_out) MUST_CHECK;

#endif
