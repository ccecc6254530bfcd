/* SPDX-License-Identifier: Apache-2.0
 * portal: tests of taking a message in: real carriers of a test district, whole and cut, changed in
 * every way that somebody between gateway and portal could try. Whatever is refused leaves no file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <unistd.h>

#include "intake.h"
#include "io.h"
#include "test_district.h"

#define NOW (DISTRICT_TIME + 60)
#define LETTER_SIZE 200000
#define PAGE_MAX (1 << 20)

static struct {
    struct district *district;
    struct buffer page;      /* a carrier: what the button's form and the saved file hold */
    struct buffer message;   /* its field `message`, as a browser sends it */
    struct buffer signature; /* its field `signature` */
    struct spool *spool;
    char folder[40];
} all;

/* --- a carrier, as a browser reads it -------------------------------------------------------- */

/* The value of the hidden field, its character references for line ends resolved. */
static void field_value(const char *name, struct buffer *value_out)
{
    char begin[60];
    struct bytes page = buffer_bytes(&all.page);
    size_t at;

    (void)snprintf(begin, sizeof(begin), "name=\"%s\"", name);
    at = bytes_find(page, bytes_text(begin));
    assert_true(at < page.n);
    page = bytes_from(page, at);
    page = bytes_from(page, bytes_find(page, BYTES_LITERAL("value=\"")) + 7);
    page = bytes_first(page, bytes_index(page, '"'));
    buffer_init(value_out, PAGE_MAX);
    while (page.n > 0) {
        size_t n = bytes_index(page, '&');

        buffer_add(value_out, bytes_first(page, n));
        page = bytes_from(page, n);
        if (page.n > 0) {
            assert_true(bytes_starts(page, BYTES_LITERAL("&#10;")));
            buffer_add_byte(value_out, '\n');
            page = bytes_from(page, 5);
        }
    }
}

static int make_carrier(void **state)
{
    struct secret *random = district_random(1, ENVELOPE_RANDOM_SIZE);
    struct carrier_settings settings;
    struct buffer letter;

    (void)state;
    all.district = district_new();
    settings = district_settings(all.district, random);
    buffer_init(&letter, LETTER_SIZE);
    district_letter(&letter, LETTER_SIZE);
    buffer_init(&all.page, PAGE_MAX);
    if (district_carrier(&settings, buffer_bytes(&letter), CARRIER_CHUNK, &all.page) != ST_OK)
        return -1;
    field_value("message", &all.message);
    field_value("signature", &all.signature);
    buffer_done(&letter);
    secret_free(random);
    return 0;
}

static int free_carrier(void **state)
{
    (void)state;
    district_free(all.district);
    buffer_done(&all.page);
    buffer_done(&all.message);
    buffer_done(&all.signature);
    return 0;
}

static int open_spool(void **state)
{
    const struct spool_settings settings = {.directory = all.folder,
                                            .keep = 60,
                                            .bytes_max = 2 * LETTER_SIZE,
                                            .source_max = LETTER_SIZE + LETTER_SIZE / 2,
                                            .messages_max = 10,
                                            .source_messages_max = 10};
    struct why why;

    (void)state;
    (void)snprintf(all.folder, sizeof(all.folder), "/tmp/securemail-intake-XXXXXX");
    return mkdtemp(all.folder) == NULL || spool_new(&settings, &all.spool, &why) != ST_OK;
}

static int close_spool(void **state)
{
    (void)state;
    spool_free(all.spool);
    return rmdir(all.folder);
}

static int files(void)
{
    DIR *list = opendir(all.folder);
    int n = -2; /* . and .. */

    while (readdir(list) != NULL)
        n++;
    closedir(list);
    return n;
}

/* --- handing it in --------------------------------------------------------------------------- */

static void give(const struct form_sink *sink, const struct form_part *part, struct bytes bytes,
                 size_t step)
{
    if (!sink->begin(sink->context, part))
        return;
    for (; bytes.n > 0; bytes = bytes_from(bytes, bytes_first(bytes, step).n))
        assert_int_equal(sink->data(sink->context, bytes_first(bytes, step)), ST_OK);
    assert_int_equal(sink->end(sink->context), ST_OK);
}

static struct intake_outcome end(struct intake *intake, const struct sign_public *signer,
                                 int64_t now)
{
    struct intake_outcome outcome = intake_end(intake, signer, now);

    intake_free(intake);
    if (outcome.result != INTAKE_KEPT)
        assert_int_equal(files(), 0);
    return outcome;
}

/* By the button: two fields. A field that is NULL is not in the form. */
static struct intake_outcome press(const struct buffer *message, const struct buffer *signature,
                                   int64_t now)
{
    struct intake *intake = intake_new(all.spool, INTAKE_BUTTON, "192.0.2.1");
    struct form_sink sink = intake_sink(intake);

    if (message != NULL)
        give(&sink, &(struct form_part){"message", NULL, ""}, buffer_bytes(message), 1000);
    if (signature != NULL)
        give(&sink, &(struct form_part){"signature", NULL, ""}, buffer_bytes(signature), 10);
    return end(intake, sign_key_public(all.district->key), now);
}

/* As a saved file. */
static struct intake_outcome upload(struct bytes page, size_t step)
{
    struct intake *intake = intake_new(all.spool, INTAKE_FILE, "192.0.2.1");
    struct form_sink sink = intake_sink(intake);

    give(&sink, &(struct form_part){"attachment", "SecureMessage.html", "text/html"}, page, step);
    return end(intake, sign_key_public(all.district->key), NOW);
}

static void a_genuine_message_is_kept(void **state)
{
    struct intake_outcome outcome = press(&all.message, &all.signature, NOW);
    struct spool_message message;

    (void)state;
    assert_int_equal(outcome.result, INTAKE_KEPT);
    assert_int_equal(files(), 1);
    assert_int_equal(spool_find(all.spool, outcome.id, NOW, &message), ST_OK);
    assert_string_equal(message.envelope.identity.address.text, all.district->alice.address.text);
    assert_int_equal(message.seal.expires, DISTRICT_EXPIRES);
}

static void the_kept_file_opens(void **state)
{
    struct intake_outcome outcome = press(&all.message, &all.signature, NOW);
    struct buffer file, letter, wanted;
    struct sign_hash hash;
    uint8_t digest[SIGN_HASH_SIZE];
    size_t n;
    int fd;

    (void)state;
    assert_int_equal(spool_file(all.spool, outcome.id, &fd), ST_OK);
    buffer_init(&file, PAGE_MAX);
    while (io_read(fd, buffer_space(&file, 65536), 65536, io_deadline(1000), &n) == ST_OK)
        file.n += n;
    close(fd);
    sign_hash_init(&hash);
    sign_hash_add(&hash, buffer_bytes(&file));
    sign_hash_end(&hash, digest);
    buffer_init(&letter, LETTER_SIZE);
    buffer_init(&wanted, LETTER_SIZE);
    district_letter(&wanted, LETTER_SIZE);
    assert_int_equal(district_open(all.district, buffer_bytes(&file), digest,
                                   buffer_bytes(&all.signature), &letter),
                     ST_OK);
    assert_true(bytes_equal(buffer_bytes(&letter), buffer_bytes(&wanted)));
    buffer_done(&file);
    buffer_done(&letter);
    buffer_done(&wanted);
}

static void a_saved_attachment_is_kept(void **state)
{
    static const size_t steps[] = {7, 4096, PAGE_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(upload(buffer_bytes(&all.page), steps[i]).result, INTAKE_KEPT);
        spool_sweep(all.spool, NOW + 100);
    }
}

static void what_is_cut_is_refused(void **state)
{
    struct buffer cut = all.message;

    (void)state;
    for (size_t n = 0; n < all.message.n; n += 1 + all.message.n / 97) {
        cut.n = n;
        assert_int_equal(press(&cut, &all.signature, NOW).result, INTAKE_DAMAGED);
    }
    for (size_t n = 0; n < all.page.n; n += 1 + all.page.n / 97) {
        enum intake_result result = upload(bytes_first(buffer_bytes(&all.page), n), 4096).result;

        assert_true(result == INTAKE_CUT || result == INTAKE_NO_CARRIER || result == INTAKE_KEPT);
        /* Only the end of the page, behind both fields, may be missing. */
        if (result == INTAKE_KEPT)
            assert_true(n > all.page.n - 8000);
        spool_sweep(all.spool, NOW + 100);
    }
}

/* Any one character: another letter of base64, or none. */
static void what_is_changed_is_refused(void **state)
{
    (void)state;
    for (size_t n = 40; n < all.message.n; n += 1 + all.message.n / 197) {
        uint8_t kept = all.message.p[n];
        enum intake_result result;

        all.message.p[n] = kept == 'A' ? 'B' : 'A';
        result = press(&all.message, &all.signature, NOW).result;
        assert_true(result == INTAKE_DAMAGED || result == INTAKE_FORGED);
        all.message.p[n] = kept;
    }
    for (size_t n = 0; n < all.signature.n; n++) {
        uint8_t kept = all.signature.p[n];

        all.signature.p[n] ^= 1;
        if (n > 60) /* before, it is the untrusted comment */
            assert_int_equal(press(&all.message, &all.signature, NOW).result, INTAKE_FORGED);
        all.signature.p[n] = kept;
    }
    assert_int_equal(press(&all.message, &all.signature, NOW).result, INTAKE_KEPT);
}

static void what_is_not_signed_by_us_is_refused(void **state)
{
    static const uint8_t seed[SIGN_SEED_SIZE] = {99}, id[8] = {99};
    struct sign_key *stranger = sign_key_new(seed, id);
    struct intake *intake = intake_new(all.spool, INTAKE_BUTTON, "192.0.2.1");
    struct form_sink sink = intake_sink(intake);

    (void)state;
    give(&sink, &(struct form_part){"message", NULL, ""}, buffer_bytes(&all.message), 1000);
    give(&sink, &(struct form_part){"signature", NULL, ""}, buffer_bytes(&all.signature), 1000);
    assert_int_equal(end(intake, sign_key_public(stranger), NOW).result, INTAKE_FORGED);
    assert_int_equal(press(&all.message, NULL, NOW).result, INTAKE_UNSIGNED);
    assert_int_equal(press(NULL, &all.signature, NOW).result, INTAKE_EMPTY);
    assert_int_equal(press(NULL, NULL, NOW).result, INTAKE_EMPTY);
    sign_key_free(stranger);
}

static void what_is_no_message_is_refused(void **state)
{
    struct buffer other;

    (void)state;
    assert_int_equal(upload(BYTES_LITERAL("<html><p>hello"), 5).result, INTAKE_NO_CARRIER);
    assert_int_equal(upload(BYTES_NONE, 1).result, INTAKE_NO_CARRIER);
    buffer_init(&other, 100);
    buffer_add_text(&other, "hello");
    assert_int_equal(press(&other, &all.signature, NOW).result, INTAKE_DAMAGED);
    buffer_done(&other);
}

static void no_file_is_empty(void **state)
{
    struct intake *intake = intake_new(all.spool, INTAKE_FILE, "192.0.2.1");
    struct form_sink sink = intake_sink(intake);

    (void)state;
    assert_false(sink.begin(sink.context, &(struct form_part){"attachment", "", ""}));
    assert_false(sink.begin(sink.context, &(struct form_part){"token", NULL, ""}));
    assert_int_equal(end(intake, sign_key_public(all.district->key), NOW).result, INTAKE_EMPTY);
}

static void what_is_expired_is_refused(void **state)
{
    struct intake_outcome outcome;

    (void)state;
    assert_int_equal(press(&all.message, &all.signature, DISTRICT_EXPIRES - 1).result, INTAKE_KEPT);
    spool_sweep(all.spool, DISTRICT_EXPIRES + 100);
    outcome = press(&all.message, &all.signature, DISTRICT_EXPIRES);
    assert_int_equal(outcome.result, INTAKE_EXPIRED);
    assert_int_equal(outcome.seal.expires, DISTRICT_EXPIRES);
}

/* The spool takes one and a half of these letters from one source. */
static void too_many_are_told_to_wait(void **state)
{
    struct intake *intake;
    struct form_sink sink;

    (void)state;
    assert_int_equal(press(&all.message, &all.signature, NOW).result, INTAKE_KEPT);
    intake = intake_new(all.spool, INTAKE_BUTTON, "192.0.2.1");
    sink = intake_sink(intake);
    give(&sink, &(struct form_part){"message", NULL, ""}, buffer_bytes(&all.message), 1000);
    give(&sink, &(struct form_part){"signature", NULL, ""}, buffer_bytes(&all.signature), 1000);
    assert_int_equal(intake_end(intake, sign_key_public(all.district->key), NOW).result,
                     INTAKE_FULL);
    intake_free(intake);
    assert_int_equal(files(), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_spool, close_spool)
    const struct CMUnitTest tests[] = {
        TEST(a_genuine_message_is_kept),     TEST(the_kept_file_opens),
        TEST(a_saved_attachment_is_kept),    TEST(what_is_cut_is_refused),
        TEST(what_is_changed_is_refused),    TEST(what_is_not_signed_by_us_is_refused),
        TEST(what_is_no_message_is_refused), TEST(no_file_is_empty),
        TEST(what_is_expired_is_refused),    TEST(too_many_are_told_to_wait),
    };

    return cmocka_run_group_tests_name("intake", tests, make_carrier, free_carrier);
}
