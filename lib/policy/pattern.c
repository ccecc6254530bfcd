/* SPDX-License-Identifier: Apache-2.0
 * policy: numbers in a text. */
#include "pattern.h"

#define CARD_MIN 13
#define CARD_MAX 19

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* --- cards ------------------------------------------------------------------------------------ */

/* First digits from `low` to `high` (both of `digits` digits), and the lengths that go with them.
 */
static const struct {
    unsigned digits, low, high, shortest, longest;
} issuers[] = {
    {1, 4, 4, 13, 19},       /* Visa: 13, 16, 19 */
    {2, 51, 55, 16, 16},     /* Mastercard */
    {4, 2221, 2720, 16, 16}, /* Mastercard */
    {2, 34, 34, 15, 15},     /* American Express */
    {2, 37, 37, 15, 15},     /* American Express */
    {4, 6011, 6011, 16, 19}, /* Discover */
    {3, 644, 649, 16, 19},   /* Discover */
    {2, 65, 65, 16, 19},     /* Discover */
    {4, 3528, 3589, 16, 19}, /* JCB */
    {3, 300, 305, 14, 19},   /* Diners Club */
    {2, 36, 36, 14, 19},     /* Diners Club */
    {2, 38, 39, 14, 19},     /* Diners Club */
    {2, 62, 62, 16, 19},     /* UnionPay */
};

static bool issued(const uint8_t *digits, unsigned n)
{
    for (size_t i = 0; i < sizeof issuers / sizeof issuers[0]; i++) {
        unsigned prefix = 0;
        for (unsigned d = 0; d < issuers[i].digits; d++)
            prefix = 10 * prefix + digits[d];
        bool fits = prefix >= issuers[i].low && prefix <= issuers[i].high &&
                    n >= issuers[i].shortest && n <= issuers[i].longest;
        if (fits && (issuers[i].digits != 1 || n == 13 || n == 16 || n == 19))
            return true;
    }
    return false;
}

/* ISO/IEC 7812-1, annex B. */
static bool luhn(const uint8_t *digits, unsigned n)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned digit = digits[n - 1 - i];
        sum += i % 2 == 0 ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
    }
    return sum % 10 == 0;
}

/* A number that begins here, at the beginning of a group of digits, and ends at the end of one. */
static bool card_at(struct bytes text)
{
    uint8_t digits[CARD_MAX];
    unsigned n = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool digit = is_digit(text.p[i]);
        bool group_ends = !digit && i > 0 && is_digit(text.p[i - 1]);
        if (group_ends && n >= CARD_MIN && issued(digits, n) && luhn(digits, n))
            return true;
        if (!digit && !(group_ends && (text.p[i] == ' ' || text.p[i] == '-')))
            return false;
        if (digit && n == CARD_MAX)
            return false;
        if (digit)
            digits[n++] = (uint8_t)(text.p[i] - '0');
    }
    return n >= CARD_MIN && is_digit(text.p[text.n - 1]) && issued(digits, n) && luhn(digits, n);
}

bool pattern_card(struct bytes text)
{
    for (size_t i = 0; i + CARD_MIN <= text.n; i++)
        if (is_digit(text.p[i]) && (i == 0 || !is_digit(text.p[i - 1])) &&
            card_at(bytes_from(text, i)))
            return true;
    return false;
}

/* --- social security numbers --------------------------------------------------------------------
 */

/* Digits from `at` on, as a number; -1 if one of them is none. */
static int number_at(struct bytes text, size_t at, size_t digits)
{
    int number = 0;
    for (size_t i = at; i < at + digits; i++) {
        if (!is_digit(text.p[i]))
            return -1;
        number = 10 * number + text.p[i] - '0';
    }
    return number;
}

static bool ssn_at(struct bytes text)
{
    int area = number_at(text, 0, 3), group = number_at(text, 4, 2), serial = number_at(text, 7, 4);
    bool parted = text.p[3] == text.p[6] && (text.p[3] == '-' || text.p[3] == ' ');
    bool ends = text.n == 11 || (!is_digit(text.p[11]) && text.p[11] != '-');
    return parted && ends && area > 0 && area != 666 && area < 900 && group > 0 && serial > 0;
}

bool pattern_ssn(struct bytes text)
{
    for (size_t i = 0; i + 11 <= text.n; i++) {
        bool begins = i == 0 || (!is_digit(text.p[i - 1]) && text.p[i - 1] != '-');
        if (begins && is_digit(text.p[i]) && ssn_at(bytes_from(text, i)))
            return true;
    }
    return false;
}
