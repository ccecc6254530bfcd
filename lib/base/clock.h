/* SPDX-License-Identifier: Apache-2.0
 * base: time. Libraries take the time as an argument, so that expiry can be tested; only programs
 * call clock_now. A time is seconds since 1970 (UTC), an int64_t. */
#ifndef SECUREMAIL_CLOCK_H
#define SECUREMAIL_CLOCK_H

#include <stdint.h>

#include "bytes.h"
#include "status.h"

int64_t clock_now(void);
/* Milliseconds of a clock that never jumps; for deadlines and durations. */
int64_t clock_monotonic_ms(void);

#define CLOCK_TEXT_SIZE 40
/* "Tue, 24 Nov 2026 01:49:52 +0000" (RFC 5322 §3.3), in UTC. */
void clock_mail(int64_t time, char text_out[CLOCK_TEXT_SIZE]);
/* "2026-11-24T01:49:52Z" (RFC 3339). */
void clock_iso(int64_t time, char text_out[CLOCK_TEXT_SIZE]);
/* "20261124014952Z" (GeneralizedTime of RFC 5280 §4.1.2.5.2); ST_BAD unless exactly that form. */
void clock_generalized(int64_t time, char text_out[CLOCK_TEXT_SIZE]);
enum status clock_parse_generalized(struct bytes text, int64_t *time_out) MUST_CHECK;
/* ST_BAD unless "2026-11-24T01:49:52Z" or "2026-11-24". */
enum status clock_parse_iso(struct bytes text, int64_t *time_out) MUST_CHECK;

#endif
