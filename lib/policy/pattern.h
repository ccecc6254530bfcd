/* SPDX-License-Identifier: Apache-2.0
 * policy (private): numbers that a text is searched for. No expression language: each pattern knows
 * its own rules. Runs in a cell. */
#ifndef SECUREMAIL_POLICY_PATTERN_H
#define SECUREMAIL_POLICY_PATTERN_H

#include "bytes.h"

/* A payment card's number: 13 to 19 digits with a prefix and length that issuers use (ISO/IEC 7812)
 * and a right check digit (Luhn); single blanks or hyphens may stand between groups. */
bool pattern_card(struct bytes text);
/* A US social security number, 123-45-6789 or 123 45 6789, as the Social Security Administration
 * gives them: no area 000, 666 or from 900 on, no group 00, no serial 0000. */
bool pattern_ssn(struct bytes text);

#endif
