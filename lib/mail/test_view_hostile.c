/* SPDX-License-Identifier: Apache-2.0
 * mail: tests with mails that crash or inflate MIME parsers. */
#include "test_mail.h"

/* --- hostile mails --- */

static void repeat(struct buffer *mail, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buffer_add_text(mail, text);
}

/* Groups of addresses inside each other overflow the stack of a parser that recurses: 2.5 KB on 256
 * KiB. */
static void nested_groups_are_shown_as_text(void **state)
{
    static const size_t levels[] = {2, 100, 1000, 8000, 100000};
    (void)state;
    for (size_t i = 0; i < COUNT(levels); i++) {
        struct buffer mail;
        buffer_init(&mail, MAIL_MAX);
        buffer_add_text(&mail, "Subject: s\r\nTo: ");
        repeat(&mail, "g:", levels[i]);
        buffer_add_text(&mail, "\r\n\r\nbody");
        struct view *view = describe(buffer_bytes(&mail));
        assert_string_equal(view->subject, "s");
        assert_int_equal(view->to[0], 'g');
        assert_string_equal(shown(buffer_bytes(&mail), 1), "body\n");
        view_free(view);
        buffer_done(&mail);
    }
}

/* A long parameter name that is no ASCII made writers allocate without end. */
static void odd_parameters_do_no_harm(void **state)
{
    struct buffer mail;
    (void)state;
    buffer_init(&mail, MAIL_MAX);
    buffer_add_text(&mail, "Content-Type: multipart/mixed; ");
    repeat(&mail, "é", 100);
    buffer_add_text(&mail, "=x; boundary=b\r\n\r\n--b\r\n\r\ninside\r\n--b--");
    struct view *view = describe(buffer_bytes(&mail));
    assert_int_equal(view->parts_n, 1);
    assert_string_equal(shown(buffer_bytes(&mail), 1), "inside\n");
    view_free(view);
    buffer_done(&mail);
}

static void many_parts_are_bounded(void **state)
{
    struct buffer mail;
    (void)state;
    buffer_init(&mail, MAIL_MAX);
    buffer_add_text(&mail, MIXED);
    repeat(&mail, "--b\r\n\r\nx\r\n", 200000);
    struct view *view = describe(buffer_bytes(&mail));
    assert_true(view->more_parts);
    assert_int_equal(view->parts_n, VIEW_PARTS_MAX);
    assert_int_equal(view->parts[VIEW_PARTS_MAX - 1].size, 1);
    view_free(view);
    buffer_done(&mail);
}

static void exactly_as_many_parts_are_listed(void **state)
{
    (void)state;
    for (unsigned extra = 0; extra < 2; extra++) {
        struct buffer mail;
        buffer_init(&mail, MAIL_MAX);
        buffer_add_text(&mail, MIXED);
        repeat(&mail, "--b\r\n\r\nx\r\n", VIEW_PARTS_MAX + extra);
        buffer_add_text(&mail, "--b--\r\n");
        struct view *view = describe(buffer_bytes(&mail));
        assert_int_equal(view->more_parts, extra == 1);
        assert_int_equal(view->parts_n, VIEW_PARTS_MAX);
        view_free(view);
        buffer_done(&mail);
    }
}

static void deep_nesting_is_bounded(void **state)
{
    struct buffer mail;
    (void)state;
    buffer_init(&mail, MAIL_MAX);
    for (unsigned i = 0; i < 100000; i++)
        buffer_add_format(&mail, "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n--b%u\r\n", i,
                          i);
    struct view *view = describe(buffer_bytes(&mail));
    assert_true(view->more_parts);
    assert_int_equal(view->parts_n, 1);
    assert_string_equal(view->parts[0].type, "multipart/mixed");
    view_free(view);
    buffer_done(&mail);
}

static void deep_messages_are_one_part(void **state)
{
    struct buffer mail;
    (void)state;
    buffer_init(&mail, MAIL_MAX);
    repeat(&mail, "Content-Type: message/rfc822\r\n\r\n", 200000);
    struct view *view = describe(buffer_bytes(&mail));
    assert_int_equal(view->parts_n, 1);
    assert_int_equal(view->parts[0].kind, VIEW_MESSAGE);
    view_free(view);
    buffer_done(&mail);
}

/* A part larger than we show can still be had whole. */
static void large_texts_are_not_shown(void **state)
{
    struct buffer mail, out;
    struct view_sink sink = {add, &out};
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        buffer_init(&mail, MAIL_MAX);
        buffer_init(&out, MAIL_MAX);
        buffer_add_text(&mail, "\r\n");
        memset(buffer_space(&mail, VIEW_BODY_MAX + 1), 'x', VIEW_BODY_MAX + 1);
        mail.n += VIEW_BODY_MAX + extra;
        assert_int_equal(view_read_text(buffer_bytes(&mail), 1, &out),
                         extra == 0 ? ST_OK : ST_LIMIT);
        buffer_clear(&out);
        assert_int_equal(view_read_part(buffer_bytes(&mail), 1, &sink), ST_OK);
        assert_int_equal(out.n, VIEW_BODY_MAX + extra);
        buffer_done(&mail);
        buffer_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested_groups_are_shown_as_text),
        cmocka_unit_test(odd_parameters_do_no_harm),
        cmocka_unit_test(many_parts_are_bounded),
        cmocka_unit_test(exactly_as_many_parts_are_listed),
        cmocka_unit_test(deep_nesting_is_bounded),
        cmocka_unit_test(deep_messages_are_one_part),
        cmocka_unit_test(large_texts_are_not_shown),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
