/* SPDX-License-Identifier: Apache-2.0
 * ibe: which parameters may take the place of which (P-9 to P-13 of docs/spec/params.md), by
 * vectors of another implementation; and their fingerprint as a person types it. Reading them is
 * tested by vectors in lib/master. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "params.h"
#include "test_files.h"

/* The file of a sender, of the authority whose key stands beside it. */
static struct params read_file(const char *below, const char *name)
{
    struct buffer buffer;
    struct sign_public authority;
    struct params params;
    struct why why = {{0}};
    buffer_init(&buffer, FILES_SIZE_MAX);
    struct bytes key = files_load("ibe_params", "authority.pub", &buffer);
    assert_int_equal(sign_public_parse(key, &authority), ST_OK);
    if (params_read(files_load(below, name, &buffer), &authority, &params, &why) != ST_OK)
        fail_msg("%s: %s", name, why.text);
    buffer_done(&buffer);
    return params;
}

static void run_success(const char *name, struct bytes file)
{
    struct params present = read_file("ibe_params", "success"),
                  next = read_file("params_next", name);
    struct why why = {{0}};
    (void)file;
    if (params_succeed(&present, &next, &why) != ST_OK)
        fail_msg("%s: %s", name, why.text);
}

static void newer_ones_succeed(void **state)
{
    (void)state;
    files_each("params_next", "success_", 3, run_success);
}

static void run_refused(const char *name, struct bytes file)
{
    struct params present = read_file("ibe_params", "success"),
                  next = read_file("params_next", name);
    struct why why = {{0}};
    (void)file;
    if (params_succeed(&present, &next, &why) != ST_BAD || !files_rule_is(name, &why))
        fail_msg("%s: \"%s\"", name, why.text);
}

static void older_and_foreign_ones_do_not(void **state)
{
    (void)state;
    files_each("params_next", "refused_P-9_", 1, run_refused);
    files_each("params_next", "refused_P-10_", 1, run_refused);
    files_each("params_next", "refused_P-11_", 3, run_refused);
    files_each("params_next", "refused_P-12_", 1, run_refused);
}

/* P-13 is the programs' own, who know what is pinned (tests/e2e/test_parameters.py): these would
 * take the place of the present ones, if their fingerprint were pinned. */
static void only_the_pin_keeps_others_out(void **state)
{
    (void)state;
    struct params present = read_file("ibe_params", "success"),
                  next = read_file("params_next", "refused_P-13_not_pinned");
    char pin[PARAMS_FINGERPRINT_TEXT_SIZE];
    params_fingerprint_text(&present, pin);
    assert_int_equal(params_succeed(&present, &next, NULL), ST_OK);
    assert_true(params_fingerprint_is(&present, bytes_text(pin)));
    assert_false(params_fingerprint_is(&next, bytes_text(pin)));
    files_each("params_next", "refused_", 1 + 1 + 3 + 1 + 1, NULL);
}

static const struct params present = {
    .fingerprint = {0xAB, 0xCD, 1, 2, 3},
};

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

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newer_ones_succeed),
        cmocka_unit_test(older_and_foreign_ones_do_not),
        cmocka_unit_test(only_the_pin_keeps_others_out),
        cmocka_unit_test(a_fingerprint_is_taken_as_people_type_it),
    };
    if (count != 2)
        return 2;
    files_root = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
