/* SPDX-License-Identifier: Apache-2.0
 * base: users by name or number. */
#include "user.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

#include "number.h"

static enum status add(struct users *users, uid_t id, struct why *why)
{
    if (users->n == USERS_MAX)
        return why_set(why, ST_LIMIT, "more than %d users", USERS_MAX);
    users->ids[users->n++] = id;
    return ST_OK;
}

enum status users_add(struct users *users, const char *name, struct why *why)
{
    uint64_t number;
    if (number_parse(bytes_text(name), 0, UINT32_MAX - 1, &number) == ST_OK)
        return add(users, (uid_t)number, why);
    const struct passwd *found = getpwnam(name);
    return found != NULL ? add(users, found->pw_uid, why)
                         : why_set(why, ST_NONE, "there is no user “%s”", name);
}

enum status users_add_self(struct users *users, const char *name, struct why *why)
{
    if (name != NULL && name[0] != '\0')
        return users_add(users, name, why);
    return add(users, geteuid(), why);
}

bool users_have(const struct users *users, uid_t id)
{
    for (size_t i = 0; i < users->n; i++)
        if (users->ids[i] == id)
            return true;
    return false;
}

enum status user_give(const char *name, const char *path, struct why *why)
{
    if (name == NULL || name[0] == '\0' || geteuid() != 0)
        return ST_OK;
    const struct passwd *found = getpwnam(name);
    if (found == NULL)
        return why_set(why, ST_NONE, "there is no user “%s”", name);
    if (lchown(path, found->pw_uid, found->pw_gid) != 0)
        return why_set(why, ST_FAIL, "%s: %s", path, strerror(errno));
    return ST_OK;
}
