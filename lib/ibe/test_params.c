/* SPDX-License-Identifier: Apache-2.0
 * ibe: which parameters may take the place of which (P-9 to P-12 of docs/spec/params.md), and their
 * fingerprint as a person types it. Reading them is tested by vectors, in lib/master. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "params.h"

static const struct params present = {
    .district = "mail.example",
    .serial = 7,
    .not_before = 1000,
    .not_after = 2000,
    .fingerprint = {0xAB, 0xCD, 1, 2, 3},
};

static void expect(const struct params *next, const char *rule)
{
    struct why why = {{0}};
    enum status status = params_succeed(&present, next, &why);
    assert_int_equal(status, rule == NULL ? ST_OK : ST_BAD);
    if (rule != NULL)
        assert_memory_equal(why.text, rule, strlen(rule));
}

static void newer_ones_succeed(void **state)
{
    struct params next = present;
    (void)state;
    expect(&next, NULL); /* the same */
    next.not_after++;
    expect(&next, NULL); /* signed anew, for longer */
    next.serial = 8;
    next.fingerprint[0] ^= 1;
    next.not_after = present.not_after - 500;
    expect(&next, NULL); /* the next serial has keys and times of its own */
}

static void older_and_foreign_ones_do_not(void **state)
{
    struct params next = present;
    (void)state;
    memcpy(next.district, "mall.example", sizeof "mall.example");
    next.serial = 8;
    expect(&next, "P-9:");
    next = present;
    next.serial = 6;
    next.not_after += 500;
    expect(&next, "P-10:");
    next = present;
    next.fingerprint[PARAMS_FINGERPRINT_SIZE - 1] ^= 1;
    next.not_after += 500;
    expect(&next, "P-11:");
    next = present;
    next.not_after--;
    expect(&next, "P-12:");
}

static void a_fingerprint_is_taken_as_people_type_it(void **state)
{
    char text[PARAMS_FINGERPRINT_TEXT_SIZE], longer[PARAMS_FINGERPRINT_TEXT_SIZE + 2];
    (void)state;
    params_fingerprint_text(&present, text);
    assert_memory_equal(text, "abcd 0102 03", strlen("abcd 0102 03"));
    assert_true(params_fingerprint_is(&present, bytes_text(text)));
    assert_true(params_fingerprint_is(
        &present,
        BYTES_LITERAL("abcd010203000000000000000000000000000000000000000000000000000000")));
    snprintf(longer, sizeof longer, "%s0", text);
    assert_false(params_fingerprint_is(&present, bytes_text(longer)));
    text[PARAMS_FINGERPRINT_TEXT_SIZE - 2] ^= 1;
    assert_false(params_fingerprint_is(&present, bytes_text(text)));
    assert_false(params_fingerprint_is(&present, BYTES_LITERAL("abcd 0102")));
    assert_false(params_fingerprint_is(&present, BYTES_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newer_ones_succeed),
        cmocka_unit_test(older_and_foreign_ones_do_not),
        cmocka_unit_test(a_fingerprint_is_taken_as_people_type_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
