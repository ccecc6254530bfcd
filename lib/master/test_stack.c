/* SPDX-License-Identifier: Apache-2.0
 * master: nothing of a master secret, its passphrase or its shares is left on the stack when it was
 * locked, unlocked, split, or joined. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>

#include "master_private.h"
#include "share_private.h"
#include "test_stack.h"

#define SHARES 2
#define SECRET_SIZE SEED_AT_AUTHORITY_ID /* of the seeds: what is behind is public */

static const struct master_settings settings = {
    .district = "mail.example", .serial = 1, .not_after = 1, .interval = 604800};

static struct master *master;
static struct secret *passphrase, *plan_random;
static struct master_lock lock;
static struct buffer file, share_files[SHARES];
static struct share *shares[SHARES];
static struct needles of_lock, of_shares;

static void *write_locked(void *nothing)
{
    struct buffer out;
    buffer_init(&out, MASTER_FILE_MAX);
    if (master_write(master, &lock, &out) != ST_OK)
        abort();
    buffer_done(&out);
    return nothing;
}

static void *unlock(void *nothing)
{
    struct master *again = NULL;
    if (master_read(buffer_bytes(&file), passphrase, &again, NULL) != ST_OK)
        abort();
    master_free(again);
    return nothing;
}

static void *fail_to_unlock(void *nothing)
{
    struct master *again = NULL;
    struct secret *wrong = secret_copy(secret_bytes(passphrase));
    wrong->p[wrong->n - 1] ^= 1;
    if (master_read(buffer_bytes(&file), wrong, &again, NULL) != ST_BAD)
        abort();
    secret_free(wrong);
    return nothing;
}

static struct share_plan plan(void)
{
    return (struct share_plan){.needed = SHARES, .count = SHARES, .random = plan_random};
}

static void *split(void *nothing)
{
    const struct share_plan again = plan();
    struct buffer files[SHARES];
    for (size_t i = 0; i < SHARES; i++)
        buffer_init(&files[i], SHARE_FILE_MAX);
    if (share_split(master, &again, files) != ST_OK)
        abort();
    for (size_t i = 0; i < SHARES; i++)
        buffer_done(&files[i]);
    return nothing;
}

static void *read_share(void *nothing)
{
    struct share *share = NULL;
    if (share_read(buffer_bytes(&share_files[0]), &share, NULL) != ST_OK)
        abort();
    share_free(share);
    return nothing;
}

static void *join(void *nothing)
{
    struct master *again = NULL;
    if (share_join(shares, SHARES, &again, NULL) != ST_OK)
        abort();
    master_free(again);
    return nothing;
}

/* The control: seeds copied into an array that nobody wipes, below what the thread's end uses. */
static void *forgotten(void *nothing)
{
    volatile uint8_t array[8192];
    for (size_t i = 0; i < master->seeds->n; i++)
        array[i] = master->seeds->p[i];
    return array[0] == master->seeds->p[0] ? nothing : NULL;
}

static struct secret *bytes_of(size_t n, unsigned first)
{
    struct secret *secret = secret_new(n);
    for (size_t i = 0; i < n; i++)
        secret->p[i] = (uint8_t)(first + i * 59 + i / 7);
    return secret;
}

static bool make_lock(void)
{
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    passphrase = secret_copy(BYTES_LITERAL("correct horse battery staple"));
    lock = (struct master_lock){.passphrase = passphrase,
                                .memory = MASTER_MEMORY_MIN,
                                .passes = 1,
                                .salt = "0123456789abcde"};
    buffer_init(&file, MASTER_FILE_MAX);
    if (master_write(master, &lock, &file) != ST_OK ||
        crypto_pwhash_argon2id(key, sizeof key, (const char *)passphrase->p, passphrase->n,
                               lock.salt, 1, MASTER_MEMORY_MIN,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
        return false;
    add_words(&of_lock, key, sizeof key);
    add_words(&of_lock, passphrase->p, passphrase->n);
    return true;
}

static bool make_shares(void)
{
    const struct share_plan first = plan();
    for (size_t i = 0; i < SHARES; i++)
        buffer_init(&share_files[i], SHARE_FILE_MAX);
    if (share_split(master, &first, share_files) != ST_OK)
        return false;
    for (size_t i = 0; i < SHARES; i++) {
        if (share_read(buffer_bytes(&share_files[i]), &shares[i], NULL) != ST_OK)
            return false;
        add_words(&of_shares, shares[i]->value->p, SECRET_SIZE);
    }
    return true;
}

static int set_up(void **state)
{
    (void)state;
    struct secret *random = bytes_of(MASTER_RANDOM_SIZE, 11);
    plan_random = bytes_of(MASTER_RANDOM_SIZE, 140);
    enum status status = master_new(&settings, random, &master);
    secret_free(random);
    if (status != ST_OK)
        return -1;

    /* The seeds, and what follows from them; each lock and each set of shares has words besides. */
    add_words(&of_lock, master->seeds->p, SECRET_SIZE);
    add_words(&of_lock, master->scalar->p, master->scalar->n);
    add_words(&of_lock, master->mlkem->p, 64);
    add_words(&of_shares, master->seeds->p, SECRET_SIZE);
    add_words(&of_shares, master->scalar->p, master->scalar->n);
    add_words(&of_shares, master->mlkem->p, 64);
    return make_lock() && make_shares() ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHARES; i++) {
        share_free(shares[i]);
        buffer_done(&share_files[i]);
    }
    buffer_done(&file);
    secret_free(passphrase);
    secret_free(plan_random);
    master_free(master);
    return 0;
}

static void nothing_is_left_on_the_stack(void **state)
{
    (void)state;
    assert_true(left_on_the_stack("an array not wiped", forgotten, &of_lock) > 0);
    assert_int_equal(left_on_the_stack("master_write, locked", write_locked, &of_lock), 0);
    assert_int_equal(left_on_the_stack("master_read, locked", unlock, &of_lock), 0);
    assert_int_equal(left_on_the_stack("master_read, refused", fail_to_unlock, &of_lock), 0);
    assert_true(left_on_the_stack("an array not wiped", forgotten, &of_shares) > 0);
    assert_int_equal(left_on_the_stack("share_split", split, &of_shares), 0);
    assert_int_equal(left_on_the_stack("share_read", read_share, &of_shares), 0);
    assert_int_equal(left_on_the_stack("share_join", join, &of_shares), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_left_on_the_stack)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
