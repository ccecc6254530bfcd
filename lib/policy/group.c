/* SPDX-License-Identifier: Apache-2.0
 * policy: a file of addresses and domains, sorted to be searched. */
#include "group.h"

#include <stdlib.h>

#include "file.h"
#include "memory.h"

/* Members stand one behind the other, each with a NUL; the pointers are sorted. */
struct group {
    struct buffer text;
    const char **members;
    size_t count;
};

/* A line as it is compared: an address, or a domain, perhaps with a dot in front. */
static enum status canonical(struct bytes line, struct buffer *out, struct why *why)
{
    char domain[ADDRESS_MAX + 1];
    struct address address;
    bool whole = bytes_index(line, '@') < line.n;
    enum status status =
        whole ? address_parse(line, &address, why) : address_parse_domains(line, domain, why);
    return status == ST_OK ? buffer_add_text(out, whole ? address.text : domain) : status;
}

static enum status read_lines(struct group *group, const char *path, struct bytes file,
                              struct why *why)
{
    struct bytes line = BYTES_NONE;
    for (unsigned number = 1; bytes_line(&file, &line); number++) {
        struct why reason = {""};
        line = bytes_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (group->count == GROUP_MEMBERS_MAX)
            return why_set(why, ST_LIMIT, "%s:%u: more than %d lines", path, number,
                           GROUP_MEMBERS_MAX);
        if (canonical(line, &group->text, &reason) != ST_OK)
            return why_set(why, ST_BAD, "%s:%u: neither an address nor a domain: %s", path, number,
                           reason.text);
        if (buffer_add_byte(&group->text, '\0') != ST_OK)
            return why_set(why, ST_LIMIT, "%s: too large", path);
        group->count++;
    }
    return ST_OK;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(struct group *group)
{
    const char *at = (const char *)group->text.p;
    group->members = memory_new(group->count + 1, sizeof *group->members);
    for (size_t i = 0; i < group->count; i++, at += strlen(at) + 1)
        group->members[i] = at;
    qsort(group->members, group->count, sizeof *group->members, compare);
}

enum status group_read(const char *path, struct group **group_out, struct why *why)
{
    struct buffer file;
    struct group *group = memory_new(1, sizeof *group);
    buffer_init(&file, GROUP_FILE_MAX);
    buffer_init(&group->text, 2 * GROUP_FILE_MAX); /* A-labels are longer than what they say */
    enum status status = file_read(path, &file, why);
    if (status == ST_OK)
        status = read_lines(group, path, buffer_bytes(&file), why);
    if (status == ST_OK) {
        sort(group);
        *group_out = group;
        group = NULL;
    }
    group_free(group);
    buffer_done(&file);
    return status;
}

void group_free(struct group *group)
{
    if (group == NULL)
        return;
    free(group->members);
    buffer_done(&group->text);
    free(group);
}

static bool has(const struct group *group, const char *member)
{
    return bsearch(&member, group->members, group->count, sizeof member, compare) != NULL;
}

bool group_holds(const struct group *group, const char *address)
{
    const char *at = strrchr(address, '@');
    if (at == NULL)
        return false;
    bool holds = has(group, address) || has(group, at + 1);
    for (const char *dot = strchr(at, '.'); dot != NULL && !holds; dot = strchr(dot + 1, '.'))
        holds = has(group, dot);
    return holds;
}
