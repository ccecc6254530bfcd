/* SPDX-License-Identifier: Apache-2.0
 * base: addresses and prefixes. */
#include "net_network.h"

#include <arpa/inet.h>

#include "number.h"

/* An address in network order: 4 bytes or 16. */
struct network {
    uint8_t address[16];
    size_t size; /* bytes */
    uint64_t bits;
};

static bool parse_address(struct bytes text, struct network *network_out)
{
    char name[INET6_ADDRSTRLEN];
    if (!bytes_to_text(text, name, sizeof name))
        return false;
    network_out->size = inet_pton(AF_INET, name, network_out->address) == 1    ? 4
                        : inet_pton(AF_INET6, name, network_out->address) == 1 ? 16
                                                                               : 0;
    network_out->bits = 8 * network_out->size;
    return network_out->size > 0;
}

static bool bit(const uint8_t *address, uint64_t i)
{
    return (address[i / 8] >> (7 - i % 8) & 1) != 0;
}

static bool parse(struct bytes text, struct network *network_out)
{
    size_t slash = bytes_index(text, '/');
    if (!parse_address(bytes_first(text, slash), network_out))
        return false;
    uint64_t all = network_out->bits;
    if (slash < text.n &&
        number_parse(bytes_from(text, slash + 1), 0, all, &network_out->bits) != ST_OK)
        return false;
    for (uint64_t i = network_out->bits; i < all; i++)
        if (bit(network_out->address, i))
            return false;
    return true;
}

bool net_network_valid(struct bytes network)
{
    struct network parsed;
    return parse(network, &parsed);
}

bool net_network_holds(struct bytes network, const char *peer)
{
    struct network wanted, found;
    if (!parse(network, &wanted) || !parse_address(bytes_text(peer), &found) ||
        wanted.size != found.size)
        return false;
    for (uint64_t i = 0; i < wanted.bits; i++)
        if (bit(wanted.address, i) != bit(found.address, i))
            return false;
    return true;
}
