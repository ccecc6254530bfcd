/* SPDX-License-Identifier: Apache-2.0
 * gateway: a letter and what becomes of it. Read letter.c first. */
#ifndef SECUREMAIL_LETTER_H
#define SECUREMAIL_LETTER_H

#include "gateway.h"
#include "look.h"
#include "metrics.h"
#include "parcel.h"
#include "poison.h"
#include "smtp_server.h"

/* A worker's means. */
struct post {
    const struct gateway *gateway;
    const struct smtp_server_settings *server;
    struct relay *relay;
    struct relay **ways; /* to trusted domains: one for each of the gateway's routes */
    struct poison *poison;
    unsigned worker;         /* its number */
    struct metrics *metrics; /* NULL: nobody counts */
};

/* What is found out about one recipient. */
struct recipient {
    struct address address;                 /* canonical; means nothing without a decision */
    const struct policy_decision *decision; /* NULL: none was made */
    struct bytes tag;             /* to be taken off the subject that goes outside; empty: none */
    bool offered;                 /* as it is, to a next hop … */
    bool reached;                 /* … that was there, and verified where that is asked for */
    char tls[SMTP_TLS_NAME_SIZE]; /* that it went by, or "" */
    char copy[PARCEL_ID_SIZE];    /* the sealed copy's id, or "" */
    int64_t ms;                   /* spent on sealing and relaying */
};

/* A letter on its way. */
struct letter {
    const struct post *post;
    const struct smtp_transaction *transaction;
    const struct smtp_session *session; /* that it came by */
    struct look look;
    struct policy_content content;
    bool inspected;        /* content says what was found, or that it could not be looked at */
    struct address sender; /* canonical; "" for none, and for one without canonical form */
    int64_t now;
    int64_t deadline; /* of clock_monotonic_ms: no further copy is begun behind it */
    size_t count;     /* recipients; each has its place in both of these: */
    struct recipient *recipients;
    struct smtp_reply *replies; /* 451, until something better is known */
};

/* Serve one connection of a mail server until it ends. Returns how many letters it brought. */
unsigned letter_serve(const struct post *post, int fd, const char *peer);

#endif
