/* SPDX-License-Identifier: Apache-2.0
 * base: ending in an orderly way. SIGTERM and SIGINT ask a program to finish what it has in hand.
 */
#ifndef SECUREMAIL_STOP_H
#define SECUREMAIL_STOP_H

#include <stdbool.h>

/* Catch SIGTERM and SIGINT; ignore SIGPIPE. Called again by a forked child, so that it has a pipe
 * of its own: a stop of the child is then none of the parent. */
void stop_catch(void);
bool stop_requested(void);
/* A descriptor that becomes readable, and stays so, when a stop is requested: for poll. */
int stop_fd(void);
/* Catch SIGHUP, which asks a program to read its configuration again; a program that does not call
 * this ends by it. Forked children inherit that it is caught, and need not care. */
void stop_catch_reload(void);
/* Was that asked for since the last time? */
bool stop_reload_requested(void);
/* Ask ourselves to stop. */
void stop_request(void);

#endif
