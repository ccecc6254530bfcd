/* SPDX-License-Identifier: Apache-2.0
 * gateway (tests): a next hop that keeps every byte it is sent, letter by letter, and that can go
 * away at any point of the dialogue. It serves one connection after the other, in a thread. */
#ifndef SECUREMAIL_TEST_HOP_H
#define SECUREMAIL_TEST_HOP_H

#include <pthread.h>
#include <stdatomic.h>

#include "buffer.h"

#define HOP_LETTERS_MAX 16

/* Where it closes a connection, instead of the answer that is due there. */
enum hop_closes {
    HOP_NEVER,
    HOP_AT_GREETING,
    HOP_AT_EHLO,
    HOP_AT_MAIL,
    HOP_AT_RCPT,
    HOP_AT_DATA,
    HOP_IN_DATA, /* after a hundred lines of the letter */
    HOP_AT_DOT,  /* the whole letter is here, and nobody hears of it */
};

/* What came from MAIL to the final dot, or to the end of the connection. */
struct hop_letter {
    char recipients[300]; /* "<alice@mailbox.example> " for each one accepted */
    struct buffer bytes;  /* all of it, commands too, in lines that end with LF */
    bool whole;           /* the final dot was seen */
};

struct hop {
    char where[120];   /* as net.h has addresses */
    atomic_int closes; /* enum hop_closes; may be changed while it runs */
    /* Called when a letter's data is asked for, before 354: number 0 for the first letter. May be
     * NULL. */
    void (*before_data)(void *context, size_t number);
    void *context;

    /* To be looked at when it has ended. */
    struct hop_letter letters[HOP_LETTERS_MAX];
    size_t count;
    struct buffer rest; /* bytes that belong to no letter */

    int listener;
    int stop[2];
    pthread_t thread;
};

/* Serve at unix:`folder`/hop. */
void hop_start(struct hop *hop, const char *folder);
/* End it, after the client's last connection is closed. */
void hop_stop(struct hop *hop);
/* What it keeps. */
void hop_done(struct hop *hop);

#endif
