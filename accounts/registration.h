/* SPDX-License-Identifier: Apache-2.0
 * accounts: registering and proving the mailbox
 * (docs/decisions/0004-confirming-needs-more-than-the-link.md). */
#ifndef SECUREMAIL_REGISTRATION_H
#define SECUREMAIL_REGISTRATION_H

#include "session.h"

#define QUESTIONS 10 /* how many the portal's list has */

struct registration {
    const struct address *address;
    struct bytes name; /* UTF-8, one line */
    struct bytes password;
    int64_t question; /* 0 … QUESTIONS - 1 */
    struct bytes answer;
    int64_t terms;         /* version accepted, 1 or more */
    struct bytes language; /* "en", "pt-br" */
    struct bytes source;
    struct bytes return_to; /* the message that waits: 32 hexadecimal digits, or nothing */
    int64_t now;
};

struct registration_random {
    uint8_t token[TOKEN_SIZE];   /* goes into the mailed link */
    uint8_t browser[TOKEN_SIZE]; /* goes into the browser's cookie */
    uint64_t unique;
};

enum registration_fault {
    REGISTRATION_FIELD = 1, /* a field is missing, too long or no text */
    REGISTRATION_PASSWORD,  /* too easy to guess */
};

/* What comes of it. */
struct registration_outcome {
    struct secret *browser;        /* ST_OK: the cookie's token, the caller's to free */
    enum registration_fault fault; /* ST_BAD: what is wrong */
    int64_t wait;                  /* ST_LIMIT: seconds */
};

/* Take a registration and mail the link. The answer is the same whether the address has an account
 * or not: the difference goes to the mailbox. ST_BAD with a fault; ST_LIMIT: too many registrations
 * of this address or by this source; ST_TEMP: the mail could not be handed over, nothing is kept.
 */
enum status registration_take(struct service *service, const struct registration *registration,
                              const struct registration_random *random,
                              struct registration_outcome *outcome_out, struct why *why) MUST_CHECK;

/* What a mailed link stands for; changes nothing. ST_NONE: no such registration: unknown, used, or
 * too old. */
struct confirmation {
    char address[STORE_ADDRESS_SIZE];
    char name[STORE_NAME_SIZE];
    char return_to[STORE_RETURN_SIZE];
    bool same_browser; /* the cookie is of the browser that registered */
};
enum status registration_view(struct service *service, struct bytes token, struct bytes browser,
                              int64_t now, struct confirmation *confirmation_out) MUST_CHECK;

/* Confirm: the mailed token, and beside it the browser's cookie or the password. Makes the account,
 * ends all other registrations of the address, opens a session. ST_NONE as above; ST_DENIED:
 * neither cookie nor password fits, nothing was consumed; ST_LIMIT: a pause. */
struct confirm {
    struct bytes token, browser, password;
    const char *source;
    int64_t now;
    const struct session_random *random;
};
enum status registration_confirm(struct service *service, const struct confirm *confirm,
                                 struct secret **session_out, struct confirmation *confirmation_out,
                                 int64_t *wait_out) MUST_CHECK;

/* “It was not me”: forget this registration. ST_NONE if there is none. */
enum status registration_deny(struct service *service, struct bytes token, const char *source,
                              int64_t now) MUST_CHECK;

#endif
