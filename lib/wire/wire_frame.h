/* SPDX-License-Identifier: Apache-2.0
 * wire: frames and messages, the ground of both private protocols (docs/spec/wire.md).
 *
 *     request  length u32 │ version 1 │ type u8 │ fields
 *     answer   length u32 │ version 1 │ status u8 │ reason u8 │ wait u32 │ fields (status ok only)
 *
 * A message is a C struct and a table of its fields, in the order they travel; that table is all
 * that encoding, decoding, wiping and the tests know. Decoding is strict: a field outside its
 * bounds, or a byte left over, is ST_BAD, and the connection ends. */
#ifndef SECUREMAIL_WIRE_FRAME_H
#define SECUREMAIL_WIRE_FRAME_H

#include "buffer.h"
#include "secret.h"

#define WIRE_VERSION 1
#define WIRE_FRAME_MAX 65536 /* bytes after the length */

/* --- what an answer says ---------------------------------------------------------------------- */

/* Where a person can do something about a refusal. Numbers are the protocol's; never reused. */
enum wire_reason {
    REASON_NONE = 0,
    REASON_WRONG_PASSWORD = 1, /* or there is no such account: nobody learns which */
    REASON_THROTTLED = 2,      /* too many tries: again after `wait` seconds */
    REASON_UNCONFIRMED = 3,    /* registered, but the mailbox is not proved yet */
    REASON_REVOKED = 4,
    REASON_NOT_ADDRESSEE = 5, /* the session has not proved the address it is sealed to */
    REASON_EXPIRED = 6,       /* older than the lifetime */
    REASON_TOO_EARLY = 7,     /* sealed for a period that has not begun */
    REASON_UNKNOWN_DISTRICT = 8,
    REASON_RECALLED = 9,
    REASON_WEAK_PASSWORD = 10,
    REASON_TOKEN = 11,   /* the link's token is unknown, used or expired */
    REASON_SESSION = 12, /* there is no such session, or it has ended */
    REASON_EXISTS = 13,
    REASON_FIELD = 14, /* a field is missing, too long or not of its form */
    REASON_BUSY = 15,  /* too much work at once: again in a moment */
    REASON_COUNT
};

/* The outcome of a request, the same on both ends. */
struct wire_verdict {
    enum status status;
    enum wire_reason reason; /* REASON_NONE if status is ST_OK, or if the transport failed */
    uint32_t wait;           /* seconds; 0: not said */
};

#define WIRE_OK ((struct wire_verdict){ST_OK, REASON_NONE, 0})
#define WIRE_REFUSE(status, reason) ((struct wire_verdict){(status), (reason), 0})

/* "none", "wrong-password", … for log lines. */
const char *wire_reason_name(enum wire_reason reason);

/* --- messages --------------------------------------------------------------------------------- */

enum wire_kind {
    WIRE_NUMBER, /* uint64_t */
    WIRE_TEXT,   /* char[max + 1]: UTF-8 without control characters; may be empty */
    WIRE_FIXED,  /* uint8_t[max] */
    WIRE_BYTES,  /* uint8_t[max] and its count, a size_t */
    WIRE_SECRET, /* struct secret * of min … max bytes; if optional, NULL travels as no bytes */
};

struct wire_field {
    const char *name; /* as in the specification */
    enum wire_kind kind;
    size_t at;       /* offset in the struct */
    size_t min, max; /* bytes; of a number: values */
    size_t count_at; /* WIRE_BYTES: offset of the count */
    bool optional;   /* WIRE_SECRET: may be absent */
};

/* A table for one struct: WIRE_MESSAGE(struct x, fields of x…). */
struct wire_message {
    const struct wire_field *fields;
    size_t count;
    size_t size; /* of the struct */
};

#define WIRE_MEMBER_SIZE(type, member) sizeof(((type *)NULL)->member)
/* clang-format off */
#define WIRE_A_NUMBER(type, member)                                                                \
    {#member, WIRE_NUMBER, offsetof(type, member), 0, UINT64_MAX, 0, false}
#define WIRE_A_BIT(type, member)                                                                   \
    {#member, WIRE_NUMBER, offsetof(type, member), 0, 1, 0, false}
#define WIRE_A_TEXT(type, member, min)                                                             \
    {#member, WIRE_TEXT, offsetof(type, member), (min), WIRE_MEMBER_SIZE(type, member) - 1, 0, false}
#define WIRE_A_FIXED(type, member)                                                                 \
    {#member, WIRE_FIXED, offsetof(type, member), WIRE_MEMBER_SIZE(type, member),                  \
     WIRE_MEMBER_SIZE(type, member), 0, false}
#define WIRE_SOME_BYTES(type, member, min)                                                         \
    {#member, WIRE_BYTES, offsetof(type, member), (min), WIRE_MEMBER_SIZE(type, member),           \
     offsetof(type, member##_n), false}
#define WIRE_A_SECRET(type, member, min, max)                                                      \
    {#member, WIRE_SECRET, offsetof(type, member), (min), (max), 0, false}
#define WIRE_MAYBE_A_SECRET(type, member, min, max)                                                \
    {#member, WIRE_SECRET, offsetof(type, member), (min), (max), 0, true}
/* clang-format on */

/* Free the secrets of a message and wipe the struct: all zero. */
void wire_clear(const struct wire_message *message, void *values);

/* --- frames ----------------------------------------------------------------------------------- */

/* A frame is built in, and taken apart from, a buffer initialised by wire_frame_init. */

void wire_frame_init(struct buffer *frame);

/* Make a whole frame. ST_BAD, and no frame, if a value breaks its field's rules. */
enum status wire_encode_request(struct buffer *frame, uint8_t type,
                                const struct wire_message *message, const void *values) MUST_CHECK;
enum status wire_encode_answer(struct buffer *frame, const struct wire_verdict *verdict,
                               const struct wire_message *message, const void *values) MUST_CHECK;

/* The type of a request that was received; ST_BAD if it is too short or of another version. */
enum status wire_request_type(struct bytes frame, uint8_t *type_out) MUST_CHECK;
/* The fields of a frame (what follows its length). `values_out` gets copies of everything, so the
 * frame may go; the caller ends with wire_clear. ST_BAD, and nothing to clear, if it is malformed.
 */
enum status wire_decode_request(struct bytes frame, const struct wire_message *message,
                                void *values_out) MUST_CHECK;
/* The same for an answer; `values_out` is written only if the verdict's status is ST_OK. */
enum status wire_decode_answer(struct bytes frame, const struct wire_message *message,
                               struct wire_verdict *verdict_out, void *values_out) MUST_CHECK;

/* Send a whole frame; receive one into `frame`, without its length. ST_NONE: the peer closed
 * between frames; ST_BAD: too long, or empty; ST_TEMP: time-out or a broken connection. */
enum status wire_send(int fd, const struct buffer *frame, int64_t deadline) MUST_CHECK;
enum status wire_receive(int fd, int64_t deadline, struct buffer *frame) MUST_CHECK;

/* --- the two ends ----------------------------------------------------------------------------- */

/* Where a service answers. Calls make a connection each, so any number of threads may share it. */
struct wire_peer {
    const char *where; /* as net_connect takes it */
    int timeout_ms;    /* for a whole call; 0: 10 seconds */
};

/* One row of a protocol: what a request asks and what its answer says. */
struct wire_exchange {
    const char *name; /* "open", for log lines */
    uint8_t type;
    const struct wire_message *ask, *reply;
};

/* Ask and wait for the answer. `reply_out` is written only if the verdict is ST_OK; the caller ends
 * it with wire_clear, or frees its secrets. ST_TEMP if the service is away, slow or not itself;
 * ST_BAD with REASON_FIELD, and nothing is sent, if a value of `ask` breaks its field's rules. */
struct wire_verdict wire_call(const struct wire_peer *peer, const struct wire_exchange *exchange,
                              const void *ask, void *reply_out) MUST_CHECK;

/* The serving end. `handle` gets a decoded request and an all-zero reply to fill if its verdict is
 * ST_OK; both are wiped, and their secrets freed, after it was sent. */
struct wire_service {
    const struct wire_exchange *exchanges;
    size_t count;
    struct wire_verdict (*handle)(void *context, const struct wire_exchange *exchange,
                                  const void *ask, void *reply_out);
    void *context;
    int idle_ms; /* how long a connection may stand without a request; 0: 60 seconds */
};

/* Serve one connection until it ends. ST_NONE: the peer closed; ST_BAD: it sent a malformed frame;
 * ST_TEMP: time-out or broken; ST_FAIL: a handler's reply broke its field's rules. The descriptor
 * stays the caller's to close. */
enum status wire_serve(int fd, const struct wire_service *service) MUST_CHECK;

#endif
