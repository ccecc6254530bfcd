/* SPDX-License-Identifier: Apache-2.0
 * ibe: identity bytes and periods. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "der.h"
#include "encode.h"
#include "identity.h"

static struct identity sample(void)
{
    struct identity identity = {
        .district = "mail.example", .serial = 1, .period_start = 1795046400};
    assert_int_equal(address_parse(BYTES_LITERAL("alice@example.org"), &identity.address, NULL),
                     ST_OK);
    return identity;
}

/* Encoded by hand from X.690: 1795046400 is 2026-11-19 00:00:00 UTC, a Thursday, as 1970-01-01 was.
 */
static const char sample_hex[] = "304f" /* SEQUENCE of 14 + 3 + 22 + 40 */
                                 "160c6d61696c2e6578616d706c65"
                                 "020101"
                                 "061469d2b2b0cab5dcb2a9d3a6c1a3bbb6e6f4c61b01"
                                 "0426"
                                 "3024"
                                 "0c11616c696365406578616d706c652e6f7267"
                                 "180f32303236313131393030303030305a";

/* The hexadecimal text of an identity's bytes, "refused" if it has none. */
static void encoded(const struct identity *identity, char text_out[2 * IDENTITY_MAX + 1])
{
    uint8_t bytes[IDENTITY_MAX];
    size_t n = 0;
    if (identity_encode(identity, bytes, &n) == ST_OK)
        hex_encode(text_out, (struct bytes){bytes, n});
    else
        memcpy(text_out, "refused", sizeof "refused");
}

static void the_bytes_are_those_of_the_standard(void **state)
{
    (void)state;
    char text[2 * IDENTITY_MAX + 1];
    struct identity identity = sample(), back;
    encoded(&identity, text);
    assert_string_equal(text, sample_hex);

    uint8_t bytes[(sizeof sample_hex - 1) / 2];
    assert_int_equal(hex_decode(bytes_text(sample_hex), bytes, sizeof bytes), ST_OK);
    assert_int_equal(identity_decode(BYTES_ARRAY(bytes), &back), ST_OK);
    assert_string_equal(back.district, "mail.example");
    assert_int_equal(back.serial, 1);
    assert_string_equal(back.address.text, "alice@example.org");
    assert_int_equal(back.period_start, 1795046400);
}

static void the_greatest_fields_fit(void **state)
{
    (void)state;
    struct identity identity = sample(), back;
    char address[ADDRESS_MAX + 1];
    uint8_t bytes[IDENTITY_MAX];
    size_t n = 0;
    memset(identity.district, '~', IDENTITY_DISTRICT_MAX);
    identity.serial = IDENTITY_SERIAL_MAX;
    identity.period_start = DER_TIME_MAX;
    memset(address, 'a', ADDRESS_MAX);
    address[ADDRESS_LOCAL_MAX] = '@';
    address[ADDRESS_LOCAL_MAX + 64] = address[ADDRESS_LOCAL_MAX + 128] = '.';
    address[ADDRESS_MAX] = '\0';
    assert_int_equal(address_parse(bytes_text(address), &identity.address, NULL), ST_OK);
    assert_int_equal(strlen(identity.address.text), ADDRESS_MAX);
    assert_int_equal(identity_encode(&identity, bytes, &n), ST_OK);
    assert_int_equal(identity_decode((struct bytes){bytes, n}, &back), ST_OK);
    assert_string_equal(back.district, identity.district);
    assert_int_equal(back.serial, identity.serial);
    assert_true(address_equal(&back.address, &identity.address));
    assert_int_equal(back.period_start, identity.period_start);
}

/* Pitfall 6: identity bytes are made from a canonical address and fields in range, or not at all.
 */
static void pitfall_06_only_canonical_fields_become_bytes(void **state)
{
    (void)state;
    struct identity bad[9];
    for (size_t i = 0; i < 9; i++)
        bad[i] = sample();
    bad[0].district[0] = '\0';
    memset(bad[1].district, 'a', sizeof bad[1].district); /* no end */
    bad[2].district[3] = ' ';
    bad[3].district[3] = (char)0xe9;
    bad[4].serial = 0;
    bad[5].serial = UINT64_C(1) << 31;
    bad[6].period_start = -1;
    bad[7].period_start = DER_TIME_MAX + 1;
    bad[8].address.text[0] = 'A'; /* a mailbox's other spelling, written around address_parse */
    for (size_t i = 0; i < 9; i++) {
        char text[2 * IDENTITY_MAX + 1];
        encoded(&bad[i], text);
        if (strcmp(text, "refused") != 0)
            fail_msg("case %zu was encoded", i);
    }
}

/* Each field goes into the bytes: no two different identities share them. */
static void every_field_changes_the_bytes(void **state)
{
    (void)state;
    char text[5][2 * IDENTITY_MAX + 1];
    struct identity identities[5];
    for (size_t i = 0; i < 5; i++)
        identities[i] = sample();
    identities[1].district[0] = 'n';
    identities[2].serial = 2;
    identities[3].period_start += 604800;
    assert_int_equal(address_parse(BYTES_LITERAL("bob@example.org"), &identities[4].address, NULL),
                     ST_OK);
    for (size_t i = 0; i < 5; i++) {
        encoded(&identities[i], text[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(text[i], text[j]);
    }
}

/* X.690 §8 knows many forms of one value; only §10's one form is read. */
static void other_forms_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *from, *to;
    } changes[] = {
        {"a long form of a short length", "304f160c", "30814f160c"},
        {"a length beyond the end", "304f", "3050"},
        {"an indefinite length", "304f", "3080"},
        {"a serial with a zero in front", "304f160c6d61696c2e6578616d706c65020101",
         "3050160c6d61696c2e6578616d706c6502020001"},
        {"a negative serial", "020101", "0201ff"},
        {"serial 0", "020101", "020100"},
        {"a UTF8String for the district", "160c6d", "0c0c6d"},
        {"an IA5String for the address", "0c1161", "161161"},
        {"Voltage's identity type", "c61b01", "c61b02"},
        {"an address not canonical", "616c696365", "416c696365"},
        {"a time with a month 13", "32303236313131", "32303236313331"},
        {"a time with an offset", "30305a", "303020"},
        {"a blank in the district", "6d61696c2e", "6d61206c2e"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char text[2 * sizeof sample_hex];
        uint8_t bytes[sizeof sample_hex];
        struct identity identity;
        const char *at = strstr(sample_hex, changes[i].from);
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - sample_hex), sample_hex, changes[i].to,
                 at + strlen(changes[i].from));
        size_t n = strlen(text) / 2;
        assert_int_equal(hex_decode(bytes_text(text), bytes, n), ST_OK);
        if (identity_decode((struct bytes){bytes, n}, &identity) != ST_BAD)
            fail_msg("%s was read", changes[i].what);
    }
}

static void a_cut_or_longer_text_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[(sizeof sample_hex - 1) / 2 + 1] = {0};
    struct identity identity;
    assert_int_equal(hex_decode(bytes_text(sample_hex), bytes, sizeof bytes - 1), ST_OK);
    for (size_t n = 0; n <= sizeof bytes; n++)
        assert_int_equal(identity_decode((struct bytes){bytes, n}, &identity),
                         n == sizeof bytes - 1 ? ST_OK : ST_BAD);
}

/* Pitfall 7: the interval a message belongs to is a function of the time alone. */
static void pitfall_07_periods_begin_at_multiples_of_the_interval(void **state)
{
    (void)state;
    assert_int_equal(identity_period(0, 604800), 0);
    assert_int_equal(identity_period(604799, 604800), 0);
    assert_int_equal(identity_period(604800, 604800), 604800);
    assert_int_equal(identity_period(1795484991, 604800), 1795046400);
    assert_int_equal(identity_period(7, 1), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_those_of_the_standard),
        cmocka_unit_test(the_greatest_fields_fit),
        cmocka_unit_test(pitfall_06_only_canonical_fields_become_bytes),
        cmocka_unit_test(every_field_changes_the_bytes),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(a_cut_or_longer_text_is_refused),
        cmocka_unit_test(pitfall_07_periods_begin_at_multiples_of_the_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
