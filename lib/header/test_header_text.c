/* SPDX-License-Identifier: Apache-2.0
 * header: tests of what values say. The encoded words are those of RFC 2047 §8, and those that
 * programs of the wild write against it. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "header_text.h"

struct pair {
    const char *value, *text;
};

static void check(enum status (*function)(struct bytes, struct buffer *), const struct pair *table,
                  size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct buffer out;
        buffer_init(&out, 1000);
        assert_int_equal(function(bytes_text(table[i].value), &out), ST_OK);
        assert_string_equal(buffer_text(&out), table[i].text);
        buffer_done(&out);
    }
}

static void unfolds(void **state)
{
    (void)state;
    static const struct pair table[] = {
        {" one", "one"},
        {" one\r\n two", "one two"},
        {" one \r\n\t two\r\n", "one   two"},
        {"\r\n one\r\n\r\n", "one"},
        {" one\ntwo", "onetwo"},
        {" one\rtwo\x01three\x7f", "one two three "},
        {"", ""},
    };
    check(header_unfold, table, sizeof table / sizeof table[0]);
}

static void decodes_words(void **state)
{
    (void)state;
    static const struct pair table[] = {
        /* RFC 2047 §8 */
        {"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"},
        {"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <k@dkuug.dk>", "Keld Jørn Simonsen <k@dkuug.dk>"},
        {"=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard"},
        {"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n "
         "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
         "If you can read this yo =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="},
        {"=?ISO-8859-1?Q?a?=", "a"},
        {"=?ISO-8859-1?Q?a?= b", "a b"},
        {"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a?=\r\n  =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a_b?=", "a b"},
        {"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?_b?=", "a b"},
        /* a language (RFC 2231 §5), lower case letters, no padding */
        {"=?utf-8*de?q?Gr=c3=bc=C3=9Fe?=", "Grüße"},
        {"=?utf-8?b?R3LDvMOfZQ?=", "Grüße"},
        /* one character in two words */
        {"=?utf-8?B?R3LD?= =?utf-8?B?vMOfZQ==?=", "Grüße"},
        /* the euro in three charsets */
        {"=?windows-1252?Q?=80?= x =?iso-8859-15?Q?=A4?= x =?utf-8?Q?=E2=82=AC?=", "€ x € x €"},
        /* damaged words stay */
        {"=?utf-8?B?R3L*?=", "=?utf-8?B?R3L*?="},
        {"=?utf-8?Q?a=?=", "=?utf-8?Q?a=?="},
        {"=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
        {"=?utf-8?Q?a b?=", "=?utf-8?Q?a b?="},
        {"=?utf-8?Q?abc", "=?utf-8?Q?abc"},
        {"=?", "=?"},
        {"=?=?=?", "=?=?=?"},
        /* nothing can be hidden in a word */
        {"=?utf-8?Q?a=0D=0ABcc:_x=00y?=", "a  Bcc: x y"},
        {"=?utf-8?Q?a=C2=85b=E2=80=A8c?=", "a b c"},
        {"=?utf-8?Q?a=E2=80=AEb=EF=BB=BFc?=", "a b c"},
        {"a\xe2\x80\xae"
         "b",
         "a b"},
        {"=?utf-8?Q?a=FFb?=", "a\xef\xbf\xbd"
                              "b"},
        {"=?us-ascii?Q?a=E9?=", "a\xef\xbf\xbd"},
        /* raw bytes: UTF-8 if all of it is, else windows-1252 */
        {"Gr\xc3\xbc\xc3\x9f"
         "e",
         "Grüße"},
        {"Gr\xfc\xdf"
         "e \x80",
         "Grüße €"},
    };
    check(header_decode, table, sizeof table / sizeof table[0]);
}

static void finds_tags(void **state)
{
    (void)state;
    static const struct {
        const char *subject, *tag;
        bool found;
    } table[] = {
        {"Secure: test results", "Secure:", true},
        {"SECURE:test", "Secure:", true},
        {"  secure: test", "Secure:", true},
        {"Re: Secure: test", "Secure:", true},
        {"RE: Fwd: AW: secure: test", "Secure:", true},
        {"Re[2]: secure: test", "Secure:", true},
        {"[council] Secure: test", "Secure:", true},
        {"Re: [council] Secure: test", "Secure:", true},
        {"Is it secure: yes", "Secure:", false},
        {"Insecure: test", "Secure:", false},
        {"Secure test", "Secure:", false},
        {"Warning: secure: test", "Secure:", false},
        {"", "Secure:", false},
        {"[", "Secure:", false},
        {"Re[", "Secure:", false},
        {"test [Secure]", "[secure]", true},
        {"[SECURE] test", "[secure]", true},
        {"test[secure]", "[secure]", true},
        {"test secure", "[secure]", false},
        {"[secure", "[secure]", false},
        {"anything", "", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (header_tag(bytes_text(table[i].subject), bytes_text(table[i].tag)) != table[i].found)
            fail_msg("“%s” in “%s”", table[i].tag, table[i].subject);
}

static void takes_tags_off(void **state)
{
    (void)state;
    static const struct {
        const char *subject, *tag, *left;
    } table[] = {
        {"Secure: test results", "Secure:", "test results"},
        {"SECURE:test", "Secure:", "test"},
        {"Re: Secure: test", "Secure:", "Re: test"},
        {" Re: [council]  secure:  test ", "Secure:", "Re: [council] test"},
        {"a [Secure] b", "[secure]", "a b"},
        {"a[secure]b", "[secure]", "a b"},
        {"a [secure]", "[secure]", "a"},
        {"[secure] [secure] a", "[secure]", "[secure] a"},
        {"[secure]", "[secure]", ""},
        {"Secure:", "Secure:", ""},
        {"nothing of it", "[secure]", "nothing of it"},
        {"Insecure: test", "Secure:", "Insecure: test"},
        {"Secure: é", "Secure:", "é"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct buffer left;
        buffer_init(&left, 1000);
        assert_int_equal(
            header_remove_tag(bytes_text(table[i].subject), bytes_text(table[i].tag), &left),
            ST_OK);
        assert_string_equal(buffer_text(&left), table[i].left);
        buffer_done(&left);
    }
}

static void finds_the_first_mailbox(void **state)
{
    (void)state;
    static const struct {
        const char *list, *name, *address;
    } table[] = {
        /* RFC 5322 appendix A.1 */
        {"John Doe <jdoe@machine.example>", "John Doe", "jdoe@machine.example"},
        {"\"Joe Q. Public\" <john.q.public@example.com>", "Joe Q. Public",
         "john.q.public@example.com"},
        {"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>", "Mary Smith",
         "mary@x.test"},
        {"<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>", "",
         "boss@nil.test"},
        {"\"Giant; \\\"Big\\\" Box\" <sysservices@example.net>", "Giant; \"Big\" Box",
         "sysservices@example.net"},
        {"A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;", "Ed Jones",
         "c@a.test"},
        /* appendix A.5 and A.6 */
        {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete",
         "pete@silly.test"},
        {"joe@example.org (Joe (the) Sixpack)", "Joe the Sixpack", "joe@example.org"},
        {"Joe Q. Public <john.q.public@example.com>", "Joe Q. Public", "john.q.public@example.com"},
        /* encoded words, quoted or not; raw bytes */
        {"=?ISO-8859-1?Q?Keld_J=F8rn?= <k@dkuug.dk>", "Keld Jørn", "k@dkuug.dk"},
        {"\"=?utf-8?Q?J=C3=B8rn?=\" <k@dkuug.dk>", "Jørn", "k@dkuug.dk"},
        {"J\xf8rn <k@dkuug.dk>", "Jørn", "k@dkuug.dk"},
        {"=?utf-8?Q?a=0D=0Ab?= <k@dkuug.dk>", "a  b", "k@dkuug.dk"},
        {", , bob@example.org", "", "bob@example.org"},
        {"bob @ example . org", "", "bob@example.org"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct header_mailbox mailbox;
        assert_int_equal(header_mailbox(bytes_text(table[i].list), &mailbox), ST_OK);
        assert_string_equal(mailbox.name, table[i].name);
        assert_string_equal(mailbox.address, table[i].address);
    }
    static const char *const none[] = {
        "",       "bob",           "\"", "(", "<", "<>", "undisclosed-recipients:;", "a <b",
        "x@\xff", "\"a@b\xff\" <>"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct header_mailbox mailbox;
        assert_int_equal(header_mailbox(bytes_text(none[i]), &mailbox), ST_NONE);
    }
}

static void cuts_long_names_between_characters(void **state)
{
    (void)state;
    struct buffer list;
    struct header_mailbox mailbox;
    buffer_init(&list, 2000);
    for (int i = 0; i < 200; i++)
        assert_int_equal(buffer_add_text(&list, "€"), ST_OK);
    assert_int_equal(buffer_add_text(&list, " <a@b>"), ST_OK);
    assert_int_equal(header_mailbox(buffer_bytes(&list), &mailbox), ST_OK);
    assert_int_equal(strlen(mailbox.name), 255);
    assert_true(bytes_utf8(bytes_text(mailbox.name)));

    /* An address that does not fit is none. */
    buffer_clear(&list);
    for (int i = 0; i < 330; i++)
        assert_int_equal(buffer_add_text(&list, "a"), ST_OK);
    assert_int_equal(buffer_add_text(&list, "@b"), ST_OK);
    assert_int_equal(header_mailbox(buffer_bytes(&list), &mailbox), ST_NONE);
    buffer_done(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unfolds),
        cmocka_unit_test(decodes_words),
        cmocka_unit_test(finds_tags),
        cmocka_unit_test(takes_tags_off),
        cmocka_unit_test(finds_the_first_mailbox),
        cmocka_unit_test(cuts_long_names_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
