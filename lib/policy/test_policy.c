/* SPDX-License-Identifier: Apache-2.0
 * policy: rules from configuration text, and what they decide. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "policy.h"

static struct config *config;
static struct policy *policy;

static enum status read_rules(const char *text, struct why *why)
{
    assert_int_equal(config_parse(bytes_text(text), "test.conf", &config, why), ST_OK);
    return policy_read(config, &policy, why);
}

static void forget(void)
{
    policy_free(policy);
    config_free(config);
    policy = NULL;
    config = NULL;
}

static const char usual[] =
    "[policy \"refused\"]\nrecipient-domain = bad.example\nsubject-tag = [secure]\naction = refuse\n"
    "[policy \"tagged\"]\nsubject-tag = Secure:, [secure]\naction = seal\n"
    "[policy \"colleagues\"]\nrecipient-domain = Agency.Example, .agency.example, b\xc3\xbc"
    "cher.example\naction = pass\n"
    "[policies]\ndefault = seal\n";

static void the_first_rule_that_fits_decides(void **state)
{
    (void)state;
    static const struct {
        const char *subject, *domain;
        enum policy_action action;
        const char *rule;
    } cases[] = {
        {"hello", "agency.example", POLICY_PASS, "colleagues"},
        {"hello", "north.agency.example", POLICY_PASS, "colleagues"},
        {"hello", "xn--bcher-kva.example", POLICY_PASS, "colleagues"},
        {"Secure: hello", "agency.example", POLICY_SEAL, "tagged"},
        {"hello [SECURE]", "agency.example", POLICY_SEAL, "tagged"},
        {"hello", "otheragency.example", POLICY_SEAL, "default"},
        {"hello", "agency.example.evil", POLICY_SEAL, "default"},
        {"hello", "mailbox.example", POLICY_SEAL, "default"},
        {"", "mailbox.example", POLICY_SEAL, "default"},
        {"[secure] x", "bad.example", POLICY_REFUSE, "refused"}, /* both conditions */
        {"x", "bad.example", POLICY_SEAL, "default"},            /* one of two is not enough */
    };
    struct why why;
    assert_int_equal(read_rules(usual, &why), ST_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct policy_question question = {cases[i].subject, cases[i].domain};
        const struct policy_decision *decision = policy_decide(policy, &question);
        if (policy_action(decision) != cases[i].action ||
            strcmp(policy_rule(decision), cases[i].rule) != 0)
            fail_msg("case %zu: %s", i, policy_rule(decision));
    }
    forget();
}

static void tags_are_seen_in_any_case_and_behind_reply_marks(void **state)
{
    (void)state;
    static const struct {
        const char *subject, *tag;
        bool tagged;
    } cases[] = {
        {"Secure: x", "Secure:", true},
        {"SECURE: x", "Secure:", true},
        {"secure:x", "Secure:", true},
        {"  secure: x", "Secure:", true},
        {"Re: Secure: x", "Secure:", true},
        {"RE: FW: secure: x", "Secure:", true},
        {"Re[2]: Secure: x", "Secure:", true},
        {"AW: Secure: x", "Secure:", true},
        {"Insecure: x", "Secure:", false},
        {"x Secure: y", "Secure:", false},
        {"Secure x", "Secure:", false},
        {"x [secure] y", "[secure]", true},
        {"x [SeCuRe]", "[secure]", true},
        {"x secure", "[secure]", false},
        {"", "[secure]", false},
        {"Re:", "Secure:", false},
        {"Re: Re: Re:", "Secure:", false},
        {"[secure", "[secure]", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (policy_tagged(cases[i].subject, cases[i].tag) != cases[i].tagged)
            fail_msg("“%s” “%s”", cases[i].subject, cases[i].tag);
}

static void a_mistake_names_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line, *about;
    } cases[] = {
        {"[policy \"a\"]\nrecipient-domain = x.example\n", "test.conf:1:", "action"},
        {"[policy \"a\"]\naction = clear\n", "test.conf:2:", "clear"},
        {"[policy \"a\"]\naction = seal\naction = pass\n", "test.conf:3:", "second"},
        {"[policy \"a\"]\naction = seal\nrecipient = x\n", "test.conf:3:", "recipient"},
        {"[policy \"a\"]\nrecipient-domain = a..b\naction = pass\n", "test.conf:2:", ""},
        {"[policy \"a\"]\nrecipient-domain = a.example,,b.example\naction = pass\n",
         "test.conf:2:", "empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct why why = {""};
        if (read_rules(cases[i].text, &why) != ST_BAD ||
            strncmp(why.text, cases[i].line, strlen(cases[i].line)) != 0 ||
            strstr(why.text, cases[i].about) == NULL)
            fail_msg("case %zu: %s", i, why.text);
        forget();
    }
}

static void without_rules_everything_is_sealed(void **state)
{
    (void)state;
    struct why why;
    const struct policy_question question = {"hello", "agency.example"};
    assert_int_equal(read_rules("", &why), ST_OK);
    assert_int_equal(policy_action(policy_decide(policy, &question)), POLICY_SEAL);
    forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_fits_decides),
        cmocka_unit_test(tags_are_seen_in_any_case_and_behind_reply_marks),
        cmocka_unit_test(a_mistake_names_its_line),
        cmocka_unit_test(without_rules_everything_is_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
