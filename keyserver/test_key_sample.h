/* SPDX-License-Identifier: Apache-2.0
 * keyserver (tests): the specification's example of a key log, and a file for each test. */
#ifndef SECUREMAIL_TEST_KEY_SAMPLE_H
#define SECUREMAIL_TEST_KEY_SAMPLE_H

#include "key_check.h"

/* The example of docs/spec/key-log.md; its chains were computed by another program. */
#define HEAD                                                                                       \
    "securemail-key-log 1 mail.example 2026-11-24T02:00:00Z "                                      \
    "1ed2e7afd22ec9028df15febb3db1f4833bba1432dff775bc56029ec0d811943\n"
#define FIRST                                                                                      \
    "1 2026-11-24T02:00:05Z opened 1 2026-11-19T00:00:00Z alice@example.org 7 "                    \
    "abababababababababababababababababababababababababababababababab "                            \
    "f2c3ec6923816174196c519174b1b13e646dd6288db83a50aaaeee06ad39f048\n"
#define SECOND                                                                                     \
    "2 2026-11-24T02:00:06Z unknown-district 9 - - 7 "                                             \
    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd "                            \
    "ba5271deac5e920d76b6deedadb1e9c20b50160354e6ee2215f9968d369808d2\n"
#define NOW 1795485600 /* 2026-11-24T02:00:00Z */

extern const struct key_head sample_head;
struct key_record sample_first(void);
struct key_record sample_second(void);

struct place {
    char directory[32];
    char path[64];
};

/* For cmocka: *state is a struct place whose file is not there yet. */
int sample_set_up(void **state);
int sample_tear_down(void **state);

void sample_write(const struct place *place, const char *text);
/* The file holds exactly this. */
void sample_assert(const struct place *place, const char *text);
enum status sample_check(const struct place *place, struct key_check *found,
                         struct why *why) MUST_CHECK;

#define ON_A_FILE(name) cmocka_unit_test_setup_teardown(name, sample_set_up, sample_tear_down)

#endif
