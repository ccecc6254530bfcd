/* SPDX-License-Identifier: Apache-2.0
 * envelope: pages of another maker (tests/vectors/carrier), one for each outcome of
 * docs/spec/envelope.md §5. All of them carry the message and the signature of one envelope vector,
 * success_short. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "carrier.h"
#include "test_files.h"

/* The age file and the signature that the pages carry. */
static struct buffer file, signature;

static int set_up(void **state)
{
    (void)state;
    struct buffer content;
    uint8_t hash[SIGN_HASH_SIZE], text[SIGN_TEXT_MAX];
    size_t n = 0;
    struct armor_reader *reader = armor_reader_new();
    buffer_init(&content, FILES_SIZE_MAX);
    buffer_init(&file, FILES_SIZE_MAX);
    buffer_init(&signature, SIGN_TEXT_MAX);
    struct bytes vector = files_load("envelope", "success_short.txt", &content);
    struct bytes message = bytes_from(vector, bytes_find(vector, BYTES_LITERAL("\n\n")) + 2);
    assert_int_equal(armor_reader_add(reader, message, &file), ST_OK);
    assert_int_equal(armor_reader_end(reader, hash), ST_OK);
    assert_int_equal(base64_decode(files_text(vector, "signature"), PADDED, text, sizeof text, &n),
                     ST_OK);
    assert_int_equal(buffer_add(&signature, bytes_trim((struct bytes){text, n})), ST_OK);
    armor_reader_free(reader);
    buffer_done(&content);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buffer_done(&file);
    buffer_done(&signature);
    return 0;
}

/* What was found in a page that came in pieces of `step` bytes. */
struct found {
    enum status status;
    struct buffer file, signature;
    struct why why;
};

static struct found read_page(struct bytes html, size_t step)
{
    struct found found = {.status = ST_OK, .why = {""}};
    uint8_t hash[SIGN_HASH_SIZE];
    struct carrier_reader *reader = carrier_reader_new();
    buffer_init(&found.file, FILES_SIZE_MAX);
    buffer_init(&found.signature, SIGN_TEXT_MAX);
    for (; found.status == ST_OK && html.n > 0; html = bytes_from(html, step))
        found.status = carrier_reader_add(reader, bytes_first(html, step), &found.file);
    enum status end = carrier_reader_end(reader, hash, &found.signature);
    if (found.status == ST_OK)
        found.status = end;
    if (found.status == ST_BAD)
        why_set(&found.why, ST_BAD, "%s", carrier_reader_why(reader));
    carrier_reader_free(reader);
    return found;
}

static void found_done(struct found *found)
{
    buffer_done(&found->file);
    buffer_done(&found->signature);
}

/* Line ends are those of who saved the page: the signature's own reader takes both. */
static bool signature_same(struct bytes got)
{
    struct bytes wanted = buffer_bytes(&signature), line = BYTES_NONE, other = BYTES_NONE;
    while (bytes_line(&wanted, &line))
        if (!bytes_line(&got, &other) || !bytes_equal(line, other))
            return false;
    return got.n == 0;
}

/* A refusal names the rule that the file's name begins with; E-28, that of the armor. */
static bool rule_named(const char *name, const char *why)
{
    if (strncmp(name, "E-28", 4) == 0)
        return strncmp(why, "E-22", 4) >= 0 && strncmp(why, "E-26", 4) <= 0;
    return strncmp(name, "E-", 2) == 0 ? strncmp(name, why, 4) == 0 : why[0] == '\0';
}

static void expect(const char *name, struct bytes html, enum status wanted, bool is_signed)
{
    const size_t steps[] = {1, 7, FILES_SIZE_MAX};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct found found = read_page(html, steps[i]);
        bool right = found.status == wanted;
        if (wanted == ST_OK)
            right = right && bytes_equal(buffer_bytes(&found.file), buffer_bytes(&file));
        if (is_signed)
            right = right && signature_same(buffer_bytes(&found.signature));
        else
            right = right && found.signature.n == 0;
        if (!right || !rule_named(name, found.why.text))
            fail_msg("%s: %s %s", name, status_name(found.status), found.why.text);
        found_done(&found);
    }
}

static void run_success(const char *name, struct bytes html)
{
    expect(name, html, ST_OK, true);
}

static void run_unsigned(const char *name, struct bytes html)
{
    expect(name, html, ST_OK, false);
}

static void run_none(const char *name, struct bytes html)
{
    expect(name, html, ST_NONE, false);
}

static void run_cut(const char *name, struct bytes html)
{
    expect(name, html, ST_TEMP, false);
}

static void run_refused(const char *name, struct bytes html)
{
    expect(name, html, ST_BAD, false);
}

static void both_are_found_in_pages_of_another_maker(void **state)
{
    (void)state;
    files_each("carrier", "success_", 21, run_success);
    files_each("carrier", "unsigned_", 2, run_unsigned);
}

static void no_carrier_and_half_a_carrier_are_told_apart(void **state)
{
    (void)state;
    files_each("carrier", "none_", 6, run_none);
    files_each("carrier", "cut_", 7, run_cut);
}

static void E_27_and_E_28_and_E_29_are_refused(void **state)
{
    (void)state;
    files_each("carrier", "E-27_", 4, run_refused);
    files_each("carrier", "E-28_", 9, run_refused);
    files_each("carrier", "E-29_", 2, run_refused);
    files_each("carrier", "E-", 4 + 9 + 2, run_refused);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_are_found_in_pages_of_another_maker),
        cmocka_unit_test(no_carrier_and_half_a_carrier_are_told_apart),
        cmocka_unit_test(E_27_and_E_28_and_E_29_are_refused),
    };
    if (count != 2)
        return 2;
    files_root = arguments[1];
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
