/* SPDX-License-Identifier: Apache-2.0
 * base: Bech32, against the strings of BIP 173. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "bech32.h"

/* BIP 173, "Test vectors": valid strings, with their human-readable parts. Those whose data is no
 * whole number of bytes are Bech32, but no bytes. */
static void valid_strings_decode(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hrp;
        size_t n; /* bytes of data */
    } cases[] = {
        {"A12UEL5L", "a", 0},
        {"a12uel5l", "a", 0},
        {"an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
         "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio", 0},
        {"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", 20},
        {"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split", 30},
        {"?1ezyfcl", "?", 0},
        {"11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
         "1", 51},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[64];
        char again[128];
        size_t n = 99;
        if (bech32_decode(bytes_text(cases[i].text), cases[i].hrp, out, sizeof out, &n) != ST_OK)
            fail_msg("%s", cases[i].text);
        assert_int_equal(n, cases[i].n);
        bech32_encode(cases[i].hrp, (struct bytes){out, n}, again);
        assert_int_equal(strlen(again), bech32_length(strlen(cases[i].hrp), n));
        assert_true(bytes_equal_nocase(bytes_text(again), bytes_text(cases[i].text)));
    }
}

static void what_is_wrong_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hrp;
    } cases[] = {
        {"pzry9x0s0muk", ""},  /* no separator */
        {"1pzry9x0s0muk", ""}, /* empty human-readable part */
        {"x1b4n0q5v", "x"},    /* a character that is none */
        {"li1dgmt3", "li"},    /* too short a check */
        {"de1lg7wt\xff", "de"},
        {"A1G7SGD8", "a"}, /* check made with an upper-case part */
        {"a12UEL5L", "a"}, /* mixed case */
        {"A12uEL5L", "a"},
        {"a12uel5l", "b"},
        {"a12uel5", "a"},
        {"", "a"},
        {"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxx", "abcdef"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[64];
        size_t n = 99;
        if (bech32_decode(bytes_text(cases[i].text), cases[i].hrp, out, sizeof out, &n) != ST_BAD)
            fail_msg("%s", cases[i].text);
        assert_int_equal(n, 99);
    }
}

static void any_changed_character_is_noticed(void **state)
{
    (void)state;
    uint8_t data[200], out[200];
    char text[512];
    size_t n;
    for (size_t size = 0; size < sizeof data; size += 33) {
        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)(i * 41 + size);
        bech32_encode("key-", (struct bytes){data, size}, text);
        assert_int_equal(bech32_decode(bytes_text(text), "key-", out, sizeof out, &n), ST_OK);
        assert_int_equal(n, size);
        assert_memory_equal(out, data, n);
        for (size_t i = 0; text[i] != '\0'; i++) {
            char before = text[i];
            text[i] = before == 'Q' ? 'P' : 'Q';
            assert_int_equal(bech32_decode(bytes_text(text), "key-", out, sizeof out, &n), ST_BAD);
            text[i] = before;
        }
        if (size > 0)
            assert_int_equal(bech32_decode(bytes_text(text), "key-", out, size - 1, &n), ST_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_strings_decode),
        cmocka_unit_test(what_is_wrong_is_refused),
        cmocka_unit_test(any_changed_character_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
