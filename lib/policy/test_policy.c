/* SPDX-License-Identifier: Apache-2.0
 * policy: tests of the decisions, as a table of rules, letters and outcomes, and of every mistake a
 * rule can hold. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

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
        char recipient[300];
        snprintf(recipient, sizeof recipient, "bob@%s", table[i].domain);
        struct policy_question question = {
            .subject = bytes_text(table[i].subject), .sender = "", .recipient = recipient};
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

static const struct {
    const char *rules, *why;
} mistakes[] = {
    {"[policy \"x\"]\nrecipient-domain = a.test\n", "test.conf:1:1: policy “x”: no action"},
    {"[policy \"x\"]\naction = pass\n",
     "test.conf:1:1: policy “x”: no condition: it would decide for every letter"},
    {"[policy \"x\"]\naction = pass\naction = seal\nrecipient-domain = a.test\n",
     "test.conf:3:10: policy “x”: a second action"},
    {"[policy \"x\"]\nrecipient-domain = a.test\naction = encrypt\n",
     "test.conf:3:10: policy “x”: the action is pass, seal, tls, tls-or-seal, refuse or refuse \"text\""},
    {"\n\n[policy \"x\"]\nreceiver = a.test\naction = pass\n",
     "test.conf:4:1: policy “x”: this is neither a condition nor “action”"},
    {"[policy \"x\"]\nrecipient-domain = a.test,,b.test\naction = pass\n",
     "test.conf:2:27: policy “x”: “” is not a domain (write international ones as xn--…)"},
    {"[policy \"x\"]\nrecipient-domain = a..test\naction = pass\n",
     "test.conf:2:20: policy “x”: “a..test” is not a domain (write international ones as xn--…)"},
    {"[policy \"x\"]\nrecipient-domain = @a.test\naction = pass\n",
     "test.conf:2:20: policy “x”: “@a.test” is not a domain (write international ones as xn--…)"},
    {"[policy \"x\"]\nrecipient-domain = b\xc3\xbc.test\naction = pass\n",
     "test.conf:2:20: policy “x”: “bü.test” is not a domain (write international ones as xn--…)"},
    {"[policy \"x\"]\nrecipient-domain = .\naction = pass\n",
     "test.conf:2:20: policy “x”: “.” is not a domain (write international ones as xn--…)"},
    {"[policy \"x\"]\nsubject-tag = secure\naction = seal\n",
     "test.conf:2:15: policy “x”: “secure” is not a subject tag: they look like Secure: or "
     "[secure]"},
    {"[policy \"x\"]\nrecipient-domain = a.test,\n    b.test, c d\naction = pass\n",
     "test.conf:3:13: policy “x”: “c d” is not a domain (write international ones as xn--…)"},
    {"[policy \"x\"]\nrecipient = a.test\naction = pass\n",
     "test.conf:2:13: policy “x”: “a.test” is not an address"},
    {"[policy \"x\"]\nsender-group = members\naction = pass\n",
     "test.conf:2:16: policy “x”: “members” is not an absolute path"},
    {"[policy \"x\"]\nsensitivity = secret\naction = seal\n",
     "test.conf:2:15: policy “x”: “secret” is not personal, private or company-confidential"},
    {"[policy \"x\"]\nlarger-than = 10 MB\naction = seal\n",
     "test.conf:2:15: policy “x”: “10 MB” is not a size: write 500K, 10M or 2G"},
    {"[policy \"x\"]\nheader = X Seal: yes\naction = seal\n",
     "test.conf:2:10: policy “x”: “X Seal: yes” is not a header field: write Name, or Name: "
     "text"},
    {"[policy \"x\"]\nlarger-than = 1M\naction = seal now\n",
     "test.conf:3:10: policy “x”: the action is pass, seal, tls, tls-or-seal, refuse or refuse "
     "\"text\""},
    {"[policy \"x\"]\nlarger-than = 1M\naction = refuse no quotes\n",
     "test.conf:3:10: policy “x”: write refuse, or refuse \"text\" of at most 120 ASCII "
     "characters"},
    {"[policy \"x\"]\nlarger-than = 1M\naction = refuse \"é\"\n",
     "test.conf:3:10: policy “x”: write refuse, or refuse \"text\" of at most 120 ASCII "
     "characters"},
    {"[policy \"x\"]\nlarger-than = 1M\nremove-tag = yes\naction = seal\n",
     "test.conf:1:1: policy “x”: remove-tag without a subject-tag"},
    {"[policy \"x\"]\nsubject-tag = a:\nremove-tag = perhaps\naction = seal\n",
     "test.conf:3:14: policy “x”: write yes or no"},
    {"[policy \"x\"]\nlarger-than = 1\naction = tls\n",
     "test.conf:1:1: policy “x”: this action needs one of tls-to and tls-transport"},
    {"[policy \"x\"]\nlarger-than = 1\naction = tls\ntls-to = a.b:25\ntls-transport = "
     "127.0.0.1:27\n",
     "test.conf:1:1: policy “x”: this action needs one of tls-to and tls-transport"},
    {"[policy \"x\"]\nlarger-than = 1\naction = seal\ntls-to = a.b:25\n",
     "test.conf:1:1: policy “x”: a way by TLS, but the action does not take it"},
    {"[policy \"x\"]\nlarger-than = 1\naction = tls\ntls-to = 192.0.2.1:25\n",
     "test.conf:1:1: policy “x”: tls-to is an address: the certificate's tls-name is needed"},
    {"[policy \"x\"]\nlarger-than = 1\naction = tls\ntls-to = a.b\n",
     "test.conf:4:10: policy “x”: write host:port, 192.0.2.1:port or [2001:db8::1]:port"},
    {"[policy \"x\"]\nlarger-than = 1\naction = tls\ntls-to = a b:25\n",
     "test.conf:4:10: policy “x”: write host:port, 192.0.2.1:port or [2001:db8::1]:port"},
    {"[policy \"x\"]\nlarger-than = 1\naction = tls\ntls-transport = 192.0.2.1:25\n",
     "test.conf:4:17: policy “x”: write unix:/path, 127.0.0.1:port or [::1]:port: it must be on "
     "this host"},
    {"[policy \"x\"]\nlarger-than = 1\naction = tls\ntls-transport = localhost:25\n",
     "test.conf:4:17: policy “x”: write unix:/path, 127.0.0.1:port or [::1]:port: it must be on "
     "this host"},
    {"[policy \"x\"]\nlarger-than = 1\naction = tls\ntls-transport = unix:/a\ntls-ca = /b\n",
     "test.conf:1:1: policy “x”: tls-name, tls-ca and tls-mode belong to tls-to"},
    {"[policy \"x\"]\nlarger-than = 1\naction = tls\ntls-to = a.b:25\ntls-name = *.b\n",
     "test.conf:5:12: policy “x”: write the DNS name that the certificate carries"},
    {"[policy \"x\"]\nlarger-than = 1\naction = tls\ntls-to = a.b:25\ntls-mode = may\n",
     "test.conf:5:12: policy “x”: write starttls or implicit"},
    {"[policy \"x\"]\nlarger-than = 1\naction = tls\ntls-to = a.b:25\ntls-to = c.d:25\n",
     "test.conf:5:10: policy “x”: a second tls-to"},
    {"[policy \"x\"]\nsubject-tag = []\naction = seal\n",
     "test.conf:2:15: policy “x”: “[]” is not a subject tag: they look like Secure: or [secure]"},
};

static void mistakes_are_named_with_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct why why = {""};
        assert_null(make(mistakes[i].rules, ST_BAD, &why));
        assert_string_equal(why.text, mistakes[i].why);
    }
}

/* --- each condition: letters for which it holds, and near misses --------------------------------
 */

static const char letter[] = "Received: by x\r\n"
                             "X-Class: open\r\n"
                             "x-class: =?utf-8?q?tr=C3=A8s?= SECRET\r\n"
                             " and more\r\n"
                             "Sensitivity: Company-Confidential\r\n"
                             "X-Empty:\r\n"
                             "\r\n"
                             "X-Body: not a field\r\n";

static char group_path[] = "/tmp/securemail-group-XXXXXX";

static int write_group(void **state)
{
    static const char text[] = "# people\r\n\r\n  Carol@Clinic.example \nJos\xc3\xa9@b\xc3\xbc"
                               "cher.example\ncourt.example\n.county.example";
    (void)state;
    int fd = mkstemp(group_path);
    return fd >= 0 && write(fd, text, sizeof text - 1) == sizeof text - 1 ? close(fd) : -1;
}

static int remove_group(void **state)
{
    (void)state;
    return unlink(group_path);
}

/* A rule of that condition alone ("GROUP" is the group's file), asked about the letter above. */
static void check_condition(const char *condition, struct policy_question question, bool expected)
{
    char rules[400];
    struct why why = {""};
    struct header *header = NULL;
    const char *group = strstr(condition, "GROUP");
    size_t length = group == NULL ? strlen(condition) : (size_t)(group - condition);
    snprintf(rules, sizeof rules, "[policy \"x\"]\n%.*s%s\naction = refuse \"No, sorry\"\n",
             (int)length, condition, group == NULL ? "" : group_path);
    struct policy *policy = make(rules, ST_OK, &why);
    assert_int_equal(header_read(BYTES_LITERAL(letter), true, &header), ST_OK);
    question.header = header;
    const struct policy_decision *decision = policy_decide(policy, &question);
    if ((policy_action(decision) == POLICY_REFUSE) != expected)
        fail_msg("%s: <%s> to <%s>", condition, question.sender, question.recipient);
    const char *fails = policy_fails(policy, 0, &question);
    assert_true((fails == NULL) == expected);
    if (expected)
        assert_string_equal(policy_refusal(decision), "No, sorry");
    else
        assert_memory_equal(fails, condition, strlen(fails));
    header_free(header);
    policy_free(policy);
}

static void each_condition_holds_where_it_should(void **state)
{
    (void)state;
    static const struct {
        const char *condition, *sender, *recipient;
        uint64_t size;
        bool holds;
    } table[] = {
        {"header = X-Class", "", "b@x.test", 0, true},
        {"header = x-CLASS: secret", "", "b@x.test", 0, true},
        {"header = X-Class: très secret and more", "", "b@x.test", 0, true},
        {"header = X-Class: secret  and", "", "b@x.test", 0, false},
        {"header = X-Class: open secret", "", "b@x.test", 0, false},
        {"header = X-Empty", "", "b@x.test", 0, true},
        {"header = X-Empty: x", "", "b@x.test", 0, false},
        {"header = X-Body", "", "b@x.test", 0, false},
        {"header = X-Clas", "", "b@x.test", 0, false},
        {"sensitivity = private, company-confidential", "", "b@x.test", 0, true},
        {"sensitivity = private", "", "b@x.test", 0, false},
        {"larger-than = 1K", "", "b@x.test", 1024, false},
        {"larger-than = 1K", "", "b@x.test", 1025, true},
        {"sender = A@X.test", "a@x.test", "b@x.test", 0, true},
        {"sender = a@x.test", "", "b@x.test", 0, false},
        {"sender = <>", "", "b@x.test", 0, true},
        {"sender = <>", "a@x.test", "b@x.test", 0, false},
        {"sender-domain = .test", "a@x.test", "b@y.example", 0, true},
        {"sender-domain = y.example", "a@x.test", "b@y.example", 0, false},
        {"sender-domain = x.test", "", "b@y.example", 0, false},
        {"recipient = c@x.test, B@x.test", "", "b@x.test", 0, true},
        {"recipient = bb@x.test", "", "b@x.test", 0, false},
        {"recipient-group = GROUP", "", "carol@clinic.example", 0, true},
        {"recipient-group = GROUP", "", "dave@clinic.example", 0, false},
        {"recipient-group = GROUP", "", "josé@xn--bcher-kva.example", 0, true},
        {"recipient-group = GROUP", "", "jose@xn--bcher-kva.example", 0, false},
        {"recipient-group = GROUP", "", "dave@court.example", 0, true},
        {"recipient-group = GROUP", "", "dave@a.court.example", 0, false},
        {"recipient-group = GROUP", "", "dave@a.b.county.example", 0, true},
        {"recipient-group = GROUP", "", "dave@county.example", 0, false},
        {"recipient-group = GROUP", "", "dave@mycounty.example", 0, false},
        {"sender-group = GROUP", "eve@court.example", "b@x.test", 0, true},
        {"sender-group = GROUP", "", "b@court.example", 0, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct policy_question question = {
            .size = table[i].size, .sender = table[i].sender, .recipient = table[i].recipient};
        check_condition(table[i].condition, question, table[i].holds);
    }
}

static void a_group_with_a_mistake_is_named_with_its_line(void **state)
{
    (void)state;
    struct why why = {""};
    char rules[400], expected[400];
    int fd = open(group_path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "\nnot a domain\n", 14), 14);
    close(fd);
    snprintf(rules, sizeof rules, "[policy \"x\"]\nrecipient-group = %s\naction = seal\n",
             group_path);
    assert_null(make(rules, ST_BAD, &why));
    snprintf(expected, sizeof expected,
             "test.conf:2:19: policy “x”: %s:7: neither an address nor a domain: A-", group_path);
    assert_memory_equal(why.text, expected, strlen(expected));
    assert_null(
        make("[policy \"x\"]\nrecipient-group = /no/such/file\naction = seal\n", ST_BAD, &why));
}

static void what_a_rule_does_besides(void **state)
{
    (void)state;
    struct why why = {""};
    struct policy *policy =
        make("[policy \"x\"]\nsubject-tag = Secure:, [s]\nremove-tag = yes\naction = tls-or-seal\n"
             "tls-to = mx.x.test:25\n"
             "outer-subject = Eine sichere Nachricht\n[policies]\ndefault = seal\n",
             ST_OK, &why);
    struct policy_question question = {
        .subject = BYTES_LITERAL("Re: a [S] b"), .sender = "", .recipient = "b@x.test"};
    const struct policy_decision *decision = policy_decide(policy, &question);
    assert_int_equal(policy_action(decision), POLICY_TLS_OR_SEAL);
    assert_true(bytes_equal(policy_remove_tag(decision, question.subject), BYTES_LITERAL("[s]")));
    assert_string_equal(policy_outer_subject(decision), "Eine sichere Nachricht");
    assert_null(policy_refusal(decision));
    assert_string_equal(policy_route(decision)->to, "mx.x.test:25");
    assert_string_equal(policy_route(decision)->name, "mx.x.test");
    assert_null(policy_route(decision)->transport);
    question.subject = BYTES_LITERAL("plain");
    decision = policy_decide(policy, &question);
    assert_string_equal(policy_rule(decision), "default");
    assert_int_equal(policy_remove_tag(decision, BYTES_LITERAL("Secure: x")).n, 0);
    assert_null(policy_outer_subject(decision));
    assert_null(policy_route(decision));
    assert_true(policy_has(policy, POLICY_TLS_OR_SEAL) && policy_has(policy, POLICY_SEAL));
    assert_false(policy_has(policy, POLICY_TLS) || policy_has(policy, POLICY_PASS));
    policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_the_default_decides),
        cmocka_unit_test(the_first_rule_that_holds_decides),
        cmocka_unit_test(all_kinds_of_conditions_must_hold),
        cmocka_unit_test(mistakes_are_named_with_their_line),
        cmocka_unit_test(each_condition_holds_where_it_should),
        cmocka_unit_test(a_group_with_a_mistake_is_named_with_its_line),
        cmocka_unit_test(what_a_rule_does_besides),
    };
    return cmocka_run_group_tests(tests, write_group, remove_group);
}
