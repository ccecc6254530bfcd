/* SPDX-License-Identifier: Apache-2.0
 * ibe: the little DER (X.690) that identities and parameters are made of: definite, minimal
 * lengths, one-byte tags, nothing optional. Private to lib/ibe and lib/master. */
#ifndef SECUREMAIL_DER_H
#define SECUREMAIL_DER_H

#include "bytes.h"
#include "status.h"

enum der_tag {
    DER_INTEGER = 0x02,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0c,
    DER_IA5_STRING = 0x16,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
};

/* The arc of all our identifiers, {2.25.54759933365975134882754140396691727131}: the UUID
 * 29326129-adc6-4a69-a682-8ddb6cdd231b (X.667). Complete it with one more byte. */
#define DER_OUR_ARC "\x69\xd2\xb2\xb0\xca\xb5\xdc\xb2\xa9\xd3\xa6\xc1\xa3\xbb\xb6\xe6\xf4\xc6\x1b"
#define DER_OID_IDENTITY BYTES_LITERAL(DER_OUR_ARC "\x01") /* an e-mail address and a period */
#define DER_OID_KEM BYTES_LITERAL(DER_OUR_ARC "\x02")      /* the hybrid KEM of docs/spec/ibe.md */

/* Seconds that a GeneralizedTime can say: 1970 to 9999. */
#define DER_TIME_MAX INT64_C(253402300799)

/* A writer that fills its space from the end to the front, so that a length is known before it is
 * written: what comes last is put first. */
struct der_writer {
    uint8_t *start, *at, *end;
    bool overflow; /* something did not fit: der_end says so */
};

void der_begin(struct der_writer *writer, uint8_t *space, size_t n);
/* Put tag, length and these contents in front of what is there. */
void der_put(struct der_writer *writer, enum der_tag tag, struct bytes contents);
void der_put_integer(struct der_writer *writer, uint64_t value);
void der_put_time(struct der_writer *writer, int64_t time); /* 0 ≤ time ≤ DER_TIME_MAX */
/* Put tag and length in front of everything written since `mark`, which was der_mark's answer then.
 */
size_t der_mark(const struct der_writer *writer);
void der_wrap(struct der_writer *writer, enum der_tag tag, size_t mark);
/* All that was written, at the end of the space; ST_LIMIT if it did not fit. */
enum status der_end(const struct der_writer *writer, struct bytes *written_out) MUST_CHECK;

/* Take one value with this tag off *rest and give its contents, which point into it; ST_BAD if
 * there is none or its length is not minimal. */
enum status der_take(struct bytes *rest, enum der_tag tag, struct bytes *contents_out) MUST_CHECK;
/* A minimal INTEGER in min … max. */
enum status der_take_integer(struct bytes *rest, uint64_t min, uint64_t max,
                             uint64_t *value_out) MUST_CHECK;
enum status der_take_time(struct bytes *rest, int64_t *time_out) MUST_CHECK;
/* An OBJECT IDENTIFIER with exactly these contents. */
enum status der_take_oid(struct bytes *rest, struct bytes oid) MUST_CHECK;

#endif
