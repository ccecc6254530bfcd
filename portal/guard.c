/* SPDX-License-Identifier: Apache-2.0
 * portal: proof that a form was filled in on a page of ours. */
#include <sodium.h>

#include "encode.h"
#include "guard.h"
#include "secret.h"

void guard_make(struct bytes key, const char *route, const char *person,
                char token_out[GUARD_TOKEN_SIZE])
{
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, key.p, key.n);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)route, strlen(route) + 1);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)person, strlen(person));
    crypto_auth_hmacsha256_final(&state, mac);
    (void)token_encode(token_out, GUARD_TOKEN_SIZE, BYTES_ARRAY(mac));
    secret_wipe(&state, sizeof(state));
}

bool guard_check(struct bytes key, const char *route, const char *person, const char *token)
{
    char wanted[GUARD_TOKEN_SIZE];

    if (token == NULL)
        return false;
    guard_make(key, route, person, wanted);
    return secret_equal(bytes_text(wanted), bytes_text(token));
}

bool guard_same_site(const struct http_request *request, const char *origin)
{
    bool origin_foreign = request->origin[0] != '\0' && strcmp(request->origin, "null") != 0 &&
                          strcmp(request->origin, origin) != 0;
    bool fetch_foreign =
        request->fetch_site[0] != '\0' && strcmp(request->fetch_site, "same-origin") != 0;

    return !origin_foreign && !fetch_foreign;
}

bool guard_own_page(const struct http_request *request, const char *origin)
{
    bool said =
        strcmp(request->origin, origin) == 0 || strcmp(request->fetch_site, "same-origin") == 0;

    return said && guard_same_site(request, origin);
}
