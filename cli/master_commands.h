/* SPDX-License-Identifier: Apache-2.0
 * cli: the commands of securemail-master. Each gets its own name as arguments[0] and gives the exit
 * code: 0 done, 1 not done (the reason is on standard error), 64 wrong usage. */
#ifndef SECUREMAIL_MASTER_COMMANDS_H
#define SECUREMAIL_MASTER_COMMANDS_H

#define EXIT_USAGE 64
#define CONFIG_DEFAULT "/etc/securemail/securemail.conf"

int master_command_init(int count, char **arguments);
int master_command_rotate(int count, char **arguments);
int master_command_backup(int count, char **arguments);
int master_command_restore(int count, char **arguments);

#endif
