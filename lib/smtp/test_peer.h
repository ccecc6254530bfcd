/* SPDX-License-Identifier: Apache-2.0
 * smtp (tests): a peer to talk to: a session fed from memory, and a server that follows a script.
 */
#ifndef SECUREMAIL_TEST_PEER_H
#define SECUREMAIL_TEST_PEER_H

#include <pthread.h>

#include "buffer.h"
#include "smtp_client.h"
#include "smtp_server.h"

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
