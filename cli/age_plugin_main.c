/* SPDX-License-Identifier: Apache-2.0
 * cli: the program age-plugin-securemail, which age starts when it meets a key of ours. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "age_plugin.h"
#include "room.h"

static const char help[] =
    "age-plugin-securemail lets age open sealed messages with keys that “securemail export-key” made:\n"
    "\n"
    "    age -d -i keys.txt message.age\n"
    "\n"
    "age starts it by itself; it only has to be on the PATH. See age-plugin-securemail(1).\n";

int main(int count, char **arguments)
{
    struct why why = {""};
    room_harden();
    if (count == 2 && strcmp(arguments[1], "--version") == 0) {
        printf("age-plugin-securemail %s\n", SECUREMAIL_VERSION);
        return 0;
    }
    if (count == 2 && strcmp(arguments[1], "--help") == 0) {
        (void)fputs(help, stdout);
        return 0;
    }
    if (count != 2 || strcmp(arguments[1], "--age-plugin=identity-v1") != 0) {
        (void)fputs(help, stderr);
        return 64;
    }
    /* Standard input and output are all it needs: no file, no socket, no other program. */
    const struct room room = {.name = "age-plugin"};
    if (room_enter(&room, &why) != ST_OK) {
        fprintf(stderr, "age-plugin-securemail: %s\n", why.text);
        return 1;
    }
    return age_plugin_identity(STDIN_FILENO, STDOUT_FILENO) == ST_OK ? 0 : 1;
}
