/* SPDX-License-Identifier: Apache-2.0
 * cli: the commands that touch a master secret are a program of their own, securemail-master: this
 * program can't read one even if it wanted. */
#include <errno.h>
#include <unistd.h>

#include "commands.h"
#include "programs.h"

int command_master(int count, char **arguments)
{
    char path[PATH_MAX];
    struct why why = {""};
    (void)count;
    if (program_find(NULL, "master", path, &why) != ST_OK)
        return command_failed(arguments[0], &why);
    execv(path, arguments); /* arguments[0] is the command's name */
    why_set(&why, ST_FAIL, "%s: %s", path, strerror(errno));
    return command_failed(arguments[0], &why);
}
