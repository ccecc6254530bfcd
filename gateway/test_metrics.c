/* SPDX-License-Identifier: Apache-2.0
 * gateway: what is counted is shown, by several processes at once, in a form that Prometheus reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "metrics.h"

static bool shows(const struct metrics *metrics, const char *line)
{
    struct buffer text;
    char wanted[200];
    buffer_init(&text, 65536);
    assert_int_equal(metrics_write(metrics, &text), ST_OK);
    snprintf(wanted, sizeof wanted, "\nsecuremail_gateway_%s\n", line);
    bool found = bytes_find(buffer_bytes(&text), bytes_text(wanted)) < text.n;
    buffer_done(&text);
    return found;
}

static void what_happens_is_counted(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(1795000000);
    const struct smtp_reply taken = smtp_reply_make(250, "2.0.0", "ok"),
                            later = smtp_reply_make(451, "4.3.0", "later"),
                            refused = smtp_reply_make(550, "5.7.1", "no");
    struct params params = {.serial = 7, .not_after = 1800000000};
    assert_true(shows(metrics, "recipients_total{action=\"none\",outcome=\"refused\"} 0"));
    metrics_recipient(metrics, NULL, &refused, 0);
    metrics_recipient(metrics, NULL, &later, 3);
    metrics_recipient(metrics, NULL, &later, 250000);
    metrics_recipient(metrics, NULL, &taken, 20);
    metrics_letter(metrics, 1000);
    metrics_letter(metrics, 1001);
    metrics_event(metrics, METRICS_RELAY_FAILED);
    metrics_parameters(metrics, &params);
    assert_true(shows(metrics, "recipients_total{action=\"none\",outcome=\"refused\"} 1"));
    assert_true(shows(metrics, "recipients_total{action=\"none\",outcome=\"deferred\"} 2"));
    assert_true(shows(metrics, "recipients_total{action=\"none\",outcome=\"relayed\"} 1"));
    assert_true(shows(metrics, "recipients_total{action=\"tls-or-seal\",outcome=\"relayed\"} 0"));
    assert_true(shows(metrics, "relay_failures_total 1"));
    assert_true(shows(metrics, "letter_bytes_bucket{le=\"1000\"} 1"));
    assert_true(shows(metrics, "letter_bytes_bucket{le=\"10000\"} 2"));
    assert_true(shows(metrics, "letter_bytes_bucket{le=\"+Inf\"} 2"));
    assert_true(shows(metrics, "letter_bytes_sum 2001"));
    assert_true(shows(metrics, "recipient_seconds_bucket{le=\"0.001\"} 1"));
    assert_true(shows(metrics, "recipient_seconds_bucket{le=\"0.005\"} 2"));
    assert_true(shows(metrics, "recipient_seconds_bucket{le=\"0.02\"} 3"));
    assert_true(shows(metrics, "recipient_seconds_bucket{le=\"100\"} 3"));
    assert_true(shows(metrics, "recipient_seconds_count 4"));
    assert_true(shows(metrics, "recipient_seconds_sum 250.023"));
    assert_true(shows(metrics, "parameters_serial 7"));
    assert_true(shows(metrics, "parameters_end_timestamp_seconds 1800000000"));
    assert_true(shows(metrics, "start_timestamp_seconds 1795000000"));
    metrics_free(metrics);
}

static void processes_count_together(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(0);
    for (int i = 0; i < 4; i++) {
        pid_t child = fork();
        if (child == 0) {
            for (int k = 0; k < 10000; k++)
                metrics_event(metrics, METRICS_CONNECTION);
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++)
        assert_true(wait(NULL) > 0);
    assert_true(shows(metrics, "connections_total 40000"));
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happens_is_counted),
        cmocka_unit_test(processes_count_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
