/* SPDX-License-Identifier: Apache-2.0
 * cli: the master secrets that the configuration names, for the commands that need them. */
#ifndef SECUREMAIL_PRESENT_H
#define SECUREMAIL_PRESENT_H

#include "config.h"
#include "master_set.h"

/* Read all serials, with the passphrase of the settings (*passphrase_out stays NULL if they name
 * none). What was made is the caller's to free, also on failure. */
enum status present_read(const struct config *config, struct secret **passphrase_out,
                         struct master_set **set_out, struct why *why) MUST_CHECK;

#endif
