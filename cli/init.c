/* SPDX-License-Identifier: Apache-2.0
 * cli: init is a program of its own, securemail-init: it alone makes a master secret, and this
 * program can't even if it wanted. */
#include <errno.h>
#include <unistd.h>

#include "commands.h"
#include "programs.h"

int command_init(int count, char **arguments)
{
    char path[PATH_MAX];
    struct why why = {""};
    (void)count;
    if (program_find(NULL, "init", path, &why) != ST_OK)
        return command_failed("init", &why);
    execv(path, arguments);
    why_set(&why, ST_FAIL, "%s: %s", path, strerror(errno));
    return command_failed("init", &why);
}
