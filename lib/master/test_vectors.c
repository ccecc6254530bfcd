/* SPDX-License-Identifier: Apache-2.0
 * master: everything from set-up to the key, against the vectors of the second implementation
 * (tests/vectors/ibe and ibe_params), a file per outcome. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "bf.h"
#include "master.h"
#include "mlkem.h"
#include "test_files.h"

static void expect(struct bytes file, const char *name, struct bytes got)
{
    struct files_field wanted = files_hex(file, name);
    if (!bytes_equal(files_bytes(&wanted), got))
        fail_msg("%s differs", name);
}

/* --- the KEM --------------------------------------------------------------------------------- */

/* The master that a file's seeds make; its authority key is of no matter here. */
static struct master *master_of(struct bytes file)
{
    char district[IDENTITY_DISTRICT_MAX + 1];
    struct files_field seed = files_hex(file, "seed"), mlkem_seed = files_hex(file, "mlkem_seed");
    struct master_settings settings = {.district = district,
                                       .serial = files_number(file, "serial"),
                                       .not_after = 1,
                                       .interval = 604800};
    struct secret *random = secret_new(MASTER_RANDOM_SIZE);
    struct master *master = NULL;
    assert_true(bytes_to_text(files_text(file, "district"), district, sizeof district));
    memcpy(random->p, seed.bytes, 32);
    memcpy(random->p + 32, mlkem_seed.bytes, 64);
    assert_int_equal(master_new(&settings, random, &master), ST_OK);
    secret_free(random);
    return master;
}

/* What stands between input and output of the Boneh–Franklin half, and of the ML-KEM half. */
static void check_halves(struct bytes file, const struct params *params, struct bytes identity)
{
    struct files_field m = files_hex(file, "m"), mu = files_hex(file, "mu");
    struct bf_identity whom;
    blst_p2_affine public_point;
    blst_fp6 lines[BF_LINES];
    uint8_t ciphertext[BF_CIPHERTEXT_SIZE], key[BF_KEY_SIZE], point[POINT_G1_SIZE],
        mlkem_ciphertext[MLKEM_CIPHERTEXT_SIZE], mlkem_key[MLKEM_KEY_SIZE];
    assert_int_equal(point_read_g2(params->public_point, &public_point), ST_OK);
    blst_precompute_lines(lines, &public_point);
    assert_int_equal(bf_identity(params->public_point, identity, &whom), ST_OK);
    blst_p1_compress(point, &whom.point);
    expect(file, "binding", BYTES_ARRAY(whom.binding));
    expect(file, "point", BYTES_ARRAY(point));
    bf_encapsulate(lines, &whom, m.bytes, ciphertext, key);
    expect(file, "bf_key", BYTES_ARRAY(key));
    mlkem_encapsulate(params->mlkem, mu.bytes, mlkem_ciphertext, mlkem_key);
    expect(file, "mlkem_key", BYTES_ARRAY(mlkem_key));
}

static void run_success(const char *name, struct bytes file)
{
    (void)name;
    struct master *master = master_of(file);
    const struct params *params = master_params(master);
    struct ibe_sender *sender = ibe_sender_new(params);
    struct identity identity = {.serial = params->serial,
                                .period_start = (int64_t)files_number(file, "period")};
    struct secret *private_key = NULL, *key = secret_new(IBE_KEY_SIZE);
    uint8_t bytes[IDENTITY_MAX], random[IBE_RANDOM_SIZE], ciphertext[IBE_CIPHERTEXT_SIZE];
    size_t n = 0;
    memcpy(identity.district, params->district, sizeof identity.district);
    expect(file, "public_point", BYTES_ARRAY(params->public_point));
    expect(file, "mlkem_public", BYTES_ARRAY(params->mlkem));

    assert_int_equal(address_parse(files_text(file, "address"), &identity.address, NULL), ST_OK);
    assert_true(bytes_equal(bytes_text(identity.address.text), files_text(file, "canonical")));
    assert_int_equal(identity_encode(&identity, bytes, &n), ST_OK);
    expect(file, "identity", (struct bytes){bytes, n});
    check_halves(file, params, (struct bytes){bytes, n});

    memcpy(random, files_hex(file, "m").bytes, 32);
    memcpy(random + 32, files_hex(file, "mu").bytes, 32);
    assert_int_equal(ibe_encapsulate(sender, (struct bytes){bytes, n}, random, ciphertext, key),
                     ST_OK);
    expect(file, "ciphertext", BYTES_ARRAY(ciphertext));
    expect(file, "key", secret_bytes(key));

    assert_int_equal(master_extract(master, &identity, &private_key), ST_OK);
    expect(file, "private_key", secret_bytes(private_key));
    assert_true(ibe_identity_key_valid(params, (struct bytes){bytes, n}, private_key));
    memset(key->p, 0, key->n);
    assert_int_equal(master_decapsulate(master, &identity, ciphertext, key), ST_OK);
    expect(file, "key", secret_bytes(key));
    secret_free(key);
    secret_free(private_key);
    ibe_sender_free(sender);
    master_free(master);
}

static void the_second_implementation_computes_the_same(void **state)
{
    (void)state;
    files_each("ibe", "success", 2, run_success);
}

/* What somebody brings who wants a key. */
struct inputs {
    struct files_field identity, private_key, ciphertext;
};

static struct inputs inputs_of(struct bytes file)
{
    return (struct inputs){files_hex(file, "identity"), files_hex(file, "private_key"),
                           files_hex(file, "ciphertext")};
}

/* Decapsulate what the file says: the status, and the key if there is one. */
static enum status decapsulate(struct bytes file, struct secret *key)
{
    struct inputs in = inputs_of(file);
    struct files_field mlkem_seed = files_hex(file, "mlkem_seed");
    struct master *master = master_of(file);
    uint8_t mlkem_public[MLKEM_PUBLIC_SIZE];
    struct secret *mlkem = secret_new(MLKEM_SECRET_SIZE),
                  *identity_key = secret_copy(files_bytes(&in.private_key));
    assert_int_equal(in.ciphertext.n, IBE_CIPHERTEXT_SIZE);
    mlkem_keypair(mlkem_seed.bytes, mlkem_public, mlkem->p);
    assert_true(mlkem_secret_valid(mlkem->p, master_params(master)->mlkem));
    const struct ibe_opener opener = {master_params(master), identity_key, mlkem};
    enum status status =
        ibe_decapsulate(&opener, files_bytes(&in.identity), in.ciphertext.bytes, key);
    secret_free(mlkem);
    secret_free(identity_key);
    master_free(master);
    return status;
}

static void run_rejected(const char *name, struct bytes file)
{
    (void)name;
    struct secret *key = secret_new(IBE_KEY_SIZE);
    assert_int_equal(decapsulate(file, key), ST_OK);
    expect(file, "key", secret_bytes(key));
    secret_free(key);
}

/* Pitfall 5: what was altered gives a key of its own, bit for bit that of the specification, and no
 * error. */
static void pitfall_05_an_altered_ciphertext_gives_a_key_nobody_knows(void **state)
{
    (void)state;
    files_each("ibe", "rejected", 9, run_rejected);
}

/* The first rule that these break, found step by step: ibe_decapsulate's own answer is bare. */
static const char *rule_of(const struct params *params, const struct inputs *in)
{
    struct identity identity;
    blst_p1_affine d;
    blst_p2_affine u;
    if (identity_decode(files_bytes(&in->identity), &identity) != ST_OK)
        return "I-1";
    if (identity.serial != params->serial || strcmp(identity.district, params->district) != 0)
        return "I-2";
    if (point_read_g1(in->private_key.bytes, &d) != ST_OK)
        return "I-3";
    if (blst_p2_uncompress(&u, in->ciphertext.bytes) != BLST_SUCCESS)
        return "I-6";
    if (blst_p2_affine_is_inf(&u))
        return "I-7";
    if (!blst_p2_affine_in_g2(&u))
        return "I-8";
    struct secret *key = secret_copy(files_bytes(&in->private_key));
    bool valid = ibe_identity_key_valid(params, files_bytes(&in->identity), key);
    secret_free(key);
    return valid ? "" : "I-4";
}

static bool same_field(const struct files_field *a, const struct files_field *b)
{
    return bytes_equal(files_bytes(a), files_bytes(b));
}

/* One part differs from success_ascii, which opens, and it breaks the rule that the name states. */
static void assert_rule(const char *name, struct bytes file)
{
    struct buffer buffer;
    struct master *master = master_of(file);
    buffer_init(&buffer, FILES_SIZE_MAX);
    struct bytes good_file = files_load("ibe", "success_ascii.txt", &buffer);
    struct inputs in = inputs_of(file), good = inputs_of(good_file);
    struct why why = {{0}};
    int same = same_field(&in.identity, &good.identity) +
               same_field(&in.private_key, &good.private_key) +
               same_field(&in.ciphertext, &good.ciphertext);
    assert_int_equal(same, 2);
    expect(good_file, "public_point", BYTES_ARRAY(master_params(master)->public_point));
    assert_string_equal(rule_of(master_params(master), &good), "");
    snprintf(why.text, sizeof why.text, "%s:", rule_of(master_params(master), &in));
    if (!files_rule_is(name, &why))
        fail_msg("%s: %s", name, why.text);
    master_free(master);
    buffer_done(&buffer);
}

static void run_refused(const char *name, struct bytes file)
{
    struct secret *key = secret_new(IBE_KEY_SIZE);
    const uint8_t zero[IBE_KEY_SIZE] = {0};
    assert_rule(name, file);
    assert_int_equal(decapsulate(file, key), ST_BAD);
    assert_memory_equal(key->p, zero, sizeof zero); /* untouched */
    secret_free(key);
}

/* I-4: the key is of its group but another identity's. It opens nothing; an importer finds it out.
 */
static void run_foreign_key(const char *name, struct bytes file)
{
    struct master *master = master_of(file);
    struct inputs in = inputs_of(file);
    struct secret *key = secret_copy(files_bytes(&in.private_key));
    assert_rule(name, file);
    assert_false(ibe_identity_key_valid(master_params(master), files_bytes(&in.identity), key));
    secret_free(key);
    master_free(master);
}

/* Pitfall 1: form, infinity and subgroup of every foreign point, U and d. */
static void pitfall_01_foreign_point_checked(void **state)
{
    (void)state;
    files_each("ibe", "refused_I-3", 6, run_refused);
    files_each("ibe", "refused_I-3", 6, run_foreign_key);
    files_each("ibe", "refused_I-4", 1, run_foreign_key);
    files_each("ibe", "refused_I-6", 5, run_refused);
    files_each("ibe", "refused_I-7", 1, run_refused);
    files_each("ibe", "refused_I-8", 2, run_refused);
}

/* Pitfall 3: blst multiplies by endomorphisms, which go wrong outside the group; and its plain
 * multiplication goes wrong with points of low order. Such points get no further than reading. */
static void pitfall_03_points_of_low_order_are_never_multiplied(void **state)
{
    (void)state;
    files_each("ibe", "refused_I-3_low_order", 1, run_refused);
    files_each("ibe", "refused_I-8_low_order", 1, run_refused);
}

static void pitfall_06_foreign_identity_bytes_are_not_hashed(void **state)
{
    (void)state;
    files_each("ibe", "refused_I-1", 13, run_refused);
    files_each("ibe", "refused_I-2", 2, run_refused);
}

/* I-5 has no case here: a ciphertext's size is its type. Files and frames bring bytes of any size,
 * and refuse them by E-12 (tests/vectors/envelope) and W-5 (lib/wire/test_wire_frame.c). These are
 * all the vectors there are, so that none is passed over. */
static void every_vector_of_the_kem_has_its_case(void **state)
{
    (void)state;
    files_each("ibe", "refused_I-5", 2, NULL);
    files_each("ibe", "refused_", 13 + 2 + 6 + 1 + 2 + 5 + 1 + 2, NULL);
    files_each("ibe", "", 2 + 9 + 32 + 1, NULL); /* and the RFC's own */
}

/* --- RFC 9380 -------------------------------------------------------------------------------- */

static void pitfall_11_this_build_hashes_to_g1_as_rfc_9380(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, FILES_SIZE_MAX);
    struct bytes file = files_load("ibe", "rfc9380_g1.txt", &buffer), dst = files_text(file, "dst");
    size_t at = 0, count = 0;
    while ((at += bytes_find(bytes_from(file, at), BYTES_LITERAL("msg: "))) < file.n) {
        struct bytes rest = bytes_from(file, at++);
        struct files_field message = files_hex(rest, "msg");
        blst_p1 point;
        uint8_t text[96];
        blst_hash_to_g1(&point, message.bytes, message.n, dst.p, dst.n, NULL, 0);
        blst_p1_serialize(text, &point);
        expect(rest, "x", (struct bytes){text, 48});
        expect(rest, "y", (struct bytes){text + 48, 48});
        count++;
    }
    assert_int_equal(count, 5);
    buffer_done(&buffer);
}

/* --- parameter files ------------------------------------------------------------------------- */

static struct sign_public authority(void)
{
    struct buffer buffer;
    struct sign_public key;
    buffer_init(&buffer, FILES_SIZE_MAX);
    assert_int_equal(sign_public_parse(files_load("ibe_params", "authority.pub", &buffer), &key),
                     ST_OK);
    buffer_done(&buffer);
    return key;
}

static void run_params_success(const char *name, struct bytes file)
{
    struct sign_public key = authority();
    struct params params;
    struct why why = {{0}};
    if (params_read(file, &key, &params, &why) != ST_OK)
        fail_msg("%s: %s", name, why.text);
    assert_string_equal(params.district, "mail.example");
    assert_int_equal(params.serial, 3);
    assert_int_equal(params.not_before, 1795046400);
    assert_true(params_valid(&params, params.not_before));
    assert_true(params_valid(&params, params.not_after));
    assert_false(params_valid(&params, params.not_before - 1));
    assert_false(params_valid(&params, params.not_after + 1));
}

static void run_params_refused(const char *name, struct bytes file)
{
    struct sign_public key = authority();
    struct params params = {.serial = 77};
    struct why why = {{0}};
    if (params_read(file, &key, &params, &why) != ST_BAD || !files_rule_is(name, &why))
        fail_msg("%s: \"%s\"", name, why.text);
    assert_int_equal(params.serial, 77);
}

/* Pitfall 8: parameters count only with the pinned authority's signature, and as one text. */
static void pitfall_08_parameters_are_signed_and_checked(void **state)
{
    (void)state;
    files_each("ibe_params", "success", 3, run_params_success);
    files_each("ibe_params", "refused", 30, run_params_refused);
}

/* --- master files ----------------------------------------------------------------------------- */

static void run_master_file(const char *name, struct bytes file)
{
    struct secret *passphrase = secret_copy(BYTES_LITERAL("nine blue horses"));
    struct master *master = NULL;
    struct why why = {{0}};
    bool locked = strstr(name, "none") == NULL;
    enum status status = master_read(file, locked ? passphrase : NULL, &master, &why);
    if (strncmp(name, "success", strlen("success")) == 0) {
        if (status != ST_OK)
            fail_msg("%s: \"%s\"", name, why.text);
        assert_int_equal(master_params(master)->serial, 3);
    } else if (status != ST_BAD || master != NULL || !files_rule_is(name, &why)) {
        fail_msg("%s: \"%s\"", name, why.text);
    }
    master_free(master);
    secret_free(passphrase);
}

static void master_files_of_another_implementation_are_read(void **state)
{
    (void)state;
    files_each("master", "success", 3, run_master_file);
    files_each("master", "refused_", 58, run_master_file);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_implementation_computes_the_same),
        cmocka_unit_test(pitfall_05_an_altered_ciphertext_gives_a_key_nobody_knows),
        cmocka_unit_test(pitfall_01_foreign_point_checked),
        cmocka_unit_test(pitfall_03_points_of_low_order_are_never_multiplied),
        cmocka_unit_test(pitfall_06_foreign_identity_bytes_are_not_hashed),
        cmocka_unit_test(every_vector_of_the_kem_has_its_case),
        cmocka_unit_test(pitfall_11_this_build_hashes_to_g1_as_rfc_9380),
        cmocka_unit_test(pitfall_08_parameters_are_signed_and_checked),
        cmocka_unit_test(master_files_of_another_implementation_are_read),
    };
    if (count != 2) {
        fprintf(stderr, "usage: test_vectors FOLDER\n");
        return 2;
    }
    files_root = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
