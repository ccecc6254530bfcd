/* SPDX-License-Identifier: Apache-2.0
 * cli: the program securemail-master: all that is done with a master secret outside the keyserver.
 * `securemail` starts it under the command's name. */
#include <stdio.h>
#include <string.h>

#include "master_commands.h"
#include "room.h"

static const struct {
    const char *name;
    int (*run)(int count, char **arguments);
} commands[] = {
    {"init", master_command_init},
    {"rotate", master_command_rotate},
    {"backup", master_command_backup},
    {"restore", master_command_restore},
};

int main(int count, char **arguments)
{
    room_harden();
    for (size_t i = 0; count > 0 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, arguments[0]) == 0)
            return commands[i].run(count, arguments);
    (void)fputs("this program is started by “securemail”; see securemail(1)\n", stderr);
    return EXIT_USAGE;
}
