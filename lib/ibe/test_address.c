/* SPDX-License-Identifier: Apache-2.0
 * ibe: the canonical address, against the rules of docs/spec/address.md by their numbers: the
 * vectors of tests/vectors/address, which another implementation made, a file per outcome. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "address.h"
#include "test_files.h"

static void run_success(const char *name, struct bytes file)
{
    struct files_field input = files_hex(file, "input"), canonical = files_hex(file, "canonical");
    struct address address, again;
    struct why why = {{0}};
    if (address_parse(files_bytes(&input), &address, &why) != ST_OK)
        fail_msg("%s: %s", name, why.text);
    assert_true(bytes_equal(bytes_text(address.text), files_bytes(&canonical)));
    assert_int_equal(address.text[address.at], '@');
    assert_ptr_equal(address_domain(&address), strchr(address.text, '@') + 1);
    assert_int_equal(address_parse(bytes_text(address.text), &again, NULL), ST_OK);
    assert_true(address_equal(&address, &again));
}

static void every_spelling_meets_in_the_canonical_text(void **state)
{
    (void)state;
    files_each("address", "success_", 21, run_success);
}

/* "refused A-8 A-9": the reason names one of these rules. */
static bool rule_is_among(struct bytes outcome, const struct why *why)
{
    struct bytes rule = {(const uint8_t *)why->text, strcspn(why->text, ":")};
    for (size_t at = 0; at < outcome.n; at += bytes_index(bytes_from(outcome, at), ' ') + 1) {
        struct bytes rest = bytes_from(outcome, at);
        if (bytes_equal(bytes_first(rest, bytes_index(rest, ' ')), rule))
            return true;
    }
    return false;
}

static void run_refused(const char *name, struct bytes file)
{
    struct files_field input = files_hex(file, "input");
    struct address address = {.text = "untouched"};
    struct why why = {{0}};
    if (address_parse(files_bytes(&input), &address, &why) != ST_BAD ||
        !rule_is_among(files_text(file, "outcome"), &why))
        fail_msg("%s: \"%s\"", name, why.text);
    assert_string_equal(address.text, "untouched");
}

static void every_rule_refuses_and_names_itself(void **state)
{
    (void)state;
    files_each("address", "refused_", 63, run_refused);
}

static void two_mailboxes_stay_two(void **state)
{
    (void)state;
    static const char *const different[][2] = {
        {"a@example.org", "a@example.com"},
        {"a+b@example.org", "a@example.org"},
        {"a.b@example.org", "ab@example.org"},
        {"\u00c9@example.org", "\u00e9@example.org"},
        {"\u0430@example.org", "a@example.org"},       /* Cyrillic a */
        {"a@p\u0430ypal.example", "a@paypal.example"}, /* the same in a domain */
        {"a@fa\u00df.example", "a@fass.example"},
        {"\uff41@example.org", "a@example.org"}, /* full width */
    };
    for (size_t i = 0; i < sizeof different / sizeof different[0]; i++) {
        struct address a, b;
        assert_int_equal(address_parse(bytes_text(different[i][0]), &a, NULL), ST_OK);
        assert_int_equal(address_parse(bytes_text(different[i][1]), &b, NULL), ST_OK);
        assert_false(address_equal(&a, &b));
    }
}

static void a_domain_alone_follows_the_same_rules(void **state)
{
    (void)state;
    char domain[ADDRESS_MAX + 1] = "untouched";
    assert_int_equal(address_parse_domain(bytes_text("a@example.org"), domain, NULL), ST_BAD);
    assert_int_equal(address_parse_domain(BYTES_NONE, domain, NULL), ST_BAD);
    assert_int_equal(address_parse_domain(bytes_text("example.org\n"), domain, NULL), ST_BAD);
    assert_string_equal(domain, "untouched");
    assert_int_equal(address_parse_domain(bytes_text("B\u00dccher.Example"), domain, NULL), ST_OK);
    assert_string_equal(domain, "xn--bcher-kva.example");
}

static void a_dot_in_front_means_all_below(void **state)
{
    static const struct {
        const char *text, *expected; /* NULL: refused */
    } table[] = {
        {".gov", ".gov"},
        {".Court.Example", ".court.example"},
        {"Court.Example", "court.example"},
        {".b\u00fccher.example", ".xn--bcher-kva.example"}, /* RFC 3492 */
        {"", NULL},
        {".", NULL},
        {"..", NULL},
        {"..gov", NULL},
        {".a..b", NULL},
        {".a b", NULL},
        {".a@b", NULL},
    };
    char domains[ADDRESS_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        enum status status = address_parse_domains(bytes_text(table[i].text), domains, NULL);
        if ((status == ST_OK) != (table[i].expected != NULL))
            fail_msg("%s: %s", table[i].text, status_name(status));
        if (status == ST_OK)
            assert_string_equal(domains, table[i].expected);
    }
    assert_int_equal(address_parse_domains(BYTES_LITERAL(".gov\0.uk"), domains, NULL), ST_BAD);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_meets_in_the_canonical_text),
        cmocka_unit_test(every_rule_refuses_and_names_itself),
        cmocka_unit_test(two_mailboxes_stay_two),
        cmocka_unit_test(a_domain_alone_follows_the_same_rules),
        cmocka_unit_test(a_dot_in_front_means_all_below),
    };
    if (count != 2)
        return 2;
    files_root = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
