/* SPDX-License-Identifier: Apache-2.0
 * sign: our signatures against the stock minisign, and everything that must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "file.h"
#include "sign.h"
#include "test_stack.h"

static const uint8_t seed[SIGN_SEED_SIZE] = {1, 2, 3}, id[8] = {8, 7, 6, 5, 4, 3, 2, 1};

static void hash_of(struct bytes bytes, uint8_t hash_out[SIGN_HASH_SIZE])
{
    struct sign_hash hash;
    sign_hash_init(&hash);
    sign_hash_add(&hash, bytes_first(bytes, 3));
    sign_hash_add(&hash, bytes_from(bytes, 3));
    sign_hash_end(&hash, hash_out);
}

struct signed_text {
    struct sign_key *key;
    uint8_t hash[SIGN_HASH_SIZE];
    struct buffer signature;
};

static struct signed_text make(void)
{
    struct signed_text made = {.key = sign_key_new(seed, id)};
    hash_of(BYTES_LITERAL("the message"), made.hash);
    buffer_init(&made.signature, SIGN_TEXT_MAX);
    assert_int_equal(
        sign_make(made.key, made.hash, "made in a test", "trusted é words", &made.signature),
        ST_OK);
    return made;
}

static void done(struct signed_text *made)
{
    sign_key_free(made->key);
    buffer_done(&made->signature);
}

static void a_signature_is_accepted_with_its_comment(void **state)
{
    (void)state;
    struct signed_text made = make();
    struct bytes comment;
    assert_int_equal(
        sign_check(sign_key_public(made.key), made.hash, buffer_bytes(&made.signature), &comment),
        ST_OK);
    assert_true(bytes_equal(comment, bytes_text("trusted é words")));
    done(&made);
}

/* No change of any byte behind the first line goes unnoticed; the first line is not covered, as its
 * name says. */
static void every_changed_byte_is_refused(void **state)
{
    (void)state;
    struct signed_text made = make();
    struct bytes whole = buffer_bytes(&made.signature), comment;
    size_t from = bytes_index(whole, '\n') + 1;
    for (size_t i = from; i < whole.n - 1; i++) {
        made.signature.p[i] ^= 1;
        assert_int_not_equal(sign_check(sign_key_public(made.key), made.hash, whole, &comment),
                             ST_OK);
        made.signature.p[i] ^= 1;
    }
    made.hash[63] ^= 1;
    assert_int_equal(sign_check(sign_key_public(made.key), made.hash, whole, &comment), ST_DENIED);
    done(&made);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    struct signed_text made = make();
    struct bytes comment;
    for (size_t n = 0; n < made.signature.n - 1; n++)
        assert_int_equal(sign_check(sign_key_public(made.key), made.hash,
                                    bytes_first(buffer_bytes(&made.signature), n), &comment),
                         ST_BAD);
    done(&made);
}

static void another_key_is_none_and_a_forger_with_our_id_is_bad(void **state)
{
    (void)state;
    struct signed_text made = make();
    struct bytes comment;
    const uint8_t other_seed[SIGN_SEED_SIZE] = {9}, other_id[8] = {1};
    struct sign_key *other = sign_key_new(other_seed, other_id),
                    *forger = sign_key_new(other_seed, id);
    assert_int_equal(
        sign_check(sign_key_public(other), made.hash, buffer_bytes(&made.signature), &comment),
        ST_NONE);
    assert_int_equal(
        sign_check(sign_key_public(forger), made.hash, buffer_bytes(&made.signature), &comment),
        ST_DENIED);
    sign_key_free(other);
    sign_key_free(forger);
    done(&made);
}

static void a_comment_of_two_lines_is_not_signed(void **state)
{
    (void)state;
    struct signed_text made = make();
    assert_int_equal(
        sign_make(made.key, made.hash, "a", "b\nuntrusted comment: c", &made.signature), ST_BAD);
    assert_int_equal(sign_make(made.key, made.hash, "a\r", "b", &made.signature), ST_BAD);
    assert_int_equal(sign_make(made.key, made.hash, "a", "\xff", &made.signature), ST_BAD);
    /* U+0085, a line end to some; and a tab, which is fine. */
    assert_int_equal(sign_make(made.key, made.hash, "a", "b\xc2\x85", &made.signature), ST_BAD);
    assert_int_equal(sign_make(made.key, made.hash, "a\tb", "b\tc", &made.signature), ST_OK);
    done(&made);
}

/* The signature with another untrusted comment, which no signature covers, and other line ends. */
static enum status check_rewritten(const char *comment, const char *line_end, const char *last_end)
{
    struct signed_text made = make();
    struct bytes rest = buffer_bytes(&made.signature), line, trusted;
    struct buffer text;
    buffer_init(&text, 4 * SIGN_TEXT_MAX);
    assert_true(bytes_line(&rest, &line));
    buffer_add_format(&text, "untrusted comment: %s", comment);
    while (bytes_line(&rest, &line)) {
        buffer_add_text(&text, line_end);
        buffer_add(&text, line);
    }
    buffer_add_text(&text, last_end);
    enum status status =
        sign_check(sign_key_public(made.key), made.hash, buffer_bytes(&text), &trusted);
    buffer_done(&text);
    done(&made);
    return status;
}

/* docs/spec/envelope.md §3: what a well-formed signature is. */
static void e18_the_four_lines_have_the_form_of_the_specification(void **state)
{
    (void)state;
    char longest[1024 + 2] = "";
    memset(longest, 'x', 1024);
    assert_int_equal(check_rewritten(longest, "\n", "\n"), ST_OK);
    longest[1024] = 'x';
    assert_int_equal(check_rewritten(longest, "\n", "\n"), ST_BAD);

    assert_int_equal(check_rewritten("", "\n", ""), ST_OK);
    assert_int_equal(check_rewritten("x", "\r\n", "\r\n"), ST_OK);
    assert_int_equal(check_rewritten("x", "\r", "\n"), ST_BAD);
    assert_int_equal(check_rewritten("x", "\n", "\r"), ST_BAD);
    assert_int_equal(check_rewritten("x", "\n", "\n\n"), ST_BAD);

    static const char *const good[] = {
        "\t", " ", "~", "\xc2\xa0", "\xe2\x82\xac", "\xf0\x9f\x94\x92"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(check_rewritten(good[i], "\n", "\n"), ST_OK);
    static const char *const bad[] = {"\x01",     "\x1f", "\x7f",    "\xc2\x80",
                                      "\xc2\x9f", "\xff", "\xc0\xaf"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(check_rewritten(bad[i], "\n", "\n"), ST_BAD);
}

static void a_key_file_gives_the_key_back_and_a_damaged_one_nothing(void **state)
{
    (void)state;
    struct sign_key *key = sign_key_new(seed, id), *read = NULL;
    struct buffer file;
    buffer_init(&file, 1024);
    assert_int_equal(sign_key_write(key, &file), ST_OK);
    assert_int_equal(sign_key_read(buffer_bytes(&file), &read), ST_OK);
    assert_memory_equal(sign_key_public(read), sign_key_public(key), sizeof(struct sign_public));
    sign_key_free(read);
    size_t from = bytes_index(buffer_bytes(&file), '\n') + 1;
    for (size_t i = from; i < file.n - 1; i++) {
        file.p[i] ^= 1;
        /* Bytes 4 to 53 (salt, limits) and 126 on (checksum; the stock tool writes zeros) are in
         * use only with a password. The key id, bytes 54 to 61, is free to choose. */
        if (sign_key_read(buffer_bytes(&file), &read) == ST_OK) {
            size_t first = (i - from) * 6 / 8, last = ((i - from) * 6 + 5) / 8;
            assert_true((last >= 4 && first < 62) || last >= 126);
            sign_key_free(read);
        }
        file.p[i] ^= 1;
    }
    sign_key_free(key);
    buffer_done(&file);
}

/* A seed beside a foreign public key is a trap: two signatures with it give the seed away. */
static void a_key_file_whose_halves_differ_is_refused(void **state)
{
    (void)state;
    const uint8_t other_seed[SIGN_SEED_SIZE] = {9};
    struct sign_key *key = sign_key_new(seed, id), *other = sign_key_new(other_seed, id),
                    *read = NULL;
    struct buffer ours, theirs;
    buffer_init(&ours, SIGN_KEY_FILE_MAX);
    buffer_init(&theirs, SIGN_KEY_FILE_MAX);
    assert_int_equal(sign_key_write(key, &ours), ST_OK);
    assert_int_equal(sign_key_write(other, &theirs), ST_OK);
    /* Bytes 96 to 155, a whole number of base64 groups, lie in the public half and behind it. */
    size_t from = bytes_index(buffer_bytes(&ours), '\n') + 1 + 96 / 3 * 4;
    memcpy(ours.p + from, theirs.p + from, 60 / 3 * 4);
    assert_int_equal(sign_key_read(buffer_bytes(&ours), &read), ST_BAD);
    sign_key_free(key);
    sign_key_free(other);
    buffer_done(&ours);
    buffer_done(&theirs);
}

static void a_key_file_with_a_password_is_denied(void **state)
{
    (void)state;
    /* "Ed" ‖ "Sc" ‖ "B2" ‖ zeros: minisign's form with a password. */
    char file[300] = "untrusted comment: x\nRWRTY0Iy";
    memset(file + strlen(file), 'A', 203);
    memcpy(file + strlen(file), "=\n", 3);
    struct sign_key *read = NULL;
    assert_int_equal(sign_key_read(bytes_text(file), &read), ST_DENIED);
}

static struct bytes read_file(struct buffer *buffer, const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    buffer_clear(buffer);
    assert_int_equal(file_read(path, buffer, NULL), ST_OK);
    return buffer_bytes(buffer);
}

/* Both directions with the stock tool: it accepts ours, we accept its own, and we read its keys. */
static void the_stock_tool_and_we_accept_each_other(void **state)
{
    (void)state;
    if (system("command -v minisign >/dev/null") != 0)
        skip();
    char folder[] = "/tmp/test-sign-XXXXXX", path[256], public_text[SIGN_PUBLIC_TEXT_SIZE],
         command[512];
    assert_non_null(mkdtemp(folder));
    struct signed_text made = make();
    snprintf(path, sizeof path, "%s/message", folder);
    assert_int_equal(file_create(path, 0600, BYTES_LITERAL("the message"), NULL), ST_OK);
    snprintf(path, sizeof path, "%s/message.minisig", folder);
    assert_int_equal(file_create(path, 0600, buffer_bytes(&made.signature), NULL), ST_OK);
    sign_public_text(sign_key_public(made.key), public_text);
    snprintf(command, sizeof command, "minisign -Vm %s/message -P %s >/dev/null", folder,
             public_text);
    assert_int_equal(system(command), 0);

    snprintf(
        command, sizeof command,
        "cd %s && minisign -G -W -p key.pub -s key >/dev/null && minisign -S -s key -m message -t theirs >/dev/null",
        folder);
    assert_int_equal(system(command), 0);
    struct buffer file;
    struct bytes comment;
    struct sign_public public;
    struct sign_key *key = NULL;
    buffer_init(&file, 4096);
    assert_int_equal(sign_public_parse(read_file(&file, folder, "key.pub"), &public), ST_OK);
    assert_int_equal(sign_key_read(read_file(&file, folder, "key"), &key), ST_OK);
    assert_memory_equal(sign_key_public(key), &public, sizeof public);
    assert_int_equal(
        sign_check(&public, made.hash, read_file(&file, folder, "message.minisig"), &comment),
        ST_OK);
    assert_true(bytes_equal(comment, bytes_text("theirs")));
    sign_key_free(key);
    buffer_done(&file);
    done(&made);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void *sign_once(void *nothing)
{
    struct signed_text made = make();
    done(&made);
    return nothing;
}

/* The seed, and the scalar that RFC 8032 §5.1.5 makes of it. */
static void nothing_is_left_on_the_stack(void **state)
{
    (void)state;
    uint8_t hash[64];
    struct needles needles = {.n = 0};
    crypto_hash_sha512(hash, seed, sizeof seed);
    hash[0] &= 248;
    hash[31] = (uint8_t)((hash[31] & 127) | 64);
    add_words(&needles, seed, 8); /* its other words are zero */
    add_words(&needles, hash, sizeof hash);
    assert_int_equal(left_on_the_stack("sign_make", sign_once, &needles), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_is_accepted_with_its_comment),
        cmocka_unit_test(every_changed_byte_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(another_key_is_none_and_a_forger_with_our_id_is_bad),
        cmocka_unit_test(a_comment_of_two_lines_is_not_signed),
        cmocka_unit_test(e18_the_four_lines_have_the_form_of_the_specification),
        cmocka_unit_test(a_key_file_gives_the_key_back_and_a_damaged_one_nothing),
        cmocka_unit_test(a_key_file_whose_halves_differ_is_refused),
        cmocka_unit_test(a_key_file_with_a_password_is_denied),
        cmocka_unit_test(the_stock_tool_and_we_accept_each_other),
        cmocka_unit_test(nothing_is_left_on_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
