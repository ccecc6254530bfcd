/* SPDX-License-Identifier: Apache-2.0
 * config (private): the table of settings, and what makes a value right. */
#ifndef SECUREMAIL_CONFIG_SETTINGS_H
#define SECUREMAIL_CONFIG_SETTINGS_H

#include "config.h"

/* The setting's row, or NULL. */
const struct config_setting *settings_find(const char *section, const char *key);
/* Does any setting live in this section? */
bool settings_section(const char *section);
/* Is this one value (of a list: one item) right for its setting? ST_BAD with a reason if not. */
enum status settings_check(const struct config_setting *setting, const char *value,
                           struct why *why) MUST_CHECK;
/* A number, size, duration (seconds) or switch (0, 1) as a number; the text was checked before. */
uint64_t settings_number(const struct config_setting *setting, const char *value);

#endif
