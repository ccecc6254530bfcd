/* SPDX-License-Identifier: Apache-2.0
 * base: files of test vectors, one for each outcome, of lines "name: value". For tests with cmocka,
 * whose header comes before this one. */
#ifndef SECUREMAIL_TEST_FILES_H
#define SECUREMAIL_TEST_FILES_H

#include <dirent.h>
#include <string.h>

#include "encode.h"
#include "file.h"
#include "number.h"

#define FILES_SIZE_MAX 65536
#define FILES_FIELD_MAX 3000

/* The folder of all vectors, which the test's argument names. */
static const char *files_root;

/* The content of a file, in a buffer of the caller's. */
static inline struct bytes files_load(const char *below, const char *name, struct buffer *buffer)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/%s", files_root, below, name);
    buffer_clear(buffer);
    if (file_read(path, buffer, NULL) != ST_OK)
        fail_msg("%s can't be read", path);
    return buffer_bytes(buffer);
}

/* Call `run` (unless it is NULL) for each file of a folder whose name starts so; fails unless they
 * are exactly `count`: no file is lost, and none is passed over. */
static inline void files_each(const char *below, const char *start, size_t count,
                              void (*run)(const char *name, struct bytes file))
{
    char path[4096];
    struct buffer buffer;
    size_t found = 0;
    buffer_init(&buffer, FILES_SIZE_MAX);
    snprintf(path, sizeof path, "%s/%s", files_root, below);
    DIR *listing = opendir(path);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "README.md") == 0 ||
            strncmp(entry->d_name, start, strlen(start)) != 0)
            continue;
        if (run != NULL) {
            print_message("  %s\n", entry->d_name);
            run(entry->d_name, files_load(below, entry->d_name, &buffer));
        }
        found++;
    }
    closedir(listing);
    buffer_done(&buffer);
    if (found != count)
        fail_msg("%zu files %s/%s… in place of %zu", found, below, start, count);
}

/* The text of a field; fails the test if it is missing. */
static inline struct bytes files_text(struct bytes file, const char *name)
{
    struct bytes line = BYTES_NONE;
    while (bytes_line(&file, &line))
        if (bytes_starts(line, bytes_text(name)) && line.n > strlen(name) &&
            line.p[strlen(name)] == ':')
            return bytes_trim(bytes_from(line, strlen(name) + 1));
    fail_msg("no field %s", name);
    return BYTES_NONE;
}

/* A field in hexadecimal. */
struct files_field {
    uint8_t bytes[FILES_FIELD_MAX];
    size_t n;
};

static inline struct files_field files_hex(struct bytes file, const char *name)
{
    struct files_field field = {.n = files_text(file, name).n / 2};
    assert_true(field.n <= FILES_FIELD_MAX);
    assert_int_equal(hex_decode(files_text(file, name), field.bytes, field.n), ST_OK);
    return field;
}

static inline struct bytes files_bytes(const struct files_field *field)
{
    return (struct bytes){field->bytes, field->n};
}

static inline uint64_t files_number(struct bytes file, const char *name)
{
    uint64_t value = 0;
    assert_int_equal(number_parse(files_text(file, name), 0, UINT64_MAX, &value), ST_OK);
    return value;
}

/* Does `why` begin with the rule that a name states: "refused_P-3_other_body" and "P-3: …"? */
static inline bool files_rule_is(const char *name, const struct why *why)
{
    const char *rule = name + strlen("refused_");
    size_t n = strcspn(rule, "_");
    return strncmp(name, "refused_", strlen("refused_")) == 0 && n > 0 &&
           strncmp(why->text, rule, n) == 0 && why->text[n] == ':';
}

#endif
