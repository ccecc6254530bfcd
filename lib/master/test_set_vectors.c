/* SPDX-License-Identifier: Apache-2.0
 * master: directories of another implementation's master files (tests/vectors/master_set), against
 * the rules M-9 to M-11 of docs/spec/params.md. A vector holds the files of one directory, an empty
 * line between: "file: <its name>", and what it holds. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <unistd.h>

#include "master_set.h"
#include "test_files.h"

/* The path of an entry of the directory that is made for a vector. */
struct path {
    char text[300];
};

static struct path path_of(const char *directory, struct bytes name)
{
    struct path path;
    snprintf(path.text, sizeof path.text, "%s/%.*s", directory, (int)name.n, (const char *)name.p);
    return path;
}

/* Call `what` with each file of a vector: its path and its content. */
static void each_file(const char *directory, struct bytes vector,
                      void (*what)(const char *path, struct bytes content))
{
    while (vector.n > 0) {
        struct bytes file = bytes_first(vector, bytes_find(vector, BYTES_LITERAL("\n\n")) + 1);
        struct bytes name = files_text(file, "file");
        what(path_of(directory, name).text, bytes_from(file, bytes_index(file, '\n') + 1));
        vector = bytes_from(vector, file.n + 1);
    }
}

static void put(const char *path, struct bytes content)
{
    assert_int_equal(file_create(path, 0400, content, NULL), ST_OK);
}

static void take_away(const char *path, struct bytes content)
{
    (void)content;
    unlink(path);
}

static enum status read_vector(struct bytes vector, struct master_set **set_out, struct why *why)
{
    char directory[] = "/tmp/test-set-XXXXXX";
    assert_non_null(mkdtemp(directory));
    each_file(directory, vector, put);
    enum status status = master_set_read(directory, NULL, set_out, why);
    each_file(directory, vector, take_away);
    assert_int_equal(rmdir(directory), 0);
    return status;
}

static void run_success(const char *name, struct bytes file)
{
    struct master_set *set = NULL;
    struct why why = {{0}};
    uint64_t highest = 0;
    size_t count = 0;
    if (read_vector(file, &set, &why) != ST_OK)
        fail_msg("%s: %s", name, why.text);
    for (struct bytes rest = file, line; bytes_line(&rest, &line);) {
        if (!bytes_starts(line, BYTES_LITERAL("file: ")))
            continue;
        uint64_t serial = files_number((struct bytes){line.p, line.n}, "file");
        assert_non_null(master_set_find(set, serial));
        highest = serial > highest ? serial : highest;
        count++;
    }
    assert_int_equal(master_set_count(set), count);
    assert_int_equal(master_params(master_set_newest(set))->serial, highest);
    master_set_free(set);
}

static void directories_are_read(void **state)
{
    (void)state;
    files_each("master_set", "success_", 3, run_success);
}

static void run_refused(const char *name, struct bytes file)
{
    struct master_set *set = NULL;
    struct why why = {{0}};
    if (read_vector(file, &set, &why) != ST_BAD || !files_rule_is(name, &why))
        fail_msg("%s: “%s”", name, why.text);
    assert_null(set);
}

static void every_rule_refuses_and_names_itself(void **state)
{
    (void)state;
    files_each("master_set", "refused_M-9_", 5, run_refused);
    files_each("master_set", "refused_M-10_", 1, run_refused);
    files_each("master_set", "refused_M-11_", 4, run_refused);
    files_each("master_set", "", 3 + 5 + 1 + 4, NULL);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directories_are_read),
        cmocka_unit_test(every_rule_refuses_and_names_itself),
    };
    if (count != 2)
        return 2;
    files_root = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
