/* SPDX-License-Identifier: Apache-2.0
 * sign: what key.c and sign.c share. */
#ifndef SECUREMAIL_SIGN_PRIVATE_H
#define SECUREMAIL_SIGN_PRIVATE_H

#include "sign.h"

struct sign_key {
    struct secret *secret; /* seed (32) ‖ public key (32), as libsodium wants it */
    struct sign_public public;
};

#endif
