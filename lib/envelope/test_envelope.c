/* SPDX-License-Identifier: Apache-2.0
 * envelope: sealing to an address and opening again, with the real KEM; what the seal binds. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "envelope_private.h"
#include "test_district.h"

#define FILE_MAX (1 << 20)

/* A sealed letter and what belongs to it. */
struct sealed {
    struct buffer file, signature;
    uint8_t hash[SIGN_HASH_SIZE];
    uint8_t id[ENVELOPE_ID_SIZE];
};

static void seal(const struct district *district, const struct secret *random, struct bytes letter,
                 struct sealed *sealed)
{
    struct envelope_writer *writer = NULL;
    struct envelope_seal seal = {DISTRICT_TIME, DISTRICT_EXPIRES};
    struct sign_hash hashing;
    buffer_init(&sealed->file, FILE_MAX);
    buffer_init(&sealed->signature, SIGN_TEXT_MAX);
    assert_int_equal(
        envelope_writer_new(district->sender, &district->alice, random, &writer, &sealed->file),
        ST_OK);
    assert_int_equal(envelope_writer_add(writer, letter, &sealed->file), ST_OK);
    assert_int_equal(envelope_writer_end(writer, &sealed->file), ST_OK);
    sign_hash_init(&hashing);
    sign_hash_add(&hashing, buffer_bytes(&sealed->file));
    sign_hash_end(&hashing, sealed->hash);
    assert_int_equal(envelope_sign(district->key, sealed->hash, writer, &seal, &sealed->signature),
                     ST_OK);
    memcpy(sealed->id, envelope_writer_id(writer), sizeof sealed->id);
    envelope_writer_free(writer);
}

static void sealed_done(struct sealed *sealed)
{
    buffer_done(&sealed->file);
    buffer_done(&sealed->signature);
}

static int set_up(void **state)
{
    *state = district_new();
    return 0;
}

static int tear_down(void **state)
{
    district_free(*state);
    return 0;
}

static void what_is_sealed_opens(void **state)
{
    const struct district *district = *state;
    static const size_t sizes[] = {0, 1, 5000, 65536, 65537, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct secret *random = district_random((uint8_t)(10 + i), ENVELOPE_RANDOM_SIZE);
        struct sealed sealed;
        struct buffer letter, opened;
        buffer_init(&letter, FILE_MAX);
        buffer_init(&opened, FILE_MAX);
        district_letter(&letter, sizes[i]);
        seal(district, random, buffer_bytes(&letter), &sealed);
        assert_int_equal(district_open(district, buffer_bytes(&sealed.file), sealed.hash,
                                       buffer_bytes(&sealed.signature), &opened),
                         ST_OK);
        assert_true(bytes_equal(buffer_bytes(&letter), buffer_bytes(&opened)));
        sealed_done(&sealed);
        buffer_done(&letter);
        buffer_done(&opened);
        secret_free(random);
    }
}

/* What the header says is what was sealed to, and sizes are known beforehand. */
static void the_header_says_it(void **state)
{
    const struct district *district = *state;
    struct secret *random = district_random(30, ENVELOPE_RANDOM_SIZE);
    struct sealed sealed;
    struct envelope envelope;
    seal(district, random, BYTES_LITERAL("hello"), &sealed);
    assert_int_equal(envelope_read(buffer_bytes(&sealed.file), &envelope, NULL), ST_OK);
    assert_string_equal(envelope.identity.address.text, "alice@example.org");
    assert_string_equal(envelope.identity.district, "mail.example");
    assert_int_equal(envelope.identity.period_start, district->alice.period_start);
    assert_memory_equal(envelope.id, sealed.id, sizeof sealed.id);
    assert_int_equal(envelope_size(5, envelope.identity_n), sealed.file.n);
    sealed_done(&sealed);
    secret_free(random);
}

/* A header that has not come whole asks for more, however it was cut. */
static void a_cut_header_asks_for_more(void **state)
{
    const struct district *district = *state;
    struct secret *random = district_random(31, ENVELOPE_RANDOM_SIZE);
    struct sealed sealed;
    struct envelope envelope;
    seal(district, random, BYTES_LITERAL("hello"), &sealed);
    assert_int_equal(envelope_read(buffer_bytes(&sealed.file), &envelope, NULL), ST_OK);
    for (size_t n = 0; n < sealed.file.n; n++) {
        struct envelope part;
        enum status status = envelope_read(bytes_first(buffer_bytes(&sealed.file), n), &part, NULL);
        assert_int_equal(status, n < envelope.header_n ? ST_TEMP : ST_OK);
    }
    sealed_done(&sealed);
    secret_free(random);
}

/* With the KEM's key in hand, and no signature looked at: a file with any bit changed does not
 * open. */
static void every_bit_is_bound(void **state)
{
    const struct district *district = *state;
    struct secret *random = district_random(32, ENVELOPE_RANDOM_SIZE);
    struct secret *kek = secret_new(IBE_KEY_SIZE);
    struct sealed sealed;
    struct envelope envelope;
    seal(district, random, BYTES_LITERAL("hello"), &sealed);
    struct bytes file = buffer_bytes(&sealed.file);
    assert_int_equal(envelope_read(file, &envelope, NULL), ST_OK);
    assert_int_equal(
        master_decapsulate(district->master, &envelope.identity, envelope.ciphertext, kek), ST_OK);
    for (size_t bit = 0; bit < 8 * file.n; bit++) {
        struct secret *file_key = NULL;
        uint8_t plain[5];
        sealed.file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum status status = envelope_read(file, &envelope, NULL);
        struct bytes header = bytes_first(file, envelope.header_n);
        if (status == ST_OK)
            status = envelope_unwrap(&envelope, header, kek, &file_key);
        if (status == ST_OK)
            status = envelope_decrypt(file_key, bytes_from(file, header.n), plain);
        assert_int_not_equal(status, ST_OK);
        assert_int_not_equal(status, ST_FAIL);
        secret_free(file_key);
        sealed.file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    sealed_done(&sealed);
    secret_free(kek);
    secret_free(random);
}

/* Another ciphertext gives another key (implicit rejection), or none at all: it does not open. */
static void e14_e15_another_ciphertext_does_not_open(void **state)
{
    const struct district *district = *state;
    static const size_t places[] = {0, 1, 95, 96, 127, 128, 1215};
    struct secret *random = district_random(33, ENVELOPE_RANDOM_SIZE);
    struct sealed sealed;
    struct envelope envelope;
    seal(district, random, BYTES_LITERAL("hello"), &sealed);
    assert_int_equal(envelope_read(buffer_bytes(&sealed.file), &envelope, NULL), ST_OK);
    struct bytes header = bytes_first(buffer_bytes(&sealed.file), envelope.header_n);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct secret *kek = secret_new(IBE_KEY_SIZE), *opened = NULL;
        uint8_t plain[5];
        envelope.ciphertext[places[i]] ^= 1;
        enum status status =
            master_decapsulate(district->master, &envelope.identity, envelope.ciphertext, kek);
        if (status == ST_OK)
            status = envelope_unwrap(&envelope, header, kek, &opened);
        if (status == ST_OK)
            status = envelope_decrypt(
                opened, bytes_from(buffer_bytes(&sealed.file), envelope.header_n), plain);
        assert_int_equal(status, ST_BAD);
        secret_free(opened);
        envelope.ciphertext[places[i]] ^= 1;
        secret_free(kek);
    }
    sealed_done(&sealed);
    secret_free(random);
}

/* Two copies of one letter have nothing in common but the header's first line and the identity. */
static void copies_share_nothing(void **state)
{
    const struct district *district = *state;
    struct secret *first = district_random(34, ENVELOPE_RANDOM_SIZE);
    struct secret *second = district_random(35, ENVELOPE_RANDOM_SIZE);
    struct sealed a, b;
    seal(district, first, BYTES_LITERAL("the same letter, sealed for two"), &a);
    seal(district, second, BYTES_LITERAL("the same letter, sealed for two"), &b);
    assert_memory_not_equal(a.id, b.id, sizeof a.id);
    assert_int_equal(a.file.n, b.file.n);
    for (size_t at = a.file.n - 47 - 16; at + 8 <= a.file.n; at++)
        assert_memory_not_equal(a.file.p + at, b.file.p + at, 8);
    sealed_done(&a);
    sealed_done(&b);
    secret_free(first);
    secret_free(second);
}

static void other_districts_are_refused(void **state)
{
    const struct district *district = *state;
    struct secret *random = district_random(36, ENVELOPE_RANDOM_SIZE);
    struct envelope_writer *writer = NULL;
    struct buffer out;
    buffer_init(&out, FILE_MAX);
    struct identity other = district->alice;
    other.serial = 2;
    assert_int_equal(envelope_writer_new(district->sender, &other, random, &writer, &out), ST_BAD);
    other = district->alice;
    snprintf(other.district, sizeof other.district, "mail.example2");
    assert_int_equal(envelope_writer_new(district->sender, &other, random, &writer, &out), ST_BAD);
    assert_null(writer);
    assert_int_equal(out.n, 0);
    buffer_done(&out);
    secret_free(random);
}

static void a_full_buffer_ends_it(void **state)
{
    const struct district *district = *state;
    struct secret *random = district_random(37, ENVELOPE_RANDOM_SIZE);
    struct envelope_writer *writer = NULL;
    for (size_t max = 0; max < 1800; max += 199) {
        struct buffer out;
        buffer_init(&out, max);
        assert_int_equal(
            envelope_writer_new(district->sender, &district->alice, random, &writer, &out),
            ST_LIMIT);
        assert_null(writer);
        buffer_done(&out);
    }
    secret_free(random);
}

static void e21_times_out_of_order_are_not_signed(void **state)
{
    const struct district *district = *state;
    static const struct envelope_seal refused[] = {
        {-1, 5}, {5, 4}, {0, INT64_C(253402300800)}, {INT64_MIN, INT64_MAX}};
    struct secret *random = district_random(38, ENVELOPE_RANDOM_SIZE);
    struct envelope_writer *writer = NULL;
    struct buffer out;
    uint8_t hash[SIGN_HASH_SIZE] = {0};
    buffer_init(&out, FILE_MAX);
    assert_int_equal(envelope_writer_new(district->sender, &district->alice, random, &writer, &out),
                     ST_OK);
    buffer_clear(&out);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(envelope_sign(district->key, hash, writer, &refused[i], &out), ST_BAD);
    assert_int_equal(out.n, 0);
    envelope_writer_free(writer);
    buffer_done(&out);
    secret_free(random);
}

/* The signature of one copy does not fit another copy of the same letter for the same reader. */
static void a_signature_belongs_to_one_copy(void **state)
{
    const struct district *district = *state;
    struct secret *first = district_random(39, ENVELOPE_RANDOM_SIZE);
    struct secret *second = district_random(40, ENVELOPE_RANDOM_SIZE);
    struct sealed a, b;
    struct buffer opened;
    buffer_init(&opened, FILE_MAX);
    seal(district, first, BYTES_LITERAL("hello"), &a);
    seal(district, second, BYTES_LITERAL("hello"), &b);
    assert_int_equal(
        district_open(district, buffer_bytes(&b.file), b.hash, buffer_bytes(&a.signature), &opened),
        ST_BAD);
    /* Not even if the hash is said to be the other's. */
    assert_int_equal(
        district_open(district, buffer_bytes(&b.file), a.hash, buffer_bytes(&a.signature), &opened),
        ST_BAD);
    assert_int_equal(opened.n, 0);
    sealed_done(&a);
    sealed_done(&b);
    buffer_done(&opened);
    secret_free(first);
    secret_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens),
        cmocka_unit_test(the_header_says_it),
        cmocka_unit_test(a_cut_header_asks_for_more),
        cmocka_unit_test(every_bit_is_bound),
        cmocka_unit_test(e14_e15_another_ciphertext_does_not_open),
        cmocka_unit_test(copies_share_nothing),
        cmocka_unit_test(other_districts_are_refused),
        cmocka_unit_test(a_full_buffer_ends_it),
        cmocka_unit_test(e21_times_out_of_order_are_not_signed),
        cmocka_unit_test(a_signature_belongs_to_one_copy),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
