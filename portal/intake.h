/* SPDX-License-Identifier: Apache-2.0
 * portal: one sealed message being taken in, from the attachment's form or from a saved attachment.
 * The bytes go through the reader of lib/envelope into the spool while they arrive; only a message
 * that is complete, in time and signed by our gateway is kept. Everything else leaves nothing
 * behind. */
#ifndef SECUREMAIL_INTAKE_H
#define SECUREMAIL_INTAKE_H

#include "form.h"
#include "spool.h"

enum intake_result {
    INTAKE_KEPT,
    INTAKE_EMPTY,      /* no file was chosen, or no message was in the form */
    INTAKE_NO_CARRIER, /* a file, but none of our attachments */
    INTAKE_CUT,        /* an attachment whose end is missing */
    INTAKE_DAMAGED,    /* changed on its way, or malformed */
    INTAKE_UNSIGNED,   /* no signature beside it */
    INTAKE_FORGED,     /* a signature that is not our gateway's, or not for this message */
    INTAKE_EXPIRED,
    INTAKE_FULL,  /* too much from this source, or in all, at the moment */
    INTAKE_FAULT, /* the disk does not work */
};

enum intake_form {
    NO_MESSAGE,
    INTAKE_BUTTON, /* fields `message` (armored) and `signature`, as the attachment's form sends
                      them */
    INTAKE_FILE,   /* a file `attachment`: the attachment itself, saved */
};

struct intake;

/* `source` as source_of gives it. */
struct intake *intake_new(struct spool *spool, enum intake_form form, const char *source);
/* Drops what was not kept. NULL is fine. */
void intake_free(struct intake *intake);
/* Where the form's fields go. It lives as long as the intake. */
struct form_sink intake_sink(struct intake *intake);

/* What came of it. */
struct intake_outcome {
    enum intake_result result;
    struct envelope_seal seal; /* of KEPT and EXPIRED */
    char id[SPOOL_ID_SIZE];    /* of KEPT */
    struct why why; /* for the operator: begins with the number of the rule that was broken
                       (docs/spec/envelope.md); empty where there is none */
};

/* All is there: check and keep. */
struct intake_outcome intake_end(struct intake *intake, const struct sign_public *signer,
                                 int64_t now);

#endif
