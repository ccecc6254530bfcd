/* SPDX-License-Identifier: Apache-2.0
 * portal: for the tests of the pages: a portal with one message for one reader, accounts and viewer
 * scripted, entered as lib/http enters it. Everything is global: a test program has one of each,
 * made anew for each test. */
#ifndef SECUREMAIL_TEST_BROWSER_H
#define SECUREMAIL_TEST_BROWSER_H

#include "routes.h"

#define READER "reader@example.org"
#define OTHER "other@example.org"
#define FORMS_AT_ONCE 2 /* of one source */
#define NO_MESSAGE_ID "00000000000000000000000000000000"

/* What accounts says, and what it was asked. */
struct script {
    bool away;              /* accounts does not answer */
    const char *session_of; /* whose session the cookie is; NULL: it is none */
    bool known;             /* the message's address has an account */
    struct wire_verdict open, sign_in, registered;
    int changes; /* requests that change something */
    int opened;  /* keys asked for */
    struct wire_register last;
    int waited_ms; /* how long the portal was ready to wait, at the last register, confirm, sign-in
                    */
};
extern struct script script;

extern struct portal portal;
extern char message_id[SPOOL_ID_SIZE]; /* the message in the spool */
extern char session_text[44];          /* the session's token as its cookie has it */

int browser_set_up(void **state);
int browser_tear_down(void **state);

/* A token of which each byte is this one; 1 is the session's. The caller frees. */
struct secret *token_of(uint8_t byte);
/* The session has opened the message before. */
void give_key(void);

/* One request; a form if `body` is not NULL. */
struct question {
    const char *path, *query, *body, *cookies, *origin, *fetch_site;
};
/* What came back; until the next one. */
struct answer {
    unsigned code;
    char body[100000];
    char location[200], cookies[1000], disposition[400];
    enum http_policy policy;
    bool at_once;
};
extern struct answer answer;

unsigned ask(const struct question *question);
/* A route's path with something fitting for each star. */
const char *path_of(const struct route *route);
/* The browser's cookies: its own, and the session's. */
const char *all_cookies(void);
/* A form for a route, with its right token. */
const char *form_of(const char *route, const char *fields);
/* That form, sent with all cookies. */
unsigned post(const char *route, const char *path, const char *fields);
/* Send standard error, which is the log, to a file; end it and get what was written. */
void log_catch(void);
const char *log_caught(void);
/* The message's page or, with a tail, a part of it. */
unsigned read_path(const char *tail);

#endif
