/* SPDX-License-Identifier: Apache-2.0
 * base: the lock on files, by Landlock (landlock(7)). What a path allows holds for all beneath it;
 * descriptors that are open already are not touched. */
#include "room_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"

/* Newer than the headers we may be built with: from Landlock's third version (Linux 6.2) on. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define FILE_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILE_WRITE                                                                                 \
    (FILE_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |                     \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK)
/* Everything that Landlock's first version can refuse. */
#define FILE_ALL (LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)
/* What makes sense on a path that is no directory. */
#define FILE_PLAIN                                                                                 \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

/* A ruleset, and the accesses it refuses unless a path allows them. Older kernels than the third
 * version can't refuse truncation; room_calls.c refuses truncate(2) itself. */
struct rules {
    int fd;
    uint64_t refused;
};

static struct rules make_rules(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 0)
        return (struct rules){.fd = -1};
    uint64_t refused = FILE_ALL | (version >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
    struct landlock_ruleset_attr attributes = {.handled_access_fs = refused};
    long fd = syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    return (struct rules){.fd = (int)fd, .refused = refused};
}

static enum status allow_path(struct rules rules, const char *path, uint64_t access,
                              struct why *why)
{
    struct stat found;
    enum status status = ST_FAIL;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &found) == 0) {
        access &= rules.refused & (S_ISDIR(found.st_mode) ? ~0ULL : FILE_PLAIN);
        struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
        if (syscall(SYS_landlock_add_rule, rules.fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
            status = ST_OK;
    }
    if (status != ST_OK)
        why_set(why, ST_FAIL, "room: %s: %s", path, strerror(errno));
    io_close(&fd);
    return status;
}

static enum status allow_paths(struct rules rules, const char *const *paths, uint64_t access,
                               struct why *why)
{
    for (; paths != NULL && *paths != NULL; paths++)
        if (allow_path(rules, *paths, access, why) != ST_OK)
            return ST_FAIL;
    return ST_OK;
}

enum status room_lock_files(const char *const *read_paths, const char *const *write_paths,
                            struct why *why)
{
    struct rules rules = make_rules();
    if (rules.fd < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP
                   ? ST_OK
                   : why_set(why, ST_FAIL, "room: Landlock: %s", strerror(errno));
    enum status status = allow_paths(rules, read_paths, FILE_READ, why);
    if (status == ST_OK)
        status = allow_paths(rules, write_paths, FILE_WRITE, why);
    if (status == ST_OK && syscall(SYS_landlock_restrict_self, rules.fd, 0) != 0)
        status = why_set(why, ST_FAIL, "room: Landlock: %s", strerror(errno));
    io_close(&rules.fd);
    return status;
}
