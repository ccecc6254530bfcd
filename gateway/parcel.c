/* SPDX-License-Identifier: Apache-2.0
 * gateway: sealing a letter into the mail that carries it. */
#include "parcel.h"

#include <stdlib.h>

#include "carrier.h"
#include "encode.h"
#include "memory.h"
#include "random.h"
#include "wrap.h"

struct parcel {
    struct smtp_body *body;
    struct carrier *carrier;
    struct buffer html;  /* what the carrier wrote in this step, lines ending with LF */
    struct buffer piece; /* the same as mail */
    char unique[WRAP_UNIQUE_SIZE];
    char id[PARCEL_ID_SIZE];
    enum { PARCEL_HEAD, PARCEL_LETTER, PARCEL_DONE } state;
};

/* What people read in this copy. */
struct words {
    const struct notice *notice;
    char sender[600];
    char until[NOTICE_DATE_SIZE];
};

static int64_t period_of(const struct parcel_settings *s)
{
    return identity_period(s->now, s->gateway->params.interval);
}

/* The attachment's lines end as lines of a mail do; it holds no CR of its own. */
static enum status add_lines(struct parcel *parcel)
{
    struct bytes rest = buffer_bytes(&parcel->html);
    while (rest.n > 0) {
        size_t n = bytes_index(rest, '\n');
        (void)buffer_add(&parcel->piece, bytes_first(rest, n));
        if (n < rest.n)
            (void)buffer_add_text(&parcel->piece, "\r\n");
        rest = bytes_from(rest, n + 1);
    }
    buffer_clear(&parcel->html);
    return buffer_check(&parcel->piece);
}

/* The recipient's language, the last day on which the message can be opened, and who wrote it. */
static void choose_words(const struct parcel_settings *s, struct words *words)
{
    const struct header_mailbox *from = &s->look->from;
    bool named = from->name[0] != '\0';
    words->notice = notices_for(s->gateway->notices, s->recipient->text);
    notice_date(notice_language(words->notice), period_of(s) + s->gateway->lifetime - 1,
                words->until);
    (void)snprintf(words->sender, sizeof words->sender, named ? "%s <%s>" : "%s%s", from->name,
                   from->address);
}

static enum status begin_mail(struct parcel *parcel, const struct parcel_settings *s,
                              const struct words *words)
{
    uint8_t random[16];
    const struct notice_letter letter = {s->look->from.name, s->look->from.address,
                                         s->recipient->text, words->until};
    struct wrap wrap = {
        .look = s->look,
        .notice = words->notice,
        .settings = &s->gateway->notice,
        .words = &letter,
        .sender = s->letter->envelope.sender,
        .host_name = s->gateway->host_name,
        .now = s->now,
        .subject = s->subject,
        .tag = s->tag,
        .utf8 = s->letter->envelope.utf8,
    };
    random_fill(random, sizeof random);
    hex_encode(wrap.unique, BYTES_ARRAY(random));
    memcpy(parcel->unique, wrap.unique, sizeof parcel->unique);
    return wrap_begin(&wrap, &parcel->piece);
}

/* Begin the attachment: from here on every byte of the letter goes through it, and only here. */
static enum status begin_carrier(struct parcel *parcel, const struct parcel_settings *s,
                                 const struct words *words)
{
    const struct gateway *gateway = s->gateway;
    const struct carrier_text text = {
        .language = notice_language(words->notice),
        .organisation = gateway->notice.organisation,
        .portal = gateway->notice.portal,
        .host = gateway->notice.host,
        .sender = words->sender,
        .recipient = s->recipient->text,
        .expires = words->until,
        .help = gateway->notice.help,
    };
    struct identity identity = {
        .serial = gateway->params.serial, .address = *s->recipient, .period_start = period_of(s)};
    memcpy(identity.district, gateway->params.district, sizeof identity.district);

    /* Each copy has randomness, so a file key, of its own. */
    struct secret *random = secret_new(ENVELOPE_RANDOM_SIZE);
    random_fill(random->p, random->n);
    const struct carrier_settings settings = {
        .sender = gateway->sender,
        .key = gateway->key,
        .identity = &identity,
        .random = random,
        .seal = {.time = s->now, .expires = period_of(s) + gateway->lifetime},
        .text = &text,
    };
    enum status status = carrier_new(&settings, &parcel->carrier, &parcel->html);
    secret_free(random);
    return status == ST_OK ? add_lines(parcel) : status;
}

enum status parcel_new(const struct parcel_settings *settings, struct parcel **parcel_out)
{
    struct words words;
    if (!params_valid(&settings->gateway->params, settings->now))
        return ST_TEMP;
    struct parcel *parcel = memory_new(1, sizeof *parcel);
    parcel->body = settings->letter->body;
    smtp_body_rewind(parcel->body);
    buffer_init(&parcel->html, CARRIER_STEP_MAX);
    buffer_init(&parcel->piece, WRAP_MAX + 2 * CARRIER_STEP_MAX);
    choose_words(settings, &words);
    enum status status = begin_mail(parcel, settings, &words);
    if (status == ST_OK)
        status = begin_carrier(parcel, settings, &words);
    if (status == ST_OK) {
        hex_encode(parcel->id, (struct bytes){carrier_id(parcel->carrier), ENVELOPE_ID_SIZE});
        *parcel_out = parcel;
        parcel = NULL;
    }
    parcel_free(parcel);
    return status;
}

void parcel_free(struct parcel *parcel)
{
    if (parcel == NULL)
        return;
    carrier_free(parcel->carrier);
    buffer_done(&parcel->html);
    buffer_done(&parcel->piece);
    free(parcel);
}

/* A piece of the letter, sealed; behind the last one the end of the attachment and of the mail. */
static enum status next_sealed(struct parcel *parcel)
{
    struct bytes plain;
    enum status status = smtp_body_read(parcel->body, &plain);
    bool last = status == ST_NONE;
    if (last)
        status = carrier_end(parcel->carrier, &parcel->html);
    else if (status == ST_OK)
        status = carrier_add(parcel->carrier, plain, &parcel->html);
    if (status == ST_OK)
        status = add_lines(parcel);
    if (status != ST_OK || !last)
        return status;
    parcel->state = PARCEL_DONE;
    return wrap_end(parcel->unique, &parcel->piece);
}

enum status parcel_next(struct parcel *parcel, struct bytes *piece_out)
{
    if (parcel->state == PARCEL_DONE)
        return ST_NONE;
    enum status status = ST_OK;
    if (parcel->state == PARCEL_LETTER) {
        buffer_clear(&parcel->piece);
        status = next_sealed(parcel);
    } else {
        parcel->state = PARCEL_LETTER; /* parcel_new wrote the head */
    }
    if (status == ST_OK)
        *piece_out = buffer_bytes(&parcel->piece);
    return status;
}

const char *parcel_id(const struct parcel *parcel)
{
    return parcel->id;
}
