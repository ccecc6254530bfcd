/* SPDX-License-Identifier: Apache-2.0
 * envelope: armor in pieces. (What is refused: the vectors.) */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "armor_private.h"
#include "carrier.h"

static void encode(struct bytes file, size_t step, struct buffer *text)
{
    struct armor_writer writer;
    armor_begin(&writer, text);
    for (; file.n > 0; file = bytes_from(file, step))
        armor_add(&writer, bytes_first(file, step), text);
    armor_end(&writer, text);
    assert_int_equal(buffer_check(text), ST_OK);
}

static enum status decode(struct bytes text, size_t step, struct buffer *file,
                          uint8_t hash[SIGN_HASH_SIZE])
{
    struct armor_reader *reader = armor_reader_new();
    enum status status = ST_OK;
    for (; status == ST_OK && text.n > 0; text = bytes_from(text, step)) {
        size_t before = file->n;
        status = armor_reader_add(reader, bytes_first(text, step), file);
        assert_true(file->n - before <= 48 + step);
    }
    if (status == ST_OK)
        status = armor_reader_end(reader, hash);
    armor_reader_free(reader);
    return status;
}

/* RFC 4648's alphabet and RFC 7468's form, by hand. */
static void the_text_is_that_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *file, *text;
    } known[] = {
        {"", "-----BEGIN AGE ENCRYPTED FILE-----\n-----END AGE ENCRYPTED FILE-----\n"},
        {"f", "-----BEGIN AGE ENCRYPTED FILE-----\nZg==\n-----END AGE ENCRYPTED FILE-----\n"},
        {"foobar", "-----BEGIN AGE ENCRYPTED FILE-----\nZm9vYmFy\n"
                   "-----END AGE ENCRYPTED FILE-----\n"},
        {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
         "-----BEGIN AGE ENCRYPTED FILE-----\n"
         "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\nQg==\n"
         "-----END AGE ENCRYPTED FILE-----\n"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct buffer text;
        buffer_init(&text, 1000);
        encode(bytes_text(known[i].file), 1000, &text);
        assert_string_equal(buffer_text(&text), known[i].text);
        buffer_done(&text);
    }
}

/* Every size around the line borders, every step on both sides, both line ends. */
static void pieces_leave_no_trace(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 2, 3, 47, 48, 49, 64, 65, 66, 67, 1000};
    static uint8_t file[400];
    for (size_t i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)(i * 151 + i / 7);
    for (size_t n = 0; n <= sizeof file; n += n < 150 ? 1 : 37) {
        struct bytes whole = {file, n};
        struct buffer once, pieces, back;
        uint8_t hash[SIGN_HASH_SIZE], expected[SIGN_HASH_SIZE];
        struct sign_hash hashing;
        sign_hash_init(&hashing);
        sign_hash_add(&hashing, whole);
        sign_hash_end(&hashing, expected);
        buffer_init(&once, 1000);
        buffer_init(&pieces, 1000);
        buffer_init(&back, sizeof file);
        encode(whole, sizeof file + 1, &once);
        for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
            buffer_clear(&pieces);
            buffer_clear(&back);
            encode(whole, steps[s], &pieces);
            assert_true(bytes_equal(buffer_bytes(&once), buffer_bytes(&pieces)));
            assert_int_equal(decode(buffer_bytes(&once), steps[s], &back, hash), ST_OK);
            assert_true(bytes_equal(buffer_bytes(&back), whole));
            assert_memory_equal(hash, expected, sizeof hash);
        }
        buffer_done(&once);
        buffer_done(&pieces);
        buffer_done(&back);
    }
}

/* Whatever byte is exchanged for another: refused, or blank space outside, or another file. */
static void no_two_texts_for_one_file(void **state)
{
    (void)state;
    static uint8_t file[100];
    struct buffer text, back;
    uint8_t hash[SIGN_HASH_SIZE];
    buffer_init(&text, 1000);
    buffer_init(&back, 200);
    encode(BYTES_ARRAY(file), sizeof file, &text);
    for (size_t at = 0; at + 1 < text.n; at++) {
        for (unsigned c = 0; c < 256; c++) {
            uint8_t original = text.p[at];
            if (c == original)
                continue;
            text.p[at] = (uint8_t)c;
            buffer_clear(&back);
            bool taken = decode(buffer_bytes(&text), text.n, &back, hash) == ST_OK;
            if (taken && bytes_equal(buffer_bytes(&back), BYTES_ARRAY(file)))
                fail_msg("byte %zu may be 0x%02x as well", at, c);
            text.p[at] = original;
        }
    }
    buffer_done(&text);
    buffer_done(&back);
}

/* A line end 64 characters behind a short line's beginning does not make one line of both. (Found
 * by fuzzing.) */
static void blank_lines_behind_the_end_are_no_lines(void **state)
{
    (void)state;
    static uint8_t file[60];
    struct buffer text, back;
    uint8_t hash[SIGN_HASH_SIZE];
    buffer_init(&text, 1000);
    buffer_init(&back, 200);
    encode(BYTES_ARRAY(file), sizeof file, &text);
    for (size_t blanks = 0; blanks < 100; blanks++) {
        buffer_clear(&back);
        assert_int_equal(decode(buffer_bytes(&text), text.n, &back, hash), ST_OK);
        assert_true(bytes_equal(buffer_bytes(&back), BYTES_ARRAY(file)));
        buffer_add_byte(&text, '\n');
    }
    buffer_done(&text);
    buffer_done(&back);
}

/* A form's value may end in half a line end. */
static void the_end_may_lack_its_line_end(void **state)
{
    (void)state;
    static const char *const texts[] = {ARMOR_BEGIN "\nZg==\n" ARMOR_END,
                                        ARMOR_BEGIN "\r\nZg==\r\n" ARMOR_END "\r"};
    for (size_t i = 0; i < 2; i++) {
        struct buffer back;
        uint8_t hash[SIGN_HASH_SIZE];
        buffer_init(&back, 48);
        assert_int_equal(decode(bytes_text(texts[i]), 5, &back, hash), ST_OK);
        assert_true(bytes_equal(buffer_bytes(&back), BYTES_LITERAL("f")));
        buffer_done(&back);
    }
}

static void once_broken_stays_broken(void **state)
{
    (void)state;
    struct buffer file;
    uint8_t hash[SIGN_HASH_SIZE];
    struct armor_reader *reader = armor_reader_new();
    buffer_init(&file, 1000);
    assert_int_equal(armor_reader_add(reader, BYTES_LITERAL("hello\n"), &file), ST_BAD);
    assert_int_equal(armor_reader_add(reader, BYTES_LITERAL(ARMOR_BEGIN "\n"), &file), ST_BAD);
    assert_int_equal(armor_reader_end(reader, hash), ST_BAD);
    armor_reader_free(reader);
    buffer_done(&file);
}

static void a_full_buffer_is_a_limit(void **state)
{
    (void)state;
    static uint8_t bytes[200];
    struct buffer text, file;
    uint8_t hash[SIGN_HASH_SIZE];
    buffer_init(&text, 1000);
    buffer_init(&file, 199);
    encode(BYTES_ARRAY(bytes), sizeof bytes, &text);
    assert_int_equal(decode(buffer_bytes(&text), 50, &file, hash), ST_LIMIT);
    buffer_done(&text);
    buffer_done(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_that_of_the_standard),
        cmocka_unit_test(pieces_leave_no_trace),
        cmocka_unit_test(no_two_texts_for_one_file),
        cmocka_unit_test(blank_lines_behind_the_end_are_no_lines),
        cmocka_unit_test(the_end_may_lack_its_line_end),
        cmocka_unit_test(once_broken_stays_broken),
        cmocka_unit_test(a_full_buffer_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
