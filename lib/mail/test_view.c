/* SPDX-License-Identifier: Apache-2.0
 * mail: tests of describing mails: header, parts, names, and the description in bytes. What
 * well-formed mails look like is also asked of another implementation (tests/interop/mail_view.py).
 */
#include "test_mail.h"

#include "mail_tree_private.h"

/* --- header --- */

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

/* --- parts --- */

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

/* IANA's registry of media types has the right-hand names. */
static void old_types_get_their_registered_name(void **state)
{
    static const char *const examples[][2] = {
        {"image/jpg", "image/jpeg"},
        {"IMAGE/PJPEG", "image/jpeg"},
        {"image/x-png", "image/png"},
        {"image/x-ms-bmp", "image/bmp"},
        {"application/x-pdf", "application/pdf"},
        {"image/tiff", "image/tiff"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        char mail[100];
        snprintf(mail, sizeof mail, "Content-Type: %s\r\n\r\n", examples[i][0]);
        struct view *view = describe(bytes_text(mail));
        assert_string_equal(view->parts[0].type, examples[i][1]);
        view_free(view);
    }
}

/* --- the pipe --- */

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
        cmocka_unit_test(old_types_get_their_registered_name),
        cmocka_unit_test(a_description_survives_the_pipe),
        cmocka_unit_test(a_torn_description_is_refused),
        cmocka_unit_test(a_forged_description_keeps_the_promises),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
