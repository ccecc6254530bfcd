/* SPDX-License-Identifier: Apache-2.0
 * envelope: what the carrier's page must hold to (docs/spec/envelope.md §5, C-1 to C-7). What it
 * looks like in a browser is tried in tests/interop/envelope_carrier.mjs. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "page_private.h"
#include "test_district.h"

#define HTML_MAX (4 << 20)

static int set_up(void **state)
{
    *state = district_new();
    return 0;
}

static int tear_down(void **state)
{
    district_free(*state);
    return 0;
}

/* A page with these texts around a letter of n bytes. */
static void make(const struct district *district, const struct carrier_text *text, size_t n,
                 struct buffer *html)
{
    struct secret *random = district_random(50, ENVELOPE_RANDOM_SIZE);
    struct carrier_settings settings = district_settings(district, random);
    struct buffer letter;
    settings.text = text;
    buffer_init(&letter, HTML_MAX);
    district_letter(&letter, n);
    buffer_init(html, HTML_MAX);
    assert_int_equal(district_carrier(&settings, buffer_bytes(&letter), CARRIER_CHUNK, html),
                     ST_OK);
    buffer_done(&letter);
    secret_free(random);
}

static bool has(const struct buffer *html, const char *text)
{
    return bytes_find(buffer_bytes(html), bytes_text(text)) < html->n;
}

static size_t count(const struct buffer *html, const char *text)
{
    size_t n = 0, at;
    struct bytes rest = buffer_bytes(html), wanted = bytes_text(text);
    for (; (at = bytes_find(rest, wanted)) < rest.n; n++)
        rest = bytes_from(rest, at + wanted.n);
    return n;
}

/* The page's text as it is shown: line ends are blanks, a broken word is whole. */
static void as_shown(struct buffer *html)
{
    struct bytes word_break = BYTES_LITERAL("<wbr\n>");
    size_t n = 0;
    for (size_t i = 0; i < html->n; i++) {
        if (bytes_starts(bytes_from(buffer_bytes(html), i), word_break))
            i += word_break.n - 1;
        else
            html->p[n++] = html->p[i] == '\n' ? ' ' : html->p[i];
    }
    html->n = n;
}

/* Texts that try to get out: of the element, the attribute, the line, the reading direction. */
static struct carrier_text hostile(char *endless, size_t size)
{
    memset(endless, '&', size - 1);
    endless[size - 1] = '\0';
    struct carrier_text text = district_text;
    text.organisation = "</p><script>alert(1)</script>{{sender}}{{=portal}}";
    text.host = "\"onload=alert(1) x='";
    text.sender = endless;
    text.recipient =
        "J\xc3\xbcrgen \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x93\xa7 \xff\xfe <j@\xc3\xbc.example>";
    text.expires = "now\r\n\r\n-----BEGIN AGE ENCRYPTED FILE-----\x01\x7f";
    text.help = "\xe2\x80\xae"
                "moc.elpmaxe@pleh \xd8\x9c `x`";
    return text;
}

static void c1_no_script_and_nothing_from_outside(void **state)
{
    char endless[2000];
    struct carrier_text texts[] = {district_text, hostile(endless, sizeof endless)};
    for (size_t i = 0; i < 2; i++) {
        struct buffer html;
        make(*state, &texts[i], 100, &html);
        assert_false(has(&html, "<script"));
        assert_false(has(&html, "src="));
        assert_false(has(&html, "href="));
        assert_false(has(&html, "url("));
        assert_false(has(&html, "@import"));
        assert_false(has(&html, "\"onload"));
        assert_int_equal(count(&html, "style="), 0);
        assert_true(has(&html, "content=\"default-src 'none'; style-src 'unsafe-inline';\n"
                               "form-action https://securemail.example.org\">"));
        assert_true(has(&html, "action=\"https://securemail.example.org/open\">"));
        buffer_done(&html);
    }
}

static void c2_lines_are_short_and_ascii(void **state)
{
    char endless[2000];
    struct carrier_text texts[] = {district_text, hostile(endless, sizeof endless)};
    for (size_t i = 0; i < 2; i++) {
        struct buffer html;
        struct bytes line = BYTES_NONE;
        make(*state, &texts[i], 200000, &html);
        struct bytes rest = buffer_bytes(&html);
        bool signature = false;
        while (bytes_line(&rest, &line)) {
            bool url = bytes_find(line, bytes_text(district_text.portal)) < line.n;
            bool may_be_long = signature || url;
            signature |= bytes_find(line, BYTES_LITERAL("name=\"signature\"")) < line.n;
            signature &= !bytes_starts(line, BYTES_LITERAL("\">"));
            if (line.n > (may_be_long ? 998 : 76))
                fail_msg("%zu characters: %.*s", line.n, (int)line.n, (const char *)line.p);
            for (size_t k = 0; k < line.n; k++)
                assert_in_range(line.p[k], 0x20, 0x7e);
        }
        buffer_done(&html);
    }
}

/* The longest that identity.h and this room allow still fits a line of a mail. */
static void c2_the_longest_settings_fit(void **state)
{
    struct district *district = *state;
    char portal[256] = "https://", quotes[IDENTITY_DISTRICT_MAX + 1];
    struct carrier_text text = district_text;
    struct buffer html;
    struct bytes line = BYTES_NONE;
    memset(portal + 8, 'p', sizeof portal - 9);
    memset(quotes, '"', sizeof quotes - 1);
    quotes[sizeof quotes - 1] = '\0';
    text.portal = portal;

    struct secret *random = district_random(0, MASTER_RANDOM_SIZE);
    struct master_settings settings = {.district = quotes,
                                       .serial = INT32_MAX,
                                       .not_before = 0,
                                       .not_after = INT64_C(253402300799),
                                       .interval = 604800};
    struct master *master = NULL;
    assert_int_equal(master_new(&settings, random, &master), ST_OK);
    struct district other = *district;
    other.sender = ibe_sender_new(master_params(master));
    other.alice.serial = INT32_MAX;
    memcpy(other.alice.district, quotes, sizeof quotes);
    make(&other, &text, 10, &html);
    struct bytes rest = buffer_bytes(&html);
    size_t longest = 0;
    while (bytes_line(&rest, &line))
        longest = line.n > longest ? line.n : longest;
    assert_in_range(longest, 600, 998);
    buffer_done(&html);
    ibe_sender_free(other.sender);
    master_free(master);
    secret_free(random);
}

static void c3_texts_are_escaped_and_tamed(void **state)
{
    char endless[2000];
    struct carrier_text text = hostile(endless, sizeof endless);
    struct buffer html;
    make(*state, &text, 10, &html);

    /* No second BEGIN line, neither at a line's beginning nor at a value's. */
    assert_int_equal(count(&html, "\n-----BEGIN"), 0);
    assert_int_equal(count(&html, "\"-----BEGIN"), 1);
    as_shown(&html);

    /* 300 ampersands at the most, then an ellipsis. (Those of the other texts' references do not
     * stand alone.) */
    assert_in_range(count(&html, "&#38;"), 290, 300);
    assert_true(has(&html, "&#8230;</bdi>"));
    assert_true(has(&html, "J&#252;rgen &#26085;&#26412; &#128231; &#65533;&#65533;"));
    assert_true(has(&html, "&#60;script&#62;"));
    /* What looks like a field of ours in a text stays a text. */
    assert_true(has(&html, "{{sender}}") && has(&html, "{{=portal}}"));
    /* No override of direction. */
    assert_false(has(&html, "&#8238;"));
    assert_false(has(&html, "&#1564;"));
    buffer_done(&html);
}

static const char *const languages[] = {"en", "es", "pt"};

static void c4_the_page_is_small(void **state)
{
    struct buffer html;
    size_t begin, end;
    for (size_t i = 0; i < 3; i++) {
        struct carrier_text text = district_text;
        text.language = languages[i];
        make(*state, &text, 10, &html);
        begin = bytes_find(buffer_bytes(&html), BYTES_LITERAL("-----BEGIN"));
        end = bytes_find(buffer_bytes(&html), BYTES_LITERAL("\">\n<button"));
        assert_true(begin < end && end < html.n);
        assert_in_range(begin + html.n - end, 1000, 9999);
        buffer_done(&html);
    }
}

static void c5_the_button_stands_behind_the_message(void **state)
{
    struct buffer html;
    make(*state, &district_text, 10, &html);
    struct bytes page = buffer_bytes(&html);
    assert_int_equal(count(&html, "<button"), 1);
    assert_int_equal(count(&html, "<form"), 1);
    assert_int_equal(count(&html, "<input"), 2);
    assert_true(bytes_find(page, BYTES_LITERAL("-----END AGE")) <
                bytes_find(page, BYTES_LITERAL("<button")));
    buffer_done(&html);
}

static void c6_the_reader_is_told(void **state)
{
    static const char *const told[] = {
        "<html lang=\"en\">", "Commonwealth of Example", "Bob Builder &#60;bob@example.com&#62;",
        "alice@example.org",  "17 December 2026",        "<bdi>securemail.example.org</bdi>",
        "help@example.com",   ">Read message</button>",  "never asks for a password",
        "On a phone",         "<meta name=\"viewport\"", "prefers-color-scheme:dark",
    };
    struct buffer html;
    make(*state, &district_text, 10, &html);
    as_shown(&html);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (!has(&html, told[i]))
            fail_msg("%s", told[i]);
    assert_false(has(&html, "{{"));
    assert_false(has(&html, "<bdi></bdi>"));
    buffer_done(&html);
}

/* A tag's first part chooses; the page says what it is in, not what was asked for. */
static void the_page_speaks_its_readers_language(void **state)
{
    static const struct {
        const char *language, *told[5];
    } table[] = {
        {"es",
         {"<html lang=\"es\">", "17 December 2026", ">Leer el mensaje</button>",
          "nunca pide una contrase&#241;a", "En un tel&#233;fono"}},
        {"es-MX", {"<html lang=\"es\">", ">Leer el mensaje</button>", "Ayuda", "De", "Para"}},
        {"pt-BR",
         {"<html lang=\"pt\">", "17 December 2026", ">Ler a mensagem</button>", "nunca pede senha",
          "No celular"}},
        {"fr", {"<html lang=\"en\">", ">Read message</button>", "Help", "From", "To"}},
        {"est", {"<html lang=\"en\">", ">Read message</button>", "Help", "From", "To"}},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct carrier_text text = district_text;
        struct buffer html;
        text.language = table[i].language;
        make(*state, &text, 10, &html);
        as_shown(&html);
        for (size_t at = 0; at < 5; at++)
            if (!has(&html, table[i].told[at]))
                fail_msg("%s: %s", table[i].language, table[i].told[at]);
        assert_false(has(&html, "{{"));
        buffer_done(&html);
    }
}

/* No sentence was forgotten: each of the page's places says something, in words of its own. */
static void every_language_has_every_sentence(void **state)
{
    const char *const *english = (const char *const *)page_sentences_in("en");
    (void)state;
    for (size_t i = 1; i < 3; i++) {
        const char *const *other = (const char *const *)page_sentences_in(languages[i]);
        for (size_t at = 0; at < sizeof(struct page_sentences) / sizeof(char *); at++) {
            assert_non_null(other[at]);
            assert_string_not_equal(other[at], english[at]);
        }
    }
}

static void c7_portals_that_could_break_out_are_refused(void **state)
{
    static char long_portal[8 + 248 + 1] = "https://"; /* 256 characters */
    static const struct {
        const char *portal, *language;
        enum status expected;
    } pages[] = {
        {"https://a", "en", ST_OK},
        {"http://127.0.0.1:8080", "en", ST_OK},
        {"https://[2001:db8::1]:8443", "pt-BR", ST_OK},
        {"", "en", ST_BAD},
        {"https://", "en", ST_BAD},
        {"ftp://a", "en", ST_BAD},
        {"javascript:alert(1)", "en", ST_BAD},
        {"https://a/", "en", ST_BAD},
        {"https://a/b", "en", ST_BAD},
        {"https://a;script-src *", "en", ST_BAD},
        {"https://a,x", "en", ST_BAD},
        {"https://a\"x", "en", ST_BAD},
        {"https://a'x", "en", ST_BAD},
        {"https://a b", "en", ST_BAD},
        {"https://a\nb", "en", ST_BAD},
        {"https://u@a", "en", ST_BAD},
        {long_portal, "en", ST_BAD},
        {"https://\xc3\xbc", "en", ST_BAD},
        {"https://a", "", ST_BAD},
        {"https://a", "en\"x", ST_BAD},
        {"https://a", "en us", ST_BAD},
        {"https://a", "abcdefghijklmnopqrstuvwxyzabcdefghij", ST_BAD},
    };
    struct secret *random = district_random(50, ENVELOPE_RANDOM_SIZE);
    memset(long_portal + 8, 'p', sizeof long_portal - 9);
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct carrier_settings settings = district_settings(*state, random);
        struct carrier_text text = district_text;
        struct carrier *carrier = NULL;
        struct buffer html;
        text.portal = pages[i].portal;
        text.language = pages[i].language;
        settings.text = &text;
        buffer_init(&html, CARRIER_STEP_MAX);
        if (carrier_new(&settings, &carrier, &html) != pages[i].expected)
            fail_msg("%s %s", text.portal, text.language);
        carrier_free(carrier);
        buffer_done(&html);
    }
    secret_free(random);
}

/* CARRIER_STEP_MAX holds for each call, with the longest texts and the largest steps. */
static void steps_stay_in_bounds(void **state)
{
    static uint8_t plain[CARRIER_CHUNK];
    char endless[2000];
    struct carrier_text text = hostile(endless, sizeof endless);
    text.organisation = text.host = text.recipient = text.expires = text.help = endless;
    struct secret *random = district_random(50, ENVELOPE_RANDOM_SIZE);
    struct carrier_settings settings = district_settings(*state, random);
    struct carrier *carrier = NULL;
    struct buffer html;
    settings.text = &text;
    buffer_init(&html, CARRIER_STEP_MAX);
    assert_int_equal(carrier_new(&settings, &carrier, &html), ST_OK);
    for (size_t i = 0; i < 5; i++) {
        buffer_clear(&html);
        size_t n = i == 0 ? CARRIER_CHUNK - 1 : CARRIER_CHUNK;
        assert_int_equal(carrier_add(carrier, (struct bytes){plain, n}, &html), ST_OK);
    }
    buffer_clear(&html);
    assert_int_equal(carrier_end(carrier, &html), ST_OK);
    assert_true(has(&html, "</html>"));
    carrier_free(carrier);
    buffer_done(&html);
    secret_free(random);
}

/* The id in the carrier's hand is that of the message in its page. */
static void the_id_is_that_of_the_message(void **state)
{
    struct secret *random = district_random(50, ENVELOPE_RANDOM_SIZE);
    struct carrier_settings settings = district_settings(*state, random);
    struct carrier *carrier = NULL;
    struct carrier_reader *reader = carrier_reader_new();
    struct buffer html, file;
    struct envelope envelope;
    buffer_init(&html, CARRIER_STEP_MAX);
    buffer_init(&file, CARRIER_STEP_MAX);
    assert_int_equal(carrier_new(&settings, &carrier, &html), ST_OK);
    assert_int_equal(carrier_end(carrier, &html), ST_OK);
    assert_int_equal(carrier_reader_add(reader, buffer_bytes(&html), &file), ST_OK);
    assert_int_equal(envelope_read(buffer_bytes(&file), &envelope, NULL), ST_OK);
    assert_memory_equal(carrier_id(carrier), envelope.id, sizeof envelope.id);
    carrier_free(carrier);
    carrier_reader_free(reader);
    buffer_done(&html);
    buffer_done(&file);
    secret_free(random);
}

/* Times out of order are found when it is signed; a page that does not fit is a limit wherever it
 * ends. */
static void a_carrier_that_fails_says_so(void **state)
{
    struct secret *random = district_random(50, ENVELOPE_RANDOM_SIZE);
    struct carrier_settings settings = district_settings(*state, random);
    struct buffer html;
    settings.seal.expires = settings.seal.time - 1;
    buffer_init(&html, HTML_MAX);
    assert_int_equal(district_carrier(&settings, BYTES_LITERAL("hello"), 5, &html), ST_BAD);
    settings = district_settings(*state, random);
    buffer_clear(&html);
    assert_int_equal(district_carrier(&settings, BYTES_LITERAL("hello"), 5, &html), ST_OK);
    size_t whole = html.n;
    buffer_done(&html);
    for (size_t max = 0; max < whole; max += 61) {
        buffer_init(&html, max);
        assert_int_equal(district_carrier(&settings, BYTES_LITERAL("hello"), 5, &html), ST_LIMIT);
        buffer_done(&html);
    }
    secret_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c1_no_script_and_nothing_from_outside),
        cmocka_unit_test(c2_lines_are_short_and_ascii),
        cmocka_unit_test(c2_the_longest_settings_fit),
        cmocka_unit_test(c3_texts_are_escaped_and_tamed),
        cmocka_unit_test(c4_the_page_is_small),
        cmocka_unit_test(c5_the_button_stands_behind_the_message),
        cmocka_unit_test(c6_the_reader_is_told),
        cmocka_unit_test(the_page_speaks_its_readers_language),
        cmocka_unit_test(every_language_has_every_sentence),
        cmocka_unit_test(c7_portals_that_could_break_out_are_refused),
        cmocka_unit_test(steps_stay_in_bounds),
        cmocka_unit_test(the_id_is_that_of_the_message),
        cmocka_unit_test(a_carrier_that_fails_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
