/* SPDX-License-Identifier: Apache-2.0
 * master: shares, against the rules S-1 to S-8 of docs/spec/shares.md. The shares of another
 * implementation are test_share_vectors.c's. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "encode.h"
#include "gf256.h"
#include "share.h"
#include "suite.h"

#define COUNT_MAX 8

static const struct master_settings settings = {
    .district = "mail.example",
    .serial = 1,
    .not_before = 1795046400,
    .not_after = 1795046400 + INT64_C(31536000),
    .interval = 604800,
};

static struct secret *bytes_of(size_t n, unsigned first)
{
    struct secret *secret = secret_new(n);
    for (size_t i = 0; i < n; i++)
        secret->p[i] = (uint8_t)(first + i * 59);
    return secret;
}

static struct master *make(unsigned first)
{
    struct master *master = NULL;
    struct secret *random = bytes_of(MASTER_RANDOM_SIZE, first);
    assert_int_equal(master_new(&settings, random, &master), ST_OK);
    secret_free(random);
    return master;
}

/* A backup: its files, and the shares read from them. */
struct backup {
    struct buffer files[COUNT_MAX];
    struct share *shares[COUNT_MAX];
    unsigned needed, count;
};

static void back_up(struct backup *backup, const struct master *master, unsigned needed,
                    unsigned count, uint8_t set)
{
    *backup = (struct backup){.needed = needed, .count = count};
    struct secret *random = bytes_of((needed - 1) * MASTER_RANDOM_SIZE, 3U * set);
    struct share_plan plan = {.needed = needed, .count = count, .random = random};
    memset(plan.set, set, sizeof plan.set);
    for (unsigned i = 0; i < count; i++)
        buffer_init(&backup->files[i], SHARE_FILE_MAX);
    assert_int_equal(share_split(master, &plan, backup->files), ST_OK);
    for (unsigned i = 0; i < count; i++) {
        struct why why = {{0}};
        if (share_read(buffer_bytes(&backup->files[i]), &backup->shares[i], &why) != ST_OK)
            fail_msg("share %u: %s", i + 1, why.text);
        assert_int_equal(share_number(backup->shares[i]), i + 1);
        assert_int_equal(share_needed(backup->shares[i]), needed);
        assert_int_equal(share_count(backup->shares[i]), count);
    }
    secret_free(random);
}

static void forget(struct backup *backup)
{
    for (unsigned i = 0; i < backup->count; i++) {
        buffer_done(&backup->files[i]);
        share_free(backup->shares[i]);
    }
}

static bool same_file(const struct master *a, const struct master *b)
{
    struct buffer one, other;
    buffer_init(&one, MASTER_FILE_MAX);
    buffer_init(&other, MASTER_FILE_MAX);
    assert_int_equal(master_write(a, NULL, &one), ST_OK);
    assert_int_equal(master_write(b, NULL, &other), ST_OK);
    bool same = bytes_equal(buffer_bytes(&one), buffer_bytes(&other));
    buffer_done(&one);
    buffer_done(&other);
    return same;
}

static void the_field_is_the_one_of_the_specification(void **state)
{
    (void)state;
    assert_int_equal(gf256_multiply(0x57, 0x83), 0xc1); /* FIPS 197 §4.2 */
    assert_int_equal(gf256_multiply(0x57, 0x13), 0xfe); /* FIPS 197 §4.2.1 */
    assert_int_equal(gf256_inverse(0), 0);
    for (unsigned a = 1; a < 256; a++) {
        assert_int_equal(gf256_multiply((uint8_t)a, gf256_inverse((uint8_t)a)), 1);
        assert_int_equal(gf256_multiply((uint8_t)a, 1), a);
        assert_int_equal(gf256_multiply((uint8_t)a, 0), 0);
    }
}

/* The shares whose bits are set in `subset`: enough of them make the master again, fewer don't. */
static void try_subset(const struct backup *backup, unsigned subset, const struct master *master)
{
    struct share *some[COUNT_MAX];
    size_t n = 0;
    struct master *joined = NULL;
    struct why why = {{0}};
    for (unsigned i = 0; i < backup->count; i++)
        if (subset & (1U << i))
            some[n++] = backup->shares[i];
    enum status status = share_join(some, n, &joined, &why);
    if (n < backup->needed) {
        assert_int_equal(status, ST_BAD);
        assert_int_equal(strncmp(why.text, "S-6", 3), 0);
    } else {
        assert_int_equal(status, ST_OK);
        assert_true(same_file(master, joined));
    }
    master_free(joined);
}

/* Every subset of the shares, of every backup of up to 6. */
static void any_k_of_n_join_and_fewer_do_not(void **state)
{
    (void)state;
    struct master *master = make(1);
    for (unsigned count = 2; count <= 6; count++)
        for (unsigned needed = 2; needed <= count; needed++) {
            struct backup backup;
            back_up(&backup, master, needed, count, (uint8_t)(10 * count + needed));
            for (unsigned subset = 0; subset < 1U << count; subset++)
                try_subset(&backup, subset, master);
            forget(&backup);
        }
    master_free(master);
}

/* Two masters whose seeds differ can have the same share: for any share of two and any other seeds
 * there are coefficients that give it, a = (y − seeds) / x. So the share tells of no seed. */
static void one_share_of_two_fits_every_master(void **state)
{
    (void)state;
    struct secret *seeds = bytes_of(MASTER_RANDOM_SIZE, 1),
                  *others = bytes_of(MASTER_RANDOM_SIZE, 2), *a = bytes_of(MASTER_RANDOM_SIZE, 3),
                  *b = secret_new(MASTER_RANDOM_SIZE);
    struct master *master = make(1), *stranger = make(2);
    struct buffer files[2], fitted[2];
    for (size_t i = 0; i < MASTER_RANDOM_SIZE; i++) /* x = 2 */
        b->p[i] = gf256_multiply(seeds->p[i] ^ others->p[i] ^ gf256_multiply(a->p[i], 2),
                                 gf256_inverse(2));
    for (size_t i = 0; i < 2; i++) {
        buffer_init(&files[i], SHARE_FILE_MAX);
        buffer_init(&fitted[i], SHARE_FILE_MAX);
    }
    const struct share_plan plan = {.needed = 2, .count = 2, .random = a},
                            other_plan = {.needed = 2, .count = 2, .random = b};
    assert_int_equal(share_split(master, &plan, files), ST_OK);
    assert_int_equal(share_split(stranger, &other_plan, fitted), ST_OK);
    for (size_t i = 0; i < 2; i++) {
        struct bytes one = buffer_bytes(&files[i]), two = buffer_bytes(&fitted[i]);
        one = bytes_from(one, bytes_find(one, BYTES_LITERAL("value: ")));
        two = bytes_from(two, bytes_find(two, BYTES_LITERAL("value: ")));
        bool same = bytes_equal(bytes_first(one, bytes_index(one, '\n')),
                                bytes_first(two, bytes_index(two, '\n')));
        assert_int_equal(same, i == 1);
        buffer_done(&files[i]);
        buffer_done(&fitted[i]);
    }
    secret_free(seeds);
    secret_free(others);
    secret_free(a);
    secret_free(b);
    master_free(master);
    master_free(stranger);
}

static void a_plan_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    struct master *master = make(1);
    struct secret *random = bytes_of(2 * MASTER_RANDOM_SIZE, 1), *less = bytes_of(10, 1);
    const struct share_plan plans[] = {
        {.needed = 1, .count = 3, .random = random},
        {.needed = 4, .count = 3, .random = random},
        {.needed = 3, .count = SHARE_COUNT_MAX + 1, .random = random},
        {.needed = 3, .count = 5, .random = less},
        {.needed = 2, .count = 5, .random = random},
    };
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++)
        assert_int_equal(share_split(master, &plans[i], NULL), ST_BAD);
    secret_free(random);
    secret_free(less);
    master_free(master);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void S_2_any_changed_byte_is_noticed(void **state)
{
    (void)state;
    struct master *master = make(1);
    struct backup backup;
    back_up(&backup, master, 2, 3, 4);
    struct buffer *file = &backup.files[1];
    for (size_t i = 0; i < file->n; i++) {
        struct share *share = NULL;
        struct why why = {{0}};
        file->p[i] ^= 1;
        assert_int_equal(share_read(buffer_bytes(file), &share, &why), ST_BAD);
        assert_null(share);
        assert_int_equal(strncmp(why.text, "S-", 2), 0);
        file->p[i] ^= 1;
    }
    for (size_t n = 0; n < file->n; n += 5) {
        struct share *share = NULL;
        assert_int_equal(share_read(bytes_first(buffer_bytes(file), n), &share, NULL), ST_BAD);
    }
    forget(&backup);
    master_free(master);
}

/* --- shares that do not fit ------------------------------------------------------------------- */

static void S_4_the_swapped_share_is_named(void **state)
{
    (void)state;
    struct master *master = make(1), *stranger = make(2);
    struct backup backup, other, foreign;
    back_up(&backup, master, 3, 5, 4);
    back_up(&other, master, 3, 5, 5);     /* another backup of the same master */
    back_up(&foreign, stranger, 3, 5, 4); /* one of another master, under the same set */
    struct share *const swapped[] = {other.shares[1], foreign.shares[1]};
    for (size_t i = 0; i < 2; i++) {
        struct share *shares[] = {backup.shares[0], swapped[i], backup.shares[4]};
        bool odd[3];
        assert_int_equal(share_compare(shares, 3, odd), ST_BAD);
        assert_false(odd[0]);
        assert_true(odd[1]);
        assert_false(odd[2]);
    }
    forget(&backup);
    forget(&other);
    forget(&foreign);
    master_free(master);
    master_free(stranger);
}

/* Somebody changed a share's value, and its digest and check with it: the others know its digest.
 */
static void S_4_a_share_altered_with_care_is_named(void **state)
{
    (void)state;
    struct master *master = make(1);
    struct backup backup, forged;
    back_up(&backup, master, 3, 5, 4);
    struct master *stranger = make(3);
    back_up(&forged, stranger, 3, 5, 4);

    /* The second share with the forged one's value and digest, and everything else its own. */
    struct buffer file;
    uint8_t hash[32];
    char check[65];
    struct bytes own = buffer_bytes(&backup.files[1]), theirs = buffer_bytes(&forged.files[1]);
    size_t value = bytes_find(own, BYTES_LITERAL("value: ")),
           digests = bytes_find(own, BYTES_LITERAL("digests: ")) + 9;
    assert_int_equal(own.n, theirs.n);
    buffer_init(&file, SHARE_FILE_MAX);
    buffer_add(&file, bytes_first(own, bytes_find(own, BYTES_LITERAL("check: "))));
    memcpy(file.p + value, theirs.p + value, file.n - value);
    memcpy(file.p + digests + 33, theirs.p + digests + 33, 32);
    suite_sha256((struct suite_parts){{buffer_bytes(&file)}}, hash);
    hex_encode(check, BYTES_ARRAY(hash));
    buffer_add_format(&file, "check: %s\n", check);

    struct share *altered = NULL;
    bool odd[3];
    assert_int_equal(share_read(buffer_bytes(&file), &altered, NULL), ST_OK);
    struct share *shares[] = {altered, backup.shares[2], backup.shares[3]};
    assert_int_equal(share_compare(shares, 3, odd), ST_BAD);
    assert_true(odd[0]);
    assert_false(odd[1] || odd[2]);

    /* Two of two: nobody can say which of them it is. S-7. */
    struct share *pair[] = {altered, backup.shares[2]};
    assert_int_equal(share_compare(pair, 2, odd), ST_BAD);
    assert_true(odd[0] && odd[1]);

    /* And if nobody had compared: what comes out is no master of this fingerprint. S-8. */
    struct master *joined = NULL;
    struct why why = {{0}};
    assert_int_equal(share_join(shares, 3, &joined, &why), ST_BAD);
    assert_int_equal(strncmp(why.text, "S-8", 3), 0);
    assert_null(joined);
    share_free(altered);
    buffer_done(&file);
    forget(&backup);
    forget(&forged);
    master_free(master);
    master_free(stranger);
}

static void S_5_a_share_given_twice_is_named(void **state)
{
    (void)state;
    struct master *master = make(1), *joined = NULL;
    struct backup backup;
    struct why why = {{0}};
    back_up(&backup, master, 3, 5, 4);
    struct share *shares[] = {backup.shares[3], backup.shares[0], backup.shares[3]};
    assert_int_equal(share_join(shares, 3, &joined, &why), ST_BAD);
    assert_string_equal(why.text, "S-5: share 4 is given twice");
    assert_int_equal(share_join(shares, 2, &joined, &why), ST_BAD);
    assert_string_equal(why.text, "S-6: 2 of the 3 shares that are needed");
    assert_int_equal(share_join(shares, 0, &joined, &why), ST_BAD);
    assert_null(joined);
    forget(&backup);
    master_free(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_field_is_the_one_of_the_specification),
        cmocka_unit_test(any_k_of_n_join_and_fewer_do_not),
        cmocka_unit_test(one_share_of_two_fits_every_master),
        cmocka_unit_test(a_plan_that_makes_no_sense_is_refused),
        cmocka_unit_test(S_2_any_changed_byte_is_noticed),
        cmocka_unit_test(S_4_the_swapped_share_is_named),
        cmocka_unit_test(S_4_a_share_altered_with_care_is_named),
        cmocka_unit_test(S_5_a_share_given_twice_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
