/* SPDX-License-Identifier: Apache-2.0
 * accounts: the request table of the service. */
#ifndef SECUREMAIL_ACCOUNTS_H
#define SECUREMAIL_ACCOUNTS_H

#include "service.h"
#include "wire_frame.h"

/* Answer one request of the portal (for wire_service; `context` is the struct service). */
struct wire_verdict accounts_handle(void *context, const struct wire_exchange *exchange,
                                    const void *ask, void *reply_out);

/* Remove what is over: expired registrations, ended sessions, forgotten failures. */
enum status accounts_sweep(struct service *service, int64_t now) MUST_CHECK;

#endif
