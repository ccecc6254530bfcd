/* SPDX-License-Identifier: Apache-2.0
 * header: reading, showing and writing. Decoded texts are what RFC 2047 §8 and Python's email
 * package say. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "header.h"

#define T(text) bytes_text(text)

static void fields_are_found_folded_and_in_any_case(void **state)
{
    (void)state;
    struct header h;
    assert_int_equal(
        header_read(
            T("Received: a\r\n\tb\r\nSUBJECT: one\r\n two\r\nsubject : second\r\nTo:\r\n\r\nbody: no\r\n"),
            &h),
        ST_OK);
    assert_int_equal(h.count, 4);
    assert_true(bytes_equal(header_find(&h, "Subject")->value, T(" one\r\n two")));
    assert_int_equal(header_count(&h, "subject"), 2);
    assert_int_equal(header_find(&h, "to")->value.n, 0);
    assert_null(header_find(&h, "body"));
    assert_int_equal(
        h.size,
        strlen("Received: a\r\n\tb\r\nSUBJECT: one\r\n two\r\nsubject : second\r\nTo:\r\n\r\n"));
    header_done(&h);
}

static void a_header_ends_where_no_field_is(void **state)
{
    (void)state;
    static const struct {
        const char *letter;
        size_t fields, size;
    } cases[] = {
        {"", 0, 0},
        {"\r\nSubject: body", 0, 2},
        {"\n", 0, 1},
        {"Subject: x\nTo: y\n\nbody", 2, 18},
        {"Subject: x", 1, 10},
        {"Subject: x\r\nthis is no field\r\nTo: y\r\n", 1, 12},
        {": empty name\r\n", 0, 0},
        {" begins with a blank: x\r\n", 0, 0},
        {"Sub\xc3\xa9: x\r\n", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct header h;
        assert_int_equal(header_read(T(cases[i].letter), &h), ST_OK);
        if (h.count != cases[i].fields || h.size != cases[i].size)
            fail_msg("case %zu: %zu fields, %zu bytes", i, h.count, h.size);
        header_done(&h);
    }
}

static void a_header_beyond_the_limits_is_refused(void **state)
{
    (void)state;
    struct buffer letter;
    struct header h;
    buffer_init(&letter, 1 << 20);
    for (int i = 0; i < HEADER_FIELDS_MAX; i++)
        assert_int_equal(buffer_add_text(&letter, "A: b\r\n"), ST_OK);
    assert_int_equal(header_read(buffer_bytes(&letter), &h), ST_OK);
    header_done(&h);
    assert_int_equal(buffer_add_text(&letter, "A: b\r\n"), ST_OK);
    assert_int_equal(header_read(buffer_bytes(&letter), &h), ST_LIMIT);
    buffer_clear(&letter);
    assert_int_equal(buffer_add_text(&letter, "A: "), ST_OK);
    while (letter.n <= HEADER_MAX)
        assert_int_equal(buffer_add_text(&letter, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n "), ST_OK);
    assert_int_equal(header_read(buffer_bytes(&letter), &h), ST_LIMIT);
    buffer_done(&letter);
}

static void texts_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *value, *text;
    } cases[] = {
        {" plain ", "plain"},
        {"a\r\n b\r\n\tc", "a b c"},
        {"=?ISO-8859-1?Q?a?=", "a"},
        {"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
        {"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a_b?=", "a b"},
        {"=?iso-8859-1?q?Keld_J=F8rn_Simonsen?=", "Keld Jørn Simonsen"},
        {"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dQ==?=",
         "If you can read this yo =?ISO-8859-2?B?dQ==?="},
        {"=?utf-8?b?8J+SjA?=", "💌"},
        {"=?UTF-8*en?Q?=E2=82=AC?=", "€"},
        {"=?windows-1252?Q?=80=99?=", "€™"},
        {"=?iso-8859-15?Q?=A4?=", "€"},
        {"=?us-ascii?Q?=0D=0ABcc:_x?=", "  Bcc: x"},
        {"=?utf-8?Q?broken", "=?utf-8?Q?broken"},
        {"=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
        {"caf\xe9", "café"},
        {"caf\xc3\xa9", "café"},
        {"a\x01\x7f", "a  "},
        {"=?", "=?"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer text;
        buffer_init(&text, HEADER_TEXT_MAX);
        assert_int_equal(header_text(T(cases[i].value), &text), ST_OK);
        if (strcmp(buffer_text(&text), cases[i].text) != 0)
            fail_msg("case %zu: “%s”", i, buffer_text(&text));
        buffer_done(&text);
    }
}

static void the_first_mailbox_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *value, *name, *address;
    } cases[] = {
        {" bob@example.org", "", "bob@example.org"},
        {"Bob <bob@example.org>, Al <al@example.org>", "Bob", "bob@example.org"},
        {"\"Smith, Bob\" <bob@example.org>", "Smith, Bob", "bob@example.org"},
        {"\"a\\\"b\" <bob@example.org>", "a\"b", "bob@example.org"},
        {"=?utf-8?Q?B=C3=B6b?= <bob@example.org>", "Böb", "bob@example.org"},
        {"Bob (a, (nested) comment) <bob@example.org>", "Bob", "bob@example.org"},
        {"bob@example.org (Bob)", "", "bob@example.org"},
        {"<bob@example.org>", "", "bob@example.org"},
        {"\"<x@y>\" <bob@example.org>", "<x@y>", "bob@example.org"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct header_mailbox m;
        if (!header_mailbox(T(cases[i].value), &m) || strcmp(m.name, cases[i].name) != 0 ||
            strcmp(m.address, cases[i].address) != 0)
            fail_msg("case %zu: “%s” “%s”", i, m.name, m.address);
    }
    static const char *const none[] = {"", "Bob", "undisclosed-recipients:;", "<>",
                                       "(bob@example.org)"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct header_mailbox m;
        if (header_mailbox(T(none[i]), &m))
            fail_msg("“%s” has a mailbox?", none[i]);
    }
}

/* Whatever a value holds, it stays one field of legal lines. */
static void a_written_field_cannot_grow_another(void **state)
{
    (void)state;
    struct buffer out;
    struct header h;
    buffer_init(&out, 65536);
    header_write_field(&out, "To", BYTES_LITERAL(" a\rBcc: x\0y\n\r\n\nCc: z"));
    header_write_text(&out, "Subject", "one\r\nBcc: two");
    assert_int_equal(header_read(buffer_bytes(&out), &h), ST_OK);
    assert_int_equal(h.count, 2);
    assert_int_equal(h.size, out.n);
    assert_string_equal(
        buffer_text(&out),
        "To: a Bcc: x y\r\n Cc: z\r\nSubject: =?UTF-8?B?b25lDQpCY2M6IHR3bw==?=\r\n");
    header_done(&h);
    buffer_done(&out);
}

static void long_lines_are_folded_and_none_is_lost(void **state)
{
    (void)state;
    struct buffer value, out;
    buffer_init(&value, 65536);
    buffer_init(&out, 65536);
    assert_int_equal(buffer_add_text(&value, " "), ST_OK);
    for (int i = 0; i < 300; i++)
        assert_int_equal(buffer_add_format(&value, "user%d@example.org, ", i), ST_OK);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(buffer_add_byte(&value, 'x'), ST_OK);
    header_write_field(&out, "To", buffer_bytes(&value));
    size_t length = 0, letters = 0, wanted = 0;
    for (size_t i = 0; i < value.n; i++)
        wanted += value.p[i] != ' ';
    for (size_t i = 3; i < out.n; i++) {
        letters += out.p[i] > ' ';
        length = out.p[i] == '\n' ? 0 : length + 1;
        assert_true(length <= HEADER_LINE_MAX + 1);
    }
    assert_int_equal(letters, wanted);
    buffer_done(&value);
    buffer_done(&out);
}

static void written_text_reads_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "short",
        "é",
        "a line that is longer than seventy-eight characters, so that it can't stand in one piece, can it",
        "💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌💌 and more",
        "looks like =?utf-8?Q?a?= word",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buffer out, back;
        struct header h;
        buffer_init(&out, 8192);
        buffer_init(&back, HEADER_TEXT_MAX);
        header_write_text(&out, "X-Long-Field-Name", texts[i]);
        assert_int_equal(header_read(buffer_bytes(&out), &h), ST_OK);
        assert_int_equal(h.count, 1);
        assert_int_equal(header_text(h.fields[0].value, &back), ST_OK);
        assert_string_equal(buffer_text(&back), texts[i]);
        for (const char *line = buffer_text(&out); *line != '\0'; line = strstr(line, "\r\n") + 2)
            assert_true(strstr(line, "\r\n") - line <= 78);
        header_done(&h);
        buffer_done(&out);
        buffer_done(&back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_found_folded_and_in_any_case),
        cmocka_unit_test(a_header_ends_where_no_field_is),
        cmocka_unit_test(a_header_beyond_the_limits_is_refused),
        cmocka_unit_test(texts_are_decoded),
        cmocka_unit_test(the_first_mailbox_is_found),
        cmocka_unit_test(a_written_field_cannot_grow_another),
        cmocka_unit_test(long_lines_are_folded_and_none_is_lost),
        cmocka_unit_test(written_text_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
