/* SPDX-License-Identifier: Apache-2.0
 * base: Bech32.
 *
 *     hrp ‖ "1" ‖ five bits a character ‖ six characters of check */
#include "bech32.h"

#include <string.h>

#define CHECK 6

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* --- the check -------------------------------------------------------------------------------- */

/* BIP 173's polynomial: one step for a value of five bits. */
static uint32_t step(uint32_t sum, uint8_t value)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                          0x2a1462b3};
    uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        sum ^= (0U - ((top >> i) & 1U)) & generator[i];
    return sum;
}

static uint32_t start(const char *hrp)
{
    uint32_t sum = 1;
    for (const char *c = hrp; *c != '\0'; c++)
        sum = step(sum, (uint8_t)*c >> 5);
    sum = step(sum, 0);
    for (const char *c = hrp; *c != '\0'; c++)
        sum = step(sum, (uint8_t)*c & 31);
    return sum;
}

/* --- characters ------------------------------------------------------------------------------- */

/* 0xff if a == b, else 0: for values below 256, without a branch. */
static uint8_t same(unsigned a, unsigned b)
{
    return (uint8_t)(((a ^ b) - 1U) >> 8);
}

/* No table is indexed by a secret: all 32 characters are looked at. */
static char character(uint8_t value)
{
    uint8_t c = 0;
    for (unsigned i = 0; i < 32; i++)
        c |= same(value, i) & (uint8_t)alphabet[i];
    return (char)(c - (0x20 & same(c >> 6, 1))); /* letters in upper case */
}

/* The value of a character that was put in lower case; `bad` becomes not 0 if it has none. */
static uint8_t value_of(uint8_t c, uint8_t *bad)
{
    uint8_t value = 0, found = 0;
    for (unsigned i = 0; i < 32; i++) {
        uint8_t here = same(c, (uint8_t)alphabet[i]);
        value |= here & (uint8_t)i;
        found |= here;
    }
    *bad |= (uint8_t)~found;
    return value;
}

/* 1 if first ≤ c ≤ last. */
static unsigned within(uint8_t c, uint8_t first, uint8_t last)
{
    return ((unsigned)(c - first) >> 31 ^ 1U) & ((unsigned)(last - c) >> 31 ^ 1U);
}

/* --- encoding --------------------------------------------------------------------------------- */

size_t bech32_length(size_t hrp_n, size_t n)
{
    return hrp_n + 1 + (n * 8 + 4) / 5 + CHECK;
}

static void put(char **at, uint32_t *sum, uint32_t bits)
{
    uint8_t value = (uint8_t)(bits & 31);
    *sum = step(*sum, value);
    *(*at)++ = character(value);
}

void bech32_encode(const char *hrp, struct bytes data, char *text_out)
{
    uint32_t sum = start(hrp), bits = 0;
    unsigned held = 0;
    char *at = text_out;
    for (const char *c = hrp; *c != '\0'; c++)
        *at++ = (char)(*c - (*c >= 'a' && *c <= 'z' ? 0x20 : 0));
    *at++ = '1';
    for (size_t i = 0; i < data.n; i++) {
        bits = bits << 8 | data.p[i];
        for (held += 8; held >= 5; held -= 5)
            put(&at, &sum, bits >> (held - 5));
    }
    if (held > 0) /* the last value is filled up with zeros */
        put(&at, &sum, bits << (5 - held));
    for (unsigned i = 0; i < CHECK; i++)
        sum = step(sum, 0);
    sum ^= 1;
    for (unsigned i = 0; i < CHECK; i++)
        *at++ = character((uint8_t)(sum >> 5 * (5 - i) & 31));
    *at = '\0';
}

/* --- decoding --------------------------------------------------------------------------------- */

static bool has_hrp(struct bytes text, const char *hrp)
{
    struct bytes part = bytes_text(hrp);
    return text.n >= part.n + 1 + CHECK && bytes_equal_nocase(bytes_first(text, part.n), part) &&
           text.p[part.n] == '1';
}

enum status bech32_decode(struct bytes text, const char *hrp, uint8_t *out, size_t size,
                          size_t *n_out)
{
    uint32_t sum = start(hrp), bits = 0;
    unsigned held = 0, upper = 0, lower = 0;
    uint8_t bad = 0;
    size_t n = 0, data_n;
    if (!has_hrp(text, hrp))
        return ST_BAD;
    for (size_t i = 0; i < strlen(hrp); i++) {
        upper |= within(text.p[i], 'A', 'Z');
        lower |= within(text.p[i], 'a', 'z');
    }
    text = bytes_from(text, strlen(hrp) + 1);
    data_n = text.n - CHECK;
    if (data_n * 5 / 8 > size)
        return ST_LIMIT;
    for (size_t i = 0; i < text.n; i++) {
        unsigned is_upper = within(text.p[i], 'A', 'Z');
        upper |= is_upper;
        lower |= within(text.p[i], 'a', 'z');
        uint8_t value = value_of((uint8_t)(text.p[i] + 0x20 * is_upper), &bad);
        sum = step(sum, value);
        if (i >= data_n)
            continue;
        bits = bits << 5 | value;
        held += 5;
        if (held >= 8) {
            held -= 8;
            out[n++] = (uint8_t)(bits >> held);
        }
    }
    /* What is left of the last value must be nothing: one text for each value. */
    bad |= (uint8_t)(held >= 5) | (uint8_t)(bits & ((1U << held) - 1U)) | (uint8_t)(upper & lower);
    if ((bad | (sum ^ 1)) != 0)
        return ST_BAD;
    *n_out = n;
    return ST_OK;
}
