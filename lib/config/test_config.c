/* SPDX-License-Identifier: Apache-2.0
 * config: what is read, what is refused and in which line. */
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "settings.h"

static struct config *parsed(const char *text)
{
    struct config *config = NULL;
    struct why why = {""};
    if (config_parse(bytes_text(text), "test.conf", &config, &why) != ST_OK)
        fail_msg("%s", why.text);
    return config;
}

static void values_are_read_by_kind(void **state)
{
    (void)state;
    struct config *config = parsed("[district]\n"
                                   "name = example.org   ; not part of it\n"
                                   "portal = https://mail.example.org:8443\n"
                                   "lifetime = 2 weeks\n"
                                   "[gateway]\r\n"
                                   "relay = [::1]:26\r\n"
                                   "max-size = 25M\r\n"
                                   "workers: 7\r\n"
                                   "bare-line-ends = keep\r\n"
                                   "[portal]\n"
                                   "secure-cookies = no");
    assert_string_equal(config_text(config, "district", "name"), "example.org");
    assert_string_equal(config_text(config, "district", "portal"), "https://mail.example.org:8443");
    assert_int_equal(config_duration(config, "district", "lifetime"), 14 * 24 * 3600);
    assert_string_equal(config_text(config, "gateway", "relay"), "[::1]:26");
    assert_int_equal(config_number(config, "gateway", "max-size"), 25 * 1024 * 1024);
    assert_int_equal(config_number(config, "gateway", "workers"), 7);
    assert_string_equal(config_text(config, "gateway", "bare-line-ends"), "keep");
    assert_false(config_switch(config, "portal", "secure-cookies"));
    assert_string_equal(config_name(config), "test.conf");
    config_free(config);
}

static void what_is_not_given_has_its_default_or_nothing(void **state)
{
    (void)state;
    struct config *config = parsed("\xef\xbb\xbf# only a comment\n");
    assert_string_equal(config_text(config, "district", "name"), "");
    assert_int_equal(config_duration(config, "accounts", "session-idle"), 1800);
    assert_true(config_switch(config, "portal", "secure-cookies"));
    assert_int_equal(config_count(config, "keyserver", "allow-user"), 0);
    assert_int_equal(config_count(config, "gateway", "listen"), 1);
    config_free(config);
}

static void a_list_goes_on_by_comma_line_and_indentation(void **state)
{
    (void)state;
    struct config *config = parsed("[gateway]\n"
                                   "listen = 127.0.0.1:1 , unix:/a b,\n"
                                   "   127.0.0.1:3\n"
                                   "# between\n"
                                   "\n"
                                   "\t127.0.0.1:4, ,127.0.0.1:5\n"
                                   "relay = 127.0.0.1:9\n"
                                   "listen = 127.0.0.1:6\n");
    static const char *const expected[] = {"127.0.0.1:1", "unix:/a b",   "127.0.0.1:3",
                                           "127.0.0.1:4", "127.0.0.1:5", "127.0.0.1:6"};
    assert_int_equal(config_count(config, "gateway", "listen"), 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(config_item(config, "gateway", "listen", i), expected[i]);
    config_free(config);
}

static void rules_keep_their_order_and_their_lines(void **state)
{
    (void)state;
    size_t count;
    struct config *config = parsed("[policy \"tag\"]\n"
                                   "subject-tag = Secure:, [secure]\n"
                                   "  Geheim:\n"
                                   "action = seal\n"
                                   "[policies]\n"
                                   "default = pass\n"
                                   "[policy \"a b\"]\n"
                                   "[policy \"last\"]\n"
                                   "any-key = any value\n");
    const struct config_rule *rules = config_rules(config, &count);
    assert_int_equal(count, 3);
    assert_string_equal(rules[0].name, "tag");
    assert_int_equal(rules[0].line, 1);
    assert_int_equal(rules[0].count, 3);
    assert_string_equal(rules[0].entries[0].value, "Secure:, [secure]");
    assert_string_equal(rules[0].entries[1].key, "subject-tag");
    assert_string_equal(rules[0].entries[1].value, "Geheim:");
    assert_int_equal(rules[0].entries[2].line, 4);
    assert_string_equal(rules[1].name, "a b");
    assert_int_equal(rules[1].count, 0);
    assert_string_equal(rules[2].entries[0].value, "any value");
    assert_int_equal(rules[2].entries[0].line, 9);
    config_free(config);
}

struct refusal {
    const char *text;
    unsigned line;
    const char *reason; /* part of it */
};

#define LONG50 "12345678901234567890123456789012345678901234567890"

static const struct refusal refusals[] = {
    {"[gatway]\nlisten = 127.0.0.1:1\n", 1, "no such section"},
    {"\n[gatway]\n", 2, "no such section"},
    {"[gateway]\n\n# x\nlistn = 127.0.0.1:1\n", 4, "no such key"},
    {"[gateway]\nname = x\n", 2, "no such key"},
    {"[gateway]\nrelay = 127.0.0.1:1\nworkers=2\nrelay = 127.0.0.1:2\n", 4, "given before"},
    {"[gateway]\nrelay = 127.0.0.1:1\n[portal]\n[gateway]\nrelay = 127.0.0.1:2\n", 5, "before"},
    {"[district]\nhelp = one\n  two\n", 3, "given before"},
    {"[gateway]\n  listen = 127.0.0.1:1\n", 2, "continues"},
    {"  [gateway]\n", 1, "continues"},
    {"name = x\n", 1, "in no section"},
    {"[gateway]\nlisten\n[portal]\n", 2, "key = value"},
    {"[gateway]\nlisten\n  [policy \"a\"]\nx = y\n", 3, "continues"},
    {"[gateway\nlisten = 127.0.0.1:1\n", 1, "[name]"},
    {"[gateway] x\n", 1, "[name]"},
    {"[" LONG50 "]\n", 1, "too long"},
    {"[policy \"" LONG50 "\"]\n", 1, "too long"},
    {"[policy name]\n", 1, "no such section"},
    {"[policy \"\"]\n", 1, "policy \"name\""},
    {"[policy \"a\"b\"]\n", 1, "policy \"name\""},
    {"[policy \"a\"]\nx=1\n[policy \"b\"]\nx=1\n[policy \"a\"]\nx=1\n", 5, "above"},
    {"[policy \"a\"]\n[policy \"a\"]\n", 2, "above"},
    {"[policy \"a\"]\nx =\n", 2, "empty"},
    {"[policy \"a\"]\n" LONG50 " = x\n", 2, "too long"},
    {"[district]\nname = " LONG50 LONG50 LONG50 LONG50 "\n", 2, "too long"},
    {"[district]\nname = \xff\n", 2, "UTF-8"},
    {"[district]\n\v[policy \"a\"]\nx = y\n", 2, "UTF-8"},
    {"[district]\n\fname = a\n", 2, "UTF-8"},
    {"[district]\nname = a\rb\n", 2, "UTF-8"},
    {"[district]\nname = a\tb\n", 2, "control"},
    {"[district]\nname =\n", 2, "empty"},
    {"[gateway]\nlisten = ,\n", 2, "empty"},
    {"[gateway]\nworkers = 0\n", 2, "between 1 and 512"},
    {"[gateway]\nworkers = 513\n", 2, "between 1 and 512"},
    {"[gateway]\nworkers = +4\n", 2, "digits"},
    {"[gateway]\nworkers = 04\n", 2, "digits"},
    {"[gateway]\nworkers = 4 # four\n", 2, "digits"},
    {"[gateway]\nmax-size = 25 MB\n", 2, "25M"},
    {"[gateway]\nmax-size = 99999999999999999999G\n", 2, "25M"},
    {"[gateway]\nmax-size = 18014398509481985K\n", 2, "25M"},
    {"[gateway]\nmax-size = 10\n", 2, "between"},
    {"[portal]\nspool-time = 1\n", 2, "90 days"},
    {"[portal]\nspool-time = 1 fortnight\n", 2, "90 days"},
    {"[portal]\nspool-time = 59 seconds\n", 2, "between 60"},
    {"[portal]\nsecure-cookies = Yes\n", 2, "yes or no"},
    {"[gateway]\nbare-line-ends = drop\n", 2, "none of: reject keep"},
    {"[gateway]\nbare-line-ends = reject keep\n", 2, "none of"},
    {"[keyserver]\nmaster = master\n", 2, "absolute"},
    {"[gateway]\nrelay = localhost:25\n", 2, "unix:/path"},
    {"[gateway]\nrelay = 127.0.0.1\n", 2, "unix:/path"},
    {"[gateway]\nrelay = 127.0.0.1:65536\n", 2, "unix:/path"},
    {"[gateway]\nrelay = ::1:25\n", 2, "unix:/path"},
    {"[gateway]\nrelay = unix:run\n", 2, "unix:/path"},
    {"[gateway]\nrelay = unix:/" LONG50 LONG50 "\n", 2, "unix:/path"},
    {"[gateway]\nlisten = 127.0.0.1:1, 127.0.0.1\n", 2, "unix:/path"},
    {"[district]\nportal = http://mail.example.org\n", 2, "loopback"},
    {"[district]\nportal = https://mail.example.org/\n", 2, "https://host"},
    {"[district]\nportal = https://a@mail.example.org\n", 2, "https://host"},
    {"[district]\nportal = https://:1\n", 2, "https://host"},
    {"[district]\nportal = https://x:0\n", 2, "https://host"},
    {"[district]\nportal = ftp://x\n", 2, "https://host"},
};

static void mistakes_are_named_with_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct config *config = NULL;
        struct why why = {""};
        char place[32];
        snprintf(place, sizeof place, "test.conf:%u: ", refusals[i].line);
        assert_int_equal(config_parse(bytes_text(refusals[i].text), "test.conf", &config, &why),
                         ST_BAD);
        assert_null(config);
        if (strncmp(why.text, place, strlen(place)) != 0 ||
            strstr(why.text, refusals[i].reason) == NULL)
            fail_msg("%s\n→ %s\nwanted %s %s", refusals[i].text, why.text, place,
                     refusals[i].reason);
    }
}

static void a_line_has_its_longest_length(void **state)
{
    (void)state;
    char text[300] = "[district]\nname = ";
    struct config *config = NULL;
    struct why why;
    size_t line = strlen("[district]\n");
    memset(text + strlen(text), 'x', CONFIG_LINE_MAX - strlen("name = "));
    assert_int_equal(strlen(text) - line, CONFIG_LINE_MAX);
    config_free(parsed(text));
    text[line + CONFIG_LINE_MAX] = 'x';
    assert_int_equal(config_parse(bytes_text(text), "test.conf", &config, &why), ST_BAD);
}

static void a_nul_is_refused(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct why why;
    assert_int_equal(
        config_parse(BYTES_LITERAL("[district]\nname = a\0b\n"), "test.conf", &config, &why),
        ST_BAD);
    assert_non_null(strstr(why.text, "test.conf:2"));
}

static void loopback_needs_no_tls(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[district]\nportal = http://127.0.0.1:8080\n",
        "[district]\nportal = http://localhost\n",
        "[district]\nportal = http://[::1]:80\n",
        "[district]\nportal = https://[::1]\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        config_free(parsed(texts[i]));
}

static void durations_and_sizes_have_their_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } durations[] = {
        {"90 seconds", 90}, {"90s", 90},           {"1 minute", 60},      {"2 hours", 7200},
        {"1 day", 86400},   {"3d", 3 * 86400},     {"1 week", 604800},    {"10m", 600},
        {"1 hour", 3600},   {"5 minutes", 5 * 60}, {"7 days", 7 * 86400},
    };
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, "[portal]\nspool-time = %s\n", durations[i].text);
        struct config *config = parsed(text);
        assert_int_equal(config_duration(config, "portal", "spool-time"), durations[i].seconds);
        config_free(config);
    }
    struct config *config = parsed("[gateway]\nmax-size = 2G\n[portal]\nmax-upload = 100000\n");
    assert_int_equal(config_number(config, "gateway", "max-size"), UINT64_C(2) << 30);
    assert_int_equal(config_number(config, "portal", "max-upload"), 100000);
    config_free(config);
}

static void a_missing_setting_is_named(void **state)
{
    (void)state;
    static const char *const needed[] = {"gateway relay", "district name", NULL};
    struct why why;
    struct config *config = parsed("[log]\ndebug = no\n");
    assert_int_equal(config_need(config, needed, &why), ST_BAD);
    assert_string_equal(why.text, "test.conf: [district] name is missing");
    config_free(config);
    config = parsed("[district]\nname = x\n");
    assert_int_equal(config_need(config, needed, &why), ST_OK);
    config_free(config);
}

/* A web server in front speaks for many visitors; it is believed on a Unix socket only. */
static void secure_cookies_need_a_unix_socket(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum status status;
    } doors[] = {
        {"[log]\ndebug = no\n", ST_OK}, /* the defaults */
        {"[portal]\nlisten = unix:/run/p.sock\n", ST_OK},
        {"[portal]\nlisten = unix:/run/p.sock\nsecure-cookies = no\n", ST_OK},
        {"[portal]\nlisten = 127.0.0.1:8080\nsecure-cookies = no\n", ST_OK},
        {"[portal]\nlisten = 127.0.0.1:8080\n", ST_BAD},
        {"[portal]\nlisten = [::1]:8080\nsecure-cookies = yes\n", ST_BAD},
    };
    for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++) {
        struct config *config = parsed(doors[i].text);
        struct why why = {""};
        assert_int_equal(config_check_door(config, &why), doors[i].status);
        assert_int_equal(strstr(why.text, "[portal] listen") != NULL, doors[i].status == ST_BAD);
        config_free(config);
    }
}

static void the_table_keeps_its_own_rules(void **state)
{
    (void)state;
    size_t count;
    const struct config_setting *settings = config_settings(&count);
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        const struct config_setting *setting = &settings[i];
        struct why why = {""};
        assert_ptr_equal(settings_find(setting->section, setting->key), setting);
        assert_true(setting->help[0] != '\0' && setting->help[strlen(setting->help) - 1] == '.');
        assert_true(strlen(setting->key) < 50);
        assert_int_equal(setting->choices != NULL, setting->kind == CONFIG_CHOICE);
        if (setting->fallback != NULL && settings_check(setting, setting->fallback, &why) != ST_OK)
            fail_msg("[%s] %s: its default: %s", setting->section, setting->key, why.text);
        if (setting->kind == CONFIG_NUMBER || setting->kind == CONFIG_SIZE ||
            setting->kind == CONFIG_DURATION)
            assert_true(setting->min < setting->max && setting->fallback != NULL);
        /* The arrays of a config have room for four items of a default. */
        assert_null(setting->fallback == NULL ? NULL : strchr(setting->fallback, ','));
    }
}

static void files_are_read_and_their_absence_is_told_apart(void **state)
{
    (void)state;
    char path[] = "/tmp/test_config.XXXXXX";
    struct config *config = NULL;
    struct why why;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "[log]\ndebug = yes\n", 18), 18);
    close(fd);
    assert_int_equal(config_read(path, &config, &why), ST_OK);
    assert_true(config_switch(config, "log", "debug"));
    assert_string_equal(config_name(config), path);
    config_free(config);
    unlink(path);
    assert_int_equal(config_read(path, &config, &why), ST_NONE);

    char *large = malloc(CONFIG_FILE_MAX + 1);
    memset(large, '\n', CONFIG_FILE_MAX + 1);
    assert_int_equal(config_parse((struct bytes){(uint8_t *)large, CONFIG_FILE_MAX + 1},
                                  "test.conf", &config, &why),
                     ST_LIMIT);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_by_kind),
        cmocka_unit_test(what_is_not_given_has_its_default_or_nothing),
        cmocka_unit_test(a_list_goes_on_by_comma_line_and_indentation),
        cmocka_unit_test(rules_keep_their_order_and_their_lines),
        cmocka_unit_test(mistakes_are_named_with_their_line),
        cmocka_unit_test(a_line_has_its_longest_length),
        cmocka_unit_test(a_nul_is_refused),
        cmocka_unit_test(loopback_needs_no_tls),
        cmocka_unit_test(durations_and_sizes_have_their_units),
        cmocka_unit_test(a_missing_setting_is_named),
        cmocka_unit_test(secure_cookies_need_a_unix_socket),
        cmocka_unit_test(the_table_keeps_its_own_rules),
        cmocka_unit_test(files_are_read_and_their_absence_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
