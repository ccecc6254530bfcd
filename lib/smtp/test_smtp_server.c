/* SPDX-License-Identifier: Apache-2.0
 * smtp: tests of the server's dialogue: commands in, replies and letters out. Expectations are read
 * off RFC 5321 (codes: §4.2, order: §4.1.4, §4.3.2), RFC 2033 (LMTP), RFC 2034 and 3463 (enhanced
 * codes), RFC 6531 §3.5 (5.6.7), RFC 1870 (SIZE). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <signal.h>
#include <unistd.h>

#include "io.h"
#include "random.h"
#include "test_peer.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct dialogue {
    const char *name;
    const char *input;
    const char *replies; /* shortened, after the greeting; see test_peer.h */
    const char *letters;
    enum status end;
};

#define LHLO "LHLO mail.example\r\n"
#define EHLO "EHLO mail.example\r\n"
#define MAIL "MAIL FROM:<a@x.example>\r\n"
#define RCPT "RCPT TO:<b@y.example>\r\n"
#define RCPT2 "RCPT TO:<c@y.example>\r\n"
#define LETTER "DATA\r\nSubject: hi\r\n\r\nText\r\n.\r\n"
#define QUIT "QUIT\r\n"

/* --- what both flavours share, spoken in LMTP ----------------------------------------------------
 */

static const struct dialogue lmtp[] = {
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
static const struct dialogue ends[] = {
    {"nothing after QUIT", LHLO QUIT MAIL, "250|221 2.0.0|", "", ST_NONE},
    {"a browser was sent here", "POST / HTTP/1.1\r\nHost: x\r\n\r\n" LHLO MAIL, "421 4.7.0|", "",
     ST_NONE},
};

/* --- what is different in SMTP -------------------------------------------------------------------
 */

static const struct dialogue smtp[] = {
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

/* --- the end of a letter, and what is none -------------------------------------------------------
 */

#define BEGIN LHLO MAIL RCPT "DATA\r\n"
#define TAKEN "250|250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|"
#define REJECTED "250|250 2.1.0|250 2.1.5|354|550 5.6.0|221 2.0.0|"
#define OUT(text) "<a@x.example> to <b@y.example>: " text ";"
#define SMUGGLED "MAIL FROM:<eve@z>\r\nRCPT TO:<bob@y>\r\nDATA\r\nevil\r\n.\r\n" QUIT

static const struct dialogue dots[] = {
    {"an empty letter", BEGIN ".\r\n" QUIT, TAKEN, OUT(""), ST_NONE},
    {"dots are unstuffed", BEGIN "..\r\n..a\r\n...\r\na.\r\n.b\r\n.\r\n" QUIT, TAKEN,
     OUT(".\r\n.a\r\n..\r\na.\r\nb\r\n"), ST_NONE},
    {"blank lines are the letter's", BEGIN "\r\n\r\n.\r\n" QUIT, TAKEN, OUT("\r\n\r\n"), ST_NONE},
    {"commands inside the letter are text", BEGIN "QUIT\r\nRSET\r\n.\r\n" QUIT, TAKEN,
     OUT("QUIT\r\nRSET\r\n"), ST_NONE},
};

/* Each holds a whole transaction behind an end that is none; a server that takes it for one
 * delivers "evil". The letter goes on to the real CRLF.CRLF, and is refused for its bare CR or LF.
 */
static const struct dialogue smuggling_rejected[] = {
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

static const struct dialogue smuggling_kept[] = {
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

/* --- running the tables --------------------------------------------------------------------------
 */

static void check(const struct smtp_server_settings *settings, const struct dialogue *dialogue,
                  size_t cut)
{
    struct test_talk talk;
    test_talk(settings, bytes_text(dialogue->input), cut, &talk);
    char expected[2000];
    (void)snprintf(expected, sizeof expected, "220|%s", dialogue->replies);
    bool good = strcmp(buffer_text(&talk.replies), expected) == 0 &&
                strcmp(buffer_text(&talk.letters), dialogue->letters) == 0 &&
                talk.end == dialogue->end;
    if (!good)
        print_error("%s, cut at %zu: replies %s\nletters %s\nend %s\nwanted  %s\nletters %s\n",
                    dialogue->name, cut, buffer_text(&talk.replies), buffer_text(&talk.letters),
                    status_name(talk.end), expected, dialogue->letters);
    test_talk_done(&talk);
    assert_true(good);
}

/* Each dialogue whole, then with its input cut in two at every byte. */
static void check_all(const struct smtp_server_settings *settings, const struct dialogue *dialogues,
                      size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t cut = 0; cut < strlen(dialogues[i].input); cut++)
            check(settings, &dialogues[i], cut);
}

static void test_lmtp(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    check_all(&settings, lmtp, COUNT(lmtp));
    for (size_t i = 0; i < COUNT(ends); i++)
        check(&settings, &ends[i], 0);
}

static void test_smtp(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    settings.flavour = SMTP_FLAVOUR_SMTP;
    check_all(&settings, smtp, COUNT(smtp));
}

static void test_dots(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    check_all(&settings, dots, COUNT(dots));
    settings.line_ends = SMTP_LINE_ENDS_KEEP;
    check_all(&settings, dots, COUNT(dots));
}

static void test_smuggling(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    check_all(&settings, smuggling_rejected, COUNT(smuggling_rejected));
    settings.line_ends = SMTP_LINE_ENDS_KEEP;
    check_all(&settings, smuggling_kept, COUNT(smuggling_kept));
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

/* --- limits --------------------------------------------------------------------------------------
 */

static void talk_text(const struct smtp_server_settings *settings, struct buffer *input,
                      const char *replies, const char *letters)
{
    struct test_talk talk;
    assert_int_equal(buffer_check(input), ST_OK);
    test_talk(settings, buffer_bytes(input), 0, &talk);
    assert_string_equal(buffer_text(&talk.replies), replies);
    if (letters != NULL)
        assert_string_equal(buffer_text(&talk.letters), letters);
    test_talk_done(&talk);
    buffer_clear(input);
}

static void add_bytes(struct buffer *input, char byte, size_t n)
{
    for (size_t i = 0; i < n; i++)
        (void)buffer_add_byte(input, (uint8_t)byte);
}

static void test_long_lines(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    struct buffer input;
    buffer_init(&input, 1000000);

    /* 2,048 bytes with CRLF are a command, 2,049 are skipped, and so is any longer line. */
    static const size_t lengths[] = {2041, 2042, 5000, 65529, 65530, 200000};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        (void)buffer_add_text(&input, LHLO "NOOP ");
        add_bytes(&input, 'x', lengths[i]);
        (void)buffer_add_text(&input, "\r\n" QUIT);
        talk_text(&settings, &input,
                  lengths[i] == 2041 ? "220|250|250 2.0.0|221 2.0.0|"
                                     : "220|250|500 5.5.2|221 2.0.0|",
                  "");
    }

    /* Lines of a letter have no such limit (RFC 5321 §4.5.3.1.6 sets one, mail has longer ones). */
    settings.size_max = 1000000;
    (void)buffer_add_text(&input, BEGIN);
    add_bytes(&input, 'x', 100000);
    (void)buffer_add_text(&input, "\r\n.\r\n" QUIT);
    talk_text(&settings, &input, "220|" TAKEN, NULL);
    buffer_done(&input);
}

static void test_letter_size(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    struct buffer input;
    buffer_init(&input, 10000);
    for (size_t n = 999; n <= 1001; n++) {
        (void)buffer_add_text(&input, BEGIN);
        add_bytes(&input, 'x', n - 2);
        (void)buffer_add_text(&input, "\r\n.\r\n" QUIT);
        talk_text(&settings, &input,
                  n <= 1000 ? "220|" TAKEN : "220|250|250 2.1.0|250 2.1.5|354|552 5.3.4|221 2.0.0|",
                  n <= 1000 ? NULL : "");
    }

    /* The stuffing does not count. */
    (void)buffer_add_text(&input, BEGIN);
    for (int i = 0; i < 333; i++)
        (void)buffer_add_text(&input, "..\r\n");
    (void)buffer_add_text(&input, ".\r\n" QUIT);
    talk_text(&settings, &input, "220|" TAKEN, NULL);

    /* Every recipient gets the refusal, and a client without end is sent away. */
    (void)buffer_add_text(&input, LHLO MAIL RCPT RCPT2 "DATA\r\n");
    add_bytes(&input, 'x', 1500);
    (void)buffer_add_text(&input, "\r\n.\r\n" QUIT);
    talk_text(&settings, &input,
              "220|250|250 2.1.0|250 2.1.5|250 2.1.5|354|552 5.3.4|552 5.3.4|221 2.0.0|", "");
    (void)buffer_add_text(&input, BEGIN);
    add_bytes(&input, 'x', 5000);
    talk_text(&settings, &input, "220|250|250 2.1.0|250 2.1.5|354|421 4.3.4|", "");
    buffer_done(&input);
}

static void test_bad_commands(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    struct buffer input, expected;
    buffer_init(&input, 10000);
    buffer_init(&expected, 10000);

    /* Twenty are answered, the next one ends it. */
    (void)buffer_add_text(&expected, "220|");
    for (int i = 0; i < SMTP_BAD_COMMANDS_MAX + 5; i++)
        (void)buffer_add_text(&input, "FROB\r\n");
    for (int i = 0; i < SMTP_BAD_COMMANDS_MAX; i++)
        (void)buffer_add_text(&expected, "500 5.5.2|");
    (void)buffer_add_text(&expected, "421 4.7.0|");
    talk_text(&settings, &input, buffer_text(&expected), "");

    /* A letter in between shows that we understand each other: the count starts again. */
    buffer_clear(&expected);
    (void)buffer_add_text(&expected, "220|250|");
    (void)buffer_add_text(&input, LHLO);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < SMTP_BAD_COMMANDS_MAX; i++) {
            (void)buffer_add_text(&input, "FROB\r\n");
            (void)buffer_add_text(&expected, "500 5.5.2|");
        }
        (void)buffer_add_text(&input, MAIL RCPT LETTER);
        (void)buffer_add_text(&expected, "250 2.1.0|250 2.1.5|354|250 2.0.0|");
    }
    talk_text(&settings, &input, buffer_text(&expected), NULL);
    buffer_done(&input);
    buffer_done(&expected);
}

/* --- the disk ------------------------------------------------------------------------------------
 */

static void test_full_disk(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    settings.size_max = 4000000;
    struct buffer input;
    buffer_init(&input, 4000000);
    (void)buffer_add_text(&input, LHLO MAIL RCPT RCPT2 "DATA\r\n");
    for (int i = 0; i < 30000; i++)
        (void)buffer_add_text(&input,
                              "0123456789012345678901234567890123456789012345678901234567\r\n");
    (void)buffer_add_text(&input, ".\r\n" MAIL RCPT LETTER QUIT);

    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    none = (struct rlimit){100000, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    talk_text(&settings, &input,
              "220|250|250 2.1.0|250 2.1.5|250 2.1.5|354|452 4.3.1|452 4.3.1|"
              "250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|",
              OUT("Subject: hi\r\n\r\nText\r\n"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    buffer_done(&input);
}

/* --- what a transaction tells --------------------------------------------------------------------
 */

/* Run one letter through a session on its own; the caller frees both. */
static struct smtp_transaction *one_letter(const struct smtp_server_settings *settings,
                                           const char *peer, const char *input)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(io_write_all(pair[0], bytes_text(input), io_deadline(5000)), ST_OK);
    struct smtp_session *session = smtp_session_new(pair[1], peer, settings);
    struct smtp_transaction *letter = NULL;
    assert_int_equal(smtp_session_next(session, &letter, NULL), ST_OK);
    struct smtp_reply replies[3];
    for (size_t i = 0; i < 3; i++)
        replies[i] = smtp_reply_make(250, "2.0.0", "OK");
    assert_int_equal(smtp_session_answer(session, letter, replies), ST_OK);
    smtp_session_free(session);
    io_close(&pair[0]);
    io_close(&pair[1]);
    return letter;
}

static void test_transaction(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    struct smtp_transaction *letter = one_letter(
        &settings, "192.0.2.1",
        LHLO "MAIL FROM:<a@x.example> SIZE=77 BODY=8BITMIME SMTPUTF8 RET=full ENVID=Q+2B1\r\n"
             "RCPT TO:<B@Y.Example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;old+2Bb@y.example\r\n"
             "RCPT TO:<@r.example:c@y.example>\r\n" LETTER);
    const struct smtp_envelope *envelope = &letter->envelope;
    assert_string_equal(letter->peer, "192.0.2.1");
    assert_string_equal(letter->helo, "mail.example");
    assert_string_equal(envelope->sender, "a@x.example");
    assert_true(envelope->eight_bit && envelope->utf8);
    assert_int_equal(envelope->size, 77);
    assert_string_equal(envelope->ret, "FULL");
    assert_string_equal(envelope->envid, "Q+2B1");
    assert_int_equal(envelope->recipient_count, 2);
    assert_string_equal(envelope->recipients[0].address, "B@Y.Example");
    assert_string_equal(envelope->recipients[0].notify, "SUCCESS,DELAY");
    assert_string_equal(envelope->recipients[0].original, "rfc822;old+2Bb@y.example");
    assert_string_equal(envelope->recipients[1].address, "c@y.example");
    assert_null(envelope->recipients[1].notify);
    assert_null(envelope->recipients[1].original);
    assert_null(envelope->xforward);
    assert_int_equal(smtp_body_size(letter->body), strlen("Subject: hi\r\n\r\nText\r\n"));
    smtp_transaction_free(letter);
    smtp_transaction_free(NULL);
}

static void test_xforward(void **state)
{
    (void)state;
    static const char *const peers[] = {"198.51.100.7", "unix", NULL};
    struct smtp_server_settings settings = test_server_settings();
    settings.xforward_peers = peers;
    struct smtp_transaction *letter =
        one_letter(&settings, "unix:uid=0",
                   LHLO "XFORWARD NAME=first+2Bhost ADDR=192.0.2.9 PORT=[UNAVAILABLE]\r\n"
                        "XFORWARD ident=4f1c PROTO=ESMTP HELO=[TEMPUNAVAIL]\r\n" MAIL RCPT LETTER);
    const struct smtp_xforward *xforward = letter->envelope.xforward;
    assert_non_null(xforward);
    assert_string_equal(xforward->value[SMTP_XFORWARD_NAME], "first+host");
    assert_string_equal(xforward->value[SMTP_XFORWARD_ADDR], "192.0.2.9");
    assert_string_equal(xforward->value[SMTP_XFORWARD_IDENT], "4f1c");
    assert_string_equal(xforward->value[SMTP_XFORWARD_PROTO], "ESMTP");
    assert_null(xforward->value[SMTP_XFORWARD_PORT]);
    assert_null(xforward->value[SMTP_XFORWARD_HELO]);
    assert_null(xforward->value[SMTP_XFORWARD_SOURCE]);
    smtp_transaction_free(letter);

    /* It holds for one letter only, not inside a transaction, and not after RSET. */
    letter = one_letter(&settings, "198.51.100.7",
                        LHLO "XFORWARD IDENT=old\r\nRSET\r\n" MAIL
                             "XFORWARD IDENT=late\r\n" RCPT LETTER);
    assert_null(letter->envelope.xforward);
    smtp_transaction_free(letter);
}

static const struct dialogue xforward_dialogues[] = {
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
    check_all(&settings, xforward_dialogues, COUNT(xforward_dialogues));
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
    static const struct dialogue dialogues[] = {
        {"one of two", LHLO MAIL RCPT RCPT2 LETTER QUIT,
         "250|250 2.1.0|550 5.1.1|250 2.1.5|354|250 2.0.0|221 2.0.0|",
         "<a@x.example> to <c@y.example>: Subject: hi\r\n\r\nText\r\n;", ST_NONE},
        {"none", LHLO MAIL RCPT "DATA\r\n" QUIT, "250|250 2.1.0|550 5.1.1|503 5.5.1|221 2.0.0|", "",
         ST_NONE},
    };
    check_all(&settings, dialogues, COUNT(dialogues));
}

static void test_offers(void **state)
{
    (void)state;
    static const char *const peers[] = {"192.0.2.1", NULL};
    struct smtp_server_settings settings = test_server_settings();
    settings.xforward_peers = peers;
    struct test_talk talk;
    test_talk(&settings, bytes_text(LHLO QUIT), 0, &talk);
    assert_string_equal(buffer_text(&talk.output),
                        "220 gateway.example LMTP SecureMail\r\n"
                        "250-gateway.example\r\n"
                        "250-PIPELINING\r\n"
                        "250-SIZE 1000\r\n"
                        "250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n"
                        "250-ENHANCEDSTATUSCODES\r\n"
                        "250-8BITMIME\r\n"
                        "250-DSN\r\n"
                        "250 SMTPUTF8\r\n"
                        "221 2.0.0 gateway.example closes\r\n");
    test_talk_done(&talk);
}

/* --- waiting -------------------------------------------------------------------------------------
 */

/* What a session says and how it ends when the client sends `input` and then nothing. */
static enum status wait_it_out(const struct smtp_server_settings *settings, const char *input,
                               char *output, size_t size)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(io_write_all(pair[0], bytes_text(input), io_deadline(5000)), ST_OK);
    struct smtp_session *session = smtp_session_new(pair[1], "192.0.2.1", settings);
    struct smtp_transaction *letter = NULL;
    enum status status = smtp_session_next(session, &letter, NULL);
    assert_null(letter);
    smtp_session_free(session);
    io_close(&pair[1]);
    size_t n = 0, part;
    while (io_read(pair[0], output + n, size - 1 - n, io_deadline(1000), &part) == ST_OK)
        n += part;
    output[n] = '\0';
    io_close(&pair[0]);
    return status;
}

static void test_time_out(void **state)
{
    (void)state;
    struct smtp_server_settings settings = test_server_settings();
    settings.command_timeout_ms = 30;
    static const char *const inputs[] = {"", "LHLO", LHLO MAIL, BEGIN, BEGIN "Text\r\n.\r"};
    for (size_t i = 0; i < COUNT(inputs); i++) {
        char output[2000];
        assert_int_equal(wait_it_out(&settings, inputs[i], output, sizeof output), ST_TEMP);
        assert_non_null(strstr(output, "\r\n421 4.4.2 gateway.example"));
    }
}

static void test_stop(void **state)
{
    (void)state;
    int stop[2];
    assert_int_equal(pipe(stop), 0);
    assert_int_equal(write(stop[1], "x", 1), 1);
    struct smtp_server_settings settings = test_server_settings();
    settings.stop_fd = stop[0];
    char output[2000];
    assert_int_equal(wait_it_out(&settings, "", output, sizeof output), ST_NONE);
    assert_non_null(strstr(output, "\r\n421 4.3.2 gateway.example"));
    io_close(&stop[0]);
    io_close(&stop[1]);
}

static void test_busy(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    smtp_session_busy(pair[1], "gateway.example");
    char text[300] = {0};
    size_t n;
    assert_int_equal(io_read(pair[0], text, sizeof text - 1, io_deadline(1000), &n), ST_OK);
    assert_string_equal(text, "421 4.3.2 gateway.example is busy, try again later\r\n");
    io_close(&pair[0]);
    io_close(&pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lmtp),
        cmocka_unit_test(test_smtp),
        cmocka_unit_test(test_dots),
        cmocka_unit_test(test_smuggling),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_letter_size),
        cmocka_unit_test(test_bad_commands),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_transaction),
        cmocka_unit_test(test_xforward),
        cmocka_unit_test(test_xforward_dialogues),
        cmocka_unit_test(test_recipient_check),
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_time_out),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_busy),
    };
    return cmocka_run_group_tests_name("smtp_server", tests, NULL, NULL);
}
