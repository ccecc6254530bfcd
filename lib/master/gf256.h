/* SPDX-License-Identifier: Apache-2.0
 * master: GF(2^8) with the polynomial x^8 + x^4 + x^3 + x + 1 (docs/spec/shares.md §1), in constant
 * time: no tables, no branches on a value. Private to lib/master. */
#ifndef SECUREMAIL_GF256_H
#define SECUREMAIL_GF256_H

#include <stdint.h>

/* a·b. Adding is exclusive or. */
static inline uint8_t gf256_multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0, multiple = a;
    for (unsigned bit = 0; bit < 8; bit++) {
        product ^= (0U - ((b >> bit) & 1U)) & multiple;
        multiple = (multiple << 1) ^ ((0U - (multiple >> 7)) & 0x11bU);
    }
    return (uint8_t)product;
}

/* 1/a = a^254, by Fermat; 0 for 0. */
static inline uint8_t gf256_inverse(uint8_t a)
{
    uint8_t power = 1;
    for (unsigned i = 0; i < 254; i++)
        power = gf256_multiply(power, a);
    return power;
}

#endif
