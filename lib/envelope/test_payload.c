/* SPDX-License-Identifier: Apache-2.0
 * envelope: payload sizes, and that a letter's cut into pieces leaves no trace. (What is refused:
 * the vectors.) */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "envelope_private.h"
#include "payload_private.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* From the specification: 16 + n + 16 for each chunk begun, at least one. */
static const struct {
    uint64_t plain, payload;
} sizes[] = {
    {0, 32},
    {1, 33},
    {65535, 16 + 65535 + 16},
    {65536, 16 + 65536 + 16},
    {65537, 16 + 65537 + 32},
    {131072, 16 + 131072 + 32},
    {131073, 16 + 131073 + 48},
    {26214400, 16 + 26214400 + 400 * 16},
    {UINT64_C(1) << 40, 16 + (UINT64_C(1) << 40) + (UINT64_C(1) << 24) * 16},
};

static void sizes_are_those_of_the_specification(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        uint64_t n = 1;
        assert_int_equal(payload_size(sizes[i].plain), sizes[i].payload);
        assert_int_equal(envelope_plain_size(sizes[i].payload, &n), ST_OK);
        assert_int_equal(n, sizes[i].plain);
    }
}

static void e13_other_sizes_are_refused(void **state)
{
    (void)state;
    const uint64_t chunk = 65536 + 16;
    const uint64_t refused[] = {
        0, 15, 16, 31, 16 + chunk + 1, 16 + chunk + 15, 16 + chunk + 16, 16 + 2 * chunk + 16};
    for (size_t i = 0; i < COUNT(refused); i++) {
        uint64_t n = 77;
        assert_int_equal(envelope_plain_size(refused[i], &n), ST_BAD);
        assert_int_equal(n, 77);
    }
}

static void seal(const struct secret *key, struct bytes plain, size_t step, struct buffer *out)
{
    static const uint8_t nonce[PAYLOAD_NONCE_SIZE] = "sixteen bytes...";
    struct payload_writer *writer = NULL;
    assert_int_equal(payload_writer_new(key, nonce, &writer, out), ST_OK);
    for (; plain.n > 0; plain = bytes_from(plain, step))
        assert_int_equal(payload_writer_add(writer, bytes_first(plain, step), out), ST_OK);
    assert_int_equal(payload_writer_end(writer, out), ST_OK);
    payload_writer_free(writer);
}

static void pieces_leave_no_trace(void **state)
{
    (void)state;
    static const size_t plain_sizes[] = {0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 200000};
    static const size_t steps[] = {7919, 65535, 65536, 65537, 131072, 300000};
    static uint8_t plain[200000], opened[200000];
    struct secret *key = secret_copy(BYTES_LITERAL("a file key, 16 b"));
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * 7 + i / 251);
    for (size_t i = 0; i < COUNT(plain_sizes); i++) {
        struct bytes letter = {plain, plain_sizes[i]};
        struct buffer once, pieces;
        buffer_init(&once, 1 << 20);
        buffer_init(&pieces, 1 << 20);
        seal(key, letter, sizeof plain + 1, &once);
        for (size_t s = 0; s < COUNT(steps); s++) {
            buffer_clear(&pieces);
            seal(key, letter, steps[s], &pieces);
            assert_true(bytes_equal(buffer_bytes(&once), buffer_bytes(&pieces)));
        }
        memset(opened, 0, sizeof opened);
        assert_int_equal(payload_open(key, true, buffer_bytes(&once), opened), ST_OK);
        assert_memory_equal(opened, plain, letter.n);
        buffer_done(&once);
        buffer_done(&pieces);
    }
    secret_free(key);
}

static void e17_nothing_of_a_bad_letter_is_left(void **state)
{
    (void)state;
    static uint8_t plain[150000], opened[150000];
    struct secret *key = secret_copy(BYTES_LITERAL("a file key, 16 b"));
    struct buffer sealed;
    buffer_init(&sealed, 1 << 20);
    memset(plain, 'a', sizeof plain);
    seal(key, (struct bytes){plain, sizeof plain}, 65536, &sealed);

    /* Two chunks are good; the third is not. */
    sealed.p[sealed.n - 20] ^= 1;
    memset(opened, 'x', sizeof opened);
    assert_int_equal(payload_open(key, true, buffer_bytes(&sealed), opened), ST_BAD);
    for (size_t i = 0; i < sizeof opened; i++)
        assert_int_equal(opened[i], 0);
    buffer_done(&sealed);
    secret_free(key);
}

static void e17_chunks_keep_their_places(void **state)
{
    (void)state;
    const size_t chunk = 65536 + 16;
    static uint8_t plain[4 * 65536], opened[4 * 65536], moved[16 + 4 * (65536 + 16)];
    static const struct {
        const char *what;
        size_t n;
        size_t order[4];
    } orders[] = {
        {"exchanged", 4, {1, 0, 2, 3}},      {"doubled", 4, {0, 0, 2, 3}},
        {"one left out", 3, {0, 1, 3}},      {"cut at a border", 3, {0, 1, 2}},
        {"the last first", 4, {3, 1, 2, 0}},
    };
    struct secret *key = secret_copy(BYTES_LITERAL("a file key, 16 b"));
    struct buffer sealed;
    buffer_init(&sealed, 1 << 20);
    memset(plain, 'a', sizeof plain);
    seal(key, BYTES_ARRAY(plain), 65536, &sealed);
    assert_int_equal(payload_open(key, true, buffer_bytes(&sealed), opened), ST_OK);
    for (size_t i = 0; i < COUNT(orders); i++) {
        memcpy(moved, sealed.p, 16);
        for (size_t k = 0; k < orders[i].n; k++)
            memcpy(moved + 16 + k * chunk, sealed.p + 16 + orders[i].order[k] * chunk, chunk);
        struct bytes payload = {moved, 16 + orders[i].n * chunk};
        if (payload_open(key, true, payload, opened) != ST_BAD)
            fail_msg("%s", orders[i].what);
    }
    buffer_done(&sealed);
    secret_free(key);
}

static void a_full_buffer_ends_it(void **state)
{
    (void)state;
    static uint8_t plain[65537];
    struct secret *key = secret_copy(BYTES_LITERAL("a file key, 16 b"));
    struct payload_writer *writer = NULL;
    struct buffer out;
    buffer_init(&out, 16 + 65536 + 15);
    assert_int_equal(payload_writer_new(key, plain, &writer, &out), ST_OK);
    assert_int_equal(payload_writer_add(writer, BYTES_ARRAY(plain), &out), ST_LIMIT);
    assert_int_equal(payload_writer_end(writer, &out), ST_LIMIT);
    payload_writer_free(writer);
    buffer_done(&out);
    secret_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_those_of_the_specification),
        cmocka_unit_test(e13_other_sizes_are_refused),
        cmocka_unit_test(pieces_leave_no_trace),
        cmocka_unit_test(e17_nothing_of_a_bad_letter_is_left),
        cmocka_unit_test(e17_chunks_keep_their_places),
        cmocka_unit_test(a_full_buffer_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
