/* SPDX-License-Identifier: Apache-2.0
 * portal: where a request comes from, for limits: one household, one source. */
#ifndef SECUREMAIL_SOURCE_H
#define SECUREMAIL_SOURCE_H

#define SOURCE_SIZE 64

/* From a network address as text: an IPv4 address as it is, also where it is written as IPv6
 * (::ffff:192.0.2.1); of another IPv6 address the first 64 bits, "2001:db8::/64", because a
 * subscriber has all the others; "" for anything else. */
void source_of(const char *peer, char source_out[SOURCE_SIZE]);

#endif
