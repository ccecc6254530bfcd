/* SPDX-License-Identifier: Apache-2.0
 * gateway (tests): a gateway between two mail servers. */
#include "test_post.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"
#include "journal.h"
#include "random.h"

/* The canary, and how it looks in base64 (RFC 4648) at each of its three places. */
static const char *const canaries[] = {CANARY, "Y2FuYXJ5LTdReDJtV3o5LWNhbmFye",
                                       "NhbmFyeS03UXgybVd6OS1jYW5hcn",
                                       "jYW5hcnktN1F4Mm1XejktY2FuYXJ5"};

static const char rules[] = "[policy \"friends\"]\n"
                            "recipient-domain = friend.example\n"
                            "action = pass\n"
                            "[policy \"never\"]\n"
                            "recipient-domain = rival.example\n"
                            "action = refuse\n"
                            "[policies]\n"
                            "default = seal\n";

struct all all;

/* --- a gateway between two mail servers ------------------------------------------------------- */

int post_set_up(void **state)
{
    struct why why;
    (void)state;
    memset(&all, 0, sizeof all);
    (void)snprintf(all.folder, sizeof all.folder, "/tmp/securemail-letter-XXXXXX");
    if (mkdtemp(all.folder) == NULL)
        return -1;
    hop_start(&all.hop, all.folder);

    /* Parameters that are valid whenever the test is run. */
    struct gateway *gateway = &all.gateway;
    all.district = district_new();
    gateway->params = *master_params(all.district->master);
    gateway->params.not_before = 0;
    gateway->params.not_after = INT64_MAX;
    gateway->sender = all.district->sender;
    gateway->key = all.district->key;
    gateway->lifetime = 90 * 86400;
    gateway->host_name = "gateway.example";
    gateway->relay =
        (struct relay_settings){.where = all.hop.where, .host_name = gateway->host_name};
    gateway->notice = (struct notice_settings){"Agency", "https://portal.example", "portal.example",
                                               "help@agency.example"};
    if (config_parse(BYTES_LITERAL(rules), "rules", &gateway->config, &why) != ST_OK ||
        policy_read(gateway->config, &gateway->policy, &why) != ST_OK ||
        notices_read(gateway->config, &gateway->notices, &why) != ST_OK)
        return -1;

    all.server = (struct smtp_server_settings){
        .flavour = SMTP_FLAVOUR_LMTP,
        .line_ends = SMTP_LINE_ENDS_REJECT,
        .host_name = gateway->host_name,
        .size_max = 8u << 20,
        .recipients_max = 10,
        .command_timeout_ms = 20000,
        .letter_timeout_ms = 20000,
        .stop_fd = -1,
        .body = {.directory = all.folder, .random_fill = random_fill},
        .refused = journal_refusal,
    };
    all.post = (struct post){.gateway = gateway,
                             .server = &all.server,
                             .relay = relay_new(&gateway->relay),
                             .poison = poison_new(1, 3)};
    buffer_init(&all.input, 16u << 20);
    buffer_init(&all.replies, 10000);
    return 0;
}

void end_relay(void)
{
    relay_free(all.post.relay);
    all.post.relay = NULL;
    hop_stop(&all.hop);
}

int post_tear_down(void **state)
{
    (void)state;
    if (all.post.relay != NULL)
        end_relay();
    hop_done(&all.hop);
    poison_free(all.post.poison);
    notices_free(all.gateway.notices);
    policy_free(all.gateway.policy);
    config_free(all.gateway.config);
    district_free(all.district);
    buffer_done(&all.input);
    buffer_done(&all.replies);
    return rmdir(all.folder); /* nothing is left in it */
}

/* --- the mail server -------------------------------------------------------------------------- */

void offer(const char *recipients, size_t lines)
{
    struct bytes rest = bytes_text(recipients);
    (void)buffer_add_text(&all.input, "MAIL FROM:<dana@agency.example>\r\n");
    while (rest.n > 0) {
        struct bytes address = bytes_first(rest, bytes_index(rest, ' '));
        (void)buffer_add_format(&all.input, "RCPT TO:<%.*s>\r\n", (int)address.n,
                                (const char *)address.p);
        rest = bytes_from(rest, address.n + 1);
    }
    (void)buffer_add_text(&all.input, "DATA\r\nFrom: Dana <dana@agency.example>\r\n"
                                      "To: Alice <alice@mailbox.example>\r\nSubject: Statement\r\n"
                                      "Date: Tue, 24 Nov 2026 01:00:00 +0000\r\n\r\n");
    for (size_t i = 0; i < lines; i++)
        (void)buffer_add_format(&all.input, "%zu " CANARY "\r\n", i);
    (void)buffer_add_text(&all.input, ".\r\n");
}

static void *feed(void *context)
{
    const int *fd = context;
    return io_write_all(*fd, buffer_bytes(&all.input), io_deadline(20000)) == ST_OK ? context
                                                                                    : NULL;
}

static void shorten(int fd)
{
    static char text[60000];
    struct smtp_reply reply = {.code = 0};
    struct bytes rest, line;
    size_t n = 0, part = 0;
    bool last = false;
    while (io_read(fd, text + n, sizeof text - n, io_deadline(5000), &part) == ST_OK)
        n += part;
    rest = (struct bytes){(const uint8_t *)text, n};
    while (bytes_line(&rest, &line)) {
        assert_int_equal(smtp_reply_read(line, &reply, &last), ST_OK);
        if (!last)
            continue;
        (void)buffer_add_format(&all.replies, "%d%s%s|", reply.code, reply.enhanced[0] ? " " : "",
                                reply.enhanced);
        reply.code = 0;
    }
}

void serve(const char *replies)
{
    char wanted[1000];
    int pair[2];
    pthread_t feeding;
    (void)buffer_add_text(&all.input, "QUIT\r\n");
    assert_int_equal(buffer_check(&all.input), ST_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(pthread_create(&feeding, NULL, feed, &pair[0]), 0);
    (void)letter_serve(&all.post, pair[1], "192.0.2.1");
    (void)pthread_join(feeding, NULL);
    io_close(&pair[1]);
    shorten(pair[0]);
    io_close(&pair[0]);

    (void)snprintf(wanted, sizeof wanted, "220|250|%s221 2.0.0|", replies);
    assert_string_equal(buffer_text(&all.replies), wanted);
    buffer_clear(&all.input);
    buffer_clear(&all.replies);
}

void begin(void)
{
    (void)buffer_add_text(&all.input, "LHLO mail.example\r\n");
}

/* --- what the next hop has -------------------------------------------------------------------- */

static bool holds_canary(const struct buffer *bytes)
{
    for (size_t i = 0; i < COUNT(canaries); i++)
        if (bytes_find(buffer_bytes(bytes), bytes_text(canaries[i])) < bytes->n)
            return true;
    return false;
}

bool holds(const struct buffer *bytes, const char *text)
{
    return bytes_find(buffer_bytes(bytes), bytes_text(text)) < bytes->n;
}

void check_hop(const char *delivered)
{
    char got[1000] = "";
    end_relay();
    assert_false(holds_canary(&all.hop.rest));
    for (size_t i = 0; i < all.hop.count; i++) {
        const struct hop_letter *letter = &all.hop.letters[i];
        bool passed = strcmp(letter->recipients, "<" FRIEND "> ") == 0;
        size_t n = strlen(got);
        if (letter->whole)
            (void)snprintf(got + n, sizeof got - n, "%s", letter->recipients);
        assert_int_equal(buffer_check(&letter->bytes), ST_OK);
        if (!passed)
            assert_false(holds_canary(&letter->bytes));
        if (letter->whole && passed)
            assert_true(holds_canary(&letter->bytes));
        if (letter->whole && !passed)
            assert_true(holds(&letter->bytes, "END AGE ENCRYPTED FILE"));
    }
    assert_string_equal(got, delivered);
}
