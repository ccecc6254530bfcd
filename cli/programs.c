/* SPDX-License-Identifier: Apache-2.0
 * cli: finding our other programs. */
#include "programs.h"

#include <libgen.h>
#include <stdbool.h>
#include <unistd.h>

/* The folder this program stands in. */
static bool own_folder(char folder_out[PATH_MAX])
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    return snprintf(folder_out, PATH_MAX, "%s", dirname(path)) < PATH_MAX;
}

static bool found_in(const char *folder, const char *below, const char *name,
                     char path_out[PATH_MAX])
{
    int n = snprintf(path_out, PATH_MAX, "%s%s/securemail-%s", folder, below, name);
    return n > 0 && n < PATH_MAX && access(path_out, X_OK) == 0;
}

enum status program_find(const char *folder, const char *name, char path_out[PATH_MAX],
                         struct why *why)
{
    char below[NAME_MAX], beside[NAME_MAX], own[PATH_MAX];
    snprintf(below, sizeof below, "/%s", name);
    snprintf(beside, sizeof beside, "/../%s", name);
    if (folder != NULL) {
        if (found_in(folder, "", name, path_out) || found_in(folder, below, name, path_out))
            return ST_OK;
        return why_set(why, ST_NONE, "securemail-%s is not in %s", name, folder);
    }
    if (own_folder(own) &&
        (found_in(own, "", name, path_out) || found_in(own, beside, name, path_out)))
        return ST_OK;
    if (found_in(SECUREMAIL_PROGRAMS, "", name, path_out))
        return ST_OK;
    return why_set(why, ST_NONE, "securemail-%s is neither beside this program nor in %s", name,
                   SECUREMAIL_PROGRAMS);
}
