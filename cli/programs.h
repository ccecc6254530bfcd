/* SPDX-License-Identifier: Apache-2.0
 * cli: where our other programs are. */
#ifndef SECUREMAIL_PROGRAMS_H
#define SECUREMAIL_PROGRAMS_H

#include <limits.h>

#include "status.h"

/* The path of securemail-<name>. With `folder`: there, or in folder/<name>/ (a build tree).
 * Without: beside this program, in the build tree it stands in, or where the installation puts it.
 * ST_NONE, with a reason, if it is nowhere. */
enum status program_find(const char *folder, const char *name, char path_out[PATH_MAX],
                         struct why *why) MUST_CHECK;

#endif
