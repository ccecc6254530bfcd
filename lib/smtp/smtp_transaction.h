/* SPDX-License-Identifier: Apache-2.0
 * smtp (private): a transaction while it is being filled in. It grows, and is freed as a whole:
 * there is no way to reset a part of it. */
#ifndef SECUREMAIL_SMTP_TRANSACTION_H
#define SECUREMAIL_SMTP_TRANSACTION_H

#include "bytes.h"
#include "smtp_server.h"

struct smtp_transaction *smtp_transaction_new(const char *peer, const char *helo);

/* A copy of the text, which must not hold a NUL, that lives as long as the transaction. */
const char *smtp_transaction_keep(struct smtp_transaction *transaction, struct bytes text);

/* Add a recipient; its texts are smtp_transaction_keep's. */
void smtp_transaction_add(struct smtp_transaction *transaction, struct smtp_recipient recipient);

/* Set an XFORWARD attribute; NULL: unavailable. */
void smtp_transaction_forward(struct smtp_transaction *transaction,
                              enum smtp_xforward_attribute attribute, const char *value);

#endif
