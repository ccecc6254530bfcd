/* SPDX-License-Identifier: Apache-2.0
 * html: tests of the escaping, alone and in a page made by tools/template.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "html.h"
#include "test_pages.h"

struct example {
    struct bytes in;
    const char *out;
};
#define EXAMPLE(in, out)                                                                           \
    {                                                                                              \
        {(const uint8_t *)(in), sizeof(in) - 1}, (out)                                             \
    }

/* Expectations: the five characters of the HTML standard §13.3 and their code points; UTF-8 by RFC
 * 3629. */
static void text_is_escaped(void **state)
{
    static const struct example examples[] = {
        EXAMPLE("", ""),
        EXAMPLE("plain", "plain"),
        EXAMPLE("<b>\"A\" & 'B'</b>", "&lt;b&gt;&#34;A&#34; &amp; &#39;B&#39;&lt;/b&gt;"),
        EXAMPLE("&amp;", "&amp;amp;"),
        EXAMPLE("Zo\xc3\xab \xf0\x9f\x92\x8c", "Zo\xc3\xab \xf0\x9f\x92\x8c"),
        EXAMPLE("tab\tline\r\n", "tab\tline\r\n"),
        EXAMPLE("a\0b\x1b"
                "c\x7f",
                "a\xef\xbf\xbd"
                "b\xef\xbf\xbd"
                "c\xef\xbf\xbd"),
        EXAMPLE("\xc0\xbcscript>", "\xef\xbf\xbd\xef\xbf\xbdscript&gt;"),
        EXAMPLE("cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd"),
        EXAMPLE("\xe2\x82<", "\xef\xbf\xbd\xef\xbf\xbd&lt;"),
        EXAMPLE("\xc2\x80", "\xef\xbf\xbd\xef\xbf\xbd"),
        EXAMPLE("\xc2\xa0", "\xc2\xa0"),
    };
    struct buffer out;

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        buffer_init(&out, 1000);
        html_text_bytes(&out, examples[i].in);
        assert_string_equal(buffer_text(&out), examples[i].out);
        buffer_done(&out);
    }
}

static void only_known_addresses_are_links(void **state)
{
    static const char *const examples[][2] = {
        {"/read/1?a=b&c=d", "/read/1?a=b&amp;c=d"},
        {"/", "/"},
        {"https://example.org/?q=\"", "https://example.org/?q=&#34;"},
        {"HTTP://example.org", "HTTP://example.org"},
        {"mailto:help@example.org", "mailto:help@example.org"},
        {"", "#"},
        {"//evil.example", "#"},
        {"/\\evil.example", "#"},
        {"/\t/evil.example", "#"},
        {"javascript:alert(1)", "#"},
        {" https://example.org", "#"},
        {"java\nscript:alert(1)", "#"},
        {"data:text/html,x", "#"},
        {"ftp://example.org", "#"},
        {"relative", "#"},
    };
    struct buffer out;

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        buffer_init(&out, 1000);
        html_url(&out, examples[i][0]);
        assert_string_equal(buffer_text(&out), examples[i][1]);
        buffer_done(&out);
    }
}

static void components_are_percent_encoded(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 1000);
    html_component(&out, "aZ09-._~ /?&=%\"<\xc3\xab");
    assert_string_equal(buffer_text(&out), "aZ09-._~%20%2F%3F%26%3D%25%22%3C%C3%AB");
    buffer_done(&out);
}

/* One hostile value in each place of a page. */
static void a_page_escapes_by_place(void **state)
{
    static const char hostile[] = "\"><script>'&";
    static const struct test_all_rows_marks marks[] = {{"<1>"}, {"2"}};
    static const struct test_all_rows rows[] = {
        {.name = "a\"", .chosen = true, .marks = marks, .marks_n = 2}, {.name = "b"}};
    const struct test_all page = {.who = hostile,
                                  .count = 7,
                                  .link = "javascript:alert(1)",
                                  .note = "",
                                  .rows = rows,
                                  .rows_n = 2};
    const struct test_frame frame = {.language = "en"};
    struct buffer out;

    (void)state;
    buffer_init(&out, 10000);
    assert_int_equal(test_all_render(&page, &frame, &out), ST_OK);
    assert_string_equal(
        buffer_text(&out),
        "<!doctype html>\n"
        "<html lang=\"en\">\n"
        "<title>Fish &amp; chips</title>\n"
        "<main>\n"
        "<p title=\"For &#34;&gt;&lt;script&gt;&#39;&amp;\" "
        "class='&#34;&gt;&lt;script&gt;&#39;&amp;'>&#34;&gt;&lt;script&gt;&#39;&amp; 7</p>\n"
        "<a href=\"#\">Link</a> <a href=\"/find?q=%22%3E%3Cscript%3E%27%26\">&middot;</a>\n"
        "<b>no</b>\n"
        "<ul>\n"
        "<li id=\"row-a&#34;\" hidden >a&#34;<s>&lt;1&gt;&#34;&gt;&lt;script&gt;&#39;&amp;</s>"
        "<s>2&#34;&gt;&lt;script&gt;&#39;&amp;</s></li>\n"
        "<li id=\"row-b\">b</li>\n"
        "</ul>\n"
        "<i>Part of &#34;&gt;&lt;script&gt;&#39;&amp;</i>\n"
        "</main>\n");
    buffer_done(&out);
}

static void a_missing_text_fails(void **state)
{
    const struct test_all page = {.who = NULL, .link = "/"};
    const struct test_frame frame = {.language = "en"};
    struct buffer out;

    (void)state;
    buffer_init(&out, 10000);
    assert_int_equal(test_all_render(&page, &frame, &out), ST_FAIL);
    buffer_done(&out);
}

static void a_page_too_large_is_told(void **state)
{
    const struct test_frame frame = {.language = "en"};
    struct buffer out;

    (void)state;
    buffer_init(&out, 10);
    assert_int_equal(test_bare_render(&frame, &out), ST_LIMIT);
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(only_known_addresses_are_links),
        cmocka_unit_test(components_are_percent_encoded),
        cmocka_unit_test(a_page_escapes_by_place),
        cmocka_unit_test(a_missing_text_fails),
        cmocka_unit_test(a_page_too_large_is_told),
    };

    return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
