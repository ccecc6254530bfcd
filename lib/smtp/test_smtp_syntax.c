/* SPDX-License-Identifier: Apache-2.0
 * smtp: tests of the words of the dialogue. Expectations are read off RFC 5321 §4.1.2 (paths,
 * addresses, parameters), RFC 6531 §3.3 (UTF-8), RFC 3461 §4 (xtext, DSN). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "smtp_syntax.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Name the case that fails; cmocka names the line. */
static void check(const char *name, bool holds)
{
    if (!holds)
        print_error("failed: %s\n", name);
    assert_true(holds);
}

static void test_verbs(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum smtp_verb verb;
        const char *rest;
    } cases[] = {
        {"MAIL FROM:<a@b>", SMTP_VERB_MAIL, "FROM:<a@b>"},
        {"mail FROM:<a@b>", SMTP_VERB_MAIL, "FROM:<a@b>"},
        {"NOOP", SMTP_VERB_NOOP, ""},
        {"QUIT  ", SMTP_VERB_QUIT, ""},
        {"EHLO   host ", SMTP_VERB_EHLO, "host"},
        {"XFORWARD A=b", SMTP_VERB_XFORWARD, "A=b"},
        {"BDAT 86 LAST", SMTP_VERB_ABSENT, "86 LAST"},
        {"GET / HTTP/1.1", SMTP_VERB_FOREIGN, "/ HTTP/1.1"},
        {"MAILFROM:<a@b>", SMTP_VERB_UNKNOWN, ""},
        {"", SMTP_VERB_UNKNOWN, ""},
        {" NOOP", SMTP_VERB_UNKNOWN, "NOOP"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bytes rest;
        enum smtp_verb verb = smtp_syntax_verb(bytes_text(cases[i].line), &rest);
        check(cases[i].line, verb == cases[i].verb);
        check(cases[i].line, bytes_equal(rest, bytes_text(cases[i].rest)));
    }
}

static const struct {
    const char *address;
    bool good;
} addresses[] = {
    {"alice@example.org", true},
    {"a.b.c+tag@example.org", true},
    {"!#$%&'*+-/=?^_`{|}~@example.org", true},
    {"\"alice\"@example.org", true},
    {"\"a@b\"@example.org", true},
    {"\"a\\\"b\"@example.org", true},
    {"j\xc3\xb6rg@m\xc3\xbcller.example", true},
    {"alice@[192.0.2.1]", true},
    {"alice@[IPv6:2001:db8::1]", true},
    {"alice@host_name.example", true},
    {"alice@localhost", true},
    /* No local part, no domain, no both. */
    {"", false},
    {"@", false},
    {"alice", false},
    {"alice@", false},
    {"@example.org", false},
    /* Dots part atoms. */
    {".alice@example.org", false},
    {"alice.@example.org", false},
    {"al..ice@example.org", false},
    {"alice@.example.org", false},
    {"alice@example..org", false},
    {"alice@example.org.", false},
    /* Two addresses, comments, display names are none. */
    {"a@b@c", false},
    {"alice(c)@example.org", false},
    {"alice@example.org,bob@example.org", false},
    {"alice@exa mple.org", false},
    /* What could be read as a second word or line by the next hop. */
    {"al ice@example.org", false},
    {"\"al ice\"@example.org", false},
    {"\"al>ice\"@example.org", false},
    {"\"al<ice\"@example.org", false},
    {"\"al\\>ice\"@example.org", false},
    {"alice\r@example.org", false},
    {"alice@example.org\r\nRCPT TO:<eve@example.org>", false},
    {"\"alice\r\n\"@example.org", false},
    {"al\tice@example.org", false},
    {"al\x7fice@example.org", false},
    /* Quotes that do not close, or hold nothing. */
    {"\"alice@example.org", false},
    {"\"\"@example.org", false},
    {"\"alice\\\"@example.org", false},
    {"\"alice\"x@example.org", false},
    /* UTF-8 that is none: a lone byte, an overlong slash, a surrogate. */
    {"j\xf6rg@example.org", false},
    {"a\xc0\xaf@example.org", false},
    {"a\xed\xa0\x80@example.org", false},
    {"alice@[192.0.2.1", false},
    {"alice@[]", false},
    {"alice@[192.0.2.1]x", false},
};

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        bool good = smtp_syntax_address(bytes_text(addresses[i].address));
        check(addresses[i].address, good == addresses[i].good);
    }
}

static void test_address_lengths(void **state)
{
    (void)state;
    char address[SMTP_ADDRESS_MAX + 2];
    for (size_t local = 1; local <= SMTP_ADDRESS_MAX; local++) {
        size_t n = local + sizeof "@example.org" - 1;
        if (n > SMTP_ADDRESS_MAX + 1)
            break;
        memset(address, 'a', local);
        memcpy(address + local, "@example.org", sizeof "@example.org");
        assert_int_equal(smtp_syntax_address((struct bytes){(uint8_t *)address, n}),
                         n <= SMTP_ADDRESS_MAX);
    }

    /* A label of 63 is one, of 64 is none (RFC 1035 §2.3.4). */
    memset(address, 'a', 80);
    address[1] = '@';
    address[65] = '\0';
    assert_true(smtp_syntax_address(bytes_text(address)));
    address[65] = 'a';
    address[66] = '\0';
    assert_false(smtp_syntax_address(bytes_text(address)));
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum status status;
        const char *address, *rest;
    } cases[] = {
        {"TO:<a@b.c>", ST_OK, "a@b.c", ""},
        {"to:<a@b.c> NOTIFY=NEVER", ST_OK, "a@b.c", "NOTIFY=NEVER"},
        {"TO: <a@b.c>  X=y ", ST_OK, "a@b.c", "X=y"},
        {"TO:<>", ST_OK, "", ""},
        {"TO:<Postmaster>", ST_OK, "Postmaster", ""},
        {"TO:<@one.example,@two.example:a@b.c>", ST_OK, "a@b.c", ""},
        {"TO:a@b.c", ST_BAD, NULL, NULL},
        {"TO:<a@b.c", ST_BAD, NULL, NULL},
        {"TO:a@b.c>", ST_BAD, NULL, NULL},
        {"TO <a@b.c>", ST_BAD, NULL, NULL},
        {"TO:<a@b.c>X=y", ST_BAD, NULL, NULL},
        {"TO:<a@b.c> <d@e.f>", ST_OK, "a@b.c", "<d@e.f>"},
        {"TO:<<a@b.c>>", ST_BAD, NULL, NULL},
        {"TO:<@one.example:>", ST_BAD, NULL, NULL},
        {"TO:<@one.example a@b.c>", ST_BAD, NULL, NULL},
        {"TO:<@one<.example:a@b.c>", ST_BAD, NULL, NULL},
        {"FROM:<a@b.c>", ST_BAD, NULL, NULL},
        {"TO:", ST_BAD, NULL, NULL},
        {"", ST_BAD, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bytes rest = bytes_text(cases[i].text), address;
        enum status status = smtp_syntax_path(&rest, BYTES_LITERAL("TO:"), &address);
        check(cases[i].text, status == cases[i].status);
        if (status != ST_OK)
            continue;
        check(cases[i].text, bytes_equal(address, bytes_text(cases[i].address)));
        check(cases[i].text, bytes_equal(rest, bytes_text(cases[i].rest)));
    }
}

static void test_parameters(void **state)
{
    (void)state;
    struct bytes rest = bytes_text(" SIZE=10  BODY=8BITMIME SMTPUTF8 ");
    struct bytes name, value;
    assert_int_equal(smtp_syntax_parameter(&rest, &name, &value), ST_OK);
    assert_true(bytes_equal(name, bytes_text("SIZE")) && bytes_equal(value, bytes_text("10")));
    assert_int_equal(smtp_syntax_parameter(&rest, &name, &value), ST_OK);
    assert_true(bytes_equal(name, bytes_text("BODY")));
    assert_int_equal(smtp_syntax_parameter(&rest, &name, &value), ST_OK);
    assert_true(bytes_equal(name, bytes_text("SMTPUTF8")) && value.n == 0);
    assert_int_equal(smtp_syntax_parameter(&rest, &name, &value), ST_NONE);

    static const char *const bad[] = {"=x",    "-A=x",   "A=",     "A=b=c",
                                      "A_B=c", "A=\x7f", "A=\xff", "<x>"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        rest = bytes_text(bad[i]);
        check(bad[i], smtp_syntax_parameter(&rest, &name, &value) == ST_BAD);
    }
}

static void test_notify_and_orcpt(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool notify, orcpt;
    } cases[] = {
        {"NEVER", true, false},
        {"never", true, false},
        {"SUCCESS", true, false},
        {"SUCCESS,FAILURE,DELAY", true, false},
        {"DELAY,SUCCESS", true, false},
        {"NEVER,SUCCESS", false, false},
        {"SUCCESS,SUCCESS", false, false},
        {"SUCCESS,", false, false},
        {",SUCCESS", false, false},
        {"", false, false},
        {"rfc822;bob@example.org", false, true},
        {"rfc822;bob+2Btag@example.org", false, true},
        {"utf-8;j\xc3\xb6rg@example.org", false, true},
        {"rfc822;", false, false},
        {";bob@example.org", false, false},
        {"rfc822;bob+2b", false, false},
        {"rfc822;bob+", false, false},
        {"rfc822;bob smith", false, false},
        {"rfc822;a=b", false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bytes value = bytes_text(cases[i].value);
        check(cases[i].value, smtp_syntax_notify(value) == cases[i].notify);
        check(cases[i].value, smtp_syntax_orcpt(value) == cases[i].orcpt);
    }
}

static void test_xtext(void **state)
{
    (void)state;
    static const struct {
        const char *xtext;
        const char *text; /* NULL: refused */
    } cases[] = {
        {"plain", "plain"},
        {"a+2Bb+3Dc+20d", "a+b=c d"},
        {"4f1c+C3+B6", "4f1c\xc3\xb6"},
        {"a+0D+0Ab", NULL}, /* a line end in disguise */
        {"a+00b", NULL},
        {"a+7F", NULL},
        {"a+2", NULL},
        {"a+2b", NULL}, /* RFC 3461: upper case only */
        {"a=b", NULL},
        {"a b", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buffer text, again;
        buffer_init(&text, 100);
        buffer_init(&again, 100);
        enum status status = smtp_syntax_xtext_decode(bytes_text(cases[i].xtext), &text);
        check(cases[i].xtext, status == (cases[i].text == NULL ? ST_BAD : ST_OK));
        if (status == ST_OK) {
            assert_string_equal(buffer_text(&text), cases[i].text);
            assert_int_equal(smtp_syntax_xtext_encode(buffer_bytes(&text), &again), ST_OK);
            assert_string_equal(buffer_text(&again), cases[i].xtext);
        }
        buffer_done(&text);
        buffer_done(&again);
    }
}

static void test_hosts(void **state)
{
    (void)state;
    assert_true(smtp_syntax_host(bytes_text("mail.example.org")));
    assert_true(smtp_syntax_host(bytes_text("[192.0.2.1]")));
    assert_false(smtp_syntax_host(bytes_text("")));
    assert_false(smtp_syntax_host(bytes_text("two words")));
    assert_false(smtp_syntax_host(bytes_text("m\xc3\xbcller")));
}

static void test_xforward_names(void **state)
{
    (void)state;
    for (enum smtp_xforward_attribute i = 0; i < SMTP_XFORWARD_COUNT; i++)
        assert_int_equal(smtp_syntax_xforward(bytes_text(smtp_syntax_xforward_name(i))), i);
    assert_int_equal(smtp_syntax_xforward(bytes_text("ident")), SMTP_XFORWARD_IDENT);
    assert_int_equal(smtp_syntax_xforward(bytes_text("LOGIN")), SMTP_XFORWARD_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verbs),           cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_address_lengths), cmocka_unit_test(test_paths),
        cmocka_unit_test(test_parameters),      cmocka_unit_test(test_notify_and_orcpt),
        cmocka_unit_test(test_xtext),           cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_xforward_names),
    };
    return cmocka_run_group_tests_name("smtp_syntax", tests, NULL, NULL);
}
