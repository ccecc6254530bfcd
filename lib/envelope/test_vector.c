/* SPDX-License-Identifier: Apache-2.0
 * envelope: reading files of vectors. */
#include "test_vector.h"

#include <dirent.h>

#include "carrier.h"
#include "encode.h"
#include "file.h"

#define VECTOR_MAX (32 << 20)

static void end(const struct vector *vector, const char *problem)
{
    fprintf(stderr, "%s: %s\n", vector->name, problem);
    exit(2);
}

struct bytes vector_value(const struct vector *vector, const char *key)
{
    struct bytes rest = vector->keys, line = BYTES_NONE, name = bytes_text(key);
    while (bytes_line(&rest, &line))
        if (bytes_starts(line, name) && bytes_starts(bytes_from(line, name.n), BYTES_LITERAL(": ")))
            return bytes_from(line, name.n + 2);
    return BYTES_NONE;
}

void vector_hex(const struct vector *vector, const char *key, uint8_t *out, size_t n)
{
    if (hex_decode(vector_value(vector, key), out, n) != ST_OK)
        end(vector, key);
}

struct secret *vector_secret(const struct vector *vector, const char *key, size_t n)
{
    struct secret *secret = secret_new(n);
    vector_hex(vector, key, secret->p, n);
    return secret;
}

static void split(struct vector *vector)
{
    struct bytes content = buffer_bytes(&vector->content);
    size_t at = bytes_find(content, BYTES_LITERAL("\n\n"));
    if (at == content.n)
        end(vector, "no empty line behind the keys");
    vector->keys = bytes_first(content, at + 1);
    vector->message = bytes_from(content, at + 2);
}

static bool run_one(const char *folder, const char *name,
                    const char *(*judge)(const struct vector *vector))
{
    char path[4096];
    struct vector vector = {0};
    struct why why;
    snprintf(vector.name, sizeof vector.name, "%s", name);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    buffer_init(&vector.content, VECTOR_MAX);
    if (file_read(path, &vector.content, &why) != ST_OK)
        end(&vector, why.text);
    split(&vector);
    const char *problem = judge(&vector);
    if (problem != NULL)
        printf("%s: %s\n", name, problem);
    buffer_done(&vector.content);
    return problem == NULL;
}

static int is_vector(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && strstr(entry->d_name, ".md") == NULL;
}

int vector_run(const char *folder, int count, const char *(*judge)(const struct vector *vector))
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_vector, alphasort), wrong = 0;
    for (int i = 0; i < n; i++) {
        wrong += !run_one(folder, entries[i]->d_name, judge);
        free(entries[i]);
    }
    free(entries);
    printf("%d vectors of %d, %d wrong\n", n < 0 ? 0 : n, count, wrong);
    return n != count || wrong > 0;
}

enum status vector_unarmor(struct bytes text, size_t step, struct buffer *file_out,
                           uint8_t hash_out[64], struct why *why)
{
    struct armor_reader *reader = armor_reader_new();
    enum status status = ST_OK;
    for (; status == ST_OK && text.n > 0; text = bytes_from(text, step))
        status = armor_reader_add(reader, bytes_first(text, step), file_out);
    if (status == ST_OK)
        status = armor_reader_end(reader, hash_out);
    if (status != ST_OK)
        why_set(why, status, "%s", armor_reader_why(reader));
    armor_reader_free(reader);
    return status;
}
