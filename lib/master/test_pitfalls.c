/* SPDX-License-Identifier: Apache-2.0
 * master: the pitfalls of pairing libraries that no vector shows. */

/* clang-format off: a table.
 *
 *      1  foreign points unchecked           test_vectors
 *      2  zero scalars                       here
 *      3  multiplying outside the group      test_vectors
 *      4  secrets left on the stack          here
 *      5  an oracle on rejection             test_vectors, ctime
 *      6  identity bytes from outside        test_vectors, test_identity, test_address
 *      7  periods                            test_identity; the keyserver's own tests
 *      8  parameters unsigned                test_vectors
 *      9  randomness                         here
 *     10  the master key as a signing key    here, test_master
 *     11  the build                          test_vectors (RFC 9380), ctime, ibe_vectors, ibe_exchange
 *     12  threads and their stacks           here
 *     13  blst's SHA-256 for other things    tests/rooms: suite.c is the only hashing, and on libsodium */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "bf.h"
#include "master.h"
#include "mlkem.h"
#include "suite.h"
#include "test_stack.h"

static struct master *master;
static struct ibe_sender *sender;
static struct identity alice = {.district = "mail.example", .serial = 1};
static uint8_t identity_text[IDENTITY_MAX], ciphertext[IBE_CIPHERTEXT_SIZE];
static struct bytes identity_bytes;
static struct secret *identity_key, *message_key;

static int set_up(void **state)
{
    (void)state;
    const struct master_settings settings = {
        .district = "mail.example", .serial = 1, .not_after = 1, .interval = 604800};
    struct secret *random = secret_new(MASTER_RANDOM_SIZE);
    const uint8_t message_random[IBE_RANDOM_SIZE] = {1, 2, 3};
    for (size_t i = 0; i < random->n; i++)
        random->p[i] = (uint8_t)(i * 37 + 11);
    identity_bytes.p = identity_text;
    identity_key = NULL;
    message_key = secret_new(IBE_KEY_SIZE);
    bool good = master_new(&settings, random, &master) == ST_OK &&
                address_parse(BYTES_LITERAL("alice@example.org"), &alice.address, NULL) == ST_OK &&
                identity_encode(&alice, identity_text, &identity_bytes.n) == ST_OK &&
                master_extract(master, &alice, &identity_key) == ST_OK;
    secret_free(random);
    if (!good)
        return -1;
    sender = ibe_sender_new(master_params(master));
    return ibe_encapsulate(sender, identity_bytes, message_random, ciphertext, message_key) == ST_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    secret_free(identity_key);
    secret_free(message_key);
    ibe_sender_free(sender);
    master_free(master);
    return 0;
}

/* Pitfall 2: 0 and r are no keys. r is the order of the groups (RFC 9380 §8.8). */
static void pitfall_02_a_zero_scalar_is_refused(void **state)
{
    (void)state;
    static const uint8_t order[32] = {0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48,
                                      0x33, 0x39, 0xd8, 0x08, 0x09, 0xa1, 0xd8, 0x05,
                                      0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe, 0x5b, 0xfe,
                                      0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01};
    uint8_t wide[64] = {0};
    blst_scalar scalar;
    assert_int_equal(point_scalar(wide, &scalar), ST_FAIL);
    memcpy(wide + 32, order, sizeof order);
    assert_int_equal(point_scalar(wide, &scalar), ST_FAIL);
    wide[63]++; /* r + 1 is 1 */
    assert_int_equal(point_scalar(wide, &scalar), ST_OK);
    assert_int_equal(scalar.b[0], 1);
}

/* --- pitfall 4: the stack -------------------------------------------------------------------- */

/* Words of d (compressed; x, y as blst holds them; −2x and 2y, as the Miller loop does) and of the
 * message's key. */
static struct needles needles_of_secrets(void)
{
    struct needles needles = {.n = 0};
    blst_p1_affine d;
    blst_fp x2, y2;
    assert_int_equal(point_read_g1(identity_key->p, &d), ST_OK);
    blst_fp_add(&x2, &d.x, &d.x);
    blst_fp_cneg(&x2, &x2, true);
    blst_fp_add(&y2, &d.y, &d.y);
    add_words(&needles, &d.x, sizeof d.x);
    add_words(&needles, &d.y, sizeof d.y);
    add_words(&needles, &x2, sizeof x2);
    add_words(&needles, &y2, sizeof y2);
    add_words(&needles, identity_key->p, identity_key->n);
    add_words(&needles, message_key->p, message_key->n);
    return needles;
}

static void *bare_pairing(void *nothing)
{
    blst_p1_affine d;
    blst_p2_affine u;
    blst_fp12 f;
    if (point_read_g1(identity_key->p, &d) == ST_OK && point_read_g2(ciphertext, &u) == ST_OK)
        blst_miller_loop(&f, &u, &d);
    secret_wipe(&d, sizeof d);
    secret_wipe(&f, sizeof f);
    return nothing;
}

static void *extract(void *nothing)
{
    struct secret *key = NULL;
    if (master_extract(master, &alice, &key) == ST_OK)
        secret_free(key);
    return nothing;
}

static void *decapsulate(void *nothing)
{
    struct secret *key = secret_new(IBE_KEY_SIZE);
    if (master_decapsulate(master, &alice, ciphertext, key) != ST_OK)
        abort();
    secret_free(key);
    return nothing;
}

static void *encapsulate(void *nothing)
{
    const uint8_t random[IBE_RANDOM_SIZE] = {1, 2, 3};
    uint8_t again[IBE_CIPHERTEXT_SIZE];
    struct secret *key = secret_new(IBE_KEY_SIZE);
    if (ibe_encapsulate(sender, identity_bytes, random, again, key) != ST_OK)
        abort();
    secret_free(key);
    return nothing;
}

static void *verify(void *nothing)
{
    if (!ibe_identity_key_valid(master_params(master), identity_bytes, identity_key))
        abort();
    return nothing;
}

static void pitfall_04_nothing_is_left_on_the_stack(void **state)
{
    (void)state;
    struct needles needles = needles_of_secrets();
    /* A bare pairing, all locals wiped, leaves the key: else this test could not fail. */
    assert_true(left_on_the_stack("a bare pairing", bare_pairing, &needles) > 0);
    assert_int_equal(left_on_the_stack("master_extract", extract, &needles), 0);
    assert_int_equal(left_on_the_stack("master_decapsulate", decapsulate, &needles), 0);
    assert_int_equal(left_on_the_stack("ibe_encapsulate", encapsulate, &needles), 0);
    assert_int_equal(left_on_the_stack("ibe_identity_key_valid", verify, &needles), 0);
}

/* --- pitfalls 9, 10, 12 ---------------------------------------------------------------------- */

/* Pitfall 9: randomness is an argument, so equal arguments give equal results, and a random source
 * that repeats itself shows that two letters to one identity are equal. For another identity U, V
 * and the key differ; the ML-KEM ciphertext, which knows of no identity, is the same. */
static void pitfall_09_repeated_randomness_shows_equality_alone(void **state)
{
    (void)state;
    const uint8_t random[IBE_RANDOM_SIZE] = {1, 2, 3};
    struct identity bob = alice;
    uint8_t again[IBE_CIPHERTEXT_SIZE], text[IDENTITY_MAX];
    size_t n = 0;
    struct secret *key = secret_new(IBE_KEY_SIZE);
    assert_int_equal(ibe_encapsulate(sender, identity_bytes, random, again, key), ST_OK);
    assert_memory_equal(again, ciphertext, sizeof again);
    assert_true(secret_equal(secret_bytes(key), secret_bytes(message_key)));

    assert_int_equal(address_parse(BYTES_LITERAL("bob@example.org"), &bob.address, NULL), ST_OK);
    assert_int_equal(identity_encode(&bob, text, &n), ST_OK);
    assert_int_equal(ibe_encapsulate(sender, (struct bytes){text, n}, random, again, key), ST_OK);
    assert_memory_not_equal(again, ciphertext, POINT_G2_SIZE);
    assert_memory_not_equal(again + POINT_G2_SIZE, ciphertext + POINT_G2_SIZE, 32);
    assert_memory_equal(again + POINT_G2_SIZE + 32, ciphertext + POINT_G2_SIZE + 32,
                        IBE_CIPHERTEXT_SIZE - POINT_G2_SIZE - 32);
    assert_false(secret_equal(secret_bytes(key), secret_bytes(message_key)));
    secret_free(key);
}

/* Pitfall 10: the domain separation tag is ours alone, so an extracted key is no BLS signature
 * under the tags that BLS signatures have, and the other way round. */
static void pitfall_10_a_private_key_is_no_signature_elsewhere(void **state)
{
    (void)state;
    static const char dst[] = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
    blst_p1_affine d;
    blst_p2_affine public_point;
    assert_int_equal(point_read_g1(identity_key->p, &d), ST_OK);
    assert_int_equal(point_read_g2(master_params(master)->public_point, &public_point), ST_OK);
    assert_int_equal(blst_core_verify_pk_in_g2(&public_point, &d, true, identity_bytes.p,
                                               identity_bytes.n, (const byte *)SUITE_DST,
                                               sizeof SUITE_DST - 1, NULL, 0),
                     BLST_SUCCESS);
    assert_int_not_equal(blst_core_verify_pk_in_g2(&public_point, &d, true, identity_bytes.p,
                                                   identity_bytes.n, (const byte *)dst,
                                                   sizeof dst - 1, NULL, 0),
                         BLST_SUCCESS);
}

static void *open_many(void *wrong)
{
    struct secret *key = secret_new(IBE_KEY_SIZE);
    for (int i = 0; i < 10; i++)
        if (master_decapsulate(master, &alice, ciphertext, key) != ST_OK ||
            !secret_equal(secret_bytes(key), secret_bytes(message_key)))
            *(bool *)wrong = true;
    secret_free(key);
    return NULL;
}

/* Pitfall 12: threads share a master and a sender, on stacks of 256 KiB. */
static void pitfall_12_threads_share_a_master(void **state)
{
    (void)state;
    pthread_attr_t attributes;
    pthread_t threads[4];
    bool wrong[4] = {false};
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], &attributes, open_many, &wrong[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_false(wrong[i]);
    }
    pthread_attr_destroy(&attributes);
}

/* FIPS 203 §7.2, which PQClean leaves to its caller: 3328 is a coefficient, 3329 is none. */
static void an_mlkem_key_with_a_coefficient_out_of_range_is_refused(void **state)
{
    (void)state;
    uint8_t key[MLKEM_PUBLIC_SIZE];
    for (size_t at = 0; at < 1152; at += 3) {
        memcpy(key, master_params(master)->mlkem, sizeof key);
        memcpy(key + at, "\x00\x0d\xd0", 3); /* 3328, 3328 */
        assert_true(mlkem_public_valid(key));
        memcpy(key + at, "\x01\x0d\x00", 3); /* 3329, 0 */
        assert_false(mlkem_public_valid(key));
        memcpy(key + at, "\x00\x10\xd0", 3); /* 0, 3329 */
        assert_false(mlkem_public_valid(key));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pitfall_02_a_zero_scalar_is_refused),
        cmocka_unit_test(pitfall_04_nothing_is_left_on_the_stack),
        cmocka_unit_test(pitfall_09_repeated_randomness_shows_equality_alone),
        cmocka_unit_test(pitfall_10_a_private_key_is_no_signature_elsewhere),
        cmocka_unit_test(pitfall_12_threads_share_a_master),
        cmocka_unit_test(an_mlkem_key_with_a_coefficient_out_of_range_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
