/* SPDX-License-Identifier: Apache-2.0
 * master: the shares of another implementation (tests/vectors/share), and sets of them that do or
 * do not fit together (tests/vectors/share_set), a file per outcome of docs/spec/shares.md. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "share.h"
#include "test_files.h"

/* --- one share -------------------------------------------------------------------------------- */

static void run_share(const char *name, struct bytes file)
{
    struct share *share = NULL;
    struct why why = {{0}};
    if (share_read(file, &share, &why) != ST_OK)
        fail_msg("%s: %s", name, why.text);
    share_free(share);
}

static void run_refused_share(const char *name, struct bytes file)
{
    struct share *share = NULL;
    struct why why = {{0}};
    if (share_read(file, &share, &why) != ST_BAD || !files_rule_is(name, &why))
        fail_msg("%s: “%s”", name, why.text);
    assert_null(share);
}

static void S_1_and_S_2_and_S_3_are_seen_in_one_share(void **state)
{
    (void)state;
    files_each("share", "success_", 7, run_share);
    files_each("share", "refused_S-1_", 15, run_refused_share);
    files_each("share", "refused_S-2_", 2, run_refused_share);
    files_each("share", "refused_S-3_", 2, run_refused_share);
    files_each("share", "refused_", 15 + 2 + 2, run_refused_share);
}

/* --- sets ------------------------------------------------------------------------------------- */

struct set {
    struct share *shares[SHARE_COUNT_MAX];
    size_t count;
};

/* An empty line stands before each share. */
static void read_set(const char *name, struct bytes file, struct set *set)
{
    struct why why = {{0}};
    *set = (struct set){.count = 0};
    while (file.n > 0) {
        size_t at = bytes_find(file, BYTES_LITERAL("\n\n"));
        file = bytes_from(file, at + 2);
        if (file.n == 0)
            break;
        assert_true(set->count < SHARE_COUNT_MAX);
        struct bytes text = bytes_first(file, bytes_find(file, BYTES_LITERAL("\n\n")) + 1);
        if (share_read(text, &set->shares[set->count], &why) != ST_OK)
            fail_msg("%s: %s", name, why.text);
        set->count++;
    }
    assert_true(set->count > 0);
}

static void set_done(struct set *set)
{
    for (size_t i = 0; i < set->count; i++)
        share_free(set->shares[i]);
}

/* The places of the odd ones, from 1, as the file lists them. */
static void list_odd(const struct set *set, const bool odd[], struct buffer *text)
{
    for (size_t i = 0; i < set->count; i++)
        if (odd[i])
            buffer_add_format(text, text->n > 0 ? " %zu" : "%zu", i + 1);
    if (text->n == 0)
        buffer_add_text(text, "none");
}

static void run_set(const char *name, struct bytes file)
{
    struct set set;
    bool odd[SHARE_COUNT_MAX];
    struct master *master = NULL;
    struct why why = {{0}};
    read_set(name, file, &set);
    assert_int_equal(share_compare(set.shares, set.count, odd), ST_OK);
    if (share_join(set.shares, set.count, &master, &why) != ST_OK)
        fail_msg("%s: %s", name, why.text);
    assert_int_equal(master_params(master)->serial, 2);
    master_free(master);
    set_done(&set);
}

/* S-4 and S-7: those that disagree are named, of S-7 every one. Some would join all the same. */
static void run_disagreeing(const char *name, struct bytes file)
{
    struct set set;
    bool odd[SHARE_COUNT_MAX];
    size_t named = 0;
    struct buffer text;
    buffer_init(&text, 100);
    read_set(name, file, &set);
    assert_int_equal(share_compare(set.shares, set.count, odd), ST_BAD);
    list_odd(&set, odd, &text);
    if (!bytes_equal(buffer_bytes(&text), files_text(file, "named")))
        fail_msg("%s: %.*s", name, (int)text.n, (const char *)text.p);
    for (size_t i = 0; i < set.count; i++)
        named += odd[i];
    assert_int_equal(named == set.count, strncmp(name, "refused_S-7", 11) == 0);
    set_done(&set);
    buffer_done(&text);
}

/* S-5, S-6, S-8: they agree, and do not join. */
static void run_refused_set(const char *name, struct bytes file)
{
    struct set set;
    bool odd[SHARE_COUNT_MAX];
    struct master *master = NULL;
    struct why why = {{0}};
    read_set(name, file, &set);
    assert_int_equal(share_compare(set.shares, set.count, odd), ST_OK);
    if (share_join(set.shares, set.count, &master, &why) != ST_BAD || !files_rule_is(name, &why))
        fail_msg("%s: “%s”", name, why.text);
    assert_null(master);
    set_done(&set);
}

static void sets_join(void **state)
{
    (void)state;
    files_each("share_set", "success_", 4, run_set);
}

static void S_4_and_S_7_name_the_shares(void **state)
{
    (void)state;
    files_each("share_set", "refused_S-4_", 6, run_disagreeing);
    files_each("share_set", "refused_S-7_", 3, run_disagreeing);
}

static void S_5_and_S_6_and_S_8_do_not_join(void **state)
{
    (void)state;
    files_each("share_set", "refused_S-5_", 2, run_refused_set);
    files_each("share_set", "refused_S-6_", 2, run_refused_set);
    files_each("share_set", "refused_S-8_", 2, run_refused_set);
}

static void every_set_has_its_case(void **state)
{
    (void)state;
    files_each("share_set", "", 4 + 6 + 3 + 2 + 2 + 2, NULL);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(S_1_and_S_2_and_S_3_are_seen_in_one_share),
        cmocka_unit_test(sets_join),
        cmocka_unit_test(S_4_and_S_7_name_the_shares),
        cmocka_unit_test(S_5_and_S_6_and_S_8_do_not_join),
        cmocka_unit_test(every_set_has_its_case),
    };
    if (count != 2)
        return 2;
    files_root = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
