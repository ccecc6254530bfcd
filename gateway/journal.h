/* SPDX-License-Identifier: Apache-2.0
 * gateway: the log lines of letters (docs/guide/log-events.md): a line for each recipient. */
#ifndef SECUREMAIL_JOURNAL_H
#define SECUREMAIL_JOURNAL_H

#include "letter.h"

/* What each recipient of a handled letter got. */
void journal_letter(const struct letter *letter);
/* Something did not get through to the next hop. */
void journal_relay(const struct letter *letter, const struct relay *relay, enum status status,
                   const struct why *why);
/* The letter could not be looked into, though a rule asks for its content. */
void journal_uninspected(const struct letter *letter, const struct why *why);
/* The letter was refused because it ended workers before: an operator should look at it. */
void journal_poison(const struct letter *letter);
/* Something was refused in the dialogue, before there was a letter to handle: a command, or a
 * letter's data. As struct smtp_server_settings wants it; `context` is the struct metrics, or
 * NULL. */
void journal_refusal(void *context, const struct smtp_refusal *refusal);
/* Somebody who may bring no letters was sent away. */
void journal_stranger(const struct post *post, const char *peer);
/* A mail server's connection ended. */
void journal_connection(const char *peer, unsigned letters, enum status status,
                        const struct why *why);

#endif
