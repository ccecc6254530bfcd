/* SPDX-License-Identifier: Apache-2.0
 * base: networks of peers, "192.0.2.0/24", "2001:db8::/32", or one address alone. */
#ifndef SECUREMAIL_NET_NETWORK_H
#define SECUREMAIL_NET_NETWORK_H

#include "bytes.h"

/* Is it one? Bits behind the prefix must be zero: 192.0.2.1/24 is a mistake. */
bool net_network_valid(struct bytes network);
/* Is the peer, as net_accept gives it ("192.0.2.1"), in the network? A Unix socket's never is. */
bool net_network_holds(struct bytes network, const char *peer);

#endif
