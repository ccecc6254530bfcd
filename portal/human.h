/* SPDX-License-Identifier: Apache-2.0
 * portal: dates and sizes as people write them. */
#ifndef SECUREMAIL_HUMAN_H
#define SECUREMAIL_HUMAN_H

#include <stdint.h>

#define HUMAN_SIZE 48

/* "24 November 2026" and "24 November 2026, 01:49 UTC". */
void human_day(int64_t time, char text_out[HUMAN_SIZE]);
void human_time(int64_t time, char text_out[HUMAN_SIZE]);
/* "812 bytes", "1.5 KB", "25 MB": thousands, one digit behind the point below ten. */
void human_size(uint64_t bytes, char text_out[HUMAN_SIZE]);

/* "30 seconds", "2 minutes", "3 hours": rounded up. */
void human_wait(uint32_t seconds, char text_out[HUMAN_SIZE]);

#endif
