/* SPDX-License-Identifier: Apache-2.0
 * gateway: what went wrong → what the mail server hears. One table; replies of the next hop are not
 * in it: they are handed on as they are. */
#ifndef SECUREMAIL_GATEWAY_REPLY_H
#define SECUREMAIL_GATEWAY_REPLY_H

#include "smtp_reply.h"

enum reply_kind {
    REPLY_UNTOUCHED,  /* nothing was done for this recipient yet; what is never answered stays it */
    REPLY_POLICY,     /* a rule refuses the recipient */
    REPLY_TLS,        /* the recipient's domain was not reached by TLS that can be trusted */
    REPLY_ADDRESS,    /* the address has no canonical form: it can't be sealed to, now or ever */
    REPLY_PARAMETERS, /* the parameters are not valid now: nothing can be sealed */
    REPLY_SEAL,       /* sealing failed: the mail server keeps the letter */
    REPLY_READ,       /* the letter could not be read back */
    REPLY_RELAY,      /* the next hop is away */
    REPLY_HEADER,     /* more header than we take */
    REPLY_LOOP,       /* too many hops */
    REPLY_POISON,     /* the letter has ended workers before */
    REPLY_COUNT
};

struct smtp_reply reply_make(enum reply_kind kind);

#endif
