/* SPDX-License-Identifier: Apache-2.0
 * ibe: writing and reading DER. */
#include "der.h"

#include <assert.h>

#include "clock.h"

#define LENGTH_MAX 0xffff /* two length bytes: more than any file of ours */

/* --- writing, from the end to the front ------------------------------------------------------ */

void der_begin(struct der_writer *writer, uint8_t *space, size_t n)
{
    *writer = (struct der_writer){.start = space, .at = space + n, .end = space + n};
}

static void put_raw(struct der_writer *writer, struct bytes raw)
{
    if (writer->overflow || raw.n > (size_t)(writer->at - writer->start)) {
        writer->overflow = true;
        return;
    }
    writer->at -= raw.n;
    if (raw.n > 0)
        memcpy(writer->at, raw.p, raw.n);
}

static void put_byte(struct der_writer *writer, uint8_t byte)
{
    put_raw(writer, (struct bytes){&byte, 1});
}

static void put_header(struct der_writer *writer, enum der_tag tag, size_t n)
{
    assert(n <= LENGTH_MAX);
    put_byte(writer, (uint8_t)n);
    if (n > 0xff)
        put_byte(writer, (uint8_t)(n >> 8));
    if (n > 0x7f)
        put_byte(writer, n > 0xff ? 0x82 : 0x81);
    put_byte(writer, (uint8_t)tag);
}

void der_put(struct der_writer *writer, enum der_tag tag, struct bytes contents)
{
    put_raw(writer, contents);
    put_header(writer, tag, contents.n);
}

void der_put_integer(struct der_writer *writer, uint64_t value)
{
    /* Big-endian with a zero bit in front, as few bytes as that takes. */
    uint8_t bytes[9];
    size_t n = 0;
    do {
        bytes[sizeof bytes - ++n] = (uint8_t)value;
        value >>= 8;
    } while (value > 0);
    if (bytes[sizeof bytes - n] >= 0x80)
        bytes[sizeof bytes - ++n] = 0;
    der_put(writer, DER_INTEGER, (struct bytes){bytes + sizeof bytes - n, n});
}

void der_put_time(struct der_writer *writer, int64_t time)
{
    char text[CLOCK_TEXT_SIZE];
    assert(time >= 0 && time <= DER_TIME_MAX);
    clock_generalized(time, text);
    der_put(writer, DER_GENERALIZED_TIME, bytes_text(text));
}

size_t der_mark(const struct der_writer *writer)
{
    return (size_t)(writer->end - writer->at);
}

void der_wrap(struct der_writer *writer, enum der_tag tag, size_t mark)
{
    put_header(writer, tag, der_mark(writer) - mark);
}

enum status der_end(const struct der_writer *writer, struct bytes *written_out)
{
    if (writer->overflow)
        return ST_LIMIT;
    *written_out = (struct bytes){writer->at, der_mark(writer)};
    return ST_OK;
}

/* --- reading --------------------------------------------------------------------------------- */

/* The length behind a tag: minimal, definite, at most two bytes long. */
static enum status take_length(struct bytes *rest, size_t *n_out)
{
    size_t more = 0, n = 0;
    if (rest->n == 0)
        return ST_BAD;
    uint8_t first = rest->p[0];
    *rest = bytes_from(*rest, 1);
    if (first < 0x80) {
        *n_out = first;
        return ST_OK;
    }
    more = first & 0x7f;
    if (more < 1 || more > 2 || rest->n < more)
        return ST_BAD;
    for (size_t i = 0; i < more; i++)
        n = n << 8 | rest->p[i];
    if (n < 0x80 || (more == 2 && n < 0x100))
        return ST_BAD;
    *rest = bytes_from(*rest, more);
    *n_out = n;
    return ST_OK;
}

enum status der_take(struct bytes *rest, enum der_tag tag, struct bytes *contents_out)
{
    struct bytes left = bytes_from(*rest, 1);
    size_t n = 0;
    if (rest->n == 0 || rest->p[0] != tag || take_length(&left, &n) != ST_OK || n > left.n)
        return ST_BAD;
    *contents_out = bytes_first(left, n);
    *rest = bytes_from(left, n);
    return ST_OK;
}

enum status der_take_integer(struct bytes *rest, uint64_t min, uint64_t max, uint64_t *value_out)
{
    struct bytes left = *rest, contents = BYTES_NONE;
    uint64_t value = 0;
    if (der_take(&left, DER_INTEGER, &contents) != ST_OK || contents.n < 1 || contents.n > 9)
        return ST_BAD;
    /* Not negative; no zero byte in front but before a set bit. */
    if (contents.p[0] >= 0x80 || (contents.n == 9 && contents.p[0] != 0) ||
        (contents.n > 1 && contents.p[0] == 0 && contents.p[1] < 0x80))
        return ST_BAD;
    for (size_t i = 0; i < contents.n; i++)
        value = value << 8 | contents.p[i];
    if (value < min || value > max)
        return ST_BAD;
    *rest = left;
    *value_out = value;
    return ST_OK;
}

enum status der_take_time(struct bytes *rest, int64_t *time_out)
{
    struct bytes left = *rest, contents = BYTES_NONE;
    int64_t time = 0;
    if (der_take(&left, DER_GENERALIZED_TIME, &contents) != ST_OK ||
        clock_parse_generalized(contents, &time) != ST_OK || time < 0 || time > DER_TIME_MAX)
        return ST_BAD;
    *rest = left;
    *time_out = time;
    return ST_OK;
}

enum status der_take_oid(struct bytes *rest, struct bytes oid)
{
    struct bytes left = *rest, contents = BYTES_NONE;
    if (der_take(&left, DER_OID, &contents) != ST_OK || !bytes_equal(contents, oid))
        return ST_BAD;
    *rest = left;
    return ST_OK;
}
