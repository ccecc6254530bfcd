/* SPDX-License-Identifier: Apache-2.0
 * gateway: tests of a letter's path where it breaks. Whatever happens: who was to get a sealed copy
 * gets that or nothing, the mail server hears 250 only after the next hop has said so, and no byte
 * of the letter reaches the next hop in clear but for whom a rule let it pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "number.h"
#include "test_post.h"

/* --- tests ------------------------------------------------------------------------------------ */

/* Control: where nothing breaks, all get theirs, and the canary would be seen. */
static void a_letter_is_sealed_passed_and_refused(void **state)
{
    (void)state;
    begin();
    offer(ALICE " " FRIEND " " RIVAL, 10);
    offer(BOB, 30000);
    serve("250 2.1.0|250 2.1.5|250 2.1.5|250 2.1.5|354|250 2.0.0|250 2.0.0|550 5.7.1|" ONE
          "250 2.0.0|");
    check_hop("<" FRIEND "> <" ALICE "> <" BOB "> ");
}

static void without_valid_parameters_nothing_is_sealed(void **state)
{
    (void)state;
    all.gateway.params.not_after = 1;
    begin();
    offer(ALICE " " FRIEND, 10);
    serve(TWO "451 4.3.5|250 2.0.0|");
    check_hop("<" FRIEND "> ");
    assert_int_equal(all.hop.count, 1);
}

/* What can't begin to be sealed does not begin to be sent. */
static void what_cannot_be_sealed_is_not_sent(void **state)
{
    static const char *const portals[] = {"", "javascript:alert(1)", "https://x.example/\"><b"};
    (void)state;
    for (size_t i = 0; i < COUNT(portals); i++) {
        all.gateway.notice.portal = portals[i];
        begin();
        offer(ALICE " " FRIEND, 10);
        serve(TWO "451 4.3.0|250 2.0.0|");
    }
    all.gateway.notice.portal = "https://portal.example";
    (void)snprintf(all.gateway.params.district, sizeof all.gateway.params.district,
                   "another.example");
    begin();
    offer(ALICE " " FRIEND, 10);
    serve(TWO "451 4.3.0|250 2.0.0|");
    check_hop("<" FRIEND "> <" FRIEND "> <" FRIEND "> <" FRIEND "> ");
    assert_int_equal(all.hop.count, 4);
}

/* The signature is made at the very end: times out of order can't be signed, and the mail that was
 * all but sent gets no final dot. */
static void what_cannot_be_signed_is_not_ended(void **state)
{
    (void)state;
    all.gateway.lifetime = -1000000000;
    begin();
    offer(ALICE, 30000);
    offer(FRIEND, 10);
    serve(ONE "451 4.3.0|" ONE "250 2.0.0|");
    check_hop("<" FRIEND "> ");
    assert_int_equal(all.hop.count, 2);
    assert_false(all.hop.letters[0].whole);
    assert_true(holds(&all.hop.letters[0].bytes, "BEGIN AGE ENCRYPTED FILE"));
}

static void an_address_without_canonical_form_gets_nothing(void **state)
{
    (void)state;
    begin();
    offer(ALICE " bob@[192.0.2.7]", 10);
    serve(TWO "250 2.0.0|553 5.1.3|");
    check_hop("<" ALICE "> ");
    assert_int_equal(all.hop.count, 1);
}

/* --- the letter's own file -------------------------------------------------------------------- */

#define LARGE 60000                /* lines: 2 MB, which is a file */
#define MIDDLE ((off_t)20 * 65552) /* of that file, at the beginning of a block */

static enum harm { CUT, CHANGED } harm;
static size_t harm_at; /* the letter at the next hop before whose data it happens */

/* The unnamed file of the letter in hand. */
static int file_of_letter(void)
{
    DIR *list = opendir("/proc/self/fd");
    struct dirent *entry;
    uint64_t number = 0;
    int found = -1;
    while (found < 0 && (entry = readdir(list)) != NULL) {
        char target[300] = "";
        struct stat about;
        ssize_t n = readlinkat(dirfd(list), entry->d_name, target, sizeof target - 1);
        if (n > 0 && strncmp(target, all.folder, strlen(all.folder)) == 0 &&
            fstatat(dirfd(list), entry->d_name, &about, 0) == 0 && S_ISREG(about.st_mode) &&
            number_parse(bytes_text(entry->d_name), 0, INT_MAX, &number) == ST_OK)
            found = (int)number;
    }
    (void)closedir(list);
    return found;
}

static void do_harm(void *context, size_t number)
{
    uint8_t byte = 0;
    (void)context;
    if (number != harm_at)
        return;
    int fd = file_of_letter();
    assert_true(fd >= 0);
    if (harm == CUT) {
        assert_int_equal(ftruncate(fd, MIDDLE), 0);
        return;
    }
    assert_int_equal(pread(fd, &byte, 1, MIDDLE), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, MIDDLE), 1);
}

/* Half of the copy is sent when the letter can't be read on: no dot, a new connection, and the
 * session goes on with the next letter. */
static void a_letter_that_fails_in_the_middle_is_not_ended(void **state)
{
    (void)state;
    harm_at = 0;
    all.hop.before_data = do_harm;
    for (harm = CUT; harm <= CHANGED; harm++, harm_at += 3) {
        begin();
        offer(ALICE " " BOB, LARGE);
        offer(BOB, 10);
        serve(TWO "451 4.3.0|451 4.3.0|" ONE "250 2.0.0|");
    }
    check_hop("<" BOB "> <" BOB "> ");
    assert_int_equal(all.hop.count, 6);
    for (size_t i = 0; i < 6; i += 3) {
        assert_false(all.hop.letters[i].whole);
        assert_true(all.hop.letters[i].bytes.n > MIDDLE);
        assert_false(all.hop.letters[i + 1].whole);
    }
}

/* The friend's copy went through before; alone for Alice the mail server keeps the letter. */
static void what_passed_before_has_passed(void **state)
{
    (void)state;
    harm = CUT;
    harm_at = 1;
    all.hop.before_data = do_harm;
    begin();
    offer(ALICE " " FRIEND, LARGE);
    serve(TWO "451 4.3.0|250 2.0.0|");
    check_hop("<" FRIEND "> ");
}

/* And the other way round: a letter that passes and can't be read back. */
static void a_passing_letter_that_fails_is_not_ended(void **state)
{
    (void)state;
    harm = CHANGED;
    harm_at = 0;
    all.hop.before_data = do_harm;
    begin();
    offer(FRIEND, LARGE);
    serve(ONE "452 4.3.1|");
    check_hop("");
}

/* --- the next hop goes away ------------------------------------------------------------------- */

static void a_next_hop_that_goes_away_took_nothing(void **state)
{
    static const enum hop_closes stages[] = {HOP_AT_GREETING, HOP_AT_EHLO, HOP_AT_MAIL,
                                             HOP_AT_RCPT,     HOP_AT_DATA, HOP_IN_DATA};
    (void)state;
    for (size_t i = 0; i < COUNT(stages); i++) {
        atomic_store(&all.hop.closes, (int)stages[i]);
        begin();
        offer(ALICE " " FRIEND, 10000);
        serve(stages[i] <= HOP_AT_EHLO ? TWO "451 4.4.1|451 4.4.1|" : TWO "451 4.4.2|451 4.4.2|");

        /* It is back, and so are we. */
        atomic_store(&all.hop.closes, HOP_NEVER);
        begin();
        offer(BOB, 10);
        serve(ONE "250 2.0.0|");
        relay_drop(all.post.relay);
    }
    check_hop("<" BOB "> <" BOB "> <" BOB "> <" BOB "> <" BOB "> <" BOB "> ");
}

/* It has the letter, but never said so: that is not enough. */
static void what_is_not_answered_is_not_delivered(void **state)
{
    (void)state;
    atomic_store(&all.hop.closes, HOP_AT_DOT);
    begin();
    offer(ALICE " " FRIEND, 10);
    serve(TWO "451 4.4.2|451 4.4.2|");
    check_hop("<" FRIEND "> <" ALICE "> ");
}

static void no_next_hop_at_all(void **state)
{
    (void)state;
    hop_stop(&all.hop);
    begin();
    offer(ALICE " " FRIEND, 10);
    serve(TWO "451 4.4.1|451 4.4.1|");
    relay_free(all.post.relay);
    all.post.relay = NULL;
    assert_int_equal(all.hop.count, 0);
}

/* --- the log ---------------------------------------------------------------------------------- */

/* Serve, and give what was logged meanwhile. */
static const char *log_of(const char *replies)
{
    static char text[10000];
    int kept = dup(STDERR_FILENO), log = memfd_create("log", 0);
    assert_true(kept >= 0 && log >= 0 && dup2(log, STDERR_FILENO) >= 0);
    serve(replies);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    ssize_t n = pread(log, text, sizeof text - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    io_close(&kept);
    io_close(&log);
    return text;
}

/* What never became a letter leaves a line, and in it nothing that a client made up. */
static void what_the_dialogue_refuses_is_logged(void **state)
{
    (void)state;
    begin();
    (void)buffer_add_text(&all.input, "CANARY\r\n"
                                      "MAIL FROM:<dana@agency.example> SIZE=99999999\r\n"
                                      "MAIL FROM:<dana@agency.example>\r\n"
                                      "RCPT TO:<" ALICE ">\r\nDATA\r\nCANARY\n.\r\n.\r\n");
    assert_string_equal(
        log_of("500 5.5.2|552 5.3.4|" ONE "550 5.6.0|"),
        "securemail command-refused peer=192.0.2.1 from=\"\" command=unknown code=500 "
        "enhanced=5.5.2\n"
        "securemail command-refused peer=192.0.2.1 from=dana@agency.example command=MAIL code=552 "
        "enhanced=5.3.4\n"
        "securemail letter-refused peer=192.0.2.1 from=dana@agency.example code=550 "
        "enhanced=5.6.0\n");
    check_hop("");
    assert_int_equal(all.hop.count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, post_set_up, post_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_letter_is_sealed_passed_and_refused),
        TEST(without_valid_parameters_nothing_is_sealed),
        TEST(what_cannot_be_sealed_is_not_sent),
        TEST(what_cannot_be_signed_is_not_ended),
        TEST(an_address_without_canonical_form_gets_nothing),
        TEST(a_letter_that_fails_in_the_middle_is_not_ended),
        TEST(what_passed_before_has_passed),
        TEST(a_passing_letter_that_fails_is_not_ended),
        TEST(a_next_hop_that_goes_away_took_nothing),
        TEST(what_is_not_answered_is_not_delivered),
        TEST(no_next_hop_at_all),
        TEST(what_the_dialogue_refuses_is_logged),
    };
    return cmocka_run_group_tests_name("gateway letter", tests, NULL, NULL);
}
