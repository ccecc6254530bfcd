/* SPDX-License-Identifier: Apache-2.0
 * gateway: one worker. */
#ifndef SECUREMAIL_WORKER_H
#define SECUREMAIL_WORKER_H

#include "poison.h"
#include "workers.h"

/* Take connections until a stop is requested or the worker has served its letters. */
void worker_run(const struct workers *workers, struct poison *poison, unsigned number);

#endif
