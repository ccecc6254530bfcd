/* SPDX-License-Identifier: Apache-2.0
 * smtp: tests of replies. Expectations are read off RFC 5321 §4.2 (form), RFC 3463 §2 (enhanced
 * codes). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "smtp_reply.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void test_make(void **state)
{
    (void)state;
    struct smtp_reply reply = smtp_reply_make(451, "4.3.0", "disk %s", "full");
    assert_true(smtp_reply_later(&reply));
    assert_string_equal(reply.text, "disk full");

    /* A text from outside can't make a second line. */
    reply = smtp_reply_make(550, "5.1.1", "%s", "no\r\n250 2.0.0 OK\x7f\xc3\xb6");
    assert_string_equal(reply.text, "no??250 2.0.0 OK???");
    reply = smtp_reply_make(250, "2.0.0", "%s", "");
    assert_string_equal(reply.text, "OK");
}

static void test_write(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1024);
    struct smtp_reply reply = smtp_reply_make(250, "2.1.5", "Recipient OK");
    assert_int_equal(smtp_reply_write(&reply, &out), ST_OK);
    reply = smtp_reply_make(354, "", "Go on");
    assert_int_equal(smtp_reply_write(&reply, &out), ST_OK);
    assert_string_equal(buffer_text(&out), "250 2.1.5 Recipient OK\r\n354 Go on\r\n");

    /* The longest text stays within a reply line of 512 bytes (RFC 5321 §4.5.3.1.5). */
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    reply = smtp_reply_make(550, "5.999.999", "%s", text);
    buffer_clear(&out);
    assert_int_equal(smtp_reply_write(&reply, &out), ST_OK);
    assert_true(out.n <= 512);
    buffer_done(&out);
}

static void test_merge(void **state)
{
    (void)state;
    struct smtp_reply ok = smtp_reply_make(250, "2.0.0", "OK");
    struct smtp_reply later = smtp_reply_make(450, "4.2.1", "later");
    struct smtp_reply no = smtp_reply_make(550, "5.1.1", "no");
    struct smtp_reply gone = smtp_reply_make(551, "5.1.6", "gone");
    struct {
        struct smtp_reply replies[3];
        int code;
    } cases[] = {
        {{ok, ok, ok}, 250},       {{later, later, later}, 450}, {{no, gone, no}, 550},
        {{ok, ok, later}, 451},    {{ok, no, ok}, 451},          {{no, later, no}, 451},
        {{later, later, no}, 451},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(smtp_reply_merge(cases[i].replies, 3).code, cases[i].code);
    assert_int_equal(smtp_reply_merge(&no, 1).code, 550);
}

static void test_read(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int code;
        const char *enhanced, *text;
        bool last;
    } cases[] = {
        {"250 2.1.5 Recipient OK", 250, "2.1.5", "Recipient OK", true},
        {"250-2.1.5 Recipient OK", 250, "2.1.5", "Recipient OK", false},
        {"250 OK", 250, "", "OK", true},
        {"250", 250, "", "OK", true},
        {"250 ", 250, "", "OK", true},
        {"550 5.1.1", 550, "5.1.1", "Refused", true},
        {"550 5.999.999 x", 550, "5.999.999", "x", true},
        /* Enhanced codes that are none, or of another class, are text. */
        {"550 4.1.1 x", 550, "", "4.1.1 x", true},
        {"550 5.1 x", 550, "", "5.1 x", true},
        {"550 5.1.1x", 550, "", "5.1.1x", true},
        {"550 5.1234.1 x", 550, "", "5.1234.1 x", true},
        {"354 End with a dot", 354, "", "End with a dot", true},
        {"250 2.0.0 a\x01\xff"
         "b",
         250, "2.0.0", "a??b", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smtp_reply reply = {.code = 0};
        bool last;
        assert_int_equal(smtp_reply_read(bytes_text(cases[i].line), &reply, &last), ST_OK);
        assert_int_equal(reply.code, cases[i].code);
        assert_int_equal(last, cases[i].last);
        assert_string_equal(reply.enhanced, cases[i].enhanced);
        assert_string_equal(reply.text, cases[i].text);
    }

    static const char *const bad[] = {"",      "25",      "2500 x", "250_x", "199 x",
                                      "600 x", "abc def", " 250 x", "+50 x", "250\tx"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct smtp_reply reply = {.code = 0};
        bool last;
        assert_int_equal(smtp_reply_read(bytes_text(bad[i]), &reply, &last), ST_BAD);
        assert_int_equal(reply.code, 0);
    }
}

static void test_read_several_lines(void **state)
{
    (void)state;
    struct smtp_reply reply = {.code = 0};
    bool last;
    assert_int_equal(smtp_reply_read(bytes_text("550-5.7.1 First"), &reply, &last), ST_OK);
    assert_int_equal(smtp_reply_read(bytes_text("550-5.7.1 second"), &reply, &last), ST_OK);
    assert_false(last);

    /* A line of another reply does not belong here, and changes nothing. */
    assert_int_equal(smtp_reply_read(bytes_text("250 2.0.0 OK"), &reply, &last), ST_BAD);
    assert_int_equal(smtp_reply_read(bytes_text("550 third"), &reply, &last), ST_OK);
    assert_true(last);
    assert_string_equal(reply.enhanced, "5.7.1");
    assert_string_equal(reply.text, "First second third");

    /* Text without end is cut, not written past its place. */
    reply = (struct smtp_reply){.code = 0};
    for (int i = 0; i < 100; i++)
        assert_int_equal(smtp_reply_read(bytes_text("250-0123456789"), &reply, &last), ST_OK);
    assert_int_equal(strlen(reply.text), SMTP_REPLY_TEXT_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_several_lines),
    };
    return cmocka_run_group_tests_name("smtp_reply", tests, NULL, NULL);
}
