/* SPDX-License-Identifier: Apache-2.0
 * gateway: tests of the carrier mail's header: what stays, what is supplied, what never gets out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "wrap.h"

#define UNIQUE "0123456789abcdef0123456789abcdef"
#define NOW 1795484992 /* Tue, 24 Nov 2026 01:49:52 +0000 (date -ud @1795484992) */

static const struct notice_settings settings = {
    .organisation = "Commonwealth of Example",
    .portal = "https://securemail.example.org",
    .host = "securemail.example.org",
    .help = "help@example.org",
};
static const struct notice_letter words = {"Dana", "dana@agency.example", "bob@example.org",
                                           "21 February 2027"};
static struct notices *notices;

static int set_up(void **state)
{
    struct config *config = NULL;
    struct why why;
    (void)state;
    bool ready = config_parse(BYTES_NONE, "test", &config, &why) == ST_OK &&
                 notices_read(config, &notices, &why) == ST_OK;
    config_free(config);
    return ready ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    notices_free(notices);
    return 0;
}

/* The header that a letter with this header gets outside. */
static void wrap_header(const char *letter, const char *sender, struct buffer *out)
{
    struct wrap wrap = {.notice = notices_for(notices, words.recipient),
                        .settings = &settings,
                        .words = &words,
                        .sender = sender,
                        .host_name = "gateway.example",
                        .unique = UNIQUE,
                        .now = NOW};
    struct smtp_body_settings body_settings = {.directory = "/tmp", .random_fill = NULL};
    struct smtp_body *body = smtp_body_new(&body_settings);
    struct look look;
    assert_int_equal(smtp_body_add(body, bytes_text(letter)), ST_OK);
    assert_int_equal(look_at(&look, body, sender), ST_OK);
    wrap.look = &look;
    buffer_init(out, WRAP_MAX);
    assert_int_equal(wrap_begin(&wrap, out), ST_OK);
    out->n = bytes_find(buffer_bytes(out), BYTES_LITERAL("MIME-Version"));
    look_done(&look);
    smtp_body_free(body);
}

#define OURS                                                                                       \
    "Received: by gateway.example with LMTP id " UNIQUE ";\r\n Tue, 24 Nov 2026 01:49:52 +0000\r\n"
#define DATE "Date: Tue, 24 Nov 2026 01:49:52 +0000\r\n"
#define ID "Message-ID: <" UNIQUE "@gateway.example>\r\n"
#define NOBODY "To: undisclosed-recipients:;\r\n"

static void fields_are_kept_or_supplied(void **state)
{
    (void)state;
    static const struct {
        const char *letter, *sender, *expected;
    } table[] = {
        /* RFC 5322 appendix A.1.1 */
        {"From: John Doe <jdoe@machine.example>\r\nTo: Mary Smith <mary@example.net>\r\n"
         "Subject: Saying Hello\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\n"
         "Message-ID: <1234@local.machine.example>\r\n\r\n",
         "jdoe@machine.example",
         OURS "From: John Doe <jdoe@machine.example>\r\nTo: Mary Smith <mary@example.net>\r\n"
              "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n"
              "Message-ID: <1234@local.machine.example>\r\nSubject: Saying Hello\r\n"},
        {"\r\n", "dana@agency.example", OURS "From: <dana@agency.example>\r\n" NOBODY DATE ID},
        {"\r\n", "",
         OURS "From: Mail Delivery System <MAILER-DAEMON@gateway.example>\r\n" NOBODY DATE ID},
        /* what is there but can't be read is replaced */
        {"From: nobody\r\nTo:\r\nDate: yesterday\r\nMessage-ID: 1234\r\n\r\n",
         "dana@agency.example", OURS "From: <dana@agency.example>\r\n" NOBODY DATE ID},
        {"Date: 1 Jan 2026\r\nMessage-ID: <a b@c>\r\nFrom: a@b\r\nCc: c@d\r\n\r\n", "a@b",
         OURS "From: a@b\r\n" DATE ID "Cc: c@d\r\n"},
        {"Date: 1 Jan 2026 00:00 +0100 (CET)\r\nMessage-ID: <a@b>\r\nFrom: a@b\r\nTo: c@d\r\n\r\n",
         "x@y",
         OURS
         "From: a@b\r\nTo: c@d\r\nDate: 1 Jan 2026 00:00 +0100 (CET)\r\nMessage-ID: <a@b>\r\n"},
        /* the first of each counts */
        {"From: a@b\r\nFrom: c@d\r\nTo: e@f\r\nTo: g@h\r\nSubject: 1\r\nSubject: 2\r\n\r\n", "x@y",
         OURS "From: a@b\r\nTo: e@f\r\n" DATE ID "Subject: 1\r\n"},
        /* hops are counted, not told; nothing else gets out */
        {"Received: from inside (10.1.2.3) by mail; x\r\nReceived: from desk\r\nFrom: a@b\r\n"
         "To: c@d\r\nBcc: hidden@h\r\nDKIM-Signature: v=1\r\nX-Mailer: x\r\n"
         "Content-Type: text/plain\r\nReturn-Path: <a@b>\r\n\r\n",
         "x@y",
         OURS "Received: (sealed inside); Tue, 24 Nov 2026 01:49:52 +0000\r\n"
              "Received: (sealed inside); Tue, 24 Nov 2026 01:49:52 +0000\r\n"
              "From: a@b\r\nTo: c@d\r\n" DATE ID},
        /* raw bytes become words (printf 'Jørn' | base64) */
        {"From: J\xf8rn <a@b>\r\nTo: c@d\r\nSubject: J\xc3\xb8rn\r\n\r\n", "x@y",
         OURS "From: =?utf-8?B?SsO4cm4=?= <a@b>\r\nTo: c@d\r\n" DATE ID
              "Subject: =?utf-8?B?SsO4cm4=?=\r\n"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct buffer out;
        wrap_header(table[i].letter, table[i].sender, &out);
        assert_string_equal(buffer_text(&out), table[i].expected);
        buffer_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_kept_or_supplied),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
