/* SPDX-License-Identifier: Apache-2.0
 * accounts: what the tests share: a service on a real store in a temporary folder, with a clock and
 * randomness of the test's and a mailbox instead of a mail server. */
#ifndef SECUREMAIL_TEST_PLACE_H
#define SECUREMAIL_TEST_PLACE_H

#include "registration.h"

#define T(text) bytes_text(text)
#define NOW 1795000000
#define PASSWORD "correct horse battery staple"

/* The last mail that was sent, how many there were, and what the sending answers. */
extern char mailbox[NOTICE_MAX];
extern int mails;
extern enum status send_status;

struct place {
    char folder[64], path[96];
    struct service_settings settings;
    struct service service;
};

struct registered {
    struct registration_random random;
    struct secret *browser;
    enum status status;
    enum registration_fault fault;
};

struct proof {
    struct bytes token, browser, password;
};

int place_make(void **state);
int place_remove(void **state);
struct address address(const char *text);
struct registered try_register(struct service *service, const char *to, const char *password,
                               int64_t now);
struct registered registered(struct service *service, const char *to, int64_t now);
struct bytes mailed_token(const struct registered *r);
enum status confirm_with(struct service *service, const struct proof *proof, int64_t now,
                         struct secret **session_out);
struct secret *member(struct service *service, const char *to);
enum status sign_in_from(struct service *service, const char *to, const char *password,
                         const char *source, int64_t now);
enum status find_session(struct service *service, const struct secret *session, int64_t now);

#endif
