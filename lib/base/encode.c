/* SPDX-License-Identifier: Apache-2.0
 * base: base64 by table, two characters at a time; hexadecimal and tokens in constant time. */
#include "encode.h"

#include <assert.h>
#include <sodium.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define INVALID 0xff

/* pairs: two characters for each 12 bits. values: six bits for each character, INVALID for others.
 * Made before main starts, so that threads and forked workers share them without a lock. */
static char pairs[4096][2];
static uint8_t values[256];

__attribute__((constructor)) static void make_tables(void)
{
    for (size_t i = 0; i < 4096; i++) {
        pairs[i][0] = alphabet[i >> 6];
        pairs[i][1] = alphabet[i & 63];
    }
    memset(values, INVALID, sizeof values);
    for (uint8_t i = 0; i < 64; i++)
        values[(uint8_t)alphabet[i]] = i;
}

size_t base64_length(size_t n, enum padding padding)
{
    size_t rest = n % 3;
    return n / 3 * 4 + (rest == 0 ? 0 : padding == PADDED ? 4 : rest + 1);
}

size_t base64_encode(char *text_out, struct bytes in, enum padding padding)
{
    char *to = text_out;
    const uint8_t *p = in.p;
    size_t left = in.n;
    for (; left >= 3; left -= 3, p += 3, to += 4) {
        uint32_t group = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        memcpy(to, pairs[group >> 12], 2);
        memcpy(to + 2, pairs[group & 0xfff], 2);
    }
    if (left > 0) {
        uint32_t group = (uint32_t)p[0] << 16 | (left == 2 ? (uint32_t)p[1] << 8 : 0);
        *to++ = alphabet[group >> 18];
        *to++ = alphabet[group >> 12 & 63];
        if (left == 2)
            *to++ = alphabet[group >> 6 & 63];
        for (size_t i = left; padding == PADDED && i < 3; i++)
            *to++ = '=';
    }
    return (size_t)(to - text_out);
}

/* The last two or three characters: one or two bytes, and no stray bits behind them. */
static enum status decode_rest(struct bytes rest, uint8_t *out)
{
    uint8_t v[3] = {0};
    if (rest.n == 0)
        return ST_OK;
    if (rest.n == 1)
        return ST_BAD;
    for (size_t i = 0; i < rest.n; i++)
        if ((v[i] = values[rest.p[i]]) == INVALID)
            return ST_BAD;
    if ((rest.n == 2 && (v[1] & 15) != 0) || (rest.n == 3 && (v[2] & 3) != 0))
        return ST_BAD;
    out[0] = (uint8_t)(v[0] << 2 | v[1] >> 4);
    if (rest.n == 3)
        out[1] = (uint8_t)(v[1] << 4 | v[2] >> 2);
    return ST_OK;
}

enum status base64_decode(struct bytes text, enum padding padding, uint8_t *out, size_t size,
                          size_t *n_out)
{
    if (padding == PADDED) {
        if (text.n % 4 != 0)
            return ST_BAD;
        for (int i = 0; i < 2 && text.n > 0 && text.p[text.n - 1] == '='; i++)
            text.n--;
    }
    size_t groups = text.n / 4, rest = text.n % 4;
    size_t n = groups * 3 + (rest == 0 ? 0 : rest - 1);
    if (rest == 1)
        return ST_BAD;
    if (n > size)
        return ST_LIMIT;

    /* One test a block instead of one a character: an invalid one sets a high bit that stays. */
    const uint8_t *p = text.p;
    uint8_t invalid = 0;
    for (size_t i = 0; i < groups; i++, p += 4, out += 3) {
        uint8_t a = values[p[0]], b = values[p[1]], c = values[p[2]], d = values[p[3]];
        invalid |= a | b | c | d;
        uint32_t group = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | d;
        out[0] = (uint8_t)(group >> 16);
        out[1] = (uint8_t)(group >> 8);
        out[2] = (uint8_t)group;
    }
    if ((invalid & 0x80) != 0 || decode_rest((struct bytes){p, rest}, out) != ST_OK)
        return ST_BAD;
    *n_out = n;
    return ST_OK;
}

size_t token_encode(char *text_out, size_t size, struct bytes in)
{
    assert(size >= sodium_base64_ENCODED_LEN(in.n, sodium_base64_VARIANT_URLSAFE_NO_PADDING));
    sodium_bin2base64(text_out, size, in.p, in.n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return strlen(text_out);
}

enum status token_decode(struct bytes text, uint8_t *out, size_t n)
{
    size_t got = 0;
    const char *end = NULL;
    /* libsodium 1.0.18 takes bytes above 0x7f for letters where char is signed. */
    uint8_t all = 0;
    for (size_t i = 0; i < text.n; i++)
        all |= text.p[i];
    if ((all & 0x80) != 0 || text.n != base64_length(n, UNPADDED) ||
        sodium_base642bin(out, n, (const char *)text.p, text.n, NULL, &got, &end,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        got != n || end != (const char *)text.p + text.n)
        return ST_BAD;
    return ST_OK;
}

void hex_encode(char *text_out, struct bytes in)
{
    sodium_bin2hex(text_out, in.n * 2 + 1, in.p, in.n);
}

enum status hex_decode(struct bytes text, uint8_t *out, size_t n)
{
    size_t got = 0;
    const char *end = NULL;
    if (text.n != 2 * n ||
        sodium_hex2bin(out, n, (const char *)text.p, text.n, NULL, &got, &end) != 0 || got != n ||
        end != (const char *)text.p + text.n)
        return ST_BAD;
    return ST_OK;
}
