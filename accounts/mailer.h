/* SPDX-License-Identifier: Apache-2.0
 * accounts: handing a notice to the mail server. */
#ifndef SECUREMAIL_MAILER_H
#define SECUREMAIL_MAILER_H

#include "notice.h"

struct mailer_settings {
    const char *relay; /* as in net.h */
    const char *from;
    const char *host_name;
};

/* Deliver one mail to the next hop. ST_OK once it has said 250, or was lost after the whole mail
 * had been sent; ST_TEMP or ST_DENIED, with a
 * reason, if it has not. */
enum status mailer_send(const struct mailer_settings *settings, const char *to, struct bytes mail,
                        struct why *why) MUST_CHECK;

#endif
