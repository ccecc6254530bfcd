/* SPDX-License-Identifier: Apache-2.0
 * mail: tests of describing and reading mails. What well-formed mails look like is also asked of
 * another implementation (tests/interop/mail_view.py); here stand the rules it does not have:
 * bounds, names, pictures, flowed text, charsets as browsers read them, and the mails that crash or
 * inflate MIME parsers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail_charset_private.h"
#include "mail_plain_private.h"
#include "mail_tree_private.h"
#include "view.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAIL_MAX (64 << 20)

static struct view *describe(struct bytes mail)
{
    struct view *view = NULL;
    assert_int_equal(view_make(mail, &view), ST_OK);
    return view;
}

/* The bytes of a text as a C string that lives until the next call. */
static const char *shown(struct bytes mail, unsigned number)
{
    static struct buffer text;
    buffer_done(&text);
    buffer_init(&text, MAIL_MAX);
    assert_int_equal(view_read_text(mail, number, &text), ST_OK);
    return buffer_text(&text);
}

static const char *shown_html(const char *mail, unsigned number, const char *prefix)
{
    static struct buffer html;
    buffer_done(&html);
    buffer_init(&html, MAIL_MAX);
    assert_int_equal(view_read_html(bytes_text(mail), number, prefix, &html), ST_OK);
    return buffer_text(&html);
}

static int prepare(void **state)
{
    (void)state;
    view_prepare();
    return 0;
}

/* --- header
 * ---------------------------------------------------------------------------------------------- */

/* RFC 5322 §3.4 and A.1, RFC 2047 §8, RFC 6532; a name can't pass for an address. */
static void addresses_are_shown(void **state)
{
    static const char *const examples[][2] = {
        {"From: a@example.org", "a@example.org"},
        {"From: Anna <a@example.org>", "Anna <a@example.org>"},
        {"From: =?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.example>",
         "Keld Jørn Simonsen <keld@dkuug.example>"},
        {"From: =?utf-8?q?boss=40bank.example?= <eve@example.org>",
         "\"boss@bank.example\" <eve@example.org>"},
        {"From: =?utf-8?b?YQpiDWM=?= <a@example.org>", "a b c <a@example.org>"},
        {"From: <not an address", "<not an address"},
        {"from : a@example.org", "a@example.org"},
        {"X: y", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct view *view = describe(bytes_text(examples[i][0]));
        assert_string_equal(view->from, examples[i][1]);
        view_free(view);
    }
}

/* RFC 2047 §8, "(=?ISO-8859-1?Q?a?= b)" and its neighbours: blanks between two encoded words are
 * not shown. */
static void encoded_words_are_joined(void **state)
{
    static const char *const examples[][2] = {
        {"Subject: =?ISO-8859-1?Q?a?= b", "a b"},
        {"Subject: =?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
        {"Subject: =?ISO-8859-1?Q?a?=\r\n  =?ISO-8859-1?Q?b?=", "ab"},
        {"Subject: =?ISO-8859-1?Q?a_b?=", "a b"},
        {"Subject: =?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"},
        {"Subject: =?no-such-charset?Q?a?=", "a"},
        {"Subject: =?utf-8?q?half", "=?utf-8?q?half"},
        {"Subject:", ""},
        {"Subject: \xFF\x80", "\xC3\xBF\xE2\x82\xAC"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct view *view = describe(bytes_text(examples[i][0]));
        assert_string_equal(view->subject, examples[i][1]);
        view_free(view);
    }
}

static void header_texts_are_cut(void **state)
{
    struct buffer mail;
    (void)state;
    buffer_init(&mail, MAIL_MAX);
    buffer_add_text(&mail, "Subject: ");
    for (unsigned i = 0; i < VIEW_TEXT_MAX; i++)
        buffer_add_text(&mail, "é");
    buffer_add_text(&mail, "\r\n\r\nbody\r\n");
    struct view *view = describe(buffer_bytes(&mail));
    assert_true(view->truncated);
    assert_in_range(strlen(view->subject), VIEW_TEXT_MAX - 16, VIEW_TEXT_MAX);
    assert_true(bytes_utf8(bytes_text(view->subject)));
    assert_string_equal(shown(buffer_bytes(&mail), 1), "body\n");
    view_free(view);
    buffer_done(&mail);
}

/* A header goes on, but is not read, beyond MAIL_HEADER_MAX. */
static void long_headers_are_skipped(void **state)
{
    struct buffer mail;
    (void)state;
    buffer_init(&mail, MAIL_MAX);
    buffer_add_text(&mail, "Subject: early\r\n");
    for (unsigned i = 0; i < MAIL_HEADER_MAX / 8; i++)
        buffer_add_text(&mail, "X-Filler: more\r\n");
    buffer_add_text(&mail, "From: late@example.org\r\n\r\nbody\r\n");
    struct view *view = describe(buffer_bytes(&mail));
    assert_true(view->truncated);
    assert_string_equal(view->subject, "early");
    assert_string_equal(view->from, "");
    assert_string_equal(shown(buffer_bytes(&mail), 1), "body\n");
    view_free(view);
    buffer_done(&mail);
}

/* --- parts
 * ------------------------------------------------------------------------------------------------
 */

#define PART(type, body) "--b\r\n" type "\r\n\r\n" body "\r\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

/* RFC 2046 §5.1.4 (alternative: the last is the best), RFC 2387 (related: the root), RFC 2183
 * (attachment). */
static void the_body_is_found(void **state)
{
    static const struct {
        const char *mail;
        unsigned text, html;
    } examples[] = {
        {"\r\nx", 1, 0},
        {"Content-Type: text/html\r\n\r\nx", 0, 1},
        {"Content-Type: application/pdf\r\n\r\nx", 0, 0},
        {"Content-Disposition: attachment\r\n\r\nx", 0, 0},
        {"Content-Disposition: x-unknown\r\n\r\nx", 0, 0},
        {"Content-Disposition: inline; filename=a.txt\r\n\r\nx", 1, 0},
        {MIXED PART("", "text") PART("Content-Type: text/html", "html") "--b--", 1, 0},
        {MIXED PART("Content-Type: text/html", "html") PART("", "footer") "--b--", 0, 1},
        {MIXED PART("Content-Disposition: attachment", "a") PART("", "b") "--b--", 2, 0},
        {MIXED PART("Content-Type: image/png", "") PART("", "b") "--b--", 2, 0},
        {"Content-Type: multipart/alternative; boundary=b\r\n\r\n" PART("", "1")
             PART("Content-Type: text/html", "2") PART("Content-Type: text/html", "3") "--b--",
         1, 3},
        {"Content-Type: multipart/related; boundary=b\r\n\r\n" PART("Content-Type: image/png", "1")
             PART("Content-Type: text/html", "2") "--b--",
         0, 0},
        {"Content-Type: multipart/related; boundary=b; start=\"<r@x>\"\r\n\r\n" PART(
             "Content-Type: image/png", "1")
             PART("Content-Type: text/html\r\nContent-ID: <r@x>", "2") "--b--",
         0, 2},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct view *view = describe(bytes_text(examples[i].mail));
        assert_int_equal(view->text, examples[i].text);
        assert_int_equal(view->html, examples[i].html);
        for (size_t part = 0; part < view->parts_n; part++) {
            unsigned number = view->parts[part].number;
            assert_int_equal(number, part + 1);
            assert_int_equal(view->parts[part].in_body,
                             number == view->text || number == view->html);
        }
        view_free(view);
    }
}

static enum status add(struct bytes piece, void *context)
{
    return buffer_add(context, piece);
}

/* An enclosed message is given byte for byte, whatever is in it. */
static void enclosed_messages_are_untouched(void **state)
{
    static const char inner[] = "Subject: a\r\nSubject: b\r\nContent-Type: multipart/mixed; "
                                "boundary=c\r\n\r\n--c\r\n\r\n \x80\r\n--c--";
    char mail[512];
    struct buffer decoded;
    struct view_sink sink = {add, &decoded};
    (void)state;
    snprintf(mail, sizeof mail, MIXED "--b\r\nContent-Type: message/rfc822\r\n\r\n%s\r\n--b--",
             inner);
    buffer_init(&decoded, MAIL_MAX);
    struct view *view = describe(bytes_text(mail));
    assert_int_equal(view->parts_n, 1);
    assert_int_equal(view->parts[0].kind, VIEW_MESSAGE);
    assert_int_equal(view->parts[0].size, strlen(inner));
    assert_int_equal(view_read_part(bytes_text(mail), 1, &sink), ST_OK);
    assert_string_equal(buffer_text(&decoded), inner);
    assert_int_equal(view_read_part(bytes_text(mail), 0, &sink), ST_NONE);
    assert_int_equal(view_read_part(bytes_text(mail), 2, &sink), ST_NONE);
    view_free(view);
    buffer_done(&decoded);
}

/* Names on Windows, Unix and in a header field (RFC 6266 §4.3: no path, no surprises). */
static void names_are_made_safe(void **state)
{
    static const char *const examples[][3] = {
        {"report.pdf", "application/pdf", "report.pdf"},
        {"Bericht für Köln.pdf", "application/pdf", "Bericht für Köln.pdf"},
        {"../../etc/passwd", "text/plain", "passwd"},
        {"C:\\temp\\x.txt", "text/plain", "x.txt"},
        {"/", "text/plain", "part-7.txt"},
        {"..", "text/plain", "part-7.txt"},
        {"", "image/png", "part-7.png"},
        {"", "message/rfc822", "part-7.eml"},
        {"", "application/x-unheard-of", "part-7.bin"},
        {".bashrc", "text/plain", "bashrc"},
        {"-rf", "text/plain", "rf"},
        {"a.txt. . ", "text/plain", "a.txt"},
        {"con", "text/plain", "_con"},
        {"NUL.txt", "text/plain", "_NUL.txt"},
        {"com1.tar.gz", "text/plain", "_com1.tar.gz"},
        {"comma.txt", "text/plain", "comma.txt"},
        {"a\"b\r\nc;d|e.txt", "text/plain", "a_b  c_d_e.txt"},
        {"in\xE2\x80\xAEgpj.exe", "text/plain", "ingpj.exe"},
        {"\xFF.txt", "text/plain", "\xEF\xBF\xBD.txt"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        char *name = view_safe_name(examples[i][0], examples[i][1], 7);
        assert_string_equal(name, examples[i][2]);
        free(name);
    }
}

static void long_names_keep_their_ending(void **state)
{
    char name[VIEW_NAME_MAX + 1];
    (void)state;
    for (size_t cut = 0; cut < 4; cut++) {
        memset(name, 'x', sizeof name);
        for (size_t i = cut; i + 8 < sizeof name; i += 2)
            memcpy(name + i, "é", 2);
        memcpy(name + VIEW_NAME_MAX - 4, ".pdf", 5);
        char *safe = view_safe_name(name, "application/pdf", 1);
        assert_in_range(strlen(safe), 100, 120);
        assert_true(bytes_utf8(bytes_text(safe)));
        assert_string_equal(safe + strlen(safe) - 4, ".pdf");
        free(safe);
    }
}

static void kinds_are_known(void **state)
{
    static const struct {
        const char *type;
        bool valid;
        enum view_kind kind;
    } examples[] = {
        {"text/plain", true, VIEW_TEXT},
        {"text/x-c", true, VIEW_TEXT},
        {"text/html", true, VIEW_HTML},
        {"image/png", true, VIEW_PICTURE},
        {"image/svg+xml", true, VIEW_OTHER},
        {"application/pdf", true, VIEW_PDF},
        {"message/rfc822", true, VIEW_MESSAGE},
        {"text/xml", true, VIEW_OTHER},
        {"application/xhtml+xml", true, VIEW_OTHER},
        {"", false, VIEW_OTHER},
        {"text", false, VIEW_OTHER},
        {"text/", false, VIEW_TEXT},
        {"/plain", false, VIEW_OTHER},
        {"text/a b", false, VIEW_TEXT},
        {"text/plain\r\nX: y", false, VIEW_TEXT},
        {"Text/Plain", false, VIEW_OTHER},
        {"a/b/c", false, VIEW_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        assert_int_equal(view_type_valid(bytes_text(examples[i].type)), examples[i].valid);
        assert_int_equal(view_kind_of(examples[i].type), examples[i].kind);
    }
}

/* --- text
 * -------------------------------------------------------------------------------------------------
 */

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

/* --- HTML
 * -------------------------------------------------------------------------------------------------
 */

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
         FIRST "<meta charset=iso-8859-2>ů"},
        {"Content-Type: text/html; charset=iso-8859-5\r\n\r\n<meta charset=iso-8859-2>\xF9",
         FIRST "<meta charset=iso-8859-2>љ"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++)
        assert_string_equal(shown_html(examples[i][0], 1, ""), examples[i][1]);
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

/* --- hostile mails
 * ---------------------------------------------------------------------------------------- */

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

/* --- the pipe
 * --------------------------------------------------------------------------------------------- */

static const char piped[] =
    "From: Anna <a@example.org>\r\nTo: b@example.net\r\nCc: c@example.net\r\nDate: today\r\n"
    "Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n"
    "--b\r\nContent-Type: image/png; name=p.png\r\nContent-ID: <i@x>\r\n"
    "Content-Disposition: attachment\r\n\r\n1\r\n--b--\r\n";

static void write_view(struct buffer *wire)
{
    struct view *view = describe(BYTES_LITERAL(piped));
    buffer_init(wire, VIEW_WIRE_MAX);
    assert_int_equal(view_write(view, wire), ST_OK);
    view_free(view);
}

static void a_description_survives_the_pipe(void **state)
{
    struct buffer wire;
    struct view *view = NULL;
    (void)state;
    write_view(&wire);
    assert_int_equal(view_parse(buffer_bytes(&wire), &view), ST_OK);
    assert_string_equal(view->from, "Anna <a@example.org>");
    assert_string_equal(view->to, "b@example.net");
    assert_string_equal(view->cc, "c@example.net");
    assert_string_equal(view->date, "today");
    assert_string_equal(view->subject, "s");
    assert_int_equal(view->text, 1);
    assert_int_equal(view->html, 0);
    assert_int_equal(view->parts_n, 2);
    assert_true(view->parts[0].in_body);
    assert_int_equal(view->parts[1].number, 2);
    assert_int_equal(view->parts[1].kind, VIEW_PICTURE);
    assert_int_equal(view->parts[1].size, 1);
    assert_true(view->parts[1].attachment);
    assert_string_equal(view->parts[1].type, "image/png");
    assert_string_equal(view->parts[1].name, "p.png");
    assert_string_equal(view->parts[1].safe_name, "p.png");
    assert_string_equal(view->parts[1].content_id, "i@x");
    view_free(view);
    buffer_done(&wire);
}

/* Every cut is refused, and so is anything behind the end. */
static void a_torn_description_is_refused(void **state)
{
    struct buffer wire;
    struct view *view = NULL;
    (void)state;
    write_view(&wire);
    for (size_t n = 0; n < wire.n; n++)
        assert_int_equal(view_parse(bytes_first(buffer_bytes(&wire), n), &view), ST_BAD);
    buffer_add_byte(&wire, 0);
    assert_int_equal(view_parse(buffer_bytes(&wire), &view), ST_BAD);
    assert_null(view);
    buffer_done(&wire);
}

/* One byte changed, to each of these: either refused, or still a description that keeps every
 * promise. */
static void a_forged_description_keeps_the_promises(void **state)
{
    static const uint8_t forged[] = {0x00, 0x01, 0x02, 0x0A, 0x20, 0x41, 0x7F, 0x80, 0xE2, 0xFF};
    struct buffer wire;
    (void)state;
    write_view(&wire);
    for (size_t at = 0; at < wire.n * COUNT(forged); at++) {
        uint8_t *byte = &wire.p[at / COUNT(forged)];
        uint8_t kept = *byte;
        struct view *view = NULL;
        *byte = forged[at % COUNT(forged)];
        if (view_parse(buffer_bytes(&wire), &view) == ST_OK) {
            assert_in_range(view->parts_n, 0, VIEW_PARTS_MAX);
            assert_true(view->text <= view->parts_n && view->html <= view->parts_n);
            for (const char *c = view->from; *c != '\0'; c++)
                assert_true((uint8_t)*c >= 0x20 && *c != 0x7F);
        }
        view_free(view);
        *byte = kept;
    }
    buffer_done(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_shown),
        cmocka_unit_test(encoded_words_are_joined),
        cmocka_unit_test(header_texts_are_cut),
        cmocka_unit_test(long_headers_are_skipped),
        cmocka_unit_test(the_body_is_found),
        cmocka_unit_test(enclosed_messages_are_untouched),
        cmocka_unit_test(names_are_made_safe),
        cmocka_unit_test(long_names_keep_their_ending),
        cmocka_unit_test(kinds_are_known),
        cmocka_unit_test(charsets_are_converted),
        cmocka_unit_test(conversion_has_no_seams),
        cmocka_unit_test(a_full_buffer_is_a_limit),
        cmocka_unit_test(flowed_text_is_joined),
        cmocka_unit_test(plain_text_has_no_controls),
        cmocka_unit_test(html_begins_with_our_words),
        cmocka_unit_test(pictures_are_linked),
        cmocka_unit_test(nested_groups_are_shown_as_text),
        cmocka_unit_test(odd_parameters_do_no_harm),
        cmocka_unit_test(many_parts_are_bounded),
        cmocka_unit_test(exactly_as_many_parts_are_listed),
        cmocka_unit_test(deep_nesting_is_bounded),
        cmocka_unit_test(deep_messages_are_one_part),
        cmocka_unit_test(large_texts_are_not_shown),
        cmocka_unit_test(a_description_survives_the_pipe),
        cmocka_unit_test(a_torn_description_is_refused),
        cmocka_unit_test(a_forged_description_keeps_the_promises),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
