/* SPDX-License-Identifier: Apache-2.0
 * ibe: any bytes as an address. What is accepted is its own canonical form and could stand in a
 * command line of SMTP. */
#include <assert.h>

#include "address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_accepted(const struct address *address)
{
    struct address again;
    size_t n = strlen(address->text);
    assert(n <= ADDRESS_MAX && address->at > 0 && address->at <= ADDRESS_LOCAL_MAX);
    assert(address->text[address->at] == '@' && strchr(address_domain(address), '@') == NULL);
    assert(address_parse(bytes_text(address->text), &again, NULL) == ST_OK);
    assert(address_equal(address, &again));
    for (size_t i = 0; i < n; i++)
        assert(memchr(" \t\r\n<>()[],;:\\\"", address->text[i], 15) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct address address;
    struct why why;
    char domain[ADDRESS_MAX + 1];
    if (address_parse((struct bytes){data, n}, &address, &why) == ST_OK)
        check_accepted(&address);
    else
        assert(why.text[0] == 'A');
    if (address_parse_domain((struct bytes){data, n}, domain, &why) == ST_OK)
        assert(strlen(domain) <= ADDRESS_DOMAIN_MAX && strchr(domain, '.') != NULL);
    return 0;
}
