/* SPDX-License-Identifier: Apache-2.0
 * mail: tests of what a page shows: charsets as browsers read them, flowed text, HTML and its
 * pictures. */
#include "test_mail.h"

#include "mail_charset_private.h"
#include "mail_plain_private.h"

/* --- text --- */

/* WHATWG Encoding Standard §4.2 for the labels. */
static void charsets_are_converted(void **state)
{
    static const struct {
        const char *label, *bytes, *utf8;
    } examples[] = {
        {"iso-8859-1", "\x80", "€"},
        {"ISO-8859-15", "\xA4", "€"},
        {"windows-1251", "\xCF\xF0", "Пр"},
        {"koi8-u", "\xA4", "є"},
        {"gb2312", "\xC4\xE3", "你"},
        {"GBK", "\x81\x40", "丂"},
        {"big5", "\xA7\x41", "你"},
        {"shift_jis", "\x87\x40", "①"},
        {"iso-2022-jp", "\x1B$B$\"\x1B(B", "あ"},
        {"ks_c_5601-1987", "\xB0\xA1", "가"},
        {"utf-7", "A+ImIDkQ-.", "A≢Α."},
        {"cp437", "\x81", "ü"},
        {"macintosh", "\x8A", "ä"},
        {"us-ascii", "caf\xE9", "café"},
        {"utf-8", "caf\xE9", "café"},
        {"utf-8",
         "\xEF\xBB\xBF"
         "a",
         "a"},
        {"", "caf\xC3\xA9", "café"},
        {"nonsense//TRANSLIT", "caf\xE9", "café"},
        {"../../etc/passwd", "a", "a"},
        {"shift_jis", "a\x81", "a\xEF\xBF\xBD"},
        {"euc-jp",
         "\xFF"
         "a",
         "\xEF\xBF\xBD"
         "a"},
        {"windows-1252", "\x81", "\xEF\xBF\xBD"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct buffer utf8;
        buffer_init(&utf8, 100);
        assert_int_equal(
            mail_charset_convert(bytes_text(examples[i].bytes), examples[i].label, &utf8), ST_OK);
        assert_string_equal(buffer_text(&utf8), examples[i].utf8);
        buffer_done(&utf8);
    }
}

/* A character is not torn where a step of the conversion ends. */
static void conversion_has_no_seams(void **state)
{
    struct buffer text, utf8;
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        buffer_init(&text, MAIL_MAX);
        buffer_init(&utf8, MAIL_MAX);
        for (size_t i = 0; i < shift; i++)
            buffer_add_byte(&text, 'x');
        for (size_t i = 0; i < 3000; i++)
            buffer_add_text(&text, "\x82\xA0"); /* あ in Shift_JIS */
        assert_int_equal(mail_charset_convert(buffer_bytes(&text), "shift_jis", &utf8), ST_OK);
        assert_int_equal(utf8.n, shift + 9000);
        assert_memory_equal(utf8.p + utf8.n - 3, "あ", 3);
        assert_int_equal(bytes_find(buffer_bytes(&utf8), BYTES_LITERAL("\xEF\xBF\xBD")), utf8.n);
        buffer_done(&text);
        buffer_done(&utf8);
    }
}

static void a_full_buffer_is_a_limit(void **state)
{
    struct buffer small;
    (void)state;
    buffer_init(&small, 5);
    assert_int_equal(view_read_text(BYTES_LITERAL("\r\n12345"), 1, &small), ST_LIMIT);
    buffer_done(&small);
    buffer_init(&small, 6);
    assert_int_equal(view_read_text(BYTES_LITERAL("\r\n12345"), 1, &small), ST_OK);
    assert_int_equal(view_read_text(BYTES_LITERAL("Content-Type: text/html\r\n\r\n1"), 1, &small),
                     ST_NONE);
    buffer_done(&small);
}

/* RFC 3676 §4 and §5: soft ends, quotation, stuffing, signature, DelSp. */
static void flowed_text_is_joined(void **state)
{
    static const struct {
        bool delete_space;
        const char *in, *out;
    } examples[] = {
        {false, "", ""},
        {false, "a \r\nb\r\nc", "a b\nc\n"},
        {true, "a \r\nb \r\nc", "abc\n"},
        {false, " From x\r\n  two", "From x\n two\n"},
        {false, "> a \r\n> b\r\nc", "> a b\nc\n"},
        {false, "> a \r\nb", "> a \nb\n"},
        {false, "> a \r\n>> b", "> a \n>> b\n"},
        {false, ">>> a", ">>> a\n"},
        {false, "a \r\n-- \r\nAnna", "a \n-- \nAnna\n"},
        {false, "a \r\n\r\nb", "a \nb\n"},
        {false, "a\r\n\r\nb", "a\n\nb\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct buffer out;
        buffer_init(&out, 100);
        assert_int_equal(
            mail_plain_flowed(bytes_text(examples[i].in), examples[i].delete_space, &out), ST_OK);
        assert_string_equal(buffer_text(&out), examples[i].out);
        buffer_done(&out);
    }
}

static void plain_text_has_no_controls(void **state)
{
    static const struct bytes in = BYTES_LITERAL("a\0b\tc\x1b[1m\r\nd\re\n\nf\xC2\x85g\x7F");
    struct buffer out;
    (void)state;
    buffer_init(&out, 100);
    assert_int_equal(mail_plain_fixed(in, &out), ST_OK);
    assert_string_equal(buffer_text(&out), "ab\tc[1m\nd\ne\n\nfg\n");
    buffer_done(&out);
}

/* --- HTML --- */

#define FIRST "<meta charset=\"utf-8\"><base target=\"_blank\">"
#define HTML "Content-Type: text/html; charset=utf-8\r\n\r\n"

/* Nothing may stand before a doctype but blanks and comments (HTML standard §13.2.6.4.1). */
static void html_begins_with_our_words(void **state)
{
    static const char *const examples[][2] = {
        {HTML "<p>x", FIRST "<p>x"},
        {HTML "<!DOCTYPE html><p>x", "<!DOCTYPE html>" FIRST "<p>x"},
        {HTML " \r\n<!-- c --> <!doctype html PUBLIC \"x\">y",
         " \r\n<!-- c --> <!doctype html PUBLIC \"x\">" FIRST "y"},
        {HTML "text <!DOCTYPE html>", FIRST "text <!DOCTYPE html>"},
        {HTML "<!-- open <!DOCTYPE html>", FIRST "<!-- open <!DOCTYPE html>"},
        {HTML "<!DOCTYPE html", FIRST "<!DOCTYPE html"},
        {HTML "\xEF\xBB\xBF<!DOCTYPE html>x", "<!DOCTYPE html>" FIRST "x"},
        {HTML "", FIRST ""},
        {"Content-Type: text/html\r\n\r\n<meta charset=iso-8859-2>\xF9",
         FIRST "<x-meta charset=iso-8859-2>ů"},
        {"Content-Type: text/html; charset=iso-8859-5\r\n\r\n<meta charset=iso-8859-2>\xF9",
         FIRST "<x-meta charset=iso-8859-2>љ"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++)
        assert_string_equal(shown_html(examples[i][0], 1, ""), examples[i][1]);
}

/* Tags as the tokenizer of a browser finds them (HTML standard §13.2.5.6, §13.2.5.8), wherever they
 * stand; names that only begin like one are left alone. */
static void what_reaches_out_is_renamed(void **state)
{
    static const char *const examples[][2] = {
        {"<link rel=preconnect href=//x>", "<x-link rel=preconnect href=//x>"},
        {"<LiNk\trel=preconnect>", "<x-LiNk\trel=preconnect>"},
        {"<link\nrel=a><link/rel=b><link>", "<x-link\nrel=a><x-link/rel=b><x-link>"},
        {"<iframe src=//x></iframe>", "<x-iframe src=//x></iframe>"},
        {"<iframe srcdoc='&lt;link rel=preconnect>'>",
         "<x-iframe srcdoc='&lt;link rel=preconnect>'>"},
        {"<frameset cols=*><frame src=//x>", "<x-frameset cols=*><x-frame src=//x>"},
        {"<object data=//x><embed src=//x>", "<x-object data=//x><x-embed src=//x>"},
        {"<portal src=//x><fencedframe >", "<x-portal src=//x><x-fencedframe >"},
        {"<META http-equiv=x-dns-prefetch-control content=on>",
         "<x-META http-equiv=x-dns-prefetch-control content=on>"},
        {"<meta\fhttp-equiv=refresh content=0;//x>", "<x-meta\fhttp-equiv=refresh content=0;//x>"},
        {"<!--><link rel=a>--><!doctype html>", "<!--><x-link rel=a>--><!doctype html>" FIRST},
        {"<p title='<link >'>", "<p title='<x-link >'>"},
        {"<<link >", "<<x-link >"},
        {"<style><link ></style>", "<style><x-link ></style>"},
        {"<linked><links><lin k><li><linkx>", "<linked><links><lin k><li><linkx>"},
        {"< link ></link><ıframe >", "< link ></link><ıframe >"},
        {"link <link", "link <link"},
        {"<", "<"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        char mail[300], expected[300];
        bool behind_doctype = strstr(examples[i][1], FIRST) != NULL;
        snprintf(mail, sizeof mail, HTML "%s", examples[i][0]);
        snprintf(expected, sizeof expected, "%s%s", behind_doctype ? "" : FIRST, examples[i][1]);
        assert_string_equal(shown_html(mail, 1, ""), expected);
    }
}

#define RELATED "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\n"
#define PICTURES                                                                                   \
    "--b\r\nContent-Type: image/png\r\nContent-ID: <a@x>\r\n\r\n1\r\n"                             \
    "--b\r\nContent-Type: image/gif\r\nContent-ID: <b c%@x>\r\n\r\n2\r\n"                          \
    "--b\r\nContent-Type: image/svg+xml\r\nContent-ID: <svg@x>\r\n\r\n3\r\n"                       \
    "--b\r\nContent-Type: image/png\r\nContent-ID: <a@x>\r\n\r\n4\r\n--b--\r\n"

/* RFC 2392 §2; only where a picture is loaded, only pictures, the rest untouched. */
static void pictures_are_linked(void **state)
{
    static const char *const examples[][2] = {
        {"<img src=\"cid:a@x\">", "<img src=\"/p/2\">"},
        {"<img src='CID:a@x'>", "<img src='/p/2'>"},
        {"<img src=cid:a@x alt=cid:a@x>", "<img src=/p/2 alt=cid:a@x>"},
        {"<IMG SRC = \"cid:a%40x\">", "<IMG SRC = \"/p/2\">"},
        {"<img src=\"cid:b%20c%25@x\">", "<img src=\"/p/3\">"},
        {"<td background=\"cid:a@x\">", "<td background=\"/p/2\">"},
        {"<p style=\"background: url(cid:a@x)\">", "<p style=\"background: url(/p/2)\">"},
        {"<p style=\"background:url(&quot;cid:a@x&quot;)\">",
         "<p style=\"background:url(&quot;/p/2&quot;)\">"},
        {"<style>b{background:url( 'cid:a@x' )}</style>",
         "<style>b{background:url( '/p/2' )}</style>"},
        {"<a href=\"cid:a@x\">cid:a@x</a>", "<a href=\"cid:a@x\">cid:a@x</a>"},
        {"<img src=\"cid:svg@x\">", "<img src=\"cid:svg@x\">"},
        {"<img src=\"cid:gone@x\">", "<img src=\"cid:gone@x\">"},
        {"<img src=\"http://x/cid:a@x\">", "<img src=\"http://x/cid:a@x\">"},
        {"<img src=\"cid:", "<img src=\"cid:"},
        {"cid:", "cid:"},
        {"src=cid:a@x", "src=/p/2"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        char mail[1500], expected[300];
        snprintf(mail, sizeof mail, "%s%s\r\n%s", RELATED HTML, examples[i][0], PICTURES);
        snprintf(expected, sizeof expected, FIRST "%s", examples[i][1]);
        assert_string_equal(shown_html(mail, 1, "/p/"), expected);

        /* A picture that the HTML shows need not be listed; any other must be. */
        struct view *view = describe(bytes_text(mail));
        assert_int_equal(view->parts[1].in_body, strstr(expected, "/p/2") != NULL);
        assert_int_equal(view->parts[2].in_body, strstr(expected, "/p/3") != NULL);
        assert_false(view->parts[3].in_body);
        assert_false(view->parts[4].in_body);
        view_free(view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charsets_are_converted),      cmocka_unit_test(conversion_has_no_seams),
        cmocka_unit_test(a_full_buffer_is_a_limit),    cmocka_unit_test(flowed_text_is_joined),
        cmocka_unit_test(plain_text_has_no_controls),  cmocka_unit_test(html_begins_with_our_words),
        cmocka_unit_test(what_reaches_out_is_renamed), cmocka_unit_test(pictures_are_linked),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
