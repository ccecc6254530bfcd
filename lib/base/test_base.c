/* SPDX-License-Identifier: Apache-2.0
 * base: bytes, buffers, numbers, encodings, times, secrets. */
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#include "buffer.h"
#include "clock.h"
#include "encode.h"
#include "number.h"
#include "random.h"
#include "secret.h"
#include "test_child.h"
#include "user.h"

#define T(text) bytes_text(text)

static void a_reason_has_no_control_characters_and_fits(void **state)
{
    (void)state;
    struct why why;
    assert_int_equal(why_set(&why, ST_BAD, "a\r\nb%c%s", 7, "é"), ST_BAD);
    assert_string_equal(why.text, "a??b?é");
    char longer[1000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(why_set(&why, ST_TEMP, "%s", longer), ST_TEMP);
    assert_int_equal(strlen(why.text), sizeof why.text - 1);
    assert_int_equal(why_set(NULL, ST_NONE, "x"), ST_NONE);
}

static void bytes_compare_and_find(void **state)
{
    (void)state;
    assert_true(bytes_equal(T("abc"), BYTES_LITERAL("abc")));
    assert_false(bytes_equal(T("abc"), T("abd")));
    assert_true(bytes_equal(BYTES_NONE, T("")));
    assert_true(bytes_equal_nocase(T("SubJect"), T("subject")));
    assert_false(bytes_equal_nocase(T("[a]"), T("{a}"))); /* 0x20 apart, but no letters */
    assert_true(bytes_starts(T("abc"), T("")));
    assert_false(bytes_starts(T("ab"), T("abc")));
    assert_true(bytes_starts_nocase(T("SECURE: x"), T("secure:")));
    assert_int_equal(bytes_index(T("a:b"), ':'), 1);
    assert_int_equal(bytes_index(T("ab"), ':'), 2);
    assert_int_equal(bytes_find(T("x\r\n.\r\n"), T("\r\n.\r\n")), 1);
    assert_int_equal(bytes_find(T("abc"), T("d")), 3);
    assert_int_equal(bytes_from(T("abc"), 9).n, 0);
    assert_int_equal(bytes_first(T("abc"), 9).n, 3);
    assert_true(bytes_equal(bytes_trim(T(" \t a b\r\n")), T("a b")));
    assert_int_equal(bytes_trim(T(" \r\n")).n, 0);
}

static void lines_end_in_lf_or_crlf_and_a_last_one_in_neither(void **state)
{
    (void)state;
    struct bytes rest = T("a\r\n\nb\rc"), line;
    assert_true(bytes_line(&rest, &line) && bytes_equal(line, T("a")));
    assert_true(bytes_line(&rest, &line) && line.n == 0);
    assert_true(bytes_line(&rest, &line) && bytes_equal(line, T("b\rc")));
    assert_false(bytes_line(&rest, &line));
}

/* The forms that RFC 3629 and the Unicode standard (table 3-7) allow and forbid. */
static void utf8_is_what_rfc_3629_says(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"\xc3\xa9", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x92\x8c", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xed\x9f\xbf", true},
        {"\xee\x80\x80", true},
        {"\xc0\x80", false},
        {"\xc1\xbf", false},
        {"\xe0\x80\x80", false},
        {"\xe0\x9f\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xed\xbf\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\x80", false},
        {"\xc3", false},
        {"\xe2\x82", false},
        {"\xff", false},
        {"\xc3\x28", false},
        {"\xe2\x28\xa1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (bytes_utf8(T(cases[i].text)) != cases[i].good)
            fail_msg("case %zu", i);
}

static void text_that_does_not_fit_or_holds_a_nul_is_refused(void **state)
{
    (void)state;
    char text[4] = "zzz";
    assert_true(bytes_to_text(T("abc"), text, sizeof text));
    assert_string_equal(text, "abc");
    assert_false(bytes_to_text(T("abcd"), text, sizeof text));
    assert_string_equal(text, "");
    assert_false(bytes_to_text(BYTES_LITERAL("a\0b"), text, sizeof text));
}

static void a_buffer_never_passes_its_limit_and_says_so(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    for (int i = 0; i < 100; i++)
        assert_int_equal(buffer_add_text(&buffer, "0123456789"), ST_OK);
    assert_int_equal(buffer_check(&buffer), ST_OK);
    assert_int_equal(buffer_add_byte(&buffer, 'x'), ST_LIMIT);
    assert_int_equal(buffer.n, 1000);
    assert_int_equal(buffer_check(&buffer), ST_LIMIT);
    buffer_drop(&buffer, 10);
    assert_int_equal(buffer_add_byte(&buffer, 'x'), ST_LIMIT); /* it sticks */
    buffer_clear(&buffer);
    assert_int_equal(buffer_add_format(&buffer, "%d-%s", 7, "a"), ST_OK);
    assert_string_equal(buffer_text(&buffer), "7-a");
    buffer_drop(&buffer, 2);
    assert_string_equal(buffer_text(&buffer), "a");
    assert_null(buffer_space(&buffer, 1000));
    buffer_done(&buffer);
    assert_int_equal(buffer_bytes(&buffer).n, 0);
}

static bool all_zero(const uint8_t *p, size_t n)
{
    size_t i = 0;
    while (i < n && p[i] == 0)
        i++;
    return i == n;
}

static void a_buffer_leaves_nothing_behind(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 3000);
    for (int i = 0; i < 300; i++)
        buffer_add_text(&buffer, "secret-ish");
    assert_true(buffer.space <= 3001); /* the limit bounds the memory too */
    buffer_drop(&buffer, 2990);
    assert_true(bytes_equal(buffer_bytes(&buffer), T("secret-ish")));
    assert_true(all_zero(buffer.p + 10, 2990));
    buffer_clear(&buffer);
    assert_true(all_zero(buffer.p, 3000));
    buffer_done(&buffer);
    assert_null(buffer.p);
}

static void numbers_are_digits_within_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t min, max;
        enum status status;
        uint64_t value;
    } cases[] = {
        {"0", 0, 9, ST_OK, 0},
        {"42", 0, 100, ST_OK, 42},
        {"18446744073709551615", 0, UINT64_MAX, ST_OK, UINT64_MAX},
        {"18446744073709551616", 0, UINT64_MAX, ST_LIMIT, 0},
        {"99999999999999999999999", 0, UINT64_MAX, ST_LIMIT, 0},
        {"99999999999999999999999x", 0, UINT64_MAX, ST_BAD, 0},
        {"101", 0, 100, ST_LIMIT, 0},
        {"4", 5, 100, ST_LIMIT, 0},
        {"", 0, 9, ST_BAD, 0},
        {"007", 0, 9, ST_BAD, 0},
        {"-1", 0, 9, ST_BAD, 0},
        {"+1", 0, 9, ST_BAD, 0},
        {" 1", 0, 9, ST_BAD, 0},
        {"1 ", 0, 9, ST_BAD, 0},
        {"0x1", 0, 9, ST_BAD, 0},
        {"1e3", 0, 9999, ST_BAD, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t value = 0;
        enum status status = number_parse(T(cases[i].text), cases[i].min, cases[i].max, &value);
        if (status != cases[i].status || value != cases[i].value)
            fail_msg("“%s”", cases[i].text);
    }
}

/* The vectors of RFC 4648 §10. */
static void base64_agrees_with_rfc_4648(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *padded, *unpadded;
    } cases[] = {{"", "", ""},
                 {"f", "Zg==", "Zg"},
                 {"fo", "Zm8=", "Zm8"},
                 {"foo", "Zm9v", "Zm9v"},
                 {"foob", "Zm9vYg==", "Zm9vYg"},
                 {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                 {"foobar", "Zm9vYmFy", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (enum padding padding = PADDED; padding <= UNPADDED; padding++) {
            const char *wanted = padding == PADDED ? cases[i].padded : cases[i].unpadded;
            char text[16] = "";
            uint8_t back[16];
            size_t n = base64_encode(text, T(cases[i].plain), padding), back_n = 99;
            assert_int_equal(n, strlen(wanted));
            assert_int_equal(n, base64_length(strlen(cases[i].plain), padding));
            assert_memory_equal(text, wanted, n);
            assert_int_equal(base64_decode((struct bytes){(uint8_t *)text, n}, padding, back,
                                           sizeof back, &back_n),
                             ST_OK);
            assert_true(bytes_equal((struct bytes){back, back_n}, T(cases[i].plain)));
        }
    }
}

static void base64_has_one_text_for_each_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum padding padding;
        enum status status;
    } cases[] = {
        {"Zg=", PADDED, ST_BAD},
        {"Zg", PADDED, ST_BAD},
        {"Zg===", PADDED, ST_BAD},
        {"Zh==", PADDED, ST_BAD},
        {"Zm9=", PADDED, ST_BAD},
        {"Z===", PADDED, ST_BAD},
        {"====", PADDED, ST_BAD},
        {"Zg==Zg==", PADDED, ST_BAD},
        {"Zm9v\n", PADDED, ST_BAD},
        {"Zm 9", PADDED, ST_BAD},
        {"Zm9-", PADDED, ST_BAD},
        {"Zm9_", PADDED, ST_BAD},
        {"Zg==", UNPADDED, ST_BAD},
        {"Z", UNPADDED, ST_BAD},
        {"Zh", UNPADDED, ST_BAD},
        {"Zm9", UNPADDED, ST_BAD},
        {"Zm9vYmFyZm9vYmFy", PADDED, ST_LIMIT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[10];
        size_t n;
        if (base64_decode(T(cases[i].text), cases[i].padding, out, sizeof out, &n) !=
            cases[i].status)
            fail_msg("“%s”", cases[i].text);
    }
}

/* libsodium's coder, written by others, as the judge. (But not of bytes above 0x7f, of which its
 * version 1.0.18 accepts every one.) */
static void base64_agrees_with_libsodium(void **state)
{
    (void)state;
    uint8_t plain[100], out[200];
    char wanted[200], text[200];
    size_t n;
    random_fill(plain, sizeof plain);
    for (size_t length = 0; length <= sizeof plain; length++) {
        base64_encode(text, (struct bytes){plain, length}, PADDED);
        sodium_bin2base64(wanted, sizeof wanted, plain, length, sodium_base64_VARIANT_ORIGINAL);
        assert_memory_equal(text, wanted, strlen(wanted));
        assert_int_equal(base64_decode(T(wanted), PADDED, out, length, &n), ST_OK);
        assert_int_equal(n, length);
        assert_memory_equal(out, plain, length);
    }
}

/* Every byte at every place of a group, in the middle and at the end. */
static void base64_takes_its_alphabet_and_nothing_else(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8 * 256; i++) {
        char one[] = "Zm9vYmFy";
        uint8_t out[8], other[8];
        size_t n = 0, other_n = 0;
        one[i / 256] = (char)(i % 256);
        bool good = i % 256 < 0x80 && sodium_base642bin(other, sizeof other, one, 8, NULL, &other_n,
                                                        NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
        if ((base64_decode((struct bytes){(uint8_t *)one, 8}, PADDED, out, sizeof out, &n) ==
             ST_OK) != good)
            fail_msg("byte %u at %u", i % 256, i / 256);
        if (good)
            assert_true(bytes_equal((struct bytes){out, n}, (struct bytes){other, other_n}));
    }
}

/* RFC 4648 §5: letters, digits, '-' and '_'. */
static void tokens_take_their_alphabet_and_nothing_else(void **state)
{
    (void)state;
    uint8_t out[6];
    for (unsigned i = 0; i < 8 * 256; i++) {
        char one[] = "Zm9vYmFy";
        uint8_t c = (uint8_t)(i % 256);
        one[i / 256] = (char)c;
        bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_';
        if ((token_decode((struct bytes){(uint8_t *)one, 8}, out, sizeof out) == ST_OK) != good)
            fail_msg("byte %u at %u", c, i / 256);
    }
}

static void tokens_and_hex_take_exactly_their_size(void **state)
{
    (void)state;
    uint8_t token[32], back[32];
    char text[64];
    random_fill(token, sizeof token);
    assert_int_equal(token_encode(text, sizeof text, BYTES_ARRAY(token)), 43);
    assert_int_equal(token_decode(T(text), back, sizeof back), ST_OK);
    assert_memory_equal(token, back, sizeof back);
    assert_int_equal(token_decode(T(text), back, 31), ST_BAD);
    text[42] = '*';
    assert_int_equal(token_decode(T(text), back, sizeof back), ST_BAD);
    hex_encode(text, BYTES_LITERAL("\x00\xab\xff"));
    assert_string_equal(text, "00abff");
    assert_int_equal(hex_decode(T("00ABfF"), back, 3), ST_OK);
    assert_memory_equal(back, "\x00\xab\xff", 3);
    assert_int_equal(hex_decode(T("00ABf"), back, 3), ST_BAD);
    assert_int_equal(hex_decode(T("00ABfg"), back, 3), ST_BAD);
}

/* Numbers are what `date -u -d … +%s` prints; two times are examples of RFC 3339 §5.8. */
static void times_have_their_texts(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_SIZE];
    int64_t time = -1;
    clock_mail(1795484992, text);
    assert_string_equal(text, "Tue, 24 Nov 2026 01:49:52 +0000");
    clock_iso(1795484992, text);
    assert_string_equal(text, "2026-11-24T01:49:52Z");
    clock_generalized(1795484992, text);
    assert_string_equal(text, "20261124014952Z");
    assert_int_equal(clock_parse_generalized(T("20261124014952Z"), &time), ST_OK);
    assert_int_equal(time, 1795484992);
    assert_int_equal(clock_parse_iso(T("2026-11-24T01:49:52Z"), &time), ST_OK);
    assert_int_equal(time, 1795484992);
    assert_int_equal(clock_parse_iso(T("2024-02-29"), &time), ST_OK);
    assert_int_equal(time, 1709164800);
    assert_int_equal(clock_parse_iso(T("1996-12-20T00:39:57Z"), &time), ST_OK);
    assert_int_equal(time, 851042397);
    clock_mail(482196050, text);
    assert_string_equal(text, "Fri, 12 Apr 1985 23:20:50 +0000");
    clock_mail(INT32_MAX + 1LL, text);
    assert_string_equal(text, "Tue, 19 Jan 2038 03:14:08 +0000");
}

static void only_times_that_exist_are_read(void **state)
{
    (void)state;
    int64_t time = -1;
    static const char *const wrong[] = {
        "20260229000000Z", "20261324014952Z", "20261124014952",  "20261124014952z",
        "20261124246000Z", "2026112401495Z",  "+0261124014952Z", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (clock_parse_generalized(T(wrong[i]), &time) != ST_BAD)
            fail_msg("“%s”", wrong[i]);
    static const char *const wrong_iso[] = {
        "2026-02-29",          "2100-02-29",           "2026-00-10",
        "2026-11-31",          "2026-11-24T24:00:00Z", "2026-11-24T01:49:60Z",
        "2026-11-24T01:49:52", "2026-11-24t01:49:52Z", "2026-11-24 01:49:52Z",
        "2026/11/24",          "2026-11-24T01:49:52+", "26-11-24"};
    for (size_t i = 0; i < sizeof wrong_iso / sizeof wrong_iso[0]; i++)
        if (clock_parse_iso(T(wrong_iso[i]), &time) != ST_BAD)
            fail_msg("“%s”", wrong_iso[i]);
    assert_int_equal(time, -1);
}

static void secrets_compare_and_copy(void **state)
{
    (void)state;
    struct secret *a = secret_copy(T("key")), *b = secret_copy(T("key"));
    assert_true(secret_equal(secret_bytes(a), secret_bytes(b)));
    b->p[0] ^= 1;
    assert_false(secret_equal(secret_bytes(a), secret_bytes(b)));
    assert_false(secret_equal(T("key"), T("keys")));
    secret_free(a);
    secret_free(b);
    secret_free(NULL);
}

static int read_behind_a_secret(void)
{
    struct secret *secret = secret_new(32);
    volatile uint8_t *p = secret->p;
    return p[31] == 0 ? p[32] : 99;
}

static int read_a_freed_secret(void)
{
    struct secret *secret = secret_new(32);
    volatile uint8_t *p = secret->p;
    secret_free(secret);
    return p[0];
}

static void a_secret_has_no_neighbours_and_no_afterlife(void **state)
{
    (void)state;
    assert_true(in_child(read_behind_a_secret) != 0);
    assert_true(in_child(read_a_freed_secret) != 0);
}

static void a_list_of_users_holds_whom_it_was_given(void **state)
{
    (void)state;
    struct users users = {.n = 0};
    assert_false(users_have(&users, 0));
    assert_int_equal(users_add(&users, "root", NULL), ST_OK);
    assert_int_equal(users_add(&users, "4242", NULL), ST_OK);
    assert_int_equal(users_add(&users, "no-such-user-here", NULL), ST_NONE);
    assert_int_equal(users_add(&users, "4294967295", NULL), ST_NONE); /* (uid_t)-1 is nobody */
    assert_true(users_have(&users, 0) && users_have(&users, 4242));
    assert_false(users_have(&users, 4243) || users_have(&users, (uid_t)-1));
    assert_int_equal(users_add_self(&users, "", NULL), ST_OK);
    assert_true(users_have(&users, geteuid()));
    while (users.n < USERS_MAX)
        assert_int_equal(users_add(&users, "4242", NULL), ST_OK);
    assert_int_equal(users_add(&users, "4242", NULL), ST_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reason_has_no_control_characters_and_fits),
        cmocka_unit_test(bytes_compare_and_find),
        cmocka_unit_test(lines_end_in_lf_or_crlf_and_a_last_one_in_neither),
        cmocka_unit_test(utf8_is_what_rfc_3629_says),
        cmocka_unit_test(text_that_does_not_fit_or_holds_a_nul_is_refused),
        cmocka_unit_test(a_buffer_never_passes_its_limit_and_says_so),
        cmocka_unit_test(a_buffer_leaves_nothing_behind),
        cmocka_unit_test(numbers_are_digits_within_bounds),
        cmocka_unit_test(base64_agrees_with_rfc_4648),
        cmocka_unit_test(base64_has_one_text_for_each_value),
        cmocka_unit_test(base64_agrees_with_libsodium),
        cmocka_unit_test(base64_takes_its_alphabet_and_nothing_else),
        cmocka_unit_test(tokens_take_their_alphabet_and_nothing_else),
        cmocka_unit_test(tokens_and_hex_take_exactly_their_size),
        cmocka_unit_test(times_have_their_texts),
        cmocka_unit_test(only_times_that_exist_are_read),
        cmocka_unit_test(a_list_of_users_holds_whom_it_was_given),
        cmocka_unit_test(secrets_compare_and_copy),
        cmocka_unit_test(a_secret_has_no_neighbours_and_no_afterlife),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
