/* SPDX-License-Identifier: Apache-2.0
 * notice: tests of templates: what is taken, what is refused and where, what is written with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "notice_private.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What every template must have, in few letters. */
#define NEEDED "{{sender}}{{host}}{{until}}"
#define HTML "<html lang=\"es\">\n"
#define END NEEDED "</html>"

static enum status reading(struct bytes file, bool html, struct buffer *text, struct why *why)
{
    buffer_init(text, NOTICE_FILE_MAX);
    *why = (struct why){""};
    return template_read(&(struct template){"es", file, html ? "es" : NULL, why}, text);
}

/* Refused; the reason begins so. */
static void refused(struct bytes file, bool html, const char *reason)
{
    struct buffer text;
    struct why why;
    enum status status = reading(file, html, &text, &why);
    if (status != ST_BAD || strncmp(why.text, reason, strlen(reason)) != 0)
        fail_msg("%.*s: %s, %s; not %s", (int)file.n, (const char *)file.p, status_name(status),
                 why.text, reason);
    buffer_done(&text);
}

static void taken(const char *file, bool html, const char *expected)
{
    struct buffer text;
    struct why why;
    if (reading(bytes_text(file), html, &text, &why) != ST_OK)
        fail_msg("%s: %s", file, why.text);
    assert_string_equal(buffer_text(&text), expected);
    buffer_done(&text);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void a_text_is_taken_with_any_editors_line_ends(void **state)
{
    (void)state;
    taken(NEEDED, false, NEEDED);
    taken("\xef\xbb\xbf" NEEDED "\r\n\tb\r\n", false, NEEDED "\n\tb\n");
    taken("{{sender_address}} {{ host }} {{until }}\n<script>&", false,
          "{{sender_address}} {{ host }} {{until }}\n<script>&");
}

static void a_mistake_is_named_by_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *file, *reason;
    } table[] = {
        {NEEDED "\nab{{sendr}}", "es:2:3: there is no such mark: {{sendr}}"},
        {NEEDED "{{SENDER}}", "es:1:28: there is no such mark"},
        {NEEDED "\n\n{{}}", "es:3:1: there is no such mark"},
        {NEEDED "\n{{host", "es:2:1: there is no such mark: {{host"},
        {NEEDED "\n {host}", "es:2:2: a brace"},
        {NEEDED "\n{{host}}}", "es:2:9: a brace"},
        {NEEDED "\n{{{host}}", "es:2:1: there is no such mark"},
        {NEEDED "\n\xc3\xa1\xff", "es:2:3: this is not UTF-8"},
        {NEEDED "\n\xc3", "es:2:1: this is not UTF-8"},
        {NEEDED "\n\xed\xa0\x80", "es:2:1: this is not UTF-8"}, /* a surrogate */
        {NEEDED "a\rb", "es:1:29: a control character"},
        {NEEDED "\n\x1b[1m", "es:2:1: a control character"},
        {NEEDED "a\xe2\x80\xae", "es:1:29: a control character"}, /* U+202E turns the direction */
        {"", "es:1:1: {{sender_address}} is missing"},
        {"{{sender_name}}{{host}}{{until}}\n", "es:2:1: {{sender_address}} is missing"},
        {"{{sender}}{{portal}}{{until}}", "es:1:30: {{host}} is missing"},
        {"{{sender}}{{host}}\nx", "es:2:2: {{until}} is missing"},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        refused(bytes_text(table[i].file), false, table[i].reason);
    refused(BYTES_LITERAL(NEEDED "a\0b"), false, "es:1:29: a control character");
}

static void what_is_too_large_is_refused(void **state)
{
    static char file[NOTICE_FILE_MAX + 1];
    struct buffer text;
    struct why why;
    (void)state;
    memset(file, ' ', sizeof file);
    memcpy(file, NEEDED, strlen(NEEDED));
    assert_int_equal(reading((struct bytes){(uint8_t *)file, NOTICE_FILE_MAX}, false, &text, &why),
                     ST_OK);
    buffer_done(&text);
    assert_int_equal(
        reading((struct bytes){(uint8_t *)file, NOTICE_FILE_MAX + 1}, false, &text, &why),
        ST_LIMIT);
    assert_non_null(strstr(why.text, "es: larger than 16384 bytes"));
    buffer_done(&text);

    for (size_t i = 3; i <= NOTICE_PLACES_MAX; i++)
        memcpy(file + strlen(NEEDED) + (i - 3) * 8, "{{help}}", 8);
    file[strlen(NEEDED) + (NOTICE_PLACES_MAX - 3) * 8] = '\0';
    taken(file, false, file);
    memcpy(file + strlen(NEEDED) + (NOTICE_PLACES_MAX - 3) * 8, "{{help}}", 9);
    refused(bytes_text(file), false, "es:1:516: too many marks"); /* 27 + 61 × 8 + 1 */
}

static void html_that_lays_text_out_is_taken(void **state)
{
    static const char *const files[] = {
        HTML END,
        "<!DOCTYPE html>\r\n" HTML END,
        "<!doctype html>" HTML
        "<head><meta charset=\"utf-8\"><title>{{until}} &amp; &#8220;</title>"
        "</head><body style=\"font:16px/1.5 'Segoe UI',sans-serif;color:#14396a\">" NEEDED
        "<br><hr><p dir=\"ltr\" >a > b</p></body></html>",
        HTML "<table role=\"presentation\" width=\"100%\"><tbody><tr><td align=\"left\"\n"
             " lang=\"en\">x</td></tr></tbody></table>" END,
    };
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct buffer text;
        struct why why;
        if (reading(bytes_text(files[i]), true, &text, &why) != ST_OK)
            fail_msg("%s: %s", files[i], why.text);
        buffer_done(&text);
    }
}

static void html_that_could_run_fetch_or_link_is_refused(void **state)
{
    static const struct {
        const char *file, *reason;
    } table[] = {
        {HTML "<p>\n  <script>x</script></p>" END, "es:3:3: there is no such tag here: script"},
        {HTML "<style>p{}</style>" END, "es:2:9: a brace"},
        {HTML "<style></style>" END, "es:2:1: there is no such tag here: style"},
        {HTML "<a href=\"https://x.example\">x</a>" END, "es:2:1: there is no such tag here: a"},
        {HTML "<img src=\"cid:x\">" END, "es:2:1: there is no such tag here: img"},
        {HTML "<iframe></iframe>" END, "es:2:1: there is no such tag here: iframe"},
        {HTML "<form></form>" END, "es:2:1: there is no such tag here: form"},
        {HTML "<link>" END, "es:2:1: there is no such tag here: link"},
        {HTML "<SCRIPT></SCRIPT>" END, "es:2:1: there is no such tag here: SCRIPT"},
        {HTML "<!-- x -->" END, "es:2:1: there is no such tag here"},
        {HTML "<?xml?>" END, "es:2:1: there is no such tag here"},
        {HTML "a < b" END, "es:2:3: there is no such tag here"},
        {HTML "x<!doctype html>" END, "es:2:2: there is no such tag here"},
        {HTML "<p onclick=\"x\">x</p>" END, "es:2:4: a tag has no such attribute here: onclick"},
        {HTML "<p class=\"x\">x</p>" END, "es:2:4: a tag has no such attribute here: class"},
        {HTML "<p background=\"x\">x</p>" END, "es:2:4: a tag has no such attribute"},
        {HTML "<meta http-equiv=\"refresh\">" END, "es:2:7: a tag has no such attribute"},
        {HTML "<p style=\"background:url(x)\">x</p>" END, "es:2:25: a style"},
        {HTML "<p style=\"background:u\\72l x\">x</p>" END, "es:2:23: a style"},
        {HTML "<p style=\"background:url&#40;x\">x</p>" END, "es:2:25: a style"},
        {HTML "<p style=\"@import 'x'\">x</p>" END, "es:2:11: a style"},
        {HTML "<p lang=en>x</p>" END, "es:2:9: an attribute’s value stands in double quotes: lang"},
        {HTML "<p lang='en'>x</p>" END, "es:2:9: an attribute’s value stands in double quotes"},
        {HTML "<p lang>x</p>" END, "es:2:8: an attribute’s value stands in double quotes"},
        {HTML "<p lang=\"en>x</p>{{sender}}{{host}}{{until}}",
         "es:2:4: this attribute does not end"},
        {HTML "<p dir=\"ltr\"lang=\"en\">x</p>" END, "es:2:13: this tag does not end here: p"},
        {HTML "<br/>" END, "es:2:4: this tag does not end here: br"},
        {HTML "<p lang=\"{{until}}\">x</p>" END, "es:2:10: a mark stands in text"},
        {HTML "<p {{until}}>x</p>" END, "es:2:4: a tag has no such attribute"},
        {HTML "<{{until}}>" END, "es:2:1: there is no such tag here"},
        {HTML "<title><b>x</b></title>" END, "es:2:8: a title is text alone: b"},
        {HTML "<p><b>x</p></b>" END, "es:2:8: due here is the end of: b"},
        {HTML "</p>" END, "es:2:1: due here is the end of: html"},
        {HTML END "</p>", "es:2:35: this closes nothing: p"},
        {HTML "<p>" NEEDED, "es:2:31: not closed: p"},
        {NEEDED, "es:1:28: there is no <html lang"},
        {"<html>" END, "es:1:41: there is no <html lang"},
        {"<html lang=\"en\">" END, "es:1:13: this is not the language of the file’s name: en"},
        {HTML "</html>", "es:2:8: {{sender_address}} is missing"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        refused(bytes_text(table[i].file), true, table[i].reason);
}

static void tags_nest_to_a_depth(void **state)
{
    char file[1000] = "<html lang=\"es\">";
    size_t n = strlen(file);
    (void)state;
    for (int i = 1; i < 32; i++)
        n += (size_t)snprintf(file + n, sizeof file - n, "<b>");
    refused(bytes_text(file), true, "es:1:110: not closed: b"); /* 16 + 31 × 3 + 1 */
    (void)snprintf(file + n, sizeof file - n, "<b>");
    refused(bytes_text(file), true, "es:1:110: tags are nested too deeply");
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Quoted-printable is undone by RFC 2045 §6.7's rules. */
static void decode(struct bytes text, struct buffer *out)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '=') {
            assert_int_equal(buffer_add_byte(out, text.p[i]), ST_OK);
            continue;
        }
        if (text.p[i + 1] != '\r') {
            size_t high = (size_t)(strchr(digits, text.p[i + 1]) - digits);
            size_t low = (size_t)(strchr(digits, text.p[i + 2]) - digits);
            assert_int_equal(buffer_add_byte(out, (uint8_t)(high << 4 | low)), ST_OK);
        }
        i += 2;
    }
}

static void check_encoded(const struct buffer *encoded)
{
    struct bytes rest = buffer_bytes(encoded), line;
    while (bytes_line(&rest, &line)) {
        assert_true(line.n <= 76);
        for (size_t i = 0; i < line.n; i++)
            assert_true(line.p[i] >= ' ' && line.p[i] < 127);
        assert_true(line.n == 0 || line.p[line.n - 1] != ' ');
    }
}

static void fill_in(const char *file, bool html, const struct notice_letter *letter,
                    struct buffer *text_out)
{
    static const struct notice_settings settings = {"Org & Co", "https://p.example", "p.example",
                                                    "call us"};
    struct notice notice = {.language = "es"};
    struct buffer encoded;
    struct why why;
    struct buffer *template = html ? &notice.html : &notice.text;
    if (reading(bytes_text(file), html, template, &why) != ST_OK)
        fail_msg("%s: %s", file, why.text);
    buffer_init(&encoded, NOTICE_MAX);
    buffer_init(text_out, NOTICE_MAX);
    (html ? notice_html : notice_text)(&notice, &settings, letter, &encoded);
    assert_int_equal(buffer_check(&encoded), ST_OK);
    check_encoded(&encoded);
    decode(buffer_bytes(&encoded), text_out);
    buffer_done(&encoded);
    buffer_done(template);
}

static void filled(const char *file, bool html, const struct notice_letter *letter,
                   const char *expected)
{
    struct buffer text;
    fill_in(file, html, letter, &text);
    assert_string_equal(buffer_text(&text), expected);
    buffer_done(&text);
}

static void every_mark_has_its_value(void **state)
{
    static const struct notice_letter named = {"Añá", "a@b", "c@d", "1 de enero"};
    static const struct notice_letter nameless = {"", "a@b", "c@d", "1 de enero"};
    (void)state;
    filled(
        "{{sender}}|{{sender_name}}|{{sender_address}}|{{recipient}}|{{organisation}}|{{portal}}|"
        "{{host}}|{{until}}|{{help}}\n",
        false, &named,
        "Añá <a@b>|Añá|a@b|c@d|Org & Co|https://p.example|p.example|1 de enero|call us\r\n");
    filled("{{sender}}|{{sender_name}}|{{sender_address}}{{host}}{{until}}", false, &nameless,
           "a@b|a@b|a@bp.example1 de enero");
    filled(HTML "{{sender}}|{{organisation}}|{{host}}|{{until}}</html>", true, &named,
           "<html lang=\"es\">\r\nAñá &lt;a@b&gt;|Org &amp; Co|p.example|1 de enero</html>");
}

static void values_are_never_markup_nor_marks_nor_lines(void **state)
{
    static const struct notice_letter hostile = {"<b>{{help}}</b> & \"x\"",
                                                 "e\r\nf@\xe2\x80\xaeg\xff", "x", "{{"};
    (void)state;
    filled(HTML "{{sender}}{{host}}<b>{{until}}</b></html>", true, &hostile,
           "<html lang=\"es\">\r\n&lt;b&gt;{{help}}&lt;/b&gt; &amp; &quot;x&quot; &lt;e  f@ "
           "g?&gt;p.example<b>{{</b></html>");
    filled(NEEDED, false, &hostile, "<b>{{help}}</b> & \"x\" <e  f@ g?>p.example{{");
}

/* The most that two files can ask for fits into NOTICE_MAX: fill_in sees to it. */
static void the_largest_part_fits(void **state)
{
    static char file[NOTICE_FILE_MAX + 1], name[256], address[322];
    struct notice_letter letter = {name, address, "x", "y"};
    struct buffer text;
    size_t n = strlen(HTML NEEDED);
    (void)state;
    memset(name, '"', sizeof name - 1);
    memset(address, '"', sizeof address - 1);
    memcpy(file, HTML NEEDED, n);
    for (int i = 3; i < NOTICE_PLACES_MAX; i++, n += 10)
        memcpy(file + n, "{{sender}}", 10);
    while (n + 2 <= NOTICE_FILE_MAX - 8) {
        memcpy(file + n, "\xc3\xb1", 2);
        n += 2;
    }
    memcpy(file + n, "</html>", 8);
    fill_in(file, true, &letter, &text);
    assert_true(text.n > (NOTICE_PLACES_MAX - 2) * (255 + 321) * 6); /* &quot; */
    buffer_done(&text);
}

/* Lines break as RFC 2045 §6.7 has it, and nothing at a line's end or beginning is at a mail
 * server's mercy. */
static void encoding_is_by_the_book(void **state)
{
#define X25 "xxxxxxxxxxxxxxxxxxxxxxxxx"
    static const struct {
        const char *text, *encoded;
    } table[] = {
        {"From a\n.b \n=\xc3\xb1 " NEEDED " ", "=46rom a\r\n=2Eb=20\r\n=3D=C3=B1 a@bhu=20"},
        {X25 X25 X25 "." NEEDED, X25 X25 X25 "=\r\n=2Ea@bhu"},
        {X25 X25 "xxxxxxxxxxxxxxxxxxxxxxx=" NEEDED, X25 X25 "xxxxxxxxxxxxxxxxxxxxxxx=\r\n=3Da@bhu"},
    };
#undef X25
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct notice notice = {.language = "es"};
        struct buffer encoded;
        struct why why;
        assert_int_equal(reading(bytes_text(table[i].text), false, &notice.text, &why), ST_OK);
        buffer_init(&encoded, NOTICE_MAX);
        notice_text(&notice, &(struct notice_settings){"o", "p", "h", "c"},
                    &(struct notice_letter){"", "a@b", "r", "u"}, &encoded);
        assert_string_equal(buffer_text(&encoded), table[i].encoded);
        buffer_done(&encoded);
        buffer_done(&notice.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_taken_with_any_editors_line_ends),
        cmocka_unit_test(a_mistake_is_named_by_line_and_column),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(html_that_lays_text_out_is_taken),
        cmocka_unit_test(html_that_could_run_fetch_or_link_is_refused),
        cmocka_unit_test(tags_nest_to_a_depth),
        cmocka_unit_test(every_mark_has_its_value),
        cmocka_unit_test(values_are_never_markup_nor_marks_nor_lines),
        cmocka_unit_test(the_largest_part_fits),
        cmocka_unit_test(encoding_is_by_the_book),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
