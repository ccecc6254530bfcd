/* SPDX-License-Identifier: Apache-2.0
 * ibe: identity bytes, as docs/spec/ibe.md §2 draws them. */
#include "identity.h"

#include <assert.h>

#include "der.h"

int64_t identity_period(int64_t time, uint32_t interval)
{
    assert(time >= 0 && interval >= 1);
    return time - time % interval;
}

bool identity_district_valid(struct bytes district)
{
    if (district.n == 0 || district.n > IDENTITY_DISTRICT_MAX)
        return false;
    for (size_t i = 0; i < district.n; i++)
        if (district.p[i] < '!' || district.p[i] > '~')
            return false;
    return true;
}

/* An address struct could have been filled by hand; only address_parse's own text passes. */
static bool canonical(const struct address *address)
{
    struct address again;
    return memchr(address->text, '\0', sizeof address->text) != NULL &&
           address_parse(bytes_text(address->text), &again, NULL) == ST_OK &&
           address_equal(&again, address);
}

static bool valid(const struct identity *identity)
{
    return memchr(identity->district, '\0', sizeof identity->district) != NULL &&
           identity_district_valid(bytes_text(identity->district)) && identity->serial >= 1 &&
           identity->serial <= IDENTITY_SERIAL_MAX && identity->period_start >= 0 &&
           identity->period_start <= DER_TIME_MAX && canonical(&identity->address);
}

enum status identity_encode(const struct identity *identity, uint8_t bytes_out[IDENTITY_MAX],
                            size_t *n_out)
{
    uint8_t space[IDENTITY_MAX];
    struct der_writer writer;
    struct bytes written = BYTES_NONE;
    if (!valid(identity))
        return ST_BAD;

    /* Written from the end to the front: the last field comes first. */
    der_begin(&writer, space, sizeof space);
    der_put_time(&writer, identity->period_start);
    der_put(&writer, DER_UTF8_STRING, bytes_text(identity->address.text));
    der_wrap(&writer, DER_SEQUENCE, 0);
    der_wrap(&writer, DER_OCTET_STRING, 0);
    der_put(&writer, DER_OID, DER_OID_IDENTITY);
    der_put_integer(&writer, identity->serial);
    der_put(&writer, DER_IA5_STRING, bytes_text(identity->district));
    der_wrap(&writer, DER_SEQUENCE, 0);
    if (der_end(&writer, &written) != ST_OK)
        return ST_BAD;
    memcpy(bytes_out, written.p, written.n);
    *n_out = written.n;
    return ST_OK;
}

/* EmailIdentityData { address UTF8String, time GeneralizedTime }, and nothing behind it. */
static enum status decode_data(struct bytes data, struct identity *identity)
{
    struct bytes fields = BYTES_NONE, address = BYTES_NONE;
    if (der_take(&data, DER_SEQUENCE, &fields) != ST_OK || data.n != 0 ||
        der_take(&fields, DER_UTF8_STRING, &address) != ST_OK ||
        der_take_time(&fields, &identity->period_start) != ST_OK || fields.n != 0)
        return ST_BAD;
    return address_parse(address, &identity->address, NULL);
}

enum status identity_decode(struct bytes bytes, struct identity *identity_out)
{
    struct identity identity = {0};
    struct bytes rest = bytes, fields = BYTES_NONE, district = BYTES_NONE, data = BYTES_NONE;
    if (bytes.n > IDENTITY_MAX || der_take(&rest, DER_SEQUENCE, &fields) != ST_OK || rest.n != 0 ||
        der_take(&fields, DER_IA5_STRING, &district) != ST_OK ||
        !identity_district_valid(district) ||
        der_take_integer(&fields, 1, IDENTITY_SERIAL_MAX, &identity.serial) != ST_OK ||
        der_take_oid(&fields, DER_OID_IDENTITY) != ST_OK ||
        der_take(&fields, DER_OCTET_STRING, &data) != ST_OK || fields.n != 0 ||
        decode_data(data, &identity) != ST_OK ||
        !bytes_to_text(district, identity.district, sizeof identity.district))
        return ST_BAD;

    /* One text for each identity: what we would write is what we read. */
    uint8_t again[IDENTITY_MAX];
    size_t again_n = 0;
    if (identity_encode(&identity, again, &again_n) != ST_OK ||
        !bytes_equal((struct bytes){again, again_n}, bytes))
        return ST_BAD;
    *identity_out = identity;
    return ST_OK;
}
