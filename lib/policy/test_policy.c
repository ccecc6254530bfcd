/* SPDX-License-Identifier: Apache-2.0
 * policy: tests of the decisions, as a table of rules, letters and outcomes, and of every mistake a
 * rule can hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "policy.h"

static struct policy *make(const char *text, enum status expected, struct why *why)
{
    struct config *config = NULL;
    struct policy *policy = NULL;
    if (config_parse(bytes_text(text), "test.conf", &config, why) != ST_OK)
        fail_msg("%s", why->text);
    enum status status = policy_read(config, &policy, why);
    if (status != expected)
        fail_msg("%s: %s", status_name(status), why->text);
    config_free(config);
    return policy;
}

struct expected {
    const char *subject, *domain;
    enum policy_action action;
    const char *rule;
};

static void check(const char *rules, const struct expected *table, size_t n)
{
    struct why why = {""};
    struct policy *policy = make(rules, ST_OK, &why);
    for (size_t i = 0; i < n; i++) {
        struct policy_question question = {bytes_text(table[i].subject), table[i].domain};
        const struct policy_decision *decision = policy_decide(policy, &question);
        if (policy_action(decision) != table[i].action)
            fail_msg("“%s” to %s: %s", table[i].subject, table[i].domain,
                     policy_action_name(policy_action(decision)));
        assert_string_equal(policy_rule(decision), table[i].rule);
    }
    policy_free(policy);
}
#define CHECK(rules, table) check((rules), (table), sizeof(table) / sizeof((table)[0]))

static void without_rules_the_default_decides(void **state)
{
    (void)state;
    static const struct expected seal[] = {{"hello", "example.org", POLICY_SEAL, "default"}};
    static const struct expected pass[] = {{"hello", "example.org", POLICY_PASS, "default"}};
    static const struct expected refuse[] = {{"", "example.org", POLICY_REFUSE, "default"}};
    CHECK("", seal);
    CHECK("[policies]\ndefault = seal\n", seal);
    CHECK("[policies]\ndefault = pass\n", pass);
    CHECK("[policies]\ndefault = refuse\n", refuse);
}

static void the_first_rule_that_holds_decides(void **state)
{
    (void)state;
    static const struct expected table[] = {
        {"Secure: hello", "example.org", POLICY_SEAL, "tagged"},
        {"hello [SECURE]", "example.org", POLICY_SEAL, "tagged"},
        {"hello", "example.org", POLICY_PASS, "colleagues"},
        {"hello", "other.example", POLICY_PASS, "colleagues"},
        {"hello", "a.b.example.net", POLICY_PASS, "colleagues"},
        {"hello", "example.net", POLICY_SEAL, "default"},
        {"hello", "badexample.org", POLICY_SEAL, "default"},
        {"hello", "example.org.evil.test", POLICY_SEAL, "default"},
        {"hello", "sub.example.org", POLICY_SEAL, "default"},
        {"hello", "rival.test", POLICY_REFUSE, "never"},
        {"Secure: hello", "rival.test", POLICY_SEAL, "tagged"},
        {"Re: Secure: hello", "elsewhere.test", POLICY_SEAL, "tagged"},
        {"", "example.org", POLICY_PASS, "colleagues"},
    };
    CHECK("[policy \"tagged\"]\nsubject-tag = Secure:, [secure]\naction = seal\n"
          "[policy \"colleagues\"]\nrecipient-domain = example.org\n"
          "recipient-domain = Other.Example , .example.net\naction = pass\n"
          "[policy \"never\"]\naction = refuse\nrecipient-domain = rival.test\n",
          table);
}

static void all_kinds_of_conditions_must_hold(void **state)
{
    (void)state;
    static const struct expected table[] = {
        {"[clear] hello", "a.test", POLICY_PASS, "both"},
        {"[clear] hello", "b.test", POLICY_PASS, "both"},
        {"[clear] hello", "c.test", POLICY_SEAL, "default"},
        {"hello", "a.test", POLICY_SEAL, "default"},
    };
    CHECK("[policy \"both\"]\nrecipient-domain = a.test\nsubject-tag = [clear]\n"
          "recipient-domain = b.test\naction = pass\n",
          table);
}

static void mistakes_are_named_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *why;
    } table[] = {
        {"[policy \"x\"]\nrecipient-domain = a.test\n", "test.conf:1: policy “x”: no action"},
        {"[policy \"x\"]\naction = pass\n",
         "test.conf:1: policy “x”: no condition: it would decide for every letter"},
        {"[policy \"x\"]\naction = pass\naction = seal\nrecipient-domain = a.test\n",
         "test.conf:3: policy “x”: a second action"},
        {"[policy \"x\"]\nrecipient-domain = a.test\naction = encrypt\n",
         "test.conf:3: policy “x”: the action is pass, seal or refuse"},
        {"\n\n[policy \"x\"]\nrecipient = a.test\naction = pass\n",
         "test.conf:4: policy “x”: this is neither a condition nor “action”"},
        {"[policy \"x\"]\nrecipient-domain = a.test,,b.test\naction = pass\n",
         "test.conf:2: policy “x”: “” is not a domain (write international ones as xn--…)"},
        {"[policy \"x\"]\nrecipient-domain = a..test\naction = pass\n",
         "test.conf:2: policy “x”: “a..test” is not a domain (write international ones as xn--…)"},
        {"[policy \"x\"]\nrecipient-domain = @a.test\naction = pass\n",
         "test.conf:2: policy “x”: “@a.test” is not a domain (write international ones as xn--…)"},
        {"[policy \"x\"]\nrecipient-domain = b\xc3\xbc.test\naction = pass\n",
         "test.conf:2: policy “x”: “bü.test” is not a domain (write international ones as xn--…)"},
        {"[policy \"x\"]\nrecipient-domain = .\naction = pass\n",
         "test.conf:2: policy “x”: “.” is not a domain (write international ones as xn--…)"},
        {"[policy \"x\"]\nsubject-tag = secure\naction = seal\n",
         "test.conf:2: policy “x”: “secure” is not a subject tag: they look like Secure: or "
         "[secure]"},
        {"[policy \"x\"]\nsubject-tag = []\naction = seal\n",
         "test.conf:2: policy “x”: “[]” is not a subject tag: they look like Secure: or [secure]"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct why why = {""};
        assert_null(make(table[i].rules, ST_BAD, &why));
        assert_string_equal(why.text, table[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_the_default_decides),
        cmocka_unit_test(the_first_rule_that_holds_decides),
        cmocka_unit_test(all_kinds_of_conditions_must_hold),
        cmocka_unit_test(mistakes_are_named_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
