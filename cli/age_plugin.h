/* SPDX-License-Identifier: Apache-2.0
 * cli: what age-plugin-securemail does once it is asked (docs/spec/age-plugin.md §2). */
#ifndef SECUREMAIL_AGE_PLUGIN_H
#define SECUREMAIL_AGE_PLUGIN_H

#include "status.h"

/* Serve the state machine identity-v1 on two descriptors. ST_OK: to its end; ST_BAD: the other end
 * broke the protocol or its bounds; ST_TEMP: it went away. */
enum status age_plugin_identity(int in, int out) MUST_CHECK;

#endif
