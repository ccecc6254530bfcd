/* SPDX-License-Identifier: Apache-2.0
 * base: files opened by a helper for a process that is locked in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "file.h"
#include "file_helper.h"
#include "number.h"
#include "room.h"
#include "test_child.h"

#define PATH_SIZE 64

static char folder[] = "/tmp/test-helper-XXXXXX";
static char ours[PATH_SIZE], foreign[PATH_SIZE], missing[PATH_SIZE];

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(ours, PATH_SIZE, "%s/ours", folder);
    snprintf(foreign, PATH_SIZE, "%s/foreign", folder);
    snprintf(missing, PATH_SIZE, "%s/missing", folder);
    return file_create(ours, 0600, BYTES_LITERAL("text"), NULL) == ST_OK &&
                   file_create(foreign, 0600, BYTES_LITERAL("text"), NULL) == ST_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(ours) + unlink(foreign) + rmdir(folder);
}

static bool all_but_foreign(void *context, const char *path)
{
    return strcmp(path, context) != 0;
}

static enum status reading(const char *path)
{
    struct buffer content;
    struct why why = {""};
    buffer_init(&content, 4);
    enum status status = file_read(path, &content, &why);
    if (status == ST_OK && !bytes_equal(buffer_bytes(&content), BYTES_LITERAL("text")))
        status = ST_BAD;
    buffer_done(&content);
    return status == ST_OK || strstr(why.text, path) != NULL ? status : ST_BAD;
}

static bool start(bool lock)
{
    const struct room room = {.name = "test", .rights = ROOM_UNIX | ROOM_PROCESS};
    struct why why;
    return file_helper_start(all_but_foreign, foreign, &why) == ST_OK && file_helper_is_there() &&
           (!lock || room_enter(&room, &why) == ST_OK);
}

/* In a child, as a room is entered for good. */
static int files_from_inside(void)
{
    if (!start(true))
        return 1;
    if (reading(ours) != ST_OK || reading(foreign) != ST_DENIED || reading(missing) != ST_NONE)
        return 2;
    return reading(ours) == ST_OK ? 0 : 3; /* a refusal is not its end */
}

static void it_opens_what_is_allowed_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(in_child(files_from_inside), 0);
}

static int after_leaving(void)
{
    if (!start(false))
        return 1;
    file_helper_leave();
    return !file_helper_is_there() && reading(foreign) == ST_OK ? 0 : 2;
}

static void who_leaves_it_opens_files_itself(void **state)
{
    (void)state;
    assert_int_equal(in_child(after_leaving), 0);
}

/* The only child we have. */
static pid_t helper(void)
{
    char path[PATH_SIZE], line[PATH_SIZE] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    if (file != NULL)
        (void)fclose(file);
    uint64_t number = 0;
    struct bytes digits = bytes_trim(bytes_text(line));
    return number_parse(digits, 0, INT32_MAX, &number) == ST_OK ? (pid_t)number : 0;
}

static int without_helper(void)
{
    int status = 0;
    if (!start(false) || reading(ours) != ST_OK)
        return 1;
    pid_t child = helper();
    if (child <= 0 || kill(child, SIGTERM) != 0 || reading(ours) != ST_OK)
        return 2; /* a signal to the group is not its end */
    if (kill(child, SIGKILL) != 0 || waitpid(child, &status, 0) != child)
        return 3;
    return reading(ours) == ST_FAIL ? 0 : 4;
}

static void a_helper_that_is_gone_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(in_child(without_helper), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_what_is_allowed_and_nothing_else),
        cmocka_unit_test(who_leaves_it_opens_files_itself),
        cmocka_unit_test(a_helper_that_is_gone_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
