/* SPDX-License-Identifier: Apache-2.0
 * base: small whole files. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_helper.h"
#include "io.h"

#define PIECE 4096
#define READ_MS 10000
#define WRITE_MS 60000
#define PATH_SIZE 4096

static enum status read_all(int fd, const char *path, struct buffer *content, struct why *why)
{
    for (;;) {
        size_t room = content->max - content->n;
        uint8_t extra;
        uint8_t *to = room == 0 ? &extra : buffer_space(content, room < PIECE ? room : PIECE);
        ssize_t n = read(fd, to, room == 0 ? 1 : room < PIECE ? room : PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return why_set(why, ST_FAIL, "%s: %s", path, strerror(errno));
        if (n == 0)
            return ST_OK;
        if (room == 0)
            return why_set(why, ST_LIMIT, "%s: larger than %zu bytes", path, content->max);
        content->n += (size_t)n;
    }
}

static enum status open_file(const char *path, int *fd_out, struct why *why)
{
    if (file_helper_is_there())
        return file_helper_open(path, fd_out, why);
    *fd_out = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (*fd_out < 0)
        return why_set(why, errno == ENOENT ? ST_NONE : ST_FAIL, "%s: %s", path, strerror(errno));
    return ST_OK;
}

enum status file_read(const char *path, struct buffer *content, struct why *why)
{
    int fd = -1;
    enum status status = open_file(path, &fd, why);
    if (status == ST_OK)
        status = read_all(fd, path, content, why);
    io_close(&fd);
    return status;
}

/* Whose file it is, and who else may touch it. */
static enum status check_private(const struct stat *found, const char *path, struct why *why)
{
    if (!S_ISREG(found->st_mode) || (found->st_uid != geteuid() && found->st_uid != 0))
        return why_set(why, ST_DENIED, "%s: not a file of ours", path);
    if ((found->st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) != 0)
        return why_set(why, ST_DENIED, "%s: mode %04o lets others in; chmod 600 it", path,
                       (unsigned)found->st_mode & 07777);
    return ST_OK;
}

enum status file_read_secret(const char *path, size_t max, struct secret **secret_out,
                             struct why *why)
{
    struct secret *secret = NULL;
    struct stat found;
    enum status status = ST_FAIL;
    /* O_NONBLOCK: should it be a pipe, we say so instead of waiting for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &found) != 0) {
        status = why_set(why,
                         errno == ENOENT  ? ST_NONE
                         : errno == ELOOP ? ST_DENIED
                                          : ST_FAIL,
                         "%s: %s", path, errno == ELOOP ? "a link" : strerror(errno));
        goto out;
    }
    status = check_private(&found, path, why);
    if (status == ST_OK && found.st_size == 0)
        status = why_set(why, ST_BAD, "%s: empty", path);
    if (status == ST_OK && (uintmax_t)found.st_size > max)
        status = why_set(why, ST_LIMIT, "%s: larger than %zu bytes", path, max);
    if (status != ST_OK)
        goto out;

    /* Straight into guarded memory: no copy is left in a buffer. */
    secret = secret_new((size_t)found.st_size);
    if (io_read_all(fd, secret->p, secret->n, io_deadline(READ_MS)) != ST_OK) {
        status = why_set(why, ST_FAIL, "%s: cut short", path);
        goto out;
    }
    *secret_out = secret;
    secret = NULL;
out:
    io_close(&fd);
    secret_free(secret);
    return status;
}

/* A new file beside the wanted name, complete and synced; it has its final name only afterwards. */
static enum status write_beside(const char *path, mode_t mode, struct bytes content,
                                char beside_out[PATH_SIZE], struct why *why)
{
    int n = snprintf(beside_out, PATH_SIZE, "%s.XXXXXX", path);
    if (n < 0 || n >= PATH_SIZE)
        return why_set(why, ST_LIMIT, "%s: the path is too long", path);
    int fd = mkostemp(beside_out, O_CLOEXEC);
    if (fd < 0)
        return why_set(why, ST_FAIL, "%s: %s", path, strerror(errno));
    enum status status = ST_OK;
    errno = 0;
    if (io_write_all(fd, content, io_deadline(WRITE_MS)) != ST_OK || fchmod(fd, mode) != 0 ||
        fsync(fd) != 0) {
        status = why_set(why, errno == ENOSPC ? ST_TEMP : ST_FAIL, "%s: %s", path, strerror(errno));
        unlink(beside_out);
    }
    io_close(&fd);
    return status;
}

/* The name itself lasts once its directory is synced. ("/x" gives "", and "/." is the root.) */
static void sync_directory(const char *path)
{
    char directory[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(directory, sizeof directory, ".");
    else
        snprintf(directory, sizeof directory, "%.*s/.", (int)(slash - path), path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        fsync(fd);
    io_close(&fd);
}

enum status file_create(const char *path, mode_t mode, struct bytes content, struct why *why)
{
    char beside[PATH_SIZE];
    enum status status = write_beside(path, mode, content, beside, why);
    if (status != ST_OK)
        return status;
    /* link(2), unlike rename(2), fails if the name is taken. */
    if (link(beside, path) != 0)
        status =
            why_set(why, errno == EEXIST ? ST_DENIED : ST_FAIL, "%s: %s", path,
                    errno == EEXIST ? "exists already, and is not overwritten" : strerror(errno));
    unlink(beside);
    sync_directory(path);
    return status;
}

enum status file_replace(const char *path, mode_t mode, struct bytes content, struct why *why)
{
    char beside[PATH_SIZE];
    enum status status = write_beside(path, mode, content, beside, why);
    if (status != ST_OK)
        return status;
    if (rename(beside, path) != 0) {
        status = why_set(why, ST_FAIL, "%s: %s", path, strerror(errno));
        unlink(beside);
    }
    sync_directory(path);
    return status;
}

enum status file_directory(const char *path, mode_t mode, struct why *why)
{
    struct stat found;
    if (mkdir(path, mode) == 0 ||
        (errno == EEXIST && stat(path, &found) == 0 && S_ISDIR(found.st_mode)))
        return ST_OK;
    return why_set(why, ST_FAIL, "%s: %s", path, strerror(errno));
}
