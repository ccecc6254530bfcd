/* SPDX-License-Identifier: Apache-2.0
 * gateway: letters that end a worker. The mail server would offer such a letter again for days. So
 * each worker writes down, in memory that all share, which letter it has in hand; when one ends by
 * accident, the master blames that letter; and a letter with too many accidents is refused for
 * good, so that it returns to its sender and an operator hears of it. */
#ifndef SECUREMAIL_POISON_H
#define SECUREMAIL_POISON_H

#include "smtp_server.h"

struct poison;

/* `attempts`: how many accidents are enough. The memory is shared with children forked later. */
struct poison *poison_new(unsigned workers, unsigned attempts);
void poison_free(struct poison *poison); /* NULL is fine */

/* In a worker: this letter is in hand now. ST_LIMIT: it has ended too many workers. A letter is
 * known by the mail server's queue id (XFORWARD IDENT), sender and size: the same each time it is
 * offered; without a queue id, by its first bytes. */
enum status poison_begin(struct poison *poison, unsigned worker,
                         const struct smtp_transaction *letter) MUST_CHECK;
/* In a worker: it went out of hand in the ordinary way, whatever the answer was. */
void poison_end(struct poison *poison, unsigned worker);

/* In the master: this worker ended by accident. Returns how many accidents its letter had, or 0 if
 * it had none in hand. */
unsigned poison_blame(struct poison *poison, unsigned worker);

#endif
