/* SPDX-License-Identifier: Apache-2.0
 * smtp: tests of the server's dialogue: commands in, replies and letters out. Expectations are read
 * off RFC 5321 (codes: §4.2, order: §4.1.4, §4.3.2), RFC 2033 (LMTP), RFC 2034 and 3463 (enhanced
 * codes), RFC 6531 §3.5 (5.6.7), RFC 1870 (SIZE). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "test_peer.h"

/* --- what both flavours share, spoken in LMTP --------------------------------------------- */

static const struct test_dialogue lmtp[] = {
    {"a letter", LHLO MAIL RCPT LETTER QUIT, "250|250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|",
     "<a@x.example> to <b@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
    {"one reply per recipient", LHLO MAIL RCPT "RCPT TO:<later@y.example>\r\n" LETTER QUIT,
     "250|250 2.1.0|250 2.1.5|250 2.1.5|354|250 2.0.0|450 4.2.0|221 2.0.0|",
     "<a@x.example> to <b@y.example> <later@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
    {"two letters, one connection", LHLO MAIL RCPT LETTER MAIL RCPT2 LETTER QUIT,
     "250|250 2.1.0|250 2.1.5|354|250 2.0.0|250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|",
     "<a@x.example> to <b@y.example>: Subject: hi\r\n\r\nText\r\n;"
     "<a@x.example> to <c@y.example>: Subject: hi\r\n\r\nText\r\n;",
     ST_NONE},
    {"a notice has no sender", LHLO "MAIL FROM:<>\r\n" RCPT LETTER QUIT,
     "250|250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|",
     "<> to <b@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
    {"closing without QUIT", LHLO, "250|", "", ST_NONE},
    {"closing in a transaction", LHLO MAIL RCPT, "250|250 2.1.0|250 2.1.5|", "", ST_TEMP},
    {"closing inside the letter", LHLO MAIL RCPT "DATA\r\nText\r\n",
     "250|250 2.1.0|250 2.1.5|354|421 4.4.2|", "", ST_TEMP},
    {"closing before the last LF", LHLO MAIL RCPT "DATA\r\nText\r\n.\r",
     "250|250 2.1.0|250 2.1.5|354|421 4.4.2|", "", ST_TEMP},

    /* Order. */
    {"MAIL before LHLO", MAIL QUIT, "503 5.5.1|221 2.0.0|", "", ST_NONE},
    {"RCPT before MAIL", LHLO RCPT QUIT, "250|503 5.5.1|221 2.0.0|", "", ST_NONE},
    {"DATA before MAIL", LHLO "DATA\r\n" QUIT, "250|503 5.5.1|221 2.0.0|", "", ST_NONE},
    {"DATA before RCPT", LHLO MAIL "DATA\r\n" QUIT, "250|250 2.1.0|503 5.5.1|221 2.0.0|", "",
     ST_NONE},
    {"MAIL twice", LHLO MAIL MAIL RCPT LETTER QUIT,
     "250|250 2.1.0|503 5.5.1|250 2.1.5|354|250 2.0.0|221 2.0.0|",
     "<a@x.example> to <b@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
    {"RSET forgets the transaction", LHLO MAIL RCPT "RSET\r\n" RCPT QUIT,
     "250|250 2.1.0|250 2.1.5|250 2.0.0|503 5.5.1|221 2.0.0|", "", ST_NONE},
    {"RSET, then another letter", LHLO MAIL RCPT "RSET\r\n" MAIL RCPT2 LETTER QUIT,
     "250|250 2.1.0|250 2.1.5|250 2.0.0|250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|",
     "<a@x.example> to <c@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
    {"LHLO forgets the transaction", LHLO MAIL RCPT LHLO RCPT QUIT,
     "250|250 2.1.0|250 2.1.5|250|503 5.5.1|221 2.0.0|", "", ST_NONE},
    {"a letter ends its transaction", LHLO MAIL RCPT LETTER RCPT QUIT,
     "250|250 2.1.0|250 2.1.5|354|250 2.0.0|503 5.5.1|221 2.0.0|",
     "<a@x.example> to <b@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
    {"NOOP and VRFY anywhere", "NOOP\r\n" LHLO MAIL "NOOP x\r\nVRFY bob\r\n" RCPT QUIT,
     "250 2.0.0|250|250 2.1.0|250 2.0.0|252 2.1.5|250 2.1.5|221 2.0.0|", "", ST_NONE},
    {"HELO and EHLO are not LMTP's", EHLO "HELO x\r\n" QUIT, "500 5.5.1|500 5.5.1|221 2.0.0|", "",
     ST_NONE},

    /* Syntax. */
    {"no such command", "FROB\r\n\r\n" QUIT, "500 5.5.2|500 5.5.2|221 2.0.0|", "", ST_NONE},
    {"not offered", "STARTTLS\r\nBDAT 3 LAST\r\nAUTH PLAIN\r\nEXPN x\r\nHELP\r\n" QUIT,
     "502 5.5.1|502 5.5.1|502 5.5.1|502 5.5.1|502 5.5.1|221 2.0.0|", "", ST_NONE},
    {"LHLO needs a name", "LHLO\r\nLHLO two words\r\n" MAIL QUIT,
     "501 5.5.4|501 5.5.4|503 5.5.1|221 2.0.0|", "", ST_NONE},
    {"bad senders",
     LHLO "MAIL FROM:a@x\r\nMAIL <a@x>\r\nMAIL FROM:<a b@x>\r\nMAIL FROM:<postmaster>\r\n" QUIT,
     "250|501 5.5.4|501 5.5.4|501 5.5.4|553 5.1.7|221 2.0.0|", "", ST_NONE},
    {"bad recipients",
     LHLO MAIL "RCPT TO:<>\r\nRCPT TO:<b>\r\nRCPT b@y\r\n"
               "DATA\r\n" QUIT,
     "250|250 2.1.0|501 5.5.4|501 5.5.4|501 5.5.4|503 5.5.1|221 2.0.0|", "", ST_NONE},
    {"postmaster needs no domain", LHLO MAIL "RCPT TO:<postmaster>\r\n" LETTER QUIT,
     "250|250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|",
     "<a@x.example> to <postmaster>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
    {"arguments where none belong", LHLO MAIL RCPT "DATA x\r\nRSET x\r\nQUIT x\r\n" QUIT,
     "250|250 2.1.0|250 2.1.5|501 5.5.4|501 5.5.4|501 5.5.4|221 2.0.0|", "", ST_NONE},
    {"control characters in a command", LHLO "MAIL FROM:<a\t@x>\r\nNOOP \x01\r\nNOOP \x7f\r\n" QUIT,
     "250|500 5.5.2|500 5.5.2|500 5.5.2|221 2.0.0|", "", ST_NONE},
    {"a bare LF or CR ends no command", LHLO "NOOP\n" MAIL "NOOP\rNOOP\r\n" QUIT,
     "250|500 5.5.2|500 5.5.2|221 2.0.0|", "", ST_NONE},
    {"a second recipient behind a bare LF",
     LHLO MAIL "RCPT TO:<b@y>\nRCPT TO:<eve@z>\r\nDATA\r\n" QUIT,
     "250|250 2.1.0|500 5.5.2|503 5.5.1|221 2.0.0|", "", ST_NONE},

    /* Parameters. */
    {"all of MAIL's",
     LHLO "MAIL FROM:<a@x.example> SIZE=20 BODY=8bitmime SMTPUTF8 RET=hdrs ENVID=Q+2B1\r\n" QUIT,
     "250|250 2.1.0|221 2.0.0|", "", ST_NONE},
    {"unknown ones",
     LHLO "MAIL FROM:<a@x> FOO=bar\r\nMAIL FROM:<a@x> BODY=BINARYMIME\r\nMAIL FROM:<a@x> "
          "AUTH=<>\r\n" MAIL "RCPT TO:<b@y> FOO\r\n" QUIT,
     "250|555 5.5.4|555 5.5.4|555 5.5.4|250 2.1.0|555 5.5.4|221 2.0.0|", "", ST_NONE},
    {"malformed ones",
     LHLO "MAIL FROM:<a@x> SIZE=-1\r\nMAIL FROM:<a@x> SIZE\r\nMAIL FROM:<a@x> =\r\n" MAIL
          "RCPT TO:<b@y> NOTIFY=NEVER,DELAY\r\nRCPT TO:<b@y> ORCPT=b@y\r\n" QUIT,
     "250|501 5.5.4|501 5.5.4|501 5.5.4|250 2.1.0|501 5.5.4|501 5.5.4|221 2.0.0|", "", ST_NONE},
    {"a refused MAIL leaves nothing", LHLO "MAIL FROM:<a@x> FOO=bar\r\n" RCPT QUIT,
     "250|555 5.5.4|503 5.5.1|221 2.0.0|", "", ST_NONE},
    {"UTF-8 only with SMTPUTF8",
     LHLO "MAIL FROM:<j\xc3\xb6@x.example>\r\n" MAIL "RCPT TO:<j\xc3\xb6@x.example>\r\nRSET\r\n"
          "MAIL FROM:<j\xc3\xb6@x.example> SMTPUTF8\r\nRCPT TO:<j\xc3\xb6@x.example>\r\n" QUIT,
     "250|553 5.6.7|250 2.1.0|553 5.6.7|250 2.0.0|250 2.1.0|250 2.1.5|221 2.0.0|", "", ST_NONE},

    /* Limits: 1,000 bytes, 3 recipients. */
    {"a declared size too large",
     LHLO "MAIL FROM:<a@x> SIZE=1000\r\nRSET\r\nMAIL FROM:<a@x> SIZE=1001\r\n" QUIT,
     "250|250 2.1.0|250 2.0.0|552 5.3.4|221 2.0.0|", "", ST_NONE},
    {"too many recipients", LHLO MAIL RCPT RCPT RCPT RCPT2 LETTER QUIT,
     "250|250 2.1.0|250 2.1.5|250 2.1.5|250 2.1.5|452 4.5.3|354|250 2.0.0|250 2.0.0|250 2.0.0|221 "
     "2.0.0|",
     "<a@x.example> to <b@y.example> <b@y.example> <b@y.example>: Subject: hi\r\n\r\nText\r\n;",
     ST_NONE},

    /* XFORWARD from a peer that may not. */
    {"XFORWARD not allowed", LHLO "XFORWARD NAME=x\r\n" MAIL QUIT,
     "250|550 5.7.0|250 2.1.0|221 2.0.0|", "", ST_NONE},
};

/* The session ends before all was read; a cut could leave bytes unread, and the system would drop
 * the reply with them. */
static const struct test_dialogue ends[] = {
    {"nothing after QUIT", LHLO QUIT MAIL, "250|221 2.0.0|", "", ST_NONE},
    {"a browser was sent here", "POST / HTTP/1.1\r\nHost: x\r\n\r\n" LHLO MAIL, "421 4.7.0|", "",
     ST_NONE},
};

/* --- what is different in SMTP ------------------------------------------------------------ */

static const struct test_dialogue smtp[] = {
    {"a letter", EHLO MAIL RCPT RCPT2 LETTER QUIT,
     "250|250 2.1.0|250 2.1.5|250 2.1.5|354|250 2.0.0|221 2.0.0|",
     "<a@x.example> to <b@y.example> <c@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
    {"HELO", "HELO x\r\n" MAIL RCPT LETTER QUIT, "250|250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|",
     "<a@x.example> to <b@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
    {"LHLO is not SMTP's", LHLO QUIT, "500 5.5.1|221 2.0.0|", "", ST_NONE},
    {"a mixed outcome is later for all",
     EHLO MAIL RCPT "RCPT TO:<refuse@y.example>\r\n" LETTER QUIT,
     "250|250 2.1.0|250 2.1.5|250 2.1.5|354|451 4.3.0|221 2.0.0|",
     "<a@x.example> to <b@y.example> <refuse@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
    {"refused by all", EHLO MAIL "RCPT TO:<refuse@y.example>\r\n" LETTER QUIT,
     "250|250 2.1.0|250 2.1.5|354|550 5.1.1|221 2.0.0|",
     "<a@x.example> to <refuse@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
};

/* --- the end of a letter, and what is none ------------------------------------------------ */

#define SMUGGLED "MAIL FROM:<eve@z>\r\nRCPT TO:<bob@y>\r\nDATA\r\nevil\r\n.\r\n" QUIT

static const struct test_dialogue dots[] = {
    {"an empty letter", BEGIN ".\r\n" QUIT, TAKEN, OUT(""), ST_NONE},
    {"dots are unstuffed", BEGIN "..\r\n..a\r\n...\r\na.\r\n.b\r\n.\r\n" QUIT, TAKEN,
     OUT(".\r\n.a\r\n..\r\na.\r\nb\r\n"), ST_NONE},
    {"blank lines are the letter's", BEGIN "\r\n\r\n.\r\n" QUIT, TAKEN, OUT("\r\n\r\n"), ST_NONE},
    {"commands inside the letter are text", BEGIN "QUIT\r\nRSET\r\n.\r\n" QUIT, TAKEN,
     OUT("QUIT\r\nRSET\r\n"), ST_NONE},
};

/* Each holds a whole transaction behind an end that is none; a server that takes it for one
 * delivers "evil". The letter goes on to the real CRLF.CRLF, and is refused for a bare CR or LF. */
static const struct test_dialogue smuggling_rejected[] = {
    {"LF . LF", BEGIN "x\n.\n" SMUGGLED, REJECTED, "", ST_NONE},
    {"LF . CRLF", BEGIN "x\n.\r\n" SMUGGLED, REJECTED, "", ST_NONE},
    {"CRLF . LF", BEGIN "x\r\n.\n" SMUGGLED, REJECTED, "", ST_NONE},
    {"CR . CR", BEGIN "x\r.\r" SMUGGLED, REJECTED, "", ST_NONE},
    {"CR . CRLF", BEGIN "x\r.\r\n" SMUGGLED, REJECTED, "", ST_NONE},
    {"CRLF . CR", BEGIN "x\r\n.\r" SMUGGLED, REJECTED, "", ST_NONE},
    {"CRLF . CR CRLF", BEGIN "x\r\n.\r\r\n" SMUGGLED, REJECTED, "", ST_NONE},
    {"LF CR . CRLF", BEGIN "x\n\r.\r\n" SMUGGLED, REJECTED, "", ST_NONE},
    {"CR LF LF . CRLF", BEGIN "x\r\n\n.\r\n" SMUGGLED, REJECTED, "", ST_NONE},
    {"a bare LF", BEGIN "a\nb\r\n.\r\n" QUIT, REJECTED, "", ST_NONE},
    {"a bare CR", BEGIN "a\rb\r\n.\r\n" QUIT, REJECTED, "", ST_NONE},
    {"CR CRLF", BEGIN "a\r\r\n.\r\n" QUIT, REJECTED, "", ST_NONE},
    {"a bare LF first", BEGIN "\n.\r\n.\r\n" QUIT, REJECTED, "", ST_NONE},
    {"the connection survives a refusal", BEGIN "a\nb\r\n.\r\n" MAIL RCPT LETTER QUIT,
     "250|250 2.1.0|250 2.1.5|354|550 5.6.0|250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|",
     OUT("Subject: hi\r\n\r\nText\r\n"), ST_NONE},
};

#define KEPT "MAIL FROM:<eve@z>\r\nRCPT TO:<bob@y>\r\nDATA\r\nevil\r\n"

static const struct test_dialogue smuggling_kept[] = {
    {"LF . LF", BEGIN "x\n.\n" SMUGGLED, TAKEN, OUT("x\n.\n" KEPT), ST_NONE},
    {"LF . CRLF", BEGIN "x\n.\r\n" SMUGGLED, TAKEN, OUT("x\n.\r\n" KEPT), ST_NONE},
    {"CR . CRLF", BEGIN "x\r.\r\n" SMUGGLED, TAKEN, OUT("x\r.\r\n" KEPT), ST_NONE},
    /* Here the dot does begin a line, and is a stuffed one. */
    {"CRLF . LF", BEGIN "x\r\n.\n" SMUGGLED, TAKEN, OUT("x\r\n\n" KEPT), ST_NONE},
    {"CRLF . CR CRLF", BEGIN "x\r\n.\r\r\n" SMUGGLED, TAKEN, OUT("x\r\n\r\r\n" KEPT), ST_NONE},
    {"CRLF . CR x", BEGIN "x\r\n.\ry\r\n.\r\n" QUIT, TAKEN, OUT("x\r\n\ry\r\n"), ST_NONE},
    {"bare line ends stay", BEGIN "a\nb\rc\r\r\nd\n\r\n.\r\n" QUIT, TAKEN,
     OUT("a\nb\rc\r\r\nd\n\r\n"), ST_NONE},
};

/* --- running the tables ------------------------------------------------------------------- */

static void test_lmtp(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    assert_true(test_dialogues(&settings, lmtp, COUNT(lmtp)));
    for (size_t i = 0; i < COUNT(ends); i++)
        assert_true(test_dialogue(&settings, &ends[i], 0));
}

static void test_smtp(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    settings.flavour = SMTP_FLAVOUR_SMTP;
    assert_true(test_dialogues(&settings, smtp, COUNT(smtp)));
}

static void test_dots(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    assert_true(test_dialogues(&settings, dots, COUNT(dots)));
    settings.line_ends = SMTP_LINE_ENDS_KEEP;
    assert_true(test_dialogues(&settings, dots, COUNT(dots)));
}

static void test_smuggling(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    assert_true(test_dialogues(&settings, smuggling_rejected, COUNT(smuggling_rejected)));
    settings.line_ends = SMTP_LINE_ENDS_KEEP;
    assert_true(test_dialogues(&settings, smuggling_kept, COUNT(smuggling_kept)));
}

static void test_nul(void **state)
{
    (void)state;
    static const char input[] = BEGIN "a\0b\r\n.\r\n" QUIT;
    struct smtp_server_settings settings = test_server_settings();
    for (int keep = 0; keep <= 1; keep++) {
        settings.line_ends = keep ? SMTP_LINE_ENDS_KEEP : SMTP_LINE_ENDS_REJECT;
        struct test_talk talk;
        test_talk(&settings, BYTES_LITERAL(input), 0, &talk);
        assert_string_equal(buffer_text(&talk.replies), keep ? "220|" TAKEN : "220|" REJECTED);
        struct bytes letters = buffer_bytes(&talk.letters);
        assert_int_equal(bytes_find(letters, BYTES_LITERAL("a\0b\r\n")) < letters.n, keep);
        test_talk_done(&talk);
    }

    /* In a command a NUL is refused in any case. */
    static const char command[] = LHLO "NOOP \0x\r\n" QUIT;
    struct test_talk talk;
    test_talk(&settings, BYTES_LITERAL(command), 0, &talk);
    assert_string_equal(buffer_text(&talk.replies), "220|250|500 5.5.2|221 2.0.0|");
    test_talk_done(&talk);
}

/* --- with other settings
 * -------------------------------------------------------------------------- */

static const struct test_dialogue xforward_dialogues[] = {
    {"malformed",
     LHLO "XFORWARD\r\nXFORWARD FOO=x\r\nXFORWARD NAME\r\nXFORWARD NAME=a+0Ab\r\n" QUIT,
     "250|501 5.5.4|501 5.5.4|501 5.5.4|501 5.5.4|221 2.0.0|", "", ST_NONE},
    {"before LHLO", "XFORWARD NAME=x\r\n" QUIT, "503 5.5.1|221 2.0.0|", "", ST_NONE},
    {"it opens no transaction", LHLO "XFORWARD NAME=x\r\n" RCPT QUIT,
     "250|250 2.0.0|503 5.5.1|221 2.0.0|", "", ST_NONE},
};

static void test_xforward_dialogues(void **state)
{
    (void)state;
    static const char *const peers[] = {"192.0.2.1", NULL};
    struct smtp_server_settings settings = test_server_settings();
    settings.xforward_peers = peers;
    assert_true(test_dialogues(&settings, xforward_dialogues, COUNT(xforward_dialogues)));
}

static struct smtp_reply only_known(void *context, const struct smtp_envelope *envelope,
                                    const char *address)
{
    assert_string_equal(envelope->sender, "a@x.example");
    if (strcmp(address, context) == 0)
        return smtp_reply_make(250, "2.1.5", "Known");
    return smtp_reply_make(550, "5.1.1", "Unknown");
}

static void test_recipient_check(void **state)
{
    (void)state;
    char known[] = "c@y.example";
    struct smtp_server_settings settings = test_server_settings();
    settings.recipient_check = only_known;
    settings.recipient_context = known;
    static const struct test_dialogue dialogues[] = {
        {"one of two", LHLO MAIL RCPT RCPT2 LETTER QUIT,
         "250|250 2.1.0|550 5.1.1|250 2.1.5|354|250 2.0.0|221 2.0.0|",
         "<a@x.example> to <c@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
        {"none", LHLO MAIL RCPT "DATA\r\n" QUIT, "250|250 2.1.0|550 5.1.1|503 5.5.1|221 2.0.0|", "",
         ST_NONE},
    };
    assert_true(test_dialogues(&settings, dialogues, COUNT(dialogues)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lmtp),
        cmocka_unit_test(test_smtp),
        cmocka_unit_test(test_dots),
        cmocka_unit_test(test_smuggling),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_xforward_dialogues),
        cmocka_unit_test(test_recipient_check),
    };
    return cmocka_run_group_tests_name("smtp_server", tests, NULL, NULL);
}
