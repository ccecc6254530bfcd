/* SPDX-License-Identifier: Apache-2.0
 * master: reading the directory of master secrets. */
#include "master_set.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "number.h"

#define PATH_SIZE 4096

struct master_set {
    struct master *masters[MASTER_SET_MAX]; /* by rising serial */
    size_t count;
};

static enum status check_directory(const char *path, struct why *why)
{
    struct stat found;
    if (stat(path, &found) != 0)
        return why_set(why, errno == ENOENT ? ST_NONE : ST_FAIL, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(found.st_mode))
        return why_set(why, ST_BAD, "%s: not a directory", path);
    if (found.st_uid != geteuid() && found.st_uid != 0)
        return why_set(why, ST_DENIED, "%s: not a directory of ours", path);
    if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return why_set(why, ST_DENIED, "%s: mode %04o lets others write; chmod 700 it", path,
                       (unsigned)found.st_mode & 07777);
    return ST_OK;
}

/* Keep the masters by rising serial; no two have one, for no two files have one name. */
static void insert(struct master_set *set, struct master *master)
{
    size_t at = set->count++;
    for (; at > 0 && master_params(set->masters[at - 1])->serial > master_params(master)->serial;
         at--)
        set->masters[at] = set->masters[at - 1];
    set->masters[at] = master;
}

/* M-11: of one district, with one authority key and one interval. */
static bool belongs(const struct master_set *set, const struct master *master)
{
    if (set->count == 0)
        return true;
    const struct params *first = master_params(set->masters[0]), *params = master_params(master);
    return strcmp(first->district, params->district) == 0 && first->interval == params->interval &&
           memcmp(master_authority(set->masters[0]), master_authority(master),
                  sizeof(struct sign_public)) == 0;
}

static enum status add_file(struct master_set *set, const char *directory, const char *name,
                            const struct secret *passphrase, struct why *why)
{
    char path[PATH_SIZE];
    uint64_t serial = 0;
    struct secret *file = NULL;
    struct master *master = NULL;
    struct why reason = {""};
    int n = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (n < 0 || n >= (int)sizeof path)
        return why_set(why, ST_LIMIT, "%s: the path is too long", directory);
    if (number_parse(bytes_text(name), 1, IDENTITY_SERIAL_MAX, &serial) != ST_OK)
        return why_set(why, ST_BAD, "M-9: %s: its name is no serial number", path);
    if (set->count == MASTER_SET_MAX)
        return why_set(why, ST_LIMIT, "%s: more than %d files", directory, MASTER_SET_MAX);

    enum status status = file_read_secret(path, MASTER_FILE_MAX, &file, why);
    if (status != ST_OK)
        return status;
    status = master_read(secret_bytes(file), passphrase, &master, &reason);
    if (status != ST_OK)
        why_set(why, status, "%s: %s", path, reason.text);
    else if (master_params(master)->serial != serial)
        status = why_set(why, ST_BAD, "M-10: %s: it is serial %llu's", path,
                         (unsigned long long)master_params(master)->serial);
    else if (!belongs(set, master))
        status =
            why_set(why, ST_BAD,
                    "M-11: %s: of another district, authority or interval than the others", path);
    if (status == ST_OK) {
        insert(set, master);
        master = NULL;
    }
    master_free(master);
    secret_free(file);
    return status;
}

enum status master_set_read(const char *directory, const struct secret *passphrase,
                            struct master_set **set_out, struct why *why)
{
    struct dirent **names = NULL;
    struct master_set *set = memory_new(1, sizeof *set);
    enum status status = check_directory(directory, why);
    int count = status == ST_OK ? scandir(directory, &names, NULL, alphasort) : 0;
    if (count < 0)
        status = why_set(why, ST_FAIL, "%s: %s", directory, strerror(errno));
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        if (status == ST_OK && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            status = add_file(set, directory, name, passphrase, why);
        free(names[i]);
    }
    free(names);
    if (status == ST_OK && set->count == 0)
        status = why_set(why, ST_NONE, "%s: there is no master secret in it", directory);
    if (status == ST_OK) {
        *set_out = set;
        set = NULL;
    }
    master_set_free(set);
    return status;
}

struct master_set *master_set_of(struct master *master)
{
    struct master_set *set = memory_new(1, sizeof *set);
    insert(set, master);
    return set;
}

void master_set_free(struct master_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++)
        master_free(set->masters[i]);
    free(set);
}

const struct master *master_set_find(const struct master_set *set, uint64_t serial)
{
    for (size_t i = 0; i < set->count; i++)
        if (master_params(set->masters[i])->serial == serial)
            return set->masters[i];
    return NULL;
}

const struct master *master_set_newest(const struct master_set *set)
{
    return set->masters[set->count - 1];
}

size_t master_set_count(const struct master_set *set)
{
    return set->count;
}
