/* SPDX-License-Identifier: Apache-2.0
 * header: tests of the writer: exact lines where RFC 5322 leaves one way, and the promises of
 * header_write.h for everything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "header.h"
#include "header_text.h"
#include "header_write.h"

#define X10 "xxxxxxxxxx"
#define X70 X10 X10 X10 X10 X10 X10 X10

/* Lines end with CRLF and have at most `max` bytes; no other CR, LF, NUL; all but the first line
 * begin with a blank and hold more than blanks. */
static void check_lines(const struct buffer *out, size_t max)
{
    struct bytes rest = buffer_bytes(out), line;
    assert_true(rest.n >= 2 && rest.p[rest.n - 2] == '\r' && rest.p[rest.n - 1] == '\n');
    for (bool first = true; rest.n > 0; first = false) {
        size_t n = bytes_find(rest, BYTES_LITERAL("\r\n"));
        line = bytes_first(rest, n);
        rest = bytes_from(rest, n + 2);
        assert_true(line.n <= max);
        assert_int_equal(bytes_index(line, '\r'), line.n);
        assert_int_equal(bytes_index(line, '\n'), line.n);
        assert_int_equal(bytes_index(line, 0), line.n);
        assert_true(first || line.p[0] == ' ');
        assert_true(bytes_trim(line).n > 0);
    }
}

static void check_text(struct bytes text, const char *expected)
{
    struct buffer out;
    buffer_init(&out, 100000);
    header_write_text(&out, BYTES_LITERAL("Subject"), text);
    assert_int_equal(buffer_check(&out), ST_OK);
    check_lines(&out, 998);
    assert_string_equal(buffer_text(&out), expected);
    buffer_done(&out);
}

static void writes_texts(void **state)
{
    (void)state;
    check_text(BYTES_LITERAL("hello"), "Subject: hello\r\n");
    check_text(BYTES_LITERAL("two  blanks"), "Subject: two  blanks\r\n");
    check_text(BYTES_LITERAL(""), "Subject: \r\n");
    /* folded before the 79th byte; a word is never parted for it */
    check_text(BYTES_LITERAL(X10 " " X10 X10 X10 X10 X10 " " X10),
               "Subject: " X10 " " X10 X10 X10 X10 X10 "\r\n " X10 "\r\n");
    check_text(BYTES_LITERAL(X70 " " X70 " " X10), "Subject: " X70 "\r\n " X70 "\r\n " X10 "\r\n");
    /* The base64 is that of RFC 4648 by coreutils: printf 'Grüße' | base64. */
    check_text(BYTES_LITERAL("Grüße"), "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n");
    /* What looks like an encoded word and is none must not become one. */
    check_text(BYTES_LITERAL("=?x"), "Subject: =?utf-8?B?PT94?=\r\n");
}

static void nothing_can_be_injected(void **state)
{
    (void)state;
    check_text(BYTES_LITERAL("a\r\nBcc: x"), "Subject: aBcc: x\r\n");
    check_text(BYTES_LITERAL("a\rBcc: x\nCc: y"), "Subject: a Bcc: xCc: y\r\n");
    check_text(BYTES_LITERAL("a\0b\r\n\r\nc"), "Subject: a bc\r\n");
    check_text(BYTES_LITERAL("\r\n\r\n"), "Subject: \r\n");
}

static void limits_hold_for_long_values(void **state)
{
    (void)state;
    static const char *const pieces[] = {"x",  "x ", "€",    "€ ",     "  x",   "\t",
                                         "\"", "=?", "\xff", "\r\n x", "a@b, ", "é <a@b>, "};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct buffer value, out;
        buffer_init(&value, 200000);
        for (int n = 0; n < 5000; n++)
            assert_int_equal(buffer_add_text(&value, pieces[i]), ST_OK);
        for (int kind = 0; kind < 3; kind++) {
            buffer_init(&out, 4000000);
            if (kind == 0)
                header_write_text(&out, BYTES_LITERAL("Subject"), buffer_bytes(&value));
            if (kind == 1)
                header_write_copy(&out, BYTES_LITERAL("To"), buffer_bytes(&value), true);
            if (kind == 2)
                header_write_addresses(&out, BYTES_LITERAL("To"), buffer_bytes(&value), false);
            assert_int_equal(buffer_check(&out), ST_OK);
            check_lines(&out, 998);
            buffer_done(&out);
        }
        buffer_done(&value);
    }
}

/* Encoded words must come back as they went in: through the reader of RFC 2047, and none longer
 * than 75 characters (§2), on lines of at most 76. */
static void long_texts_come_back(void **state)
{
    (void)state;
    struct buffer text, out, back;
    buffer_init(&text, 10000);
    buffer_init(&out, 40000);
    buffer_init(&back, 40000);
    for (int i = 0; i < 300; i++)
        assert_int_equal(buffer_add_text(&text, i % 7 == 0 ? "é a€" : "ü𝄞"), ST_OK);
    header_write_text(&out, BYTES_LITERAL("Subject"), buffer_bytes(&text));
    check_lines(&out, 76);
    assert_int_equal(header_decode(bytes_from(buffer_bytes(&out), 8), &back), ST_OK);
    assert_string_equal(buffer_text(&back), buffer_text(&text));
    buffer_done(&text);
    buffer_done(&out);
    buffer_done(&back);
}

static void copies_structured_fields(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool utf8;
        const char *expected;
    } table[] = {
        {" <a@b>\r\n <c@d>", false, "References: <a@b> <c@d>\r\n"},
        {" <\xc3\xa9@b>", false, "References: <??@b>\r\n"},
        {" <\xc3\xa9@b>", true, "References: <\xc3\xa9@b>\r\n"},
        {" <\xe9@b>", true, "References: <?@b>\r\n"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct buffer out;
        buffer_init(&out, 1000);
        header_write_copy(&out, BYTES_LITERAL("References"), bytes_text(table[i].value),
                          table[i].utf8);
        assert_string_equal(buffer_text(&out), table[i].expected);
        buffer_done(&out);
    }
}

static void copies_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool utf8;
        const char *expected;
    } table[] = {
        {" Bob <bob@example.org>,\r\n carol@example.org", false,
         "To: Bob <bob@example.org>, carol@example.org\r\n"},
        {"=?utf-8?Q?J=C3=B8rn?= <k@dkuug.dk>", false, "To: =?utf-8?Q?J=C3=B8rn?= <k@dkuug.dk>\r\n"},
        /* Raw names, in UTF-8 or not, quoted or not, are encoded (printf 'Jørn' | base64). */
        {"J\xc3\xb8rn <k@dkuug.dk>", false, "To: =?utf-8?B?SsO4cm4=?= <k@dkuug.dk>\r\n"},
        {"\"J\xf8rn\" <k@dkuug.dk>, b@c", false, "To: =?utf-8?B?SsO4cm4=?= <k@dkuug.dk>, b@c\r\n"},
        {"k@dkuug.dk (J\xc3\xb8rn)", false, "To: k@dkuug.dk (=?utf-8?B?SsO4cm4=?=)\r\n"},
        {"J\xc3\xb8rn <j\xc3\xb8rn@dkuug.dk>", true,
         "To: =?utf-8?B?SsO4cm4=?= <j\xc3\xb8rn@dkuug.dk>\r\n"},
        {"j\xc3\xb8rn@dkuug.dk", true, "To: j\xc3\xb8rn@dkuug.dk\r\n"},
        {"j\xc3\xb8rn@dkuug.dk", false, "To: j??rn@dkuug.dk\r\n"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct buffer out;
        buffer_init(&out, 1000);
        header_write_addresses(&out, BYTES_LITERAL("To"), bytes_text(table[i].value),
                               table[i].utf8);
        struct buffer line;
        buffer_init(&line, 1000);
        /* Where blanks stand beside a name is nobody's business. */
        struct bytes all = buffer_bytes(&out);
        for (size_t k = 0; k < all.n; k++)
            if (all.p[k] != ' ' || (k + 1 < all.n && all.p[k + 1] != ' ' && all.p[k + 1] != '\r'))
                assert_int_equal(buffer_add_byte(&line, all.p[k]), ST_OK);
        assert_string_equal(buffer_text(&line), table[i].expected);
        buffer_done(&out);
        buffer_done(&line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_texts),
        cmocka_unit_test(nothing_can_be_injected),
        cmocka_unit_test(limits_hold_for_long_values),
        cmocka_unit_test(long_texts_come_back),
        cmocka_unit_test(copies_structured_fields),
        cmocka_unit_test(copies_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
