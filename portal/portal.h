/* SPDX-License-Identifier: Apache-2.0
 * portal: what the threads of the portal share. Made by main.c before there are threads; afterwards
 * only what guards itself changes: spool, keyring and crowd. */
#ifndef SECUREMAIL_PORTAL_H
#define SECUREMAIL_PORTAL_H

#include "crowd.h"
#include "keyring.h"
#include "sign.h"
#include "spool.h"
#include "viewer.h"
#include "wire_accounts.h"

/* The version of pages/terms.html; a person accepts one. */
#define PORTAL_TERMS_VERSION 1

struct portal {
    const char *organisation;  /* as people call it */
    const char *help;          /* whom to ask: one line */
    const char *origin;        /* "https://securemail.example.org", where our pages are */
    const char *host;          /* its "securemail.example.org", with the port if it has one */
    bool secure;               /* cookies with Secure and __Host- */
    uint64_t upload_max;       /* bytes of a posted form */
    struct sign_public signer; /* whose messages we show */
    struct secret *form_key;   /* GUARD_KEY_SIZE bytes for the forms of people not signed in; ours,
                                  until we end */

    struct wire_peer accounts;
    struct spool *spool;
    struct keyring *keyring;
    struct crowd *crowd; /* forms in hand */
    struct viewer *viewer;
};

#endif
