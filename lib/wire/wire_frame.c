/* SPDX-License-Identifier: Apache-2.0
 * wire: messages into frames and back, by their tables of fields. */
#include "wire_frame.h"

#include <arpa/inet.h>
#include <endian.h>

#include "memory.h"

#define LENGTH_SIZE 4
#define REQUEST_HEAD 2 /* version, type */
#define ANSWER_HEAD 7  /* version, status, reason, wait */

void wire_frame_init(struct buffer *frame)
{
    buffer_init(frame, LENGTH_SIZE + WIRE_FRAME_MAX);
}

/* --- where a field lies in its struct --------------------------------------------------------- */

static void *member(void *values, size_t at)
{
    return (uint8_t *)values + at;
}

static const void *const_member(const void *values, size_t at)
{
    return (const uint8_t *)values + at;
}

static struct secret *get_secret(const void *values, const struct wire_field *field)
{
    struct secret *secret;
    memcpy(&secret, const_member(values, field->at), sizeof secret);
    return secret;
}

void wire_clear(const struct wire_message *message, void *values)
{
    for (size_t i = 0; i < message->count; i++)
        if (message->fields[i].kind == WIRE_SECRET)
            secret_free(get_secret(values, &message->fields[i]));
    if (message->size > 0)
        secret_wipe(values, message->size);
}

/* --- encoding --------------------------------------------------------------------------------- */

static void add_u16(struct buffer *frame, size_t number)
{
    uint16_t network = htons((uint16_t)number);
    buffer_add(frame, (struct bytes){(const uint8_t *)&network, sizeof network});
}

static void add_u32(struct buffer *frame, uint32_t number)
{
    uint32_t network = htonl(number);
    buffer_add(frame, (struct bytes){(const uint8_t *)&network, sizeof network});
}

static void add_u64(struct buffer *frame, uint64_t number)
{
    uint64_t network = htobe64(number);
    buffer_add(frame, (struct bytes){(const uint8_t *)&network, sizeof network});
}

/* A line of text that can be shown, logged and put into a header without harm. */
static bool text_allowed(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] == 0x7f)
            return false;
    return bytes_utf8(text);
}

static bool length_allowed(const struct wire_field *field, size_t n)
{
    return (n >= field->min && n <= field->max) || (n == 0 && field->optional);
}

/* The bytes of a field that is not a number. */
static struct bytes field_bytes(const struct wire_field *field, const void *values)
{
    const uint8_t *p = const_member(values, field->at);
    size_t n = 0;
    const struct secret *secret;
    switch (field->kind) {
    case WIRE_TEXT:
        return (struct bytes){p, strnlen((const char *)p, field->max + 1)};
    case WIRE_FIXED:
        return (struct bytes){p, field->max};
    case WIRE_BYTES:
        memcpy(&n, const_member(values, field->count_at), sizeof n);
        return (struct bytes){p, n};
    case WIRE_SECRET:
        secret = get_secret(values, field);
        return secret == NULL ? BYTES_NONE : secret_bytes(secret);
    case WIRE_NUMBER:
        break;
    }
    return BYTES_NONE;
}

static enum status encode_field(struct buffer *frame, const struct wire_field *field,
                                const void *values)
{
    if (field->kind == WIRE_NUMBER) {
        uint64_t number;
        memcpy(&number, const_member(values, field->at), sizeof number);
        if (number < field->min || number > field->max)
            return ST_BAD;
        add_u64(frame, number);
        return ST_OK;
    }
    struct bytes bytes = field_bytes(field, values);
    if (!length_allowed(field, bytes.n) || (field->kind == WIRE_TEXT && !text_allowed(bytes)))
        return ST_BAD;
    add_u16(frame, bytes.n);
    buffer_add(frame, bytes);
    return ST_OK;
}

/* The fields behind the head that is in the frame already, then the length in front. */
static enum status encode_fields(struct buffer *frame, const struct wire_message *message,
                                 const void *values)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && message != NULL && i < message->count; i++)
        status = encode_field(frame, &message->fields[i], values);
    if (status == ST_OK)
        status = buffer_check(frame);
    if (status != ST_OK) {
        buffer_clear(frame);
        return ST_BAD;
    }
    uint32_t length = htonl((uint32_t)(frame->n - LENGTH_SIZE));
    memcpy(frame->p, &length, sizeof length);
    return ST_OK;
}

enum status wire_encode_request(struct buffer *frame, uint8_t type,
                                const struct wire_message *message, const void *values)
{
    buffer_clear(frame);
    add_u32(frame, 0);
    buffer_add_byte(frame, WIRE_VERSION);
    buffer_add_byte(frame, type);
    return encode_fields(frame, message, values);
}

enum status wire_encode_answer(struct buffer *frame, const struct wire_verdict *verdict,
                               const struct wire_message *message, const void *values)
{
    buffer_clear(frame);
    add_u32(frame, 0);
    buffer_add_byte(frame, WIRE_VERSION);
    buffer_add_byte(frame, (uint8_t)verdict->status);
    buffer_add_byte(frame, (uint8_t)verdict->reason);
    add_u32(frame, verdict->wait);
    return encode_fields(frame, verdict->status == ST_OK ? message : NULL, values);
}

/* --- decoding --------------------------------------------------------------------------------- */

/* A bad field makes the whole bad; decode_fields clears what came before it. */

static enum status take(struct bytes *rest, size_t n, struct bytes *bytes_out)
{
    if (rest->n < n)
        return ST_BAD;
    *bytes_out = bytes_first(*rest, n);
    *rest = bytes_from(*rest, n);
    return ST_OK;
}

static enum status take_number(struct bytes *rest, const struct wire_field *field, void *values)
{
    struct bytes bytes;
    uint64_t number;
    if (take(rest, sizeof number, &bytes) != ST_OK)
        return ST_BAD;
    memcpy(&number, bytes.p, sizeof number);
    number = be64toh(number);
    if (number < field->min || number > field->max)
        return ST_BAD;
    memcpy(member(values, field->at), &number, sizeof number);
    return ST_OK;
}

static enum status take_bytes(struct bytes *rest, const struct wire_field *field,
                              struct bytes *bytes_out)
{
    struct bytes head;
    uint16_t n;
    if (take(rest, sizeof n, &head) != ST_OK)
        return ST_BAD;
    memcpy(&n, head.p, sizeof n);
    n = ntohs(n);
    if (!length_allowed(field, n))
        return ST_BAD;
    return take(rest, n, bytes_out);
}

static enum status decode_field(struct bytes *rest, const struct wire_field *field, void *values)
{
    struct bytes bytes;
    if (field->kind == WIRE_NUMBER)
        return take_number(rest, field, values);
    if (take_bytes(rest, field, &bytes) != ST_OK)
        return ST_BAD;
    if (field->kind == WIRE_TEXT && !text_allowed(bytes))
        return ST_BAD;
    if (field->kind == WIRE_SECRET) {
        struct secret *secret = bytes.n == 0 ? NULL : secret_copy(bytes);
        memcpy(member(values, field->at), &secret, sizeof secret);
        return ST_OK;
    }
    if (bytes.n > 0) /* a text's NUL is there already: the struct was all zero */
        memcpy(member(values, field->at), bytes.p, bytes.n);
    if (field->kind == WIRE_BYTES)
        memcpy(member(values, field->count_at), &bytes.n, sizeof bytes.n);
    return ST_OK;
}

static enum status decode_fields(struct bytes rest, const struct wire_message *message,
                                 void *values_out)
{
    enum status status = ST_OK;
    /* Decoded aside, so that a frame that is bad at its end has changed nothing. */
    uint8_t *values = memory_new(1, message->size + 1);
    for (size_t i = 0; status == ST_OK && i < message->count; i++)
        status = decode_field(&rest, &message->fields[i], values);
    if (status == ST_OK && rest.n > 0)
        status = ST_BAD;
    if (status != ST_OK)
        wire_clear(message, values);
    else if (message->size > 0)
        memcpy(values_out, values, message->size);
    secret_wipe(values, message->size + 1);
    free(values);
    return status;
}

enum status wire_request_type(struct bytes frame, uint8_t *type_out)
{
    if (frame.n < REQUEST_HEAD || frame.p[0] != WIRE_VERSION)
        return ST_BAD;
    *type_out = frame.p[1];
    return ST_OK;
}

enum status wire_decode_request(struct bytes frame, const struct wire_message *message,
                                void *values_out)
{
    uint8_t type;
    if (wire_request_type(frame, &type) != ST_OK)
        return ST_BAD;
    return decode_fields(bytes_from(frame, REQUEST_HEAD), message, values_out);
}

enum status wire_decode_answer(struct bytes frame, const struct wire_message *message,
                               struct wire_verdict *verdict_out, void *values_out)
{
    uint32_t wait;
    if (frame.n < ANSWER_HEAD || frame.p[0] != WIRE_VERSION || frame.p[1] >= ST_COUNT ||
        frame.p[2] >= REASON_COUNT)
        return ST_BAD;
    memcpy(&wait, frame.p + 3, sizeof wait);
    struct wire_verdict verdict = {(enum status)frame.p[1], (enum wire_reason)frame.p[2],
                                   ntohl(wait)};
    struct bytes fields = bytes_from(frame, ANSWER_HEAD);
    if (verdict.status == ST_OK) {
        /* Success has nothing to explain. */
        if (verdict.reason != REASON_NONE || verdict.wait != 0 ||
            decode_fields(fields, message, values_out) != ST_OK)
            return ST_BAD;
    } else if (fields.n > 0) {
        return ST_BAD;
    }
    *verdict_out = verdict;
    return ST_OK;
}

const char *wire_reason_name(enum wire_reason reason)
{
    static const char *const names[REASON_COUNT] = {
        "none",          "wrong-password", "throttled", "unconfirmed",      "revoked",
        "not-addressee", "expired",        "too-early", "unknown-district", "recalled",
        "weak-password", "token",          "session",   "exists",           "field",
        "busy",
    };
    return (unsigned)reason < REASON_COUNT ? names[reason] : "?";
}
