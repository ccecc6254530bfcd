/* SPDX-License-Identifier: Apache-2.0
 * portal: how many forms each source has in hand. A form may take minutes to arrive, and holds a
 * connection and a thread all the while; nobody may hold so many that others find none. Any number
 * of threads may use a crowd at once. */
#ifndef SECUREMAIL_CROWD_H
#define SECUREMAIL_CROWD_H

#include <stdbool.h>
#include <stddef.h>

struct crowd;

/* For at most `forms_max` forms at once, of which one source may have `source_max`; both at least
 * 1. */
struct crowd *crowd_new(size_t forms_max, size_t source_max);
/* NULL is fine. */
void crowd_free(struct crowd *crowd);

/* A form of this source (as source_of gives it) begins. False, and nothing is counted, if it has
 * its share already. */
bool crowd_enter(struct crowd *crowd, const char *source);
/* It ended: once for each crowd_enter that was true. */
void crowd_leave(struct crowd *crowd, const char *source);

#endif
