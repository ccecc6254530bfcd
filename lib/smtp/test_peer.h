/* SPDX-License-Identifier: Apache-2.0
 * smtp (tests): a peer to talk to: a session fed from memory, a server that follows a script. */
#ifndef SECUREMAIL_TEST_PEER_H
#define SECUREMAIL_TEST_PEER_H

#include <pthread.h>

#include "buffer.h"
#include "smtp_client.h"
#include "smtp_server.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* What clients say … */
#define LHLO "LHLO mail.example\r\n"
#define EHLO "EHLO mail.example\r\n"
#define MAIL "MAIL FROM:<a@x.example>\r\n"
#define RCPT "RCPT TO:<b@y.example>\r\n"
#define RCPT2 "RCPT TO:<c@y.example>\r\n"
#define LETTER "DATA\r\nSubject: hi\r\n\r\nText\r\n.\r\n"
#define QUIT "QUIT\r\n"

/* … to the first byte of a letter, what is answered when it ends there, and what comes out. */
#define BEGIN LHLO MAIL RCPT "DATA\r\n"
#define TAKEN "250|250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|"
#define REJECTED "250|250 2.1.0|250 2.1.5|354|550 5.6.0|221 2.0.0|"
#define OUT(text) "<a@x.example> to <b@y.example>: " text ";"

/* Scripts of next hops: their beginning, and the commands of a letter from test_two. */
#define HELLO "S: 220 next.example ESMTP\nC: EHLO gateway.example\nS: 250-next.example\n"
#define PIPELINED HELLO "S: 250-PIPELINING\nS: 250 8BITMIME\n"
#define SINGLY HELLO "S: 250 8BITMIME\n"
#define LMTP_HELLO                                                                                 \
    "S: 220 next.example LMTP\nC: LHLO gateway.example\nS: 250-next.example\nS: 250 PIPELINING\n"
#define COMMANDS                                                                                   \
    "C: MAIL FROM:<a@x.example>\nC: RCPT TO:<bob@y.example>\nC: RCPT TO:<carol@y.example>\nC: DATA\n"

/* From a@x.example to bob@y.example and carol@y.example. */
extern const struct smtp_envelope test_two;

/* Settings that a test starts from: LMTP, bare line ends rejected, 1,000 bytes, 3 recipients. */
struct smtp_server_settings test_server_settings(void);
struct smtp_client_settings test_client_settings(void);

/* What became of a session that was given all its input at once. */
struct test_talk {
    struct buffer output;  /* all that the server sent */
    struct buffer replies; /* the same, shortened: "220|250|250 2.1.0|354|" */
    struct buffer letters; /* "<sender> to <r1> <r2>: body;" for each letter handed out */
    enum status end;       /* how the session ended */
};

/* Run a session on `input`, in which the client closes after the last byte. Each letter is answered
 * 250 for every recipient but those whose address begins with "later" (450) or "refuse" (550). With
 * cut > 0 the input arrives in two reads, `cut` bytes and the rest. */
void test_talk(const struct smtp_server_settings *settings, struct bytes input, size_t cut,
               struct test_talk *talk_out);
void test_talk_done(struct test_talk *talk);

/* What a client says, and what must become of it. */
struct test_dialogue {
    const char *name;
    const char *input;
    const char *replies; /* shortened, after the greeting */
    const char *letters;
    enum status end;
};

/* Does the dialogue go as it says? If not, what it did is printed. */
bool test_dialogue(const struct smtp_server_settings *settings,
                   const struct test_dialogue *dialogue, size_t cut);
/* Each of them whole, then with its input cut in two at every byte. */
bool test_dialogues(const struct smtp_server_settings *settings,
                    const struct test_dialogue *dialogues, size_t n);

/* Start a letter, send `text`, end it: the first status that is not ST_OK. */
enum status test_send_letter(struct smtp_client *client, const struct smtp_envelope *envelope,
                             const char *text);

/* A server that follows a script, in a thread: lines "S: text" are sent with CRLF, "C: text" must
 * come from the client with CRLF, "close" closes. A line that does not come as written is kept for
 * `wrong`. */
struct test_script {
    const char *lines;
    int fd;
    pthread_t thread;
    char wrong[1200]; /* "" if all came as written */
};

/* Start it; returns the client's end of the socket. */
int test_script_start(struct test_script *script, const char *lines);
/* Wait for its end. */
void test_script_end(struct test_script *script);

#endif
