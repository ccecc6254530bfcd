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

/* Pages are kept for the next secret. */
static struct secret *secret_in_a_used_page(size_t n)
{
    struct secret *before = secret_new(4000);
    uint8_t *end = before->p + before->n;
    memset(before->p, 0x5a, before->n);
    secret_free(before);
    struct secret *secret = secret_new(n);
    assert_ptr_equal(secret->p + secret->n, end); /* it is the same */
    return secret;
}

static void a_used_page_is_clean_locked_and_left_out_of_core_dumps(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 4000; n += 1333) {
        struct secret *secret = secret_in_a_used_page(n);
        const uint8_t *page = (const uint8_t *)((uintptr_t)secret->p & ~(uintptr_t)4095);
        for (const uint8_t *p = page + 16; p < secret->p + secret->n; p++)
            assert_int_equal(*p, 0); /* what stood before the new one, too */
        assert_true(has_flag(secret->p, " dd") && has_flag(secret->p, " lo"));
        secret_free(secret);
    }
}

static int read_behind_a_used_page(void)
{
    struct secret *secret = secret_in_a_used_page(7);
    volatile uint8_t *p = secret->p;
    return p[6] == 0 ? p[7] : 99;
}

static int read_a_page_given_back_twice(void)
{
    struct secret *secret = secret_in_a_used_page(7);
    volatile uint8_t *p = secret->p;
    secret_free(secret);
    return p[6];
}

static void a_used_page_is_guarded(void **state)
{
    (void)state;
    assert_true(in_child(read_behind_a_used_page) < 0);
    assert_true(in_child(read_a_page_given_back_twice) < 0);
}

static int locked_in_a_child(void)
{
    struct secret *secret = secret_new(32);
    return has_flag(secret->p, " lo") ? 3 : 4;
}

static void a_child_locks_its_own(void **state)
{
    (void)state;
    secret_free(secret_new(32)); /* a page that the child has unlocked, too */
    assert_int_equal(in_child(locked_in_a_child), 3);
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
        cmocka_unit_test(a_used_page_is_clean_locked_and_left_out_of_core_dumps),
        cmocka_unit_test(a_used_page_is_guarded),
        cmocka_unit_test(a_child_locks_its_own),
        cmocka_unit_test(memory_that_can_not_be_locked_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
