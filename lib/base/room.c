/* SPDX-License-Identifier: Apache-2.0
 * base: entering a room: the user goes, then the files, then the system calls. */
#include "room.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "room_private.h"

void room_harden(void)
{
    struct rlimit none = {0, 0};
    /* With a standard descriptor closed, the next file opened would be taken for it. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            abort();
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        abort();
    umask(077);
}

/* Root may become a user; anybody else stays what he is. */
static enum status drop_user(const char *name, struct why *why)
{
    if (name == NULL || name[0] == '\0' || geteuid() != 0)
        return ST_OK;
    struct passwd *user = getpwnam(name);
    if (user == NULL)
        return why_set(why, ST_FAIL, "there is no user “%s”", name);
    if (user->pw_uid == 0)
        return why_set(why, ST_FAIL, "user “%s” is root itself", name);
    if (initgroups(name, user->pw_gid) != 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
        return why_set(why, ST_FAIL, "can't become user “%s”: %s", name, strerror(errno));
    /* Trust, but try: there must be no way back. */
    if (setuid(0) == 0 || seteuid(0) == 0)
        return why_set(why, ST_FAIL, "user “%s” can become root again", name);
    return ST_OK;
}

/* Even a root that stays root (a container, a trial) may only what a plain owner of files may. */
static enum status drop_capabilities(struct why *why)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capset, &header, none) != 0)
        return why_set(why, ST_FAIL, "room: capabilities: %s", strerror(errno));
    return ST_OK;
}

enum status room_enter(const struct room *room, struct why *why)
{
    /* A change of user also forgets that we end with our parent. */
    int with_parent = 0;
    prctl(PR_GET_PDEATHSIG, &with_parent);
    enum status status = drop_user(room->user, why);
    if (status == ST_OK && prctl(PR_SET_PDEATHSIG, with_parent) != 0)
        status = why_set(why, ST_FAIL, "room: %s", strerror(errno));
    if (status == ST_OK)
        status = drop_capabilities(why);
    /* A change of user makes a process dumpable again. */
    if (status == ST_OK &&
        (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0))
        status = why_set(why, ST_FAIL, "room: %s", strerror(errno));
    if (status == ST_OK)
        status = room_lock_files(room->read_paths, room->write_paths, why);
    if (status == ST_OK)
        status = room_lock_calls(room->rights, why);
    return status;
}
