/* SPDX-License-Identifier: Apache-2.0
 * master: the master file and the directory of them, against the rules M-1 to M-8 of
 * docs/spec/params.md; M-9 to M-11 are test_set_vectors.c's. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encode.h"
#include "file.h"
#include "master_set.h"
#include "suite.h"

static const struct master_settings settings = {
    .district = "mail.example",
    .serial = 1,
    .not_before = 1795046400,
    .not_after = 1795046400 + INT64_C(31536000),
    .interval = 604800,
};

static struct master *make(uint8_t random_byte, const struct master_settings *from)
{
    struct master *master = NULL;
    struct secret *random = secret_new(MASTER_RANDOM_SIZE);
    memset(random->p, random_byte, random->n);
    assert_int_equal(master_new(from, random, &master), ST_OK);
    secret_free(random);
    return master;
}

static struct secret *passphrase_of(const char *text)
{
    return secret_copy(bytes_text(text));
}

/* The cheapest lock there is. */
static struct master_lock lock_of(const struct secret *passphrase)
{
    return (struct master_lock){.passphrase = passphrase,
                                .memory = MASTER_MEMORY_MIN,
                                .passes = 1,
                                .salt = "0123456789abcde"};
}

static void write_file(const struct master *master, const struct master_lock *lock,
                       struct buffer *file)
{
    buffer_init(file, MASTER_FILE_MAX);
    assert_int_equal(master_write(master, lock, file), ST_OK);
}

/* It can't be read, and the reason begins with this rule. */
static void assert_refused(struct bytes file, const struct secret *passphrase, const char *rule)
{
    struct master *read = NULL;
    struct why why = {{0}};
    assert_int_equal(master_read(file, passphrase, &read, &why), ST_BAD);
    assert_null(read);
    if (strncmp(why.text, rule, strlen(rule)) != 0)
        fail_msg("wanted %s, got “%s”", rule, why.text);
}

static void the_file_gives_the_master_back(void **state)
{
    (void)state;
    struct secret *passphrase = passphrase_of("correct horse battery");
    const struct master_lock lock = lock_of(passphrase);
    struct master *master = make(7, &settings);
    for (int locked = 0; locked < 2; locked++) {
        struct buffer file, again;
        struct master *read = NULL;
        struct why why = {{0}};
        write_file(master, locked ? &lock : NULL, &file);
        assert_int_equal(master_read(buffer_bytes(&file), locked ? passphrase : NULL, &read, &why),
                         ST_OK);
        write_file(read, locked ? &lock : NULL, &again);
        assert_true(bytes_equal(buffer_bytes(&file), buffer_bytes(&again)));
        master_free(read);
        buffer_done(&file);
        buffer_done(&again);
    }
    master_free(master);
    secret_free(passphrase);
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

/* Any byte changed, or the file cut: refused with a reason. */
static void a_damaged_file_is_refused(void **state)
{
    (void)state;
    struct buffer file;
    struct master *master = make(7, &settings);
    write_file(master, NULL, &file);
    for (size_t i = 0; i < file.n; i++) {
        file.p[i] ^= 1;
        assert_refused(buffer_bytes(&file), NULL, "M-");
        file.p[i] ^= 1;
    }
    for (size_t n = 0; n < file.n - 1; n += 7)
        assert_refused(bytes_first(buffer_bytes(&file), n), NULL, "M-");
    buffer_done(&file);
    master_free(master);
}

/* Also with a check line that was made right again: nothing of a locked file can be changed by who
 * lacks the passphrase, not even what everybody can read. */
static void nothing_of_a_locked_file_can_be_changed(void **state)
{
    (void)state;
    struct secret *passphrase = passphrase_of("correct horse battery");
    const struct master_lock lock = lock_of(passphrase);
    struct master *master = make(7, &settings);
    struct buffer file;
    write_file(master, &lock, &file);
    size_t end = bytes_find(buffer_bytes(&file), BYTES_LITERAL("check: "));
    for (size_t i = 0; i < end; i++) {
        file.p[i] ^= 1;
        mend_check(&file);
        assert_refused(buffer_bytes(&file), passphrase, "M-");
        file.p[i] ^= 1;
    }
    buffer_done(&file);
    master_free(master);
    secret_free(passphrase);
}

static void M_6_and_M_7_a_passphrase_is_needed_and_must_be_right(void **state)
{
    (void)state;
    struct secret *right = passphrase_of("correct horse battery"),
                  *wrong = passphrase_of("correct horse batterz");
    const struct master_lock lock = lock_of(right);
    struct master *master = make(7, &settings);
    struct buffer locked, open;
    write_file(master, &lock, &locked);
    write_file(master, NULL, &open);
    assert_refused(buffer_bytes(&locked), NULL, "M-6: it is behind a passphrase");
    assert_refused(buffer_bytes(&open), right, "M-6: it is not protected");
    assert_refused(buffer_bytes(&locked), wrong, "M-7: the passphrase is wrong or");
    size_t at = bytes_find(buffer_bytes(&locked), BYTES_LITERAL("secrets: ")) + 20;
    locked.p[at] = locked.p[at] == 'A' ? 'B' : 'A';
    mend_check(&locked);
    assert_refused(buffer_bytes(&locked), right, "M-7: the passphrase is wrong or");
    buffer_done(&locked);
    buffer_done(&open);
    master_free(master);
    secret_free(right);
    secret_free(wrong);
}

/* The seeds are not in a locked file. */
static void a_locked_file_shows_no_seed(void **state)
{
    (void)state;
    struct secret *passphrase = passphrase_of("correct horse battery");
    const struct master_lock lock = lock_of(passphrase);
    struct master *master = make(7, &settings);
    struct buffer file, open;
    const struct bytes seed = BYTES_LITERAL("BwcHBwcHBwcHBwcH"); /* base64 of sevens */
    write_file(master, &lock, &file);
    write_file(master, NULL, &open);
    assert_true(bytes_find(buffer_bytes(&open), seed) < open.n);
    assert_true(bytes_find(buffer_bytes(&file), seed) == file.n);
    buffer_done(&file);
    buffer_done(&open);
    master_free(master);
    secret_free(passphrase);
}

/* One text in place of another, and the check made right. */
static void assert_edit_refused(const struct master_lock *lock, const char *from, const char *to,
                                const char *rule)
{
    struct buffer file, edited;
    struct master *master = make(7, &settings);
    write_file(master, lock, &file);
    size_t at = bytes_find(buffer_bytes(&file), bytes_text(from));
    assert_true(at < file.n);
    buffer_init(&edited, 2 * MASTER_FILE_MAX);
    buffer_add(&edited, bytes_first(buffer_bytes(&file), at));
    buffer_add_text(&edited, to);
    buffer_add(&edited, bytes_from(buffer_bytes(&file), at + strlen(from)));
    mend_check(&edited);
    assert_refused(buffer_bytes(&edited), lock == NULL ? NULL : lock->passphrase, rule);
    buffer_done(&file);
    buffer_done(&edited);
    master_free(master);
}

static void every_rule_refuses_and_names_itself(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *rule;
    } edits[] = {
        {"securemail-master: 1", "securemail-master: 2", "M-2: line 1"},
        {"serial: 1\n", "serial: 01\n", "M-2: line 3"},
        {"serial: 1\n", "serial: 0\n", "M-2: line 3"},
        {"interval: 604800\n", "interval: 31622401\n", "M-2: line 6"},
        {"district: mail.example\n", "", "M-2: line 2"},
        {"not-before: 2026", "not-before: 2O26", "M-2: line 4"},
        {"fingerprint: ", "fingerprint: 0", "M-2: line 7"},
        {"serial: 1\n", "serial: 1\r\n", "M-2: line 3"},
        {"secrets: ", "secrets: A", "M-3"},
        {"secrets: BwcH", "secrets: Bwc=", "M-3"},
        {"secrets: BwcH", "secrets: B\xf7\x63H", "M-3"}, /* libsodium passes over a high bit */
        {"protection: none", "protection: rot13", "M-5: line 9"},
        {"protection: none", "protection: argon2id", "M-5: line 9"},
        {"serial: 1\n", "serial: 2\n", "M-8: its parts"},
        {"not-after: 2027", "not-after: 2025", "M-8: the settings"},
    };
    static const struct {
        const char *from, *to;
    } locks[] = {
        {"memory=8 ", "memory=7 "}, {"memory=8 ", "memory=08 "},  {"memory=8 ", "memory=4194305 "},
        {"passes=1 ", "passes=0 "}, {"passes=1 ", "passes=101 "}, {" salt=", " salt=A"},
        {" nonce=", "  nonce="},    {" nonce=", " once="},
    };
    struct secret *passphrase = passphrase_of("correct horse battery");
    const struct master_lock lock = lock_of(passphrase);
    char blanks[MASTER_FILE_MAX + 2];
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        assert_edit_refused(NULL, edits[i].from, edits[i].to, edits[i].rule);
    for (size_t i = 0; i < sizeof locks / sizeof locks[0]; i++)
        assert_edit_refused(&lock, locks[i].from, locks[i].to, "M-5: line 9");
    memset(blanks, ' ', sizeof blanks - 1);
    blanks[sizeof blanks - 1] = '\0';
    assert_edit_refused(NULL, "securemail-master: 1", blanks, "M-1");
    secret_free(passphrase);

    /* A wrong check, and something behind it. */
    struct master *master = make(7, &settings);
    struct buffer file;
    write_file(master, NULL, &file);
    buffer_add_text(&file, "more\n");
    assert_refused(buffer_bytes(&file), NULL, "M-2: line 11");
    file.p[bytes_find(buffer_bytes(&file), BYTES_LITERAL("check: ")) + 7] ^= 1;
    assert_refused(buffer_bytes(&file), NULL, "M-4: line 11");
    buffer_done(&file);
    master_free(master);
}

static void M_8_a_part_of_another_master_is_noticed(void **state)
{
    (void)state;
    static const char *const parts[] = {"fingerprint: ", "authority: ", "secrets: "};
    struct master *master = make(7, &settings), *other = make(8, &settings);
    struct buffer file, foreign;
    write_file(master, NULL, &file);
    write_file(other, NULL, &foreign);
    assert_int_equal(file.n, foreign.n);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct buffer mixed;
        size_t from = bytes_find(buffer_bytes(&file), bytes_text(parts[i]));
        size_t n = bytes_index(bytes_from(buffer_bytes(&file), from), '\n');
        buffer_init(&mixed, MASTER_FILE_MAX);
        assert_int_equal(buffer_add(&mixed, buffer_bytes(&file)), ST_OK);
        memcpy(mixed.p + from, foreign.p + from, n);
        mend_check(&mixed);
        assert_refused(buffer_bytes(&mixed), NULL, "M-8: its parts do not belong together");
        buffer_done(&mixed);
    }
    master_free(master);
    master_free(other);
    buffer_done(&file);
    buffer_done(&foreign);
}

static void a_lock_that_no_reader_would_take_is_not_written(void **state)
{
    (void)state;
    struct secret *passphrase = passphrase_of("correct horse battery");
    struct master *master = make(7, &settings);
    struct master_lock bad[5];
    for (size_t i = 0; i < 5; i++)
        bad[i] = lock_of(passphrase);
    bad[0].memory = MASTER_MEMORY_MIN - 1024;
    bad[1].memory = MASTER_MEMORY_MIN + 1;
    bad[2].memory = MASTER_MEMORY_MAX + 1024;
    bad[3].passes = 0;
    bad[4].passes = MASTER_PASSES_MAX + 1;
    for (size_t i = 0; i < 5; i++) {
        struct buffer file;
        buffer_init(&file, MASTER_FILE_MAX);
        assert_int_equal(master_write(master, &bad[i], &file), ST_LIMIT);
        buffer_done(&file);
    }
    master_free(master);
    secret_free(passphrase);
}

/* --- the directory ---------------------------------------------------------------------------- */

static char directory[32];

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/masters.XXXXXX");
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
    (void)state;
    static const char *const names[] = {"1", "2", "3", "7", "01", "1~"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    return rmdir(directory);
}

static void put(const char *name, const struct master *master, const struct master_lock *lock)
{
    char path[64];
    struct buffer file;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    write_file(master, lock, &file);
    assert_int_equal(file_create(path, 0400, buffer_bytes(&file), NULL), ST_OK);
    buffer_done(&file);
}

static void assert_set_refused(const struct secret *passphrase, enum status status,
                               const char *said)
{
    struct master_set *set = NULL;
    struct why why = {{0}};
    assert_int_equal(master_set_read(directory, passphrase, &set, &why), status);
    assert_null(set);
    if (strstr(why.text, said) == NULL)
        fail_msg("wanted “%s”, got “%s”", said, why.text);
}

static struct master *make_next(const struct master *master, uint8_t random_byte)
{
    struct master *next = NULL;
    struct secret *random = secret_new(MASTER_RANDOM_SIZE);
    memset(random->p, random_byte, random->n);
    assert_int_equal(master_next(master, random, settings.not_before, &next), ST_OK);
    secret_free(random);
    return next;
}

static void a_directory_holds_every_serial(void **state)
{
    (void)state;
    struct secret *passphrase = passphrase_of("correct horse battery");
    const struct master_lock lock = lock_of(passphrase);
    struct master *first = make(7, &settings), *second = make_next(first, 8);
    struct master_set *set = NULL;
    assert_set_refused(NULL, ST_NONE, "there is no master secret in it");
    put("2", second, &lock);
    put("1", first, &lock);
    assert_int_equal(master_set_read(directory, passphrase, &set, NULL), ST_OK);
    assert_int_equal(master_set_count(set), 2);
    assert_int_equal(master_params(master_set_newest(set))->serial, 2);
    assert_memory_equal(master_params(master_set_find(set, 1))->fingerprint,
                        master_params(first)->fingerprint, PARAMS_FINGERPRINT_SIZE);
    assert_memory_equal(master_params(master_set_find(set, 2))->fingerprint,
                        master_params(second)->fingerprint, PARAMS_FINGERPRINT_SIZE);
    assert_null(master_set_find(set, 3));
    assert_null(master_set_find(set, 0));
    master_set_free(set);
    master_free(first);
    master_free(second);
    secret_free(passphrase);
}

static void a_directory_that_others_may_change_is_refused(void **state)
{
    (void)state;
    struct master *master = make(7, &settings);
    put("1", master, NULL);
    assert_int_equal(chmod(directory, 0720), 0);
    assert_set_refused(NULL, ST_DENIED, "lets others write");
    assert_int_equal(chmod(directory, 0702), 0);
    assert_set_refused(NULL, ST_DENIED, "lets others write");
    assert_int_equal(chmod(directory, 0755), 0);
    struct master_set *set = NULL;
    assert_int_equal(master_set_read(directory, NULL, &set, NULL), ST_OK);
    master_set_free(set);
    master_free(master);
}

static void a_passphrase_is_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *read; /* NULL: refused */
    } cases[] = {{"two words\n", "two words"},
                 {"two words", "two words"},
                 {"a\r\n", "a"},
                 {"\n", NULL},
                 {"two\nlines\n", NULL}};
    char path[64];
    snprintf(path, sizeof path, "%s/3", directory);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct secret *read = NULL;
        assert_int_equal(file_replace(path, 0400, bytes_text(cases[i].text), NULL), ST_OK);
        enum status status = master_read_passphrase(path, &read, NULL);
        assert_int_equal(status, cases[i].read != NULL ? ST_OK : ST_BAD);
        if (read != NULL)
            assert_true(bytes_equal(secret_bytes(read), bytes_text(cases[i].read)));
        secret_free(read);
    }
}

#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_gives_the_master_back),
        cmocka_unit_test(a_damaged_file_is_refused),
        cmocka_unit_test(nothing_of_a_locked_file_can_be_changed),
        cmocka_unit_test(M_6_and_M_7_a_passphrase_is_needed_and_must_be_right),
        cmocka_unit_test(a_locked_file_shows_no_seed),
        cmocka_unit_test(every_rule_refuses_and_names_itself),
        cmocka_unit_test(M_8_a_part_of_another_master_is_noticed),
        cmocka_unit_test(a_lock_that_no_reader_would_take_is_not_written),
        IN_A_DIRECTORY(a_directory_holds_every_serial),
        IN_A_DIRECTORY(a_directory_that_others_may_change_is_refused),
        IN_A_DIRECTORY(a_passphrase_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
