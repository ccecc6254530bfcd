/* SPDX-License-Identifier: Apache-2.0
 * portal: one sealed message being taken in. */
#include "intake.h"

#include "carrier.h"
#include "memory.h"

/* Bytes given to a reader at once; they become at most as many, and what it held back. */
#define PIECE ((size_t)64 * 1024)

struct intake {
    struct spool *spool;
    enum intake_form form;
    char source[SPOOL_SOURCE_SIZE];

    bool seen;                      /* a message began */
    bool in_signature;              /* the field in hand is `signature` */
    struct armor_reader *armor;     /* INTAKE_BUTTON */
    struct carrier_reader *carrier; /* INTAKE_FILE */
    struct spool_writer *writer;
    struct buffer head; /* the age file's first bytes, for its header */
    struct buffer signature;
    struct buffer piece; /* the age file's bytes out of one piece */
    uint64_t file_n;     /* of the age file */
    enum status status;  /* of reader or spool: the first failure */
    bool full;           /* it was the spool's */
};

struct intake *intake_new(struct spool *spool, enum intake_form form, const char *source)
{
    struct intake *intake = memory_new(1, sizeof(*intake));

    intake->spool = spool;
    intake->form = form;
    (void)snprintf(intake->source, sizeof(intake->source), "%s", source);
    buffer_init(&intake->head, ENVELOPE_HEADER_MAX);
    buffer_init(&intake->signature, SIGN_TEXT_MAX);
    buffer_init(&intake->piece, 4 * PIECE);
    return intake;
}

void intake_free(struct intake *intake)
{
    if (intake == NULL)
        return;
    armor_reader_free(intake->armor);
    carrier_reader_free(intake->carrier);
    spool_drop(intake->writer);
    buffer_done(&intake->head);
    buffer_done(&intake->signature);
    buffer_done(&intake->piece);
    free(intake);
}

/* --- while it arrives ------------------------------------------------------------------------ */

static void keep_failure(struct intake *intake, enum status status)
{
    if (status != ST_OK && intake->status == ST_OK) {
        intake->status = status;
        intake->full = true;
    }
}

/* What was read goes to the spool. */
static void keep_piece(struct intake *intake)
{
    struct bytes bytes = buffer_bytes(&intake->piece);

    if (bytes.n == 0 || intake->status != ST_OK)
        return;
    if (intake->writer == NULL)
        keep_failure(intake, spool_begin(intake->spool, intake->source, &intake->writer));
    if (intake->writer != NULL)
        keep_failure(intake, spool_add(intake->writer, bytes));
    /* The first bytes, as far as they fit, are for the header. */
    buffer_add(&intake->head, bytes_first(bytes, ENVELOPE_HEADER_MAX - intake->head.n));
    intake->file_n += bytes.n;
    buffer_clear(&intake->piece);
}

/* Bytes come in lines of an armor; they are gathered, so that the spool is not asked for each. */
static void read_piece(struct intake *intake, struct bytes bytes)
{
    if (intake->piece.n >= PIECE)
        keep_piece(intake);
    if (intake->status != ST_OK)
        return;
    if (intake->armor != NULL)
        intake->status = armor_reader_add(intake->armor, bytes, &intake->piece);
    else
        intake->status = carrier_reader_add(intake->carrier, bytes, &intake->piece);
}

static bool sink_begin(void *context, const struct form_part *part)
{
    struct intake *intake = context;
    bool file = part->filename != NULL;

    if (file && part->filename[0] == '\0') /* no file was chosen */
        return false;
    if (intake->form == INTAKE_BUTTON && !file && strcmp(part->name, "signature") == 0) {
        intake->in_signature = true;
        return true;
    }
    if (intake->seen)
        return false;
    if (intake->form == INTAKE_BUTTON && !file && strcmp(part->name, "message") == 0)
        intake->armor = armor_reader_new();
    else if (intake->form == INTAKE_FILE && file && strcmp(part->name, "attachment") == 0)
        intake->carrier = carrier_reader_new();
    else
        return false;
    intake->seen = true;
    return true;
}

/* A failure is kept for the end: the rest of the form is read, so that the browser gets its page.
 */
static enum status sink_data(void *context, struct bytes bytes)
{
    struct intake *intake = context;

    if (intake->in_signature) {
        buffer_add(&intake->signature, bytes);
        return ST_OK;
    }
    while (intake->status == ST_OK && bytes.n > 0) {
        struct bytes piece = bytes_first(bytes, PIECE);

        read_piece(intake, piece);
        bytes = bytes_from(bytes, piece.n);
    }
    return ST_OK;
}

static enum status sink_end(void *context)
{
    struct intake *intake = context;

    intake->in_signature = false;
    return ST_OK;
}

struct form_sink intake_sink(struct intake *intake)
{
    return (struct form_sink){sink_begin, sink_data, sink_end, intake};
}

/* --- when all is there ----------------------------------------------------------------------- */

/* Which rule the reader refused by. */
static enum intake_result damaged(const struct intake *intake, struct why *why)
{
    const char *rule = intake->carrier != NULL ? carrier_reader_why(intake->carrier)
                                               : armor_reader_why(intake->armor);

    why_set(why, ST_BAD, "%s", rule != NULL ? rule : "an empty file");
    return INTAKE_DAMAGED;
}

static enum intake_result end_reader(struct intake *intake, uint8_t hash_out[SIGN_HASH_SIZE],
                                     struct why *why)
{
    enum status status;

    if (!intake->seen)
        return INTAKE_EMPTY;
    keep_piece(intake);
    if (intake->full)
        return intake->status == ST_LIMIT ? INTAKE_FULL : INTAKE_FAULT;
    if (intake->status != ST_OK)
        return damaged(intake, why);
    if (intake->carrier != NULL)
        status = carrier_reader_end(intake->carrier, hash_out, &intake->signature);
    else
        status = armor_reader_end(intake->armor, hash_out);
    if (status == ST_NONE)
        return INTAKE_NO_CARRIER;
    if (status == ST_TEMP)
        return INTAKE_CUT;
    return status == ST_OK && intake->writer != NULL ? INTAKE_KEPT : damaged(intake, why);
}

/* The header, and whether a letter can be in what follows it: known before anybody asks for a key.
 */
static enum status read_envelope(const struct intake *intake, struct envelope *envelope_out,
                                 struct why *why)
{
    uint64_t ignored;
    enum status status = envelope_read(buffer_bytes(&intake->head), envelope_out, why);

    if (status == ST_TEMP)
        return why_set(why, ST_BAD, "the file ends before its header does");
    if (status != ST_OK)
        return status;
    if (envelope_plain_size(intake->file_n - envelope_out->header_n, &ignored) != ST_OK)
        return why_set(why, ST_BAD, "E-13: no letter has a payload of this size");
    return ST_OK;
}

static enum intake_result check(struct intake *intake, const struct sign_public *signer,
                                struct envelope *envelope_out, struct intake_outcome *outcome)
{
    uint8_t hash[SIGN_HASH_SIZE];
    struct why *why = &outcome->why;
    enum intake_result result = end_reader(intake, hash, why);
    struct envelope_signature signature = {hash, buffer_bytes(&intake->signature)};

    if (result != INTAKE_KEPT)
        return result;
    if (read_envelope(intake, envelope_out, why) != ST_OK)
        return INTAKE_DAMAGED;
    if (buffer_check(&intake->signature) != ST_OK) {
        why_set(why, ST_BAD, "E-29: the signature is too long");
        return INTAKE_FORGED;
    }
    if (signature.text.n == 0) {
        why_set(why, ST_BAD, "E-18: no signature");
        return INTAKE_UNSIGNED;
    }
    if (envelope_check(signer, envelope_out, signature, &outcome->seal, why) != ST_OK)
        return INTAKE_FORGED;
    return INTAKE_KEPT;
}

struct intake_outcome intake_end(struct intake *intake, const struct sign_public *signer,
                                 int64_t now)
{
    struct envelope envelope;
    struct intake_outcome outcome = {.id = ""};

    outcome.result = check(intake, signer, &envelope, &outcome);
    if (outcome.result != INTAKE_KEPT)
        return outcome;
    if (outcome.seal.expires <= now) {
        outcome.result = INTAKE_EXPIRED;
        return outcome;
    }
    spool_keep(intake->writer, &envelope, &outcome.seal, now, outcome.id);
    intake->writer = NULL;
    return outcome;
}
