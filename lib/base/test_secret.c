/* SPDX-License-Identifier: Apache-2.0
 * base: what the kernel says of the memory that secrets are in. */
#include <setjmp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "secret.h"
#include "test_child.h"

/* Has the mapping an address lies in this flag? (proc(5), VmFlags) "dd": not in core dumps; "lo":
 * locked in memory. */
static bool has_flag(const void *address, const char *flag)
{
    char line[512];
    bool inside = false, has = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        char *rest = line;
        uintptr_t from = strtoul(line, &rest, 16);
        if (*rest == '-')
            inside = (uintptr_t)address >= from && (uintptr_t)address < strtoul(rest + 1, NULL, 16);
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            has = strstr(line, flag) != NULL;
    }
    fclose(maps);
    return has;
}

static void a_secret_is_locked_and_left_out_of_core_dumps(void **state)
{
    (void)state;
    struct secret *secret = secret_new(32);
    void *plain = malloc(32);
    assert_true(secret_lockable()); /* else the limit on locked memory is too low for this test */
    assert_true(has_flag(secret->p, " dd") && has_flag(secret->p, " lo"));
    assert_false(has_flag(plain, " dd") || has_flag(plain, " lo")); /* the test can tell */
    free(plain);
    secret_free(secret);
}

/* As nobody in particular, who may lock so many bytes: what is said, and what is true. */
static int lock_within(rlim_t limit)
{
    const struct rlimit memory = {limit, limit};
    if (setrlimit(RLIMIT_MEMLOCK, &memory) != 0 ||
        (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) ||
        prctl(PR_SET_DUMPABLE, 1) != 0) /* to read its own smaps */
        return 4;
    struct secret *secret = secret_new(32);
    int found = (has_flag(secret->p, " lo") ? 1 : 0) + (secret_lockable() ? 2 : 0);
    secret->p[31] = 1; /* it is there all the same */
    secret_free(secret);
    return found;
}

static int lock_within_nothing(void)
{
    return lock_within(0);
}

static int lock_within_a_page(void)
{
    return lock_within((rlim_t)sysconf(_SC_PAGESIZE));
}

static int lock_within_two_megabytes(void)
{
    return lock_within(2 << 20);
}

static void memory_that_can_not_be_locked_is_known(void **state)
{
    (void)state;
    assert_int_equal(in_child(lock_within_nothing), 0);
    assert_int_equal(in_child(lock_within_a_page), 1); /* a small secret, but no more */
    assert_int_equal(in_child(lock_within_two_megabytes), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_locked_and_left_out_of_core_dumps),
        cmocka_unit_test(memory_that_can_not_be_locked_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
