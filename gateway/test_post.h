/* SPDX-License-Identifier: Apache-2.0
 * gateway (tests): a gateway between two mail servers: one that offers what the test says, and a
 * next hop that keeps what it gets. One of each, made anew for each test. */
#ifndef SECUREMAIL_TEST_POST_H
#define SECUREMAIL_TEST_POST_H

#include "letter.h"
#include "test_district.h"
#include "test_hop.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

#define CANARY "canary-7Qx2mWz9-canary" /* a word of each line of each letter */
#define ALICE "alice@mailbox.example"   /* the rules seal to her, */
#define BOB "bob@mailbox.example"       /* and to him, */
#define FRIEND "carol@friend.example"   /* let her have her letters in clear, */
#define RIVAL "dan@rival.example"       /* and refuse him */

/* What is answered to a letter for one or two up to its end. */
#define ONE "250 2.1.0|250 2.1.5|354|"
#define TWO "250 2.1.0|250 2.1.5|250 2.1.5|354|"

struct all {
    char folder[40]; /* the spool, and the hop's socket */
    struct district *district;
    struct gateway gateway; /* its parameters are valid at any time */
    struct hop hop;
    struct post post;
    struct smtp_server_settings server;
    struct buffer input;   /* what the mail server is going to say */
    struct buffer replies; /* what it heard: "220|250|250 2.1.0|", last lines only */
};
extern struct all all;

int post_set_up(void **state);
int post_tear_down(void **state); /* fails if anything is left in the folder */

/* Begin a session. */
void begin(void);
/* Offer a letter of so many lines; the recipients have a blank between them. */
void offer(const char *recipients, size_t lines);
/* Run it, to its QUIT. The replies behind LHLO's must be these. */
void serve(const char *replies);

/* Close the relay's connection and end the hop. */
void end_relay(void);
/* End all. The whole letters at the next hop went to these, "<alice@mailbox.example> " each, and
 * nothing in clear came to anybody but the friend, whole or not. */
void check_hop(const char *delivered);
bool holds(const struct buffer *bytes, const char *text);

#endif
