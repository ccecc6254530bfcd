/* SPDX-License-Identifier: Apache-2.0
 * gateway: for which period a copy is sealed, and when none is, with an invented clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "envelope.h"
#include "parcel.h"
#include "random.h"
#include "test_district.h"

#define WEEK 604800
#define PERIOD INT64_C(1795046400) /* 2026-11-19T00:00:00Z, a multiple of a week */
#define BEGIN (PERIOD - WEEK)      /* of the parameters' life, */
#define END (PERIOD + 2 * WEEK)    /* and its last second, which is the first of a period */
#define LETTER "From: dana@agency.example\r\nSubject: x\r\n\r\na letter\r\n"
#define NOTHING INT64_C(-1) /* is sealed */

static struct district *district;
static struct gateway gateway;
static struct look look;
static struct smtp_transaction letter;
static struct address bob;

static int set_up(void **state)
{
    (void)state;
    district = district_new();
    gateway.params = *master_params(district->master);
    gateway.params.not_before = BEGIN;
    gateway.params.not_after = END;
    gateway.sender = district->sender;
    gateway.key = district->key;
    gateway.lifetime = 90 * 86400;
    gateway.host_name = "gateway.example";
    gateway.notice = (struct notice_settings){"Agency", "https://portal.example", "portal.example",
                                              "help@agency.example"};
    letter.envelope.sender = "dana@agency.example";
    struct why why;
    if (config_parse(BYTES_NONE, "test", &gateway.config, &why) != ST_OK ||
        notices_read(gateway.config, &gateway.notices, &why) != ST_OK)
        return -1;
    const struct smtp_body_settings body = {.directory = "/tmp", .random_fill = random_fill};
    letter.body = smtp_body_new(&body);
    if (smtp_body_add(letter.body, BYTES_LITERAL(LETTER)) != ST_OK ||
        look_at(&look, letter.body, letter.envelope.sender) != ST_OK)
        return -1;
    return address_parse(BYTES_LITERAL("bob@mailbox.example"), &bob, NULL) == ST_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    look_done(&look);
    smtp_body_free(letter.body);
    notices_free(gateway.notices);
    config_free(gateway.config);
    district_free(district);
    return 0;
}

/* The attachment: the page in the mail, with line ends of its own again. */
static void read_page(struct bytes mail, struct carrier_reader *reader, struct buffer *file)
{
    struct bytes line, rest = mail;
    rest = bytes_from(rest, bytes_find(rest, BYTES_LITERAL("filename=\"SecureMessage.html\"")));
    rest = bytes_from(rest, bytes_find(rest, BYTES_LITERAL("<!DOCTYPE html>")));
    rest = bytes_first(rest, bytes_find(rest, BYTES_LITERAL("</html>")) + strlen("</html>\r\n"));
    while (bytes_line(&rest, &line)) {
        assert_int_equal(carrier_reader_add(reader, line, file), ST_OK);
        assert_int_equal(carrier_reader_add(reader, BYTES_LITERAL("\n"), file), ST_OK);
    }
}

/* The period whose key opens what is in the mail. */
static int64_t period_that_opens(struct bytes mail)
{
    struct carrier_reader *reader = carrier_reader_new();
    struct buffer file, signature, opened;
    struct envelope envelope;
    uint8_t hash[SIGN_HASH_SIZE];
    buffer_init(&file, 1 << 20);
    buffer_init(&signature, SIGN_TEXT_MAX);
    buffer_init(&opened, 1 << 20);
    read_page(mail, reader, &file);
    assert_int_equal(carrier_reader_end(reader, hash, &signature), ST_OK);
    assert_int_equal(envelope_read(buffer_bytes(&file), &envelope, NULL), ST_OK);
    assert_int_equal(
        district_open(district, buffer_bytes(&file), hash, buffer_bytes(&signature), &opened),
        ST_OK);
    assert_true(bytes_equal(buffer_bytes(&opened), BYTES_LITERAL(LETTER)));
    carrier_reader_free(reader);
    buffer_done(&file);
    buffer_done(&signature);
    buffer_done(&opened);
    return envelope.identity.period_start;
}

/* For which period is a copy sealed at this time? */
static int64_t sealed_at(int64_t now)
{
    const struct parcel_settings settings = {
        .gateway = &gateway, .letter = &letter, .look = &look, .recipient = &bob, .now = now};
    struct parcel *parcel = NULL;
    struct bytes piece;
    struct buffer mail;
    enum status status = parcel_new(&settings, &parcel);
    if (status != ST_OK) {
        assert_int_equal(status, ST_TEMP);
        assert_null(parcel);
        return NOTHING;
    }
    buffer_init(&mail, 1 << 20);
    while ((status = parcel_next(parcel, &piece)) == ST_OK)
        assert_int_equal(buffer_add(&mail, piece), ST_OK);
    assert_int_equal(status, ST_NONE);
    int64_t period = period_that_opens(buffer_bytes(&mail));
    buffer_done(&mail);
    parcel_free(parcel);
    return period;
}

/* Not a second early, which the keyserver would forgive: K-4 is for clocks that are wrong. */
static void a_copy_is_sealed_for_the_period_in_hand(void **state)
{
    (void)state;
    assert_int_equal(sealed_at(PERIOD - 300), PERIOD - WEEK);
    assert_int_equal(sealed_at(PERIOD - 1), PERIOD - WEEK);
    assert_int_equal(sealed_at(PERIOD), PERIOD);
    assert_int_equal(sealed_at(PERIOD + WEEK - 1), PERIOD);
    assert_int_equal(sealed_at(PERIOD + WEEK), PERIOD + WEEK);
}

/* docs/spec/params.md: not before notBefore, not after notAfter. */
static void outside_of_the_parameters_life_nothing_is_sealed(void **state)
{
    (void)state;
    assert_int_equal(sealed_at(BEGIN - 1), NOTHING);
    assert_int_equal(sealed_at(BEGIN), BEGIN);
    assert_int_equal(sealed_at(END), END);
    assert_int_equal(sealed_at(END + 1), NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_sealed_for_the_period_in_hand),
        cmocka_unit_test(outside_of_the_parameters_life_nothing_is_sealed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
