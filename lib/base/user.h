/* SPDX-License-Identifier: Apache-2.0
 * base: who may knock: a short list of users, looked up once at start. */
#ifndef SECUREMAIL_USER_H
#define SECUREMAIL_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "status.h"

#define USERS_MAX 16

struct users {
    uid_t ids[USERS_MAX];
    size_t n;
};

/* Add a user by name or number. ST_NONE: there is no such user; ST_LIMIT: the list is full. */
enum status users_add(struct users *users, const char *name, struct why *why) MUST_CHECK;
/* Add the user this program runs as from now on: `name`, the one it will become, or, if that is
 * empty, the one it is. */
enum status users_add_self(struct users *users, const char *name, struct why *why) MUST_CHECK;
/* Started as root to become `name`: give a file just made to that user, so that it can be opened
 * the next time too. Nothing happens otherwise, nor for an empty name. */
enum status user_give(const char *name, const char *path, struct why *why) MUST_CHECK;
bool users_have(const struct users *users, uid_t id);

#endif
