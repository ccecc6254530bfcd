/* SPDX-License-Identifier: Apache-2.0
 * cli: the configuration that init writes: every setting with its explanation, those that were
 * given set, the others commented out with their defaults. */
#ifndef SECUREMAIL_SAMPLE_CONFIG_H
#define SECUREMAIL_SAMPLE_CONFIG_H

#include "buffer.h"

/* A value for a setting; of a list: all of it, as it is to be written. */
struct sample_value {
    const char *section, *key;
    const char *text;
};

/* Append the file. Of two values for one setting the last counts. ST_BAD if a value is for no
 * setting or not one line; whether it is right, reading the file will tell. */
enum status sample_config_write(const struct sample_value *values, size_t count,
                                struct buffer *file_out, struct why *why) MUST_CHECK;

#endif
