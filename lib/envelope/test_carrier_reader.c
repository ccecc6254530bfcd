/* SPDX-License-Identifier: Apache-2.0
 * envelope: finding message and signature in pages as browsers and mail programs leave them
 * (docs/spec/envelope.md §5, E-27 to E-29). */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "test_district.h"

#define HTML_MAX (1 << 20)

/* The armored message and the signature, taken out of a page of ours by hand. */
struct parts {
    struct buffer page, file, signature;
    struct bytes message_value, signature_value;
};

static struct bytes between(struct bytes text, const char *before, const char *behind)
{
    size_t at = bytes_find(text, bytes_text(before));
    assert_true(at < text.n);
    text = bytes_from(text, at + strlen(before));
    return bytes_first(text, bytes_find(text, bytes_text(behind)));
}

static enum status read_page(struct bytes html, size_t step, struct buffer *file,
                             struct buffer *signature)
{
    uint8_t hash[SIGN_HASH_SIZE];
    struct carrier_reader *reader = carrier_reader_new();
    enum status status = ST_OK;
    for (; status == ST_OK && html.n > 0; html = bytes_from(html, step))
        status = carrier_reader_add(reader, bytes_first(html, step), file);
    enum status end = carrier_reader_end(reader, hash, signature);
    carrier_reader_free(reader);
    return status == ST_OK ? end : status;
}

static int set_up(void **state)
{
    struct district *district = district_new();
    struct parts *parts = calloc(1, sizeof *parts);
    struct secret *random = district_random(60, ENVELOPE_RANDOM_SIZE);
    struct carrier_settings settings = district_settings(district, random);
    struct buffer letter, opened;
    uint8_t hash[SIGN_HASH_SIZE];
    buffer_init(&letter, HTML_MAX);
    buffer_init(&opened, HTML_MAX);
    buffer_init(&parts->page, HTML_MAX);
    buffer_init(&parts->file, HTML_MAX);
    buffer_init(&parts->signature, SIGN_TEXT_MAX);
    district_letter(&letter, 1000);
    assert_int_equal(district_carrier(&settings, buffer_bytes(&letter), 100, &parts->page), ST_OK);
    struct bytes page = buffer_bytes(&parts->page);
    parts->message_value = between(page, "name=\"message\"\nvalue=\"", "\"");
    parts->signature_value = between(page, "name=\"signature\"\nvalue=\"", "\"");

    /* The page as it is gives the letter back: everything else is compared with this. */
    struct sign_hash hashing;
    assert_int_equal(read_page(page, page.n, &parts->file, &parts->signature), ST_OK);
    sign_hash_init(&hashing);
    sign_hash_add(&hashing, buffer_bytes(&parts->file));
    sign_hash_end(&hashing, hash);
    assert_int_equal(district_open(district, buffer_bytes(&parts->file), hash,
                                   buffer_bytes(&parts->signature), &opened),
                     ST_OK);
    assert_true(bytes_equal(buffer_bytes(&opened), buffer_bytes(&letter)));
    buffer_done(&letter);
    buffer_done(&opened);
    secret_free(random);
    district_free(district);
    *state = parts;
    return 0;
}

static int tear_down(void **state)
{
    struct parts *parts = *state;
    buffer_done(&parts->page);
    buffer_done(&parts->file);
    buffer_done(&parts->signature);
    free(parts);
    return 0;
}

/* --- pages made by a pattern ------------------------------------------------------------------ */

/* How a value was written down by whoever saved the page. */
enum spelling { PLAIN, CRLF, DECIMAL, HEXADECIMAL, NAMED };

static void add_value(struct buffer *html, struct bytes value, enum spelling spelling)
{
    static const char *const line_ends[] = {"\n", "\r\n", "&#10;", "&#xA;", "&NewLine;"};
    for (size_t i = 0; i < value.n; i++) {
        char c = (char)value.p[i];
        if (c == '\n')
            buffer_add_text(html, line_ends[spelling]);
        else if (c == '+' && spelling == DECIMAL)
            buffer_add_text(html, "&#43;");
        else if (c == '=' && spelling == HEXADECIMAL)
            buffer_add_text(html, "&#x3d;");
        else if (strchr("+/=", c) != NULL && spelling == NAMED)
            buffer_add_text(html, c == '+' ? "&plus;" : c == '/' ? "&sol;" : "&equals;");
        else
            buffer_add_byte(html, (uint8_t)c);
    }
}

/* "%m" is the message, "%s" the signature. */
static void add_page(struct buffer *html, const struct parts *parts, const char *pattern,
                     enum spelling spelling)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '%' && pattern[1] != '\0') {
            pattern++;
            add_value(html, *pattern == 'm' ? parts->message_value : parts->signature_value,
                      spelling);
        } else {
            buffer_add_byte(html, (uint8_t)*pattern);
        }
    }
    assert_int_equal(buffer_check(html), ST_OK);
}

#define TWO "<input name=message value=\"%m\"><input name=signature value=\"%s\">"

static const char *const good[] = {
    TWO,
    TWO "</form>",
    "<form>" TWO "<button>x</button></form></body></html>",
    /* attributes in another order, with other names, quotes and blanks, more of them, capitals */
    "<INPUT VALUE=\"%m\" NAME=\"message\" TYPE=\"hidden\"><Input Value='%s' name='signature'>",
    "<input\n\tvalue = '%m'\n\tname = message /><input value=\t\"%s\"/>",
    "<input data-x='a>b' value=\"%m\" hidden disabled=\"\"><input class value=\"%s\">",
    /* the signature first */
    "<input value=\"%s\"><input value=\"%m\"></form>",
    /* blank space in the values */
    "<input value=\"\n %m \n\"><input value=\" \t%s \n\">",
    /* what stands around: a browser's notice, comments, styles, text with signs of markup, other
       inputs */
    "\xef\xbb\xbf<!-- saved from url=(0014)about:internet -->\r\n<html>" TWO,
    "<!doctype html><!-- a=\"b --><style>a>b{c:\"d\"}</style>1 < 2 & 3 <= 4 <3 <" TWO,
    "<input value=\"other\"><input value=''><input value><input value=x>" TWO
    "<input value=\"-----\">",
    "<?xml version='1.0'?><p title=\"value=&quot;\">" TWO,
    "<a href=https://example.org/?value=1>x</a><inputs value=\"%m\">" TWO,
    "<input value='a longer value of another form'>" TWO "<input value=untrusted>",
    "<textarea value=\"%m\"></textarea><input data-value=\"%m\">" TWO,
};

static void expect_parts(const struct parts *parts, struct bytes html, size_t step,
                         const char *name)
{
    struct buffer file, signature;
    buffer_init(&file, HTML_MAX);
    buffer_init(&signature, SIGN_TEXT_MAX);
    enum status status = read_page(html, step, &file, &signature);
    if (status != ST_OK || !bytes_equal(buffer_bytes(&file), buffer_bytes(&parts->file)))
        fail_msg("%s: %s, %zu bytes", name, status_name(status), file.n);
    /* CRLF is kept: the signature's own reader takes both. */
    if (bytes_index(buffer_bytes(&signature), '\r') == signature.n)
        assert_true(bytes_equal(bytes_trim(buffer_bytes(&signature)),
                                bytes_trim(buffer_bytes(&parts->signature))));
    assert_in_range(signature.n, 200, SIGN_TEXT_MAX);
    buffer_done(&file);
    buffer_done(&signature);
}

static void both_are_found_however_the_page_was_saved(void **state)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        for (enum spelling spelling = PLAIN; spelling <= NAMED; spelling++) {
            struct buffer html;
            buffer_init(&html, HTML_MAX);
            add_page(&html, *state, good[i], spelling);
            expect_parts(*state, buffer_bytes(&html), html.n, good[i]);
            expect_parts(*state, buffer_bytes(&html), 7, good[i]);
            expect_parts(*state, buffer_bytes(&html), 1, good[i]);
            buffer_done(&html);
        }
    }
}

static void pieces_of_any_size_are_the_same(void **state)
{
    const struct parts *parts = *state;
    for (size_t step = 1; step < 150; step++)
        expect_parts(parts, buffer_bytes(&parts->page), step, "our own page");
}

/* --- pages that are refused ------------------------------------------------------------------- */

static const struct {
    const char *pattern;
    enum status expected;
} bad[] = {
    /* no carrier */
    {"", ST_NONE},
    {"hello", ST_NONE},
    {"<html><body><form><input value=\"%s\"></form></body></html>", ST_NONE},
    {"%m", ST_NONE},
    {"<textarea>%m</textarea>", ST_NONE},
    {"<input value=%m><input value=\"%s\">", ST_NONE},
    {"<input name=message value=\"----BEGIN\">", ST_NONE},
    /* cut short */
    {"<input value=\"%m", ST_TEMP},
    {"<input value=\"-----BEGIN AGE", ST_TEMP},
    {"<input value=\"%m\">", ST_TEMP},
    {"<input value=\"%m\"><input value=\"%s", ST_TEMP},
    {"<form></form><input value=\"%m\">", ST_TEMP},
    /* E-27 */
    {"<input value=\"%m\">" TWO, ST_BAD},
    {TWO "<input value=\"%s\">", ST_BAD},
    /* E-28 */
    {"<input value=\"-----BEGIN PGP MESSAGE-----\"><input value=\"%s\">", ST_BAD},
    {"<input value=\"%mx\"><input value=\"%s\">", ST_BAD},
    {"<input value=\"%m&amp;\"><input value=\"%s\">", ST_BAD},
    {"<input value=\"%m&unknown;\"><input value=\"%s\">", ST_BAD},
    {"<input value=\"%m&#1f;\"><input value=\"%s\">", ST_BAD},
    {"<input value=\"%m&#0;\"><input value=\"%s\">", ST_BAD},
    {"<input value=\"%m&#4294967306;\"><input value=\"%s\">", ST_BAD},
    {"<input value=\"-----BEGIN AGE ENCRYPTED FILE-----\n\"><input value=\"%s\">", ST_BAD},
};

static void other_pages_are_refused(void **state)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (size_t step = 1; step < 2000; step += 1998) {
            struct buffer html, file, signature;
            buffer_init(&html, HTML_MAX);
            buffer_init(&file, HTML_MAX);
            buffer_init(&signature, SIGN_TEXT_MAX);
            add_page(&html, *state, bad[i].pattern, PLAIN);
            enum status status = read_page(buffer_bytes(&html), step, &file, &signature);
            if (status != bad[i].expected)
                fail_msg("%s: %s", bad[i].pattern, status_name(status));
            assert_int_equal(signature.n, 0);
            buffer_done(&html);
            buffer_done(&file);
            buffer_done(&signature);
        }
    }
}

/* Whole, but unsigned: another sentence for the reader than damaged or cut. */
static void an_unsigned_page_is_told_apart(void **state)
{
    struct buffer html, file, signature;
    buffer_init(&html, HTML_MAX);
    buffer_init(&file, HTML_MAX);
    buffer_init(&signature, SIGN_TEXT_MAX);
    add_page(&html, *state, "<form><input value=\"%m\"></form>", PLAIN);
    assert_int_equal(read_page(buffer_bytes(&html), 100, &file, &signature), ST_OK);
    assert_int_equal(signature.n, 0);
    buffer_done(&html);
    buffer_done(&file);
    buffer_done(&signature);
}

/* Wherever our page was cut, it is "no carrier" or "cut", never "damaged" and never whole. */
static void a_cut_page_is_cut(void **state)
{
    const struct parts *parts = *state;
    struct bytes page = buffer_bytes(&parts->page);
    size_t whole = bytes_find(page, BYTES_LITERAL("\">\n<button")) + 1;
    for (size_t n = 0; n < page.n; n += 3) {
        struct buffer file, signature;
        buffer_init(&file, HTML_MAX);
        buffer_init(&signature, SIGN_TEXT_MAX);
        enum status status = read_page(bytes_first(page, n), n, &file, &signature);
        size_t begins = (size_t)(parts->message_value.p - page.p) + 11;
        assert_int_equal(status, n < begins ? ST_NONE : n < whole ? ST_TEMP : ST_OK);
        buffer_done(&file);
        buffer_done(&signature);
    }
}

static void e29_a_signature_has_its_bound(void **state)
{
    static const size_t sizes[] = {SIGN_TEXT_MAX, SIGN_TEXT_MAX + 1};
    for (size_t i = 0; i < 2; i++) {
        struct buffer html, file, signature;
        buffer_init(&html, HTML_MAX);
        buffer_init(&file, HTML_MAX);
        buffer_init(&signature, SIGN_TEXT_MAX);
        add_page(&html, *state, "<input value=\"%m\"><input value=\"untrusted comment: ", PLAIN);
        for (size_t n = strlen("untrusted comment: "); n < sizes[i]; n++)
            buffer_add_byte(&html, 'x');
        buffer_add_text(&html, "\">");
        assert_int_equal(read_page(buffer_bytes(&html), 1000, &file, &signature),
                         i == 0 ? ST_OK : ST_BAD);
        assert_int_equal(signature.n, i == 0 ? SIGN_TEXT_MAX : 0);
        buffer_done(&html);
        buffer_done(&file);
        buffer_done(&signature);
    }
}

/* Linear, this takes a fraction of a second; with a search for the quote at each reference it took
 * the square of the length, and would end by the time that tests have. */
static void a_value_of_ampersands_is_read_in_one_pass(void **state)
{
    (void)state;
    static uint8_t html[16 << 20];
    static const char begin[] = "<input value=\"";
    struct buffer file, signature;
    buffer_init(&file, HTML_MAX);
    buffer_init(&signature, SIGN_TEXT_MAX);
    memset(html, '&', sizeof html);
    memcpy(html, begin, sizeof begin - 1);
    assert_int_equal(read_page(BYTES_ARRAY(html), sizeof html, &file, &signature), ST_NONE);
    assert_int_equal(file.n, 0);
    buffer_done(&file);
    buffer_done(&signature);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_are_found_however_the_page_was_saved),
        cmocka_unit_test(pieces_of_any_size_are_the_same),
        cmocka_unit_test(other_pages_are_refused),
        cmocka_unit_test(an_unsigned_page_is_told_apart),
        cmocka_unit_test(a_cut_page_is_cut),
        cmocka_unit_test(e29_a_signature_has_its_bound),
        cmocka_unit_test(a_value_of_ampersands_is_read_in_one_pass),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
