/* SPDX-License-Identifier: Apache-2.0
 * master: made, kept, used: what is sealed to an identity opens for that identity and no other. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "encode.h"
#include "master.h"
#include "suite.h"

#define WEEK 604800

static const struct master_settings settings = {
    .district = "mail.example",
    .serial = 1,
    .not_before = 1795046400,
    .not_after = 1795046400 + 52 * (int64_t)WEEK,
    .interval = WEEK,
};

static struct master *master;
static struct ibe_sender *sender;

static struct secret *random_of(uint8_t byte)
{
    struct secret *random = secret_new(MASTER_RANDOM_SIZE);
    memset(random->p, byte, random->n);
    return random;
}

static int set_up(void **state)
{
    (void)state;
    struct secret *random = random_of(7);
    enum status status = master_new(&settings, random, &master);
    secret_free(random);
    if (status != ST_OK)
        return -1;
    sender = ibe_sender_new(master_params(master));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ibe_sender_free(sender);
    master_free(master);
    return 0;
}

static struct identity identity_of(const char *address)
{
    struct identity identity = {
        .district = "mail.example", .serial = 1, .period_start = settings.not_before};
    assert_int_equal(address_parse(bytes_text(address), &identity.address, NULL), ST_OK);
    return identity;
}

struct sealed {
    uint8_t ciphertext[IBE_CIPHERTEXT_SIZE];
    struct secret *key;
};

static struct sealed seal(const struct identity *identity, uint8_t random_byte)
{
    struct sealed sealed = {.key = secret_new(IBE_KEY_SIZE)};
    uint8_t bytes[IDENTITY_MAX], random[IBE_RANDOM_SIZE];
    size_t n = 0;
    memset(random, random_byte, sizeof random);
    assert_int_equal(identity_encode(identity, bytes, &n), ST_OK);
    assert_int_equal(
        ibe_encapsulate(sender, (struct bytes){bytes, n}, random, sealed.ciphertext, sealed.key),
        ST_OK);
    return sealed;
}

static bool opens(const struct identity *identity, const struct sealed *sealed)
{
    struct secret *key = secret_new(IBE_KEY_SIZE);
    enum status status = master_decapsulate(master, identity, sealed->ciphertext, key);
    bool same = status == ST_OK && secret_equal(secret_bytes(key), secret_bytes(sealed->key));
    secret_free(key);
    return same;
}

static void what_is_sealed_to_an_identity_opens_for_it_alone(void **state)
{
    (void)state;
    struct identity alice = identity_of("alice@example.org"), bob = identity_of("bob@example.org"),
                    later = alice;
    later.period_start += WEEK;
    struct sealed sealed = seal(&alice, 1);
    assert_true(opens(&alice, &sealed));
    assert_false(opens(&bob, &sealed));
    assert_false(opens(&later, &sealed));
    secret_free(sealed.key);
}

static void an_extracted_key_is_valid_for_its_identity_alone(void **state)
{
    (void)state;
    struct identity alice = identity_of("alice@example.org"), bob = identity_of("bob@example.org");
    struct secret *key = NULL;
    uint8_t bytes[IDENTITY_MAX];
    size_t n = 0;
    assert_int_equal(master_extract(master, &alice, &key), ST_OK);
    assert_int_equal(identity_encode(&alice, bytes, &n), ST_OK);
    assert_true(ibe_identity_key_valid(master_params(master), (struct bytes){bytes, n}, key));
    assert_int_equal(identity_encode(&bob, bytes, &n), ST_OK);
    assert_false(ibe_identity_key_valid(master_params(master), (struct bytes){bytes, n}, key));
    secret_free(key);
}

/* Pitfall 10: there is no way to have an arbitrary text extracted, which would be signed by it. */
static void pitfall_10_nothing_is_extracted_outside_the_district(void **state)
{
    (void)state;
    struct identity foreign[4];
    struct secret *key = NULL;
    uint8_t ciphertext[IBE_CIPHERTEXT_SIZE] = {0};
    for (size_t i = 0; i < 4; i++)
        foreign[i] = identity_of("alice@example.org");
    foreign[0].serial = 2;
    memcpy(foreign[1].district, "mail.examplf", sizeof "mail.examplf");
    foreign[2].address.text[0] = 'A';
    foreign[3].period_start = -1;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(master_extract(master, &foreign[i], &key), ST_BAD);
        assert_null(key);
        assert_int_equal(master_decapsulate(master, &foreign[i], ciphertext, NULL), ST_BAD);
    }
}

static void the_file_gives_the_master_back(void **state)
{
    (void)state;
    struct buffer file, again, params, params_again;
    struct master *read = NULL;
    struct why why = {{0}};
    buffer_init(&file, MASTER_FILE_MAX);
    buffer_init(&again, MASTER_FILE_MAX);
    buffer_init(&params, PARAMS_FILE_MAX);
    buffer_init(&params_again, PARAMS_FILE_MAX);
    assert_int_equal(master_write(master, &file), ST_OK);
    assert_int_equal(master_read(buffer_bytes(&file), &read, &why), ST_OK);
    assert_int_equal(master_write(read, &again), ST_OK);
    assert_true(bytes_equal(buffer_bytes(&file), buffer_bytes(&again)));
    assert_int_equal(master_write_params(master, &params), ST_OK);
    assert_int_equal(master_write_params(read, &params_again), ST_OK);
    assert_true(bytes_equal(buffer_bytes(&params), buffer_bytes(&params_again)));
    master_free(read);
    buffer_done(&file);
    buffer_done(&again);
    buffer_done(&params);
    buffer_done(&params_again);
}

/* Any byte of the file changed, or the file cut: refused with a reason, or (in the seeds' stray
 * bits) nothing else came out. */
static void a_damaged_file_is_refused(void **state)
{
    (void)state;
    struct buffer file;
    struct master *read = NULL;
    buffer_init(&file, MASTER_FILE_MAX);
    assert_int_equal(master_write(master, &file), ST_OK);
    for (size_t i = 0; i < file.n; i++) {
        struct why why = {{0}};
        file.p[i] ^= 1;
        if (master_read(buffer_bytes(&file), &read, &why) == ST_OK)
            fail_msg("byte %zu changed, and it was read", i);
        assert_string_not_equal(why.text, "");
        file.p[i] ^= 1;
    }
    for (size_t n = 0; n < file.n - 1; n += 7)
        assert_int_equal(master_read(bytes_first(buffer_bytes(&file), n), &read, NULL), ST_BAD);
    buffer_done(&file);
}

/* Make the check line right again. */
static void mend_check(struct buffer *file)
{
    uint8_t hash[32];
    char text[65];
    size_t at = bytes_find(buffer_bytes(file), BYTES_LITERAL("check: "));
    suite_sha256((struct suite_parts){{bytes_first(buffer_bytes(file), at)}}, hash);
    hex_encode(text, BYTES_ARRAY(hash));
    memcpy(file->p + at + strlen("check: "), text, 64);
}

static void a_part_of_another_master_is_noticed(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "fingerprint: ", "authority: ", "bf-seed: ", "mlkem-seed: ", "authority-seed: "};
    struct secret *random = random_of(8);
    struct master *other = NULL, *read = NULL;
    struct buffer file, foreign;
    buffer_init(&file, MASTER_FILE_MAX);
    buffer_init(&foreign, MASTER_FILE_MAX);
    assert_int_equal(master_new(&settings, random, &other), ST_OK);
    assert_int_equal(master_write(master, &file), ST_OK);
    assert_int_equal(master_write(other, &foreign), ST_OK);
    assert_int_equal(file.n, foreign.n);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct buffer mixed;
        struct why why = {{0}};
        size_t from = bytes_find(buffer_bytes(&file), bytes_text(parts[i]));
        size_t n = bytes_index(bytes_from(buffer_bytes(&file), from), '\n');
        buffer_init(&mixed, MASTER_FILE_MAX);
        assert_int_equal(buffer_add(&mixed, buffer_bytes(&file)), ST_OK);
        memcpy(mixed.p + from, foreign.p + from, n);
        mend_check(&mixed);
        assert_int_equal(master_read(buffer_bytes(&mixed), &read, &why), ST_BAD);
        assert_non_null(strstr(why.text, "do not belong together"));
        buffer_done(&mixed);
    }
    master_free(other);
    secret_free(random);
    buffer_done(&file);
    buffer_done(&foreign);
}

static void settings_that_make_no_parameters_are_refused(void **state)
{
    (void)state;
    struct master_settings bad[6];
    struct master *made = NULL;
    struct secret *random = random_of(1);
    for (size_t i = 0; i < 6; i++)
        bad[i] = settings;
    bad[0].district = "";
    bad[1].district = "with a blank";
    bad[2].serial = 0;
    bad[3].interval = 0;
    bad[4].not_after = bad[4].not_before - 1;
    bad[5].not_before = -1;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(master_new(&bad[i], random, &made), ST_BAD);
    assert_null(made);
    secret_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_to_an_identity_opens_for_it_alone),
        cmocka_unit_test(an_extracted_key_is_valid_for_its_identity_alone),
        cmocka_unit_test(pitfall_10_nothing_is_extracted_outside_the_district),
        cmocka_unit_test(the_file_gives_the_master_back),
        cmocka_unit_test(a_damaged_file_is_refused),
        cmocka_unit_test(a_part_of_another_master_is_noticed),
        cmocka_unit_test(settings_that_make_no_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
