/* SPDX-License-Identifier: Apache-2.0
 * portal: where a request comes from, for limits. */
#include <arpa/inet.h>

#include "source.h"

void source_of(const char *peer, char source_out[SOURCE_SIZE])
{
    struct in_addr four;
    struct in6_addr six;
    char text[INET6_ADDRSTRLEN];

    source_out[0] = '\0';
    if (inet_pton(AF_INET, peer, &four) == 1) {
        (void)snprintf(source_out, SOURCE_SIZE, "%s", peer);
    } else if (inet_pton(AF_INET6, peer, &six) == 1 && IN6_IS_ADDR_V4MAPPED(&six)) {
        (void)inet_ntop(AF_INET, &six.s6_addr[12], source_out, SOURCE_SIZE);
    } else if (inet_pton(AF_INET6, peer, &six) == 1) {
        memset(&six.s6_addr[8], 0, 8);
        if (inet_ntop(AF_INET6, &six, text, sizeof(text)) != NULL)
            (void)snprintf(source_out, SOURCE_SIZE, "%s/64", text);
    }
}
