/* SPDX-License-Identifier: Apache-2.0
 * cli: the commands of securemail. Each gets its own name as arguments[0] and gives the exit code:
 * 0 done, 1 not done (the reason is on standard error), 64 wrong usage. */
#ifndef SECUREMAIL_COMMANDS_H
#define SECUREMAIL_COMMANDS_H

#include "status.h"

#define CONFIG_DEFAULT "/etc/securemail/securemail.conf"
#define EXIT_USAGE 64

int command_master(int count, char **arguments); /* those of securemail-master */
int command_run(int count, char **arguments);
int command_check(int count, char **arguments);
int command_seal(int count, char **arguments);
int command_refresh(int count, char **arguments);
int command_audit(int count, char **arguments);
int command_export_key(int count, char **arguments);
int command_policy(int count, char **arguments);
int command_settings(int count, char **arguments);

/* How the command is used, on standard error; gives the exit code 64. */
int command_misused(const char *command);
/* "securemail check: <reason>" on standard error; gives the exit code 1. */
int command_failed(const char *command, const struct why *why);

#endif
