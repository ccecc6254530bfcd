/* SPDX-License-Identifier: Apache-2.0
 * master: everything from set-up to the key, against the vectors of the second implementation
 * (tests/vectors/ibe and ibe_params), a file per outcome. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "bf.h"
#include "encode.h"
#include "file.h"
#include "master.h"
#include "mlkem.h"
#include "number.h"

#define FILE_MAX 65536
#define FIELD_MAX 3000

static const char *folder; /* tests/vectors */

/* --- vector files ---------------------------------------------------------------------------- */

static struct bytes load(struct buffer *buffer, const char *below, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/%s", folder, below, name);
    buffer_clear(buffer);
    if (file_read(path, buffer, NULL) != ST_OK)
        fail_msg("%s can't be read", path);
    return buffer_bytes(buffer);
}

/* The text of a field; fails the test if it is missing. */
static struct bytes text_of(struct bytes file, const char *name)
{
    struct bytes line = BYTES_NONE;
    while (bytes_line(&file, &line))
        if (bytes_starts(line, bytes_text(name)) && line.p[strlen(name)] == ':')
            return bytes_trim(bytes_from(line, strlen(name) + 1));
    fail_msg("no field %s", name);
    return BYTES_NONE;
}

struct field {
    uint8_t bytes[FIELD_MAX];
    size_t n;
};

static struct field bytes_of(struct bytes file, const char *name)
{
    struct field field = {.n = text_of(file, name).n / 2};
    assert_true(field.n <= FIELD_MAX);
    assert_int_equal(hex_decode(text_of(file, name), field.bytes, field.n), ST_OK);
    return field;
}

static struct bytes view(const struct field *field)
{
    return (struct bytes){field->bytes, field->n};
}

static uint64_t number_of(struct bytes file, const char *name)
{
    uint64_t value = 0;
    assert_int_equal(number_parse(text_of(file, name), 0, UINT64_MAX, &value), ST_OK);
    return value;
}

static void expect(struct bytes file, const char *name, struct bytes got)
{
    struct field wanted = bytes_of(file, name);
    if (!bytes_equal(view(&wanted), got))
        fail_msg("%s differs", name);
}

/* Call `run` for each file of a folder whose name starts so; fails if there are fewer than `least`.
 */
static void each(const char *below, const char *start, size_t least,
                 void (*run)(const char *name, struct bytes file))
{
    char path[4096];
    struct buffer buffer;
    size_t count = 0;
    buffer_init(&buffer, FILE_MAX);
    snprintf(path, sizeof path, "%s/%s", folder, below);
    DIR *listing = opendir(path);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (strncmp(entry->d_name, start, strlen(start)) != 0)
            continue;
        print_message("  %s\n", entry->d_name);
        run(entry->d_name, load(&buffer, below, entry->d_name));
        count++;
    }
    closedir(listing);
    buffer_done(&buffer);
    assert_true(count >= least);
}

/* --- the KEM --------------------------------------------------------------------------------- */

/* The master that a file's seeds make; its authority key is of no matter here. */
static struct master *master_of(struct bytes file)
{
    char district[IDENTITY_DISTRICT_MAX + 1];
    struct field seed = bytes_of(file, "seed"), mlkem_seed = bytes_of(file, "mlkem_seed");
    struct master_settings settings = {.district = district,
                                       .serial = number_of(file, "serial"),
                                       .not_after = 1,
                                       .interval = 604800};
    struct secret *random = secret_new(MASTER_RANDOM_SIZE);
    struct master *master = NULL;
    assert_true(bytes_to_text(text_of(file, "district"), district, sizeof district));
    memcpy(random->p, seed.bytes, 32);
    memcpy(random->p + 32, mlkem_seed.bytes, 64);
    assert_int_equal(master_new(&settings, random, &master), ST_OK);
    secret_free(random);
    return master;
}

/* What stands between input and output of the Boneh–Franklin half, and of the ML-KEM half. */
static void check_halves(struct bytes file, const struct params *params, struct bytes identity)
{
    struct field m = bytes_of(file, "m"), mu = bytes_of(file, "mu");
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
                                .period_start = (int64_t)number_of(file, "period")};
    struct secret *private_key = NULL, *key = secret_new(IBE_KEY_SIZE);
    uint8_t bytes[IDENTITY_MAX], random[IBE_RANDOM_SIZE], ciphertext[IBE_CIPHERTEXT_SIZE];
    size_t n = 0;
    memcpy(identity.district, params->district, sizeof identity.district);
    expect(file, "public_point", BYTES_ARRAY(params->public_point));
    expect(file, "mlkem_public", BYTES_ARRAY(params->mlkem));

    assert_int_equal(address_parse(text_of(file, "address"), &identity.address, NULL), ST_OK);
    assert_true(bytes_equal(bytes_text(identity.address.text), text_of(file, "canonical")));
    assert_int_equal(identity_encode(&identity, bytes, &n), ST_OK);
    expect(file, "identity", (struct bytes){bytes, n});
    check_halves(file, params, (struct bytes){bytes, n});

    memcpy(random, bytes_of(file, "m").bytes, 32);
    memcpy(random + 32, bytes_of(file, "mu").bytes, 32);
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
    each("ibe", "success", 2, run_success);
}

/* Decapsulate what the file says: the status, and the key if there is one. A ciphertext of another
 * size does not get as far as a C function whose argument has a size: I-5. */
static enum status decapsulate(struct bytes file, struct secret *key)
{
    struct field private_key = bytes_of(file, "private_key"), identity = bytes_of(file, "identity"),
                 ciphertext = bytes_of(file, "ciphertext"),
                 mlkem_seed = bytes_of(file, "mlkem_seed");
    if (ciphertext.n != IBE_CIPHERTEXT_SIZE)
        return ST_BAD;
    struct master *master = master_of(file);
    uint8_t mlkem_public[MLKEM_PUBLIC_SIZE];
    struct secret *mlkem = secret_new(MLKEM_SECRET_SIZE),
                  *identity_key = secret_copy(view(&private_key));
    mlkem_keypair(mlkem_seed.bytes, mlkem_public, mlkem->p);
    assert_true(mlkem_secret_valid(mlkem->p, master_params(master)->mlkem));
    const struct ibe_opener opener = {master_params(master), identity_key, mlkem};
    enum status status = ibe_decapsulate(&opener, view(&identity), ciphertext.bytes, key);
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
    each("ibe", "rejected", 9, run_rejected);
}

static void run_refused(const char *name, struct bytes file)
{
    (void)name;
    struct secret *key = secret_new(IBE_KEY_SIZE);
    const uint8_t zero[IBE_KEY_SIZE] = {0};
    assert_int_equal(decapsulate(file, key), ST_BAD);
    assert_memory_equal(key->p, zero, sizeof zero); /* untouched */
    secret_free(key);
}

/* I-4: the key is of its group but another identity's. It opens nothing; an importer finds it out.
 */
static void run_foreign_key(const char *name, struct bytes file)
{
    (void)name;
    struct master *master = master_of(file);
    struct field identity = bytes_of(file, "identity"), bytes = bytes_of(file, "private_key");
    struct secret *key = secret_copy(view(&bytes));
    assert_false(ibe_identity_key_valid(master_params(master), view(&identity), key));
    secret_free(key);
    master_free(master);
}

/* Pitfall 1: form, infinity and subgroup of every foreign point, U and d. */
static void pitfall_01_foreign_point_checked(void **state)
{
    (void)state;
    each("ibe", "refused_I-3", 6, run_refused);
    each("ibe", "refused_I-3", 6, run_foreign_key);
    each("ibe", "refused_I-4", 1, run_foreign_key);
    each("ibe", "refused_I-6", 5, run_refused);
    each("ibe", "refused_I-7", 1, run_refused);
    each("ibe", "refused_I-8", 2, run_refused);
}

/* Pitfall 3: blst multiplies by endomorphisms, which go wrong outside the group; and its plain
 * multiplication goes wrong with points of low order. Such points get no further than reading. */
static void pitfall_03_points_of_low_order_are_never_multiplied(void **state)
{
    (void)state;
    each("ibe", "refused_I-3_low_order", 1, run_refused);
    each("ibe", "refused_I-8_low_order", 1, run_refused);
}

static void pitfall_06_foreign_identity_bytes_are_not_hashed(void **state)
{
    (void)state;
    each("ibe", "refused_I-1", 13, run_refused);
    each("ibe", "refused_I-2", 2, run_refused);
    each("ibe", "refused_I-5", 2, run_refused);
}

/* --- RFC 9380 -------------------------------------------------------------------------------- */

static void pitfall_11_this_build_hashes_to_g1_as_rfc_9380(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, FILE_MAX);
    struct bytes file = load(&buffer, "ibe", "rfc9380_g1.txt"), dst = text_of(file, "dst");
    size_t at = 0, count = 0;
    while ((at += bytes_find(bytes_from(file, at), BYTES_LITERAL("msg: "))) < file.n) {
        struct bytes rest = bytes_from(file, at++);
        struct field message = bytes_of(rest, "msg");
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
    buffer_init(&buffer, FILE_MAX);
    assert_int_equal(sign_public_parse(load(&buffer, "ibe_params", "authority.pub"), &key), ST_OK);
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
    const char *rule = name + strlen("refused_"); /* "P-3_…" against "P-3: …" */
    if (params_read(file, &key, &params, &why) != ST_BAD || strncmp(why.text, rule, 3) != 0)
        fail_msg("%s: \"%s\"", name, why.text);
    assert_int_equal(params.serial, 77);
}

/* Pitfall 8: parameters count only with the pinned authority's signature, and as one text. */
static void pitfall_08_parameters_are_signed_and_checked(void **state)
{
    (void)state;
    each("ibe_params", "success", 3, run_params_success);
    each("ibe_params", "refused", 28, run_params_refused);
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
    } else if (status != ST_BAD ||
               strncmp(why.text, name + strlen("refused_"), strlen("M-1")) != 0) {
        fail_msg("%s: \"%s\"", name, why.text);
    }
    master_free(master);
    secret_free(passphrase);
}

static void master_files_of_another_implementation_are_read(void **state)
{
    (void)state;
    each("master", "success", 3, run_master_file);
    each("master", "refused_M-7", 5, run_master_file);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_implementation_computes_the_same),
        cmocka_unit_test(pitfall_05_an_altered_ciphertext_gives_a_key_nobody_knows),
        cmocka_unit_test(pitfall_01_foreign_point_checked),
        cmocka_unit_test(pitfall_03_points_of_low_order_are_never_multiplied),
        cmocka_unit_test(pitfall_06_foreign_identity_bytes_are_not_hashed),
        cmocka_unit_test(pitfall_11_this_build_hashes_to_g1_as_rfc_9380),
        cmocka_unit_test(pitfall_08_parameters_are_signed_and_checked),
        cmocka_unit_test(master_files_of_another_implementation_are_read),
    };
    if (count != 2) {
        fprintf(stderr, "usage: test_vectors FOLDER\n");
        return 2;
    }
    folder = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
