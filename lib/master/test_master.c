/* SPDX-License-Identifier: Apache-2.0
 * master: made, kept, used: what is sealed to an identity opens for that identity and no other. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "master.h"

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

/* Parameters are signed for a time that lies within the master's life. */
static void parameters_are_given_for_a_while(void **state)
{
    (void)state;
    static const struct {
        int64_t now, validity, from, until; /* from the master's beginning on; from < 0: none */
    } cases[] = {
        {-1, WEEK, -1, 0},
        {0, WEEK, 0, WEEK},
        {WEEK - 1, WEEK, 0, WEEK},
        {WEEK, WEEK, WEEK, 2 * WEEK},
        {3 * WEEK + 5, 365 * 86400, 3 * WEEK, 52 * WEEK},
        {52 * WEEK, WEEK, 52 * WEEK, 52 * WEEK},
        {52 * WEEK + 1, WEEK, -1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer file;
        struct params params;
        buffer_init(&file, PARAMS_FILE_MAX);
        enum status status = master_write_params(master, settings.not_before + cases[i].now,
                                                 cases[i].validity, &file);
        assert_int_equal(status, cases[i].from < 0 ? ST_NONE : ST_OK);
        if (status == ST_OK) {
            assert_int_equal(
                params_read(buffer_bytes(&file), master_authority(master), &params, NULL), ST_OK);
            assert_int_equal(params.not_before - settings.not_before, cases[i].from);
            assert_int_equal(params.not_after - settings.not_before, cases[i].until);
            assert_memory_equal(params.fingerprint, master_params(master)->fingerprint,
                                sizeof params.fingerprint);
        }
        buffer_done(&file);
    }
}

static void the_next_serial_has_other_secrets_and_the_same_authority(void **state)
{
    (void)state;
    struct secret *random = random_of(9);
    struct master *next = NULL;
    struct secret *key = NULL, *next_key = NULL;
    struct identity alice = identity_of("alice@example.org");
    const int64_t now = settings.not_before + 10 * WEEK + 17;
    assert_int_equal(master_next(master, random, now, &next), ST_OK);
    const struct params *old = master_params(master), *new = master_params(next);
    assert_string_equal(new->district, old->district);
    assert_int_equal(new->serial, 2);
    assert_int_equal(new->interval, old->interval);
    assert_int_equal(new->not_before, settings.not_before + 10 * WEEK);
    assert_int_equal(new->not_after - new->not_before, old->not_after - old->not_before);
    assert_memory_equal(master_authority(next), master_authority(master),
                        sizeof(struct sign_public));
    assert_memory_not_equal(new->public_point, old->public_point, sizeof new->public_point);
    assert_memory_not_equal(new->mlkem, old->mlkem, sizeof new->mlkem);
    assert_memory_not_equal(new->fingerprint, old->fingerprint, sizeof new->fingerprint);

    /* Each answers for its own serial alone. */
    assert_int_equal(master_extract(next, &alice, &next_key), ST_BAD);
    assert_int_equal(master_extract(master, &alice, &key), ST_OK);
    secret_free(key);
    master_free(next);
    secret_free(random);
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
        cmocka_unit_test(parameters_are_given_for_a_while),
        cmocka_unit_test(the_next_serial_has_other_secrets_and_the_same_authority),
        cmocka_unit_test(settings_that_make_no_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
