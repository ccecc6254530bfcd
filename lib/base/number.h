/* SPDX-License-Identifier: Apache-2.0
 * base: the one function that reads numbers. */
#ifndef SECUREMAIL_NUMBER_H
#define SECUREMAIL_NUMBER_H

#include "bytes.h"
#include "status.h"

/* Decimal digits only: no sign, no blanks, no leading zero but in "0". ST_BAD if it is not a
 * number, ST_LIMIT if it is outside min … max. */
enum status number_parse(struct bytes text, uint64_t min, uint64_t max,
                         uint64_t *value_out) MUST_CHECK;

#endif
