/* SPDX-License-Identifier: Apache-2.0
 * gateway: tests of the table of accidents, and of the table of replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "poison.h"
#include "reply.h"

/* A letter with this queue id (NULL: none) and text. */
static struct smtp_transaction make(struct smtp_xforward *xforward, const char *ident,
                                    const char *text)
{
    static const struct smtp_body_settings settings = {.directory = "/tmp"};
    struct smtp_transaction letter = {.envelope = {.sender = "dana@agency.example"}};
    letter.body = smtp_body_new(&settings);
    assert_int_equal(smtp_body_add(letter.body, bytes_text(text)), ST_OK);
    *xforward = (struct smtp_xforward){.value = {[SMTP_XFORWARD_IDENT] = ident}};
    letter.envelope.xforward = xforward;
    return letter;
}

static void a_letter_is_refused_after_its_accidents_and_others_are_not(void **state)
{
    (void)state;
    struct smtp_xforward forward[3];
    struct poison *poison = poison_new(2, 3);
    struct smtp_transaction bad = make(&forward[0], "4ABC", "bad");
    struct smtp_transaction good = make(&forward[1], "4ABD", "bad");
    struct smtp_transaction reused = make(&forward[2], "4ABC", "a letter of another size");
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(poison_begin(poison, 1, &bad), ST_OK);
        assert_int_equal(poison_blame(poison, 1), i);
    }
    assert_int_equal(poison_begin(poison, 0, &bad), ST_LIMIT);
    assert_int_equal(poison_begin(poison, 0, &good), ST_OK);
    assert_int_equal(poison_begin(poison, 1, &reused), ST_OK);
    poison_free(poison);
    smtp_body_free(bad.body);
    smtp_body_free(good.body);
    smtp_body_free(reused.body);
}

/* A letter to many recipients comes in parts, at the same time, under one queue id. */
static void many_parts_of_a_letter_at_once_are_no_accident(void **state)
{
    (void)state;
    struct smtp_xforward forward;
    struct poison *poison = poison_new(8, 1);
    struct smtp_transaction letter = make(&forward, "4ABC", "text");
    for (unsigned worker = 0; worker < 8; worker++)
        assert_int_equal(poison_begin(poison, worker, &letter), ST_OK);
    for (unsigned worker = 0; worker < 8; worker++)
        poison_end(poison, worker);
    assert_int_equal(poison_blame(poison, 3), 0);
    assert_int_equal(poison_begin(poison, 0, &letter), ST_OK);
    poison_free(poison);
    smtp_body_free(letter.body);
}

static void without_a_queue_id_the_text_counts(void **state)
{
    (void)state;
    struct smtp_xforward forward[2];
    struct poison *poison = poison_new(1, 1);
    struct smtp_transaction bad = make(&forward[0], NULL, "bad");
    struct smtp_transaction good = make(&forward[1], NULL, "dab");
    assert_int_equal(poison_begin(poison, 0, &bad), ST_OK);
    assert_int_equal(poison_blame(poison, 0), 1);
    assert_int_equal(poison_begin(poison, 0, &bad), ST_LIMIT);
    assert_int_equal(poison_begin(poison, 0, &good), ST_OK);
    poison_free(poison);
    smtp_body_free(bad.body);
    smtp_body_free(good.body);
}

static void a_dying_child_leaves_its_letter_to_be_blamed(void **state)
{
    (void)state;
    struct smtp_xforward forward;
    struct poison *poison = poison_new(1, 1);
    struct smtp_transaction letter = make(&forward, "4ABC", "text");
    pid_t child = fork();
    if (child == 0) {
        (void)!poison_begin(poison, 0, &letter);
        abort();
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(poison_blame(poison, 0), 1);
    assert_int_equal(poison_begin(poison, 0, &letter), ST_LIMIT);
    poison_free(poison);
    smtp_body_free(letter.body);
}

/* No reply of ours takes a letter on, and each enhanced code fits its code (RFC 3463 §2). */
static void no_reply_of_ours_is_a_promise(void **state)
{
    (void)state;
    for (int kind = 0; kind < REPLY_COUNT; kind++) {
        struct smtp_reply reply = reply_make((enum reply_kind)kind);
        assert_true(smtp_reply_later(&reply) || smtp_reply_refused(&reply));
        assert_int_equal(reply.enhanced[0] - '0', reply.code / 100);
        assert_true(reply.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_is_refused_after_its_accidents_and_others_are_not),
        cmocka_unit_test(many_parts_of_a_letter_at_once_are_no_accident),
        cmocka_unit_test(without_a_queue_id_the_text_counts),
        cmocka_unit_test(a_dying_child_leaves_its_letter_to_be_blamed),
        cmocka_unit_test(no_reply_of_ours_is_a_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
