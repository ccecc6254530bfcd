/* SPDX-License-Identifier: Apache-2.0
 * policy: words, numbers and attachments, with near misses, and what holds where the content is not
 * known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "pattern.h"
#include "policy.h"
#include "words.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void cards_are_found_and_other_numbers_not(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool card;
    } table[] = {
        /* numbers that the networks publish for tests */
        {"4111111111111111", true},
        {"Card: 4111 1111 1111 1111.", true},
        {"4111-1111-1111-1111", true},
        {"4222222222222", true},
        {"5555555555554444", true},
        {"2223003122003222", true},
        {"378282246310005", true},
        {"3714 496353 98431", true},
        {"6011111111111117", true},
        {"3530111333300000", true},
        {"30569309025904", true},
        {"order 12 4111 1111 1111 1111 of 3", true},
        {"x4111111111111111y", true},
        /* a wrong check digit, a length or prefix that nobody issues, digits around it */
        {"4111111111111112", false},
        {"411111111111111", false},
        {"41111111111111112222222", false},
        {"1111111111111117", false},
        {"5055555555554444", false},
        {"4111  1111 1111 1111", false},
        {"4111.1111.1111.1111", false},
        {"4111 1111 1111 111", false},
        {"0000000000000000", false},
        {"", false},
        {"4111111111111111222", false},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        if (pattern_card(bytes_text(table[i].text)) != table[i].card)
            fail_msg("%s", table[i].text);
}

static void social_security_numbers_by_their_rules(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ssn;
    } table[] = {
        {"123-45-6789", true},    {"SSN 123 45 6789, born", true},
        {"899-99-9999", true},    {"(001-01-0001)", true},
        {"000-45-6789", false},   {"666-45-6789", false},
        {"900-45-6789", false},   {"999-45-6789", false},
        {"123-00-6789", false},   {"123-45-0000", false},
        {"123-45 6789", false},   {"1123-45-6789", false},
        {"123-45-67890", false},  {"123456789", false},
        {"123-45-678", false},    {"9-123-45-6789", false},
        {"123-45-6789-1", false}, {"", false},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        if (pattern_ssn(bytes_text(table[i].text)) != table[i].ssn)
            fail_msg("%s", table[i].text);
}

static void words_are_found_whatever_their_case(void **state)
{
    (void)state;
    static const struct {
        const char *term, *text;
        bool found;
    } table[] = {
        {"confidential", "This is CONFIDENTIAL.", true},
        {"confidential", "confidentiality", false},
        {"confidential", "un-confidential", true},
        {"internal use only", "For internal,\nuse... ONLY!", true},
        {"internal use only", "internal use", false},
        {"internal use only", "internal internal use only", true},
        {"Straße", "STRASSE", true},
        {"ÉTÉ", "l'été", true},
        {"été", "ete", false},
        {"patient and diagnosis within 3 words", "The patient has this diagnosis", true},
        {"patient and diagnosis within 3 words", "diagnosis of the patient", true},
        {"patient and diagnosis within 3 words", "patient one two three diagnosis", false},
        {"patient and diagnosis within 3 words", "patient patient two three diagnosis", true},
        {"patient and diagnosis within 3 words", "diagnosis", false},
        {"a b and c d within 2 words", "a b c d", true},
        {"a b and c d within 2 words", "a b x c d", false},
        {"no and no within 1 words", "no no", true},
        {"no and no within 1 words", "no", false},
        {"x", "", false},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct words_list *list = words_list_new();
        struct words_text *text = words_text_new(bytes_text(table[i].text));
        assert_int_equal(words_list_add(list, bytes_text(table[i].term), NULL), ST_OK);
        words_list_end(list);
        if (words_list_in(list, text) != table[i].found)
            fail_msg("“%s” in “%s”", table[i].term, table[i].text);
        words_text_free(text);
        words_list_free(list);
    }
}

/* Any term of a long list is found, and none that is not in it. */
static void a_long_list(void **state)
{
    (void)state;
    struct words_list *list = words_list_new();
    char term[40];
    for (unsigned i = 0; i < WORDS_TERMS_MAX; i++) {
        snprintf(term, sizeof term, "w%u x%u", i % 5000, i);
        assert_int_equal(words_list_add(list, bytes_text(term), NULL), ST_OK);
    }
    words_list_end(list);
    for (unsigned i = 0; i < WORDS_TERMS_MAX; i += 777) {
        snprintf(term, sizeof term, "and w%u  X%u.", i % 5000, i);
        struct words_text *text = words_text_new(bytes_text(term));
        assert_true(words_list_in(list, text));
        words_text_free(text);
        snprintf(term, sizeof term, "and w%u  X%u.", (i + 1) % 5000, i);
        text = words_text_new(bytes_text(term));
        assert_false(words_list_in(list, text));
        words_text_free(text);
    }
    words_list_free(list);
}

static void what_is_no_term_is_refused(void **state)
{
    (void)state;
    static const char *const terms[] = {"...", "a within 3 words", "- and b within 3 words", "\xff",
                                        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21"};
    struct words_list *list = words_list_new();
    for (size_t i = 0; i < COUNT(terms); i++)
        assert_int_equal(words_list_add(list, bytes_text(terms[i]), NULL), ST_BAD);
    words_list_end(list);
    words_list_free(list);
}

/* --- rules about content ---------------------------------------------------------------------- */

static struct policy *make(const char *text)
{
    struct config *config = NULL;
    struct policy *policy = NULL;
    struct why why = {""};
    if (config_parse(bytes_text(text), "test.conf", &config, &why) != ST_OK ||
        policy_read(config, &policy, &why) != ST_OK)
        fail_msg("%s", why.text);
    config_free(config);
    return policy;
}

static void attachments_by_name_and_type(void **state)
{
    (void)state;
    static const struct {
        const char *condition, *name, *type;
        bool holds;
    } table[] = {
        {"attachment-name = *.xls, *.xlsx", "Budget 2026.XLSX", "application/x", true},
        {"attachment-name = *.xls", "budget.xlsx", "application/x", false},
        {"attachment-name = tax*20?6*", "tax return 2026 final.pdf", "application/pdf", true},
        {"attachment-name = tax*20?6*", "tax return 206.pdf", "application/pdf", false},
        {"attachment-name = *", "", "application/pdf", true},
        {"attachment-name = ?*", "", "application/pdf", false},
        {"attachment-name = *a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "x/y", false},
        {"attachment-type = application/pdf", "x", "application/pdf", true},
        {"attachment-type = image/*", "x", "image/svg+xml", true},
        {"attachment-type = image/*", "x", "application/image", false},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char rules[300];
        struct policy_content content = {.known = true};
        const struct policy_question question = {
            .sender = "", .recipient = "b@x.test", .content = &content};
        snprintf(rules, sizeof rules, "[policy \"x\"]\n%s\naction = refuse\n", table[i].condition);
        struct policy *policy = make(rules);
        assert_true(policy_needs_content(policy, &question));
        policy_look_part(policy, table[i].name, table[i].type, &content);
        const struct policy_decision *decision = policy_decide(policy, &question);
        if ((policy_action(decision) == POLICY_REFUSE) != table[i].holds)
            fail_msg("%s: %s, %s", table[i].condition, table[i].name, table[i].type);
        policy_free(policy);
    }
}

static const char asking[] = "[policy \"inside\"]\nrecipient-domain = inside.test\naction = pass\n"
                             "[policy \"cards\"]\ntext-pattern = card-number, us-ssn\n"
                             "recipient-domain = x.test\naction = seal\n"
                             "[policy \"open\"]\ntext-words = public notice, for the press\n"
                             "attachment-type = application/pdf\naction = pass\n"
                             "[policies]\ndefault = refuse\n";

static void questions_are_asked_only_where_a_rule_gets_so_far(void **state)
{
    (void)state;
    struct policy *policy = make(asking);
    struct policy_question question = {.sender = "", .recipient = "b@inside.test"};
    assert_true(policy_asks_content(policy));
    assert_false(policy_needs_content(policy, &question));
    question.recipient = "b@x.test";
    assert_true(policy_needs_content(policy, &question));
    question.recipient = "b@y.test"; /* for the third rule */
    assert_true(policy_needs_content(policy, &question));
    policy_free(policy);
}

static void each_answer_has_its_own_bit(void **state)
{
    (void)state;
    static const struct {
        const char *text, *type, *recipient;
        const char *rule;
    } table[] = {
        {"4111 1111 1111 1111", "x/y", "b@x.test", "cards"},
        {"123-45-6789", "x/y", "b@x.test", "cards"},
        {"4111 1111 1111 1111", "x/y", "b@y.test", "default"},
        {"a public notice", "application/pdf", "b@y.test", "open"},
        {"for the press", "application/pdf", "b@y.test", "open"},
        {"for the press", "x/y", "b@y.test", "default"},
        {"nothing", "application/pdf", "b@y.test", "default"},
        {"public notice 123-45-6789", "application/pdf", "b@x.test", "cards"},
    };
    struct policy *policy = make(asking);
    for (size_t i = 0; i < COUNT(table); i++) {
        struct policy_content content = {.known = true};
        const struct policy_question question = {
            .sender = "", .recipient = table[i].recipient, .content = &content};
        policy_look_part(policy, "", table[i].type, &content);
        assert_int_equal(policy_look_text(policy, bytes_text(table[i].text), &content), ST_OK);
        assert_int_equal(policy_look_text(policy, BYTES_LITERAL("another text"), &content), ST_OK);
        assert_string_equal(policy_rule(policy_decide(policy, &question)), table[i].rule);
    }
    policy_free(policy);
}

/* Rules that protect speak, rules that let out do not: whatever the letter hides. */
static void what_is_not_known_is_protected(void **state)
{
    (void)state;
    const struct policy_content unknown = {.known = false, .found = {0xff}};
    struct policy *policy = make(asking);
    struct policy_question question = {.sender = "", .recipient = "b@x.test", .content = &unknown};
    assert_string_equal(policy_rule(policy_decide(policy, &question)), "cards");
    question.recipient = "b@y.test";
    assert_string_equal(policy_rule(policy_decide(policy, &question)), "default");
    question.content = NULL;
    assert_string_equal(policy_rule(policy_decide(policy, &question)), "default");
    policy_free(policy);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *line, *why;
    } table[] = {
        {"text-pattern = iban", "test.conf:2:16: policy “x”: “iban” is not card-number or us-ssn"},
        {"text-words = ok, !!", "test.conf:2:18: policy “x”: “!!” it has no word, or more than 20"},
        {"text-words-file = words", "test.conf:2:19: policy “x”: “words” is not an absolute path"},
        {"attachment-type = pdf",
         "test.conf:2:19: policy “x”: “pdf” is not a MIME type: write image/png or image/*"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char rules[200];
        struct config *config = NULL;
        struct policy *policy = NULL;
        struct why why = {""};
        snprintf(rules, sizeof rules, "[policy \"x\"]\n%s\naction = seal\n", table[i].line);
        assert_int_equal(config_parse(bytes_text(rules), "test.conf", &config, &why), ST_OK);
        assert_int_equal(policy_read(config, &policy, &why), ST_BAD);
        assert_string_equal(why.text, table[i].why);
        config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cards_are_found_and_other_numbers_not),
        cmocka_unit_test(social_security_numbers_by_their_rules),
        cmocka_unit_test(words_are_found_whatever_their_case),
        cmocka_unit_test(a_long_list),
        cmocka_unit_test(what_is_no_term_is_refused),
        cmocka_unit_test(attachments_by_name_and_type),
        cmocka_unit_test(questions_are_asked_only_where_a_rule_gets_so_far),
        cmocka_unit_test(each_answer_has_its_own_bit),
        cmocka_unit_test(what_is_not_known_is_protected),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
