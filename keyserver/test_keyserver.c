/* SPDX-License-Identifier: Apache-2.0
 * keyserver: an opening, rule by rule (docs/spec/wire.md §Keyserver), with a real master secret and
 * an invented clock. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "keyserver.h"

#define WEEK 604800
#define PERIOD INT64_C(1795046400) /* 2026-11-19T00:00:00Z, a multiple of a week */
#define LIFETIME (90 * INT64_C(86400))

struct fixture {
    char directory[32], path[64];
    struct master *master; /* of the set */
    struct master_set *masters;
    struct ibe_sender *sender;
    struct keyserver keyserver;
    struct wire_key_open ask; /* a good one */
    struct secret *key;       /* that it seals */
};

static struct identity identity_of(const struct wire_key_open *ask)
{
    struct identity identity = {.serial = ask->serial, .period_start = (int64_t)ask->period_start};
    memcpy(identity.district, ask->district, sizeof identity.district);
    if (address_parse(bytes_text(ask->address), &identity.address, NULL) != ST_OK)
        fail_msg("%s", ask->address);
    return identity;
}

/* Seal a key to the identity that `ask` names, for the ciphertext in it. */
static void seal(struct fixture *fixture)
{
    uint8_t random[IBE_RANDOM_SIZE], bytes[IDENTITY_MAX];
    struct identity identity = identity_of(&fixture->ask);
    size_t n;
    memset(random, 0x5a, sizeof random);
    assert_int_equal(identity_encode(&identity, bytes, &n), ST_OK);
    assert_int_equal(ibe_encapsulate(fixture->sender, (struct bytes){bytes, n}, random,
                                     fixture->ask.ciphertext, fixture->key),
                     ST_OK);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    const struct master_settings settings = {.district = "mail.example",
                                             .serial = 3,
                                             .not_before = PERIOD,
                                             .not_after = PERIOD + 10 * LIFETIME,
                                             .interval = WEEK};
    const struct key_head head = {"mail.example", PERIOD};
    struct secret *random = secret_new(MASTER_RANDOM_SIZE);
    struct key_check found;
    struct why why = {""};
    memset(random->p, 7, random->n);
    fixture = (struct fixture){.directory = "/tmp/test_keyserver.XXXXXX"};
    assert_non_null(mkdtemp(fixture.directory));
    snprintf(fixture.path, sizeof fixture.path, "%s/key.log", fixture.directory);
    assert_int_equal(master_new(&settings, random, &fixture.master), ST_OK);
    secret_free(random);
    fixture.sender = ibe_sender_new(master_params(fixture.master));
    fixture.masters = master_set_of(fixture.master);
    fixture.keyserver.masters = fixture.masters;
    fixture.keyserver.lifetime = LIFETIME;
    if (key_log_open(fixture.path, &head, &fixture.keyserver.log, &found, &why) != ST_OK)
        fail_msg("%s", why.text);
    fixture.ask = (struct wire_key_open){.district = "mail.example",
                                         .serial = 3,
                                         .address = "alice@example.org",
                                         .period_start = PERIOD,
                                         .account = 42};
    memset(fixture.ask.id, 0xee, sizeof fixture.ask.id);
    fixture.key = secret_new(IBE_KEY_SIZE);
    seal(&fixture);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    key_log_close(fixture->keyserver.log);
    ibe_sender_free(fixture->sender);
    master_set_free(fixture->masters);
    secret_free(fixture->key);
    unlink(fixture->path);
    return rmdir(fixture->directory);
}

/* The log's last line has these words in a row, and there are so many records. */
static void assert_logged(const struct fixture *fixture, const char *words, unsigned records)
{
    struct buffer text;
    struct why why;
    buffer_init(&text, 1 << 20);
    assert_int_equal(file_read(fixture->path, &text, &why), ST_OK);
    struct bytes rest = buffer_bytes(&text), line = BYTES_NONE;
    unsigned lines = 0;
    while (bytes_line(&rest, &line))
        lines++;
    assert_int_equal(lines, records + 1);
    if (bytes_find(line, bytes_text(words)) == line.n)
        fail_msg("“%s” is not in: %.*s", words, (int)line.n, (const char *)line.p);
    buffer_done(&text);
}

static void an_opened_key_is_the_sealed_one(void **state)
{
    struct fixture *fixture = *state;
    struct secret *key = NULL;
    struct wire_verdict verdict =
        keyserver_open(&fixture->keyserver, &fixture->ask, PERIOD + 3600, &key);
    assert_int_equal(verdict.status, ST_OK);
    assert_int_equal(verdict.reason, REASON_NONE);
    assert_true(secret_equal(secret_bytes(key), secret_bytes(fixture->key)));
    secret_free(key);
    assert_logged(fixture,
                  "1 2026-11-19T01:00:00Z opened 3 2026-11-19T00:00:00Z alice@example.org 42 eeee",
                  1);
}

static void another_persons_ciphertext_gives_another_key(void **state)
{
    struct fixture *fixture = *state;
    struct secret *key = NULL;
    bytes_to_text(bytes_text("bob@example.org"), fixture->ask.address, sizeof fixture->ask.address);
    struct wire_verdict verdict = keyserver_open(&fixture->keyserver, &fixture->ask, PERIOD, &key);
    assert_int_equal(verdict.status, ST_OK);
    assert_false(secret_equal(secret_bytes(key), secret_bytes(fixture->key)));
    secret_free(key);
    assert_logged(fixture, " opened 3 2026-11-19T00:00:00Z bob@example.org 42 ", 1);
}

/* A request with one thing changed, when it comes, and what becomes of it. */
struct refusal {
    const char *what;
    void (*change)(struct wire_key_open *ask);
    int64_t now;
    enum status status;
    enum wire_reason reason;
    const char *logged;
};

static void nothing(struct wire_key_open *ask)
{
    (void)ask;
}
static void other_district(struct wire_key_open *ask)
{
    ask->district[0] = 'M';
}
static void longer_district(struct wire_key_open *ask)
{
    bytes_to_text(BYTES_LITERAL("mail.example2"), ask->district, sizeof ask->district);
}
static void later_serial(struct wire_key_open *ask)
{
    ask->serial = 4;
}
static void huge_serial(struct wire_key_open *ask)
{
    ask->serial = UINT64_MAX;
}
static void capital_letter(struct wire_key_open *ask)
{
    ask->address[0] = 'A';
}
static void no_address(struct wire_key_open *ask)
{
    bytes_to_text(BYTES_LITERAL("alice"), ask->address, sizeof ask->address);
}
static void blank_in_address(struct wire_key_open *ask)
{
    ask->address[2] = ' ';
}
static void off_period(struct wire_key_open *ask)
{
    ask->period_start += 86400;
}
static void huge_period(struct wire_key_open *ask)
{
    ask->period_start = UINT64_MAX / WEEK * WEEK;
}
static void next_period(struct wire_key_open *ask)
{
    ask->period_start += WEEK;
}
static void no_point(struct wire_key_open *ask)
{
    memset(ask->ciphertext, 0xff, 96);
}
static void infinity(struct wire_key_open *ask)
{
    memset(ask->ciphertext, 0, 96);
    ask->ciphertext[0] = 0xc0;
}
static void two_wrongs(struct wire_key_open *ask)
{
    later_serial(ask);
    capital_letter(ask);
    no_point(ask);
}

static void each_rule_refuses_and_is_written_down(void **state)
{
    struct fixture *fixture = *state;
    static const struct refusal refusals[] = {
        {"K-1 district", other_district, PERIOD, ST_NONE, REASON_UNKNOWN_DISTRICT,
         " unknown-district 3 - - 42 "},
        {"K-1 district", longer_district, PERIOD, ST_NONE, REASON_UNKNOWN_DISTRICT,
         " unknown-district 3 - - 42 "},
        {"K-1 serial", later_serial, PERIOD, ST_NONE, REASON_UNKNOWN_DISTRICT,
         " unknown-district 4 - - 42 "},
        {"K-1 serial", huge_serial, PERIOD, ST_NONE, REASON_UNKNOWN_DISTRICT,
         " unknown-district 18446744073709551615 - - 42 "},
        {"K-1 first", two_wrongs, PERIOD, ST_NONE, REASON_UNKNOWN_DISTRICT,
         " unknown-district 4 - - 42 "},
        {"K-2 capitals", capital_letter, PERIOD, ST_BAD, REASON_NONE, " malformed 3 - - 42 "},
        {"K-2 no address", no_address, PERIOD, ST_BAD, REASON_NONE, " malformed 3 - - 42 "},
        {"K-2 blank", blank_in_address, PERIOD, ST_BAD, REASON_NONE, " malformed 3 - - 42 "},
        {"K-3 not a start", off_period, PERIOD + WEEK, ST_BAD, REASON_NONE, " malformed 3 - "},
        {"K-3 too late", huge_period, PERIOD, ST_BAD, REASON_NONE, " malformed 3 - "},
        {"K-4", next_period, PERIOD + WEEK - 301, ST_DENIED, REASON_TOO_EARLY,
         " too-early 3 2026-11-26T00:00:00Z alice@example.org 42 "},
        {"K-5", nothing, PERIOD + LIFETIME + 1, ST_DENIED, REASON_EXPIRED,
         " expired 3 2026-11-19T00:00:00Z alice@example.org 42 "},
        {"K-6 no point", no_point, PERIOD, ST_BAD, REASON_NONE,
         " malformed 3 2026-11-19T00:00:00Z alice@example.org 42 "},
        {"K-6 infinity", infinity, PERIOD, ST_BAD, REASON_NONE, " malformed 3 2026-11-19"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct wire_key_open ask = fixture->ask;
        struct secret *key = NULL;
        refusals[i].change(&ask);
        struct wire_verdict verdict =
            keyserver_open(&fixture->keyserver, &ask, refusals[i].now, &key);
        if (verdict.status != refusals[i].status || verdict.reason != refusals[i].reason)
            fail_msg("%s: %s %s", refusals[i].what, status_name(verdict.status),
                     wire_reason_name(verdict.reason));
        assert_null(key);
        assert_logged(fixture, refusals[i].logged, (unsigned)i + 1);
    }
}

static void the_first_and_the_last_second_open(void **state)
{
    struct fixture *fixture = *state;
    /* A gateway whose clock is five minutes ahead of ours is in the period already. */
    const int64_t times[] = {PERIOD - 300,      PERIOD - 299,  PERIOD,
                             PERIOD + WEEK - 1, PERIOD + WEEK, PERIOD + LIFETIME};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct secret *key = NULL;
        struct wire_verdict verdict =
            keyserver_open(&fixture->keyserver, &fixture->ask, times[i], &key);
        assert_int_equal(verdict.status, ST_OK);
        secret_free(key);
    }
}

/* I-9: an altered ciphertext is opened to a key that fits nothing; no answer tells which. */
static void an_altered_ciphertext_gives_a_key_that_fits_nothing(void **state)
{
    struct fixture *fixture = *state;
    const size_t places[] = {96, 127, 128, IBE_CIPHERTEXT_SIZE - 1};
    for (size_t i = 0; i < 4; i++) {
        struct wire_key_open ask = fixture->ask;
        struct secret *key = NULL;
        ask.ciphertext[places[i]] ^= 1;
        assert_int_equal(keyserver_open(&fixture->keyserver, &ask, PERIOD, &key).status, ST_OK);
        assert_false(secret_equal(secret_bytes(key), secret_bytes(fixture->key)));
        secret_free(key);
        assert_logged(fixture, " opened ", (unsigned)i + 1);
    }
}

int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);
static bool disk_fails;

/* The linker leads calls of fdatasync here (see meson.build). */
int __wrap_fdatasync(int fd)
{
    if (!disk_fails)
        return __real_fdatasync(fd);
    errno = EIO;
    return -1;
}

/* K-7: a record that did not reach the disk, and no key. */
static void nothing_is_opened_if_the_disk_fails(void **state)
{
    struct fixture *fixture = *state;
    struct secret *key = NULL;
    disk_fails = true;
    struct wire_verdict verdict = keyserver_open(&fixture->keyserver, &fixture->ask, PERIOD, &key);
    disk_fails = false;
    assert_int_equal(verdict.status, ST_TEMP);
    assert_null(key);
}

/* K-7: no record, no key. */
static void nothing_is_opened_that_is_not_written_down(void **state)
{
    struct fixture *fixture = *state;
    struct secret *key = NULL;
    assert_int_equal(truncate(fixture->path, 10), 0);
    struct wire_verdict verdict = keyserver_open(&fixture->keyserver, &fixture->ask, PERIOD, &key);
    assert_int_equal(verdict.status, ST_TEMP);
    assert_int_equal(verdict.reason, REASON_NONE);
    assert_null(key);

    /* A refusal that can't be written down is no answer, either. */
    fixture->ask.serial = 9;
    assert_int_equal(keyserver_open(&fixture->keyserver, &fixture->ask, PERIOD, &key).status,
                     ST_TEMP);
}

#define WITH_MASTER(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MASTER(an_opened_key_is_the_sealed_one),
        WITH_MASTER(another_persons_ciphertext_gives_another_key),
        WITH_MASTER(each_rule_refuses_and_is_written_down),
        WITH_MASTER(the_first_and_the_last_second_open),
        WITH_MASTER(an_altered_ciphertext_gives_a_key_that_fits_nothing),
        WITH_MASTER(nothing_is_opened_if_the_disk_fails),
        WITH_MASTER(nothing_is_opened_that_is_not_written_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
