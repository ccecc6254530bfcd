/* SPDX-License-Identifier: Apache-2.0
 * ibe: the canonical address, against the rules of docs/spec/address.md by their numbers. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "address.h"

#define TEN(s) s s s s s s s s s s

static const struct {
    const char *text, *canonical;
} accepted[] = {
    {"alice@example.org", "alice@example.org"},
    {"Alice.Smith+Tag@Example.ORG", "alice.smith+tag@example.org"},
    {"!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"},
    {"a@1a.example.x1", "a@1a.example.x1"},
    {"a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
    /* RFC 5891's and UTS #46's spellings of one domain. */
    {"a@bücher.example", "a@xn--bcher-kva.example"},
    {"a@BÜCHER.example", "a@xn--bcher-kva.example"},
    {"a@bu\u0308cher.example", "a@xn--bcher-kva.example"},
    {"a@example\u3002org", "a@example.org"},
    {"a@ｅxample.org", "a@example.org"},
    {"a@faß.example", "a@xn--fa-hia.example"}, /* non-transitional: not fass */
    /* Local parts beyond ASCII (RFC 6531): NFC, but no change of case. */
    {"Jose\u0301@example.org", "jos\u00e9@example.org"},
    {"\u00c9ric@example.org", "\u00c9ric@example.org"},
    {"\u212a@example.org", "k@example.org"},       /* the Kelvin sign's NFC is an ASCII letter */
    {"H\u0331@example.org", "\u1e96@example.org"}, /* composes only in lower case */
    {"我買@屋企.香港", "我買@xn--hoqu73a.xn--j6w193g"}, /* RFC 6530's kind of address */
    {TEN("abcdef") "abcd@example.org", TEN("abcdef") "abcd@example.org"}, /* 64 octets */
    /* 63 octets in a label; 254 in all. */
    {TEN("abcdef") "abcd@" TEN("abcdef") "abc." TEN("abcdef") "abc." TEN("abcdef") "z",
     TEN("abcdef") "abcd@" TEN("abcdef") "abc." TEN("abcdef") "abc." TEN("abcdef") "z"},
};

static void every_spelling_meets_in_the_canonical_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        struct address address, again;
        struct why why = {{0}};
        enum status status = address_parse(bytes_text(accepted[i].text), &address, &why);
        if (status != ST_OK)
            fail_msg("%s: %s", accepted[i].text, why.text);
        assert_string_equal(address.text, accepted[i].canonical);
        assert_int_equal(address.text[address.at], '@');
        assert_ptr_equal(address_domain(&address), strchr(address.text, '@') + 1);
        assert_int_equal(address_parse(bytes_text(address.text), &again, NULL), ST_OK);
        assert_true(address_equal(&address, &again));
    }
}

static const struct {
    const char *rule, *text;
} refused[] = {
    {"A-1", ""},
    {"A-1", TEN(TEN("abcdef")) "@example.org"},
    {"A-2", "a\xff@example.org"},
    {"A-2", "a\xc0\xae@example.org"}, /* an overlong dot */
    {"A-2", "\xed\xa0\x80@example.org"},
    {"A-3", "example.org"},
    {"A-3", "a@b@example.org"},
    {"A-3", "\"a@b\"@example.org"},
    {"A-4", "@example.org"},
    {"A-4", TEN("abcdef") "abcde@example.org"},
    {"A-4", "\u00e9\u00e9\u00e9" TEN("abcdef") "@example.org"}, /* 63 characters, 66 octets */
    {"A-5", "\"a\"@example.org"},
    {"A-5", "a b@example.org"},
    {"A-5", " a@example.org"},
    {"A-5", "<a@example.org>"},
    {"A-5", "a(comment)@example.org"},
    {"A-5", "a,b@example.org"},
    {"A-5", "a\\b@example.org"},
    {"A-5", "a:b@example.org"},
    {"A-5", "a;b@example.org"},
    {"A-5", "a[b]@example.org"},
    {"A-5", "a\r\n@example.org"},
    {"A-5", "a\x7f@example.org"},
    {"A-5", "a\u037e@example.org"}, /* its NFC is a semicolon */
    {"A-6", ".a@example.org"},
    {"A-6", "a.@example.org"},
    {"A-6", "a..b@example.org"},
    {"A-7", "a\u200b@example.org"},   /* zero width space */
    {"A-7", "a\u202e@example.org"},   /* right-to-left override */
    {"A-7", "a\u00a0@example.org"},   /* no-break space */
    {"A-7", "a\xc2\x85@example.org"}, /* a control character beyond ASCII */
    {"A-7", "a\u2028@example.org"},   /* line separator */
    {"A-7", "a\ue000@example.org"},   /* private use */
    {"A-7", "a\u0378@example.org"},   /* unassigned */
    {"A-7", "\ufeff"
           "a@example.org"},
    {"A-8", "a@xn--zzzzzz-a.example"},  /* no Punycode */
    {"A-8", "a@xn--bcher-KVB.example"}, /* Punycode of something else than it should be */
    {"A-8", "a@exam\u2190ple.example"}, /* a symbol that IDNA2008 disallows */
    {"A-8", "a@\u0661a.example"},       /* breaks the Bidi rule */
    {"A-9", "a@"},
    {"A-9", "a@example..org"},
    {"A-9", "a@.example.org"},
    {"A-9", "a@example.org."},
    {"A-", "a@" TEN("abcdef") "abcd.example"}, /* A-8 or A-9: the IDNA library may look first */
    {"A-10", "a@exa mple.org"},
    {"A-10", "a@example.org\n"},
    {"A-10", "a@example.org\r\nRCPT TO:<b"},
    {"A-10", "a@exa_mple.org"},
    {"A-10", "a@[192.0.2.1]"},
    {"A-10", "a@example.org>"},
    {"A-", "a@-example.org"}, /* A-8 or A-11 */
    {"A-", "a@example-.org"},
    {"A-12", "root@localhost"},
    {"A-12", "a@192.0.2.1"},
    {"A-13", TEN("abcdef") "abcd@" TEN("abcdef") "abc." TEN("abcdef") "abc." TEN("abcdef") "za"},
};

static void every_rule_refuses_and_names_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct address address = {.text = "untouched"};
        struct why why = {{0}};
        char rule[8];
        snprintf(rule, sizeof rule, "%s%s", refused[i].rule, refused[i].rule[2] != '\0' ? ":" : "");
        if (address_parse(bytes_text(refused[i].text), &address, &why) != ST_BAD ||
            strncmp(why.text, rule, strlen(rule)) != 0)
            fail_msg("%s: wanted %s, got \"%s\"", refused[i].text, refused[i].rule, why.text);
        assert_string_equal(address.text, "untouched");
    }
    struct address address;
    struct why why;
    assert_int_equal(address_parse(BYTES_LITERAL("a\0b@example.org"), &address, &why), ST_BAD);
    assert_int_equal(strncmp(why.text, "A-2:", 4), 0);
    assert_int_equal(address_parse(BYTES_LITERAL("a@example.org\0.net"), &address, &why), ST_BAD);
    assert_int_equal(strncmp(why.text, "A-2:", 4), 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_meets_in_the_canonical_text),
        cmocka_unit_test(every_rule_refuses_and_names_itself),
        cmocka_unit_test(two_mailboxes_stay_two),
        cmocka_unit_test(a_domain_alone_follows_the_same_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
