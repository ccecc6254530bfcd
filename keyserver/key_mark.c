/* SPDX-License-Identifier: Apache-2.0
 * keyserver: signed heads. What is read is written again and compared: one text for each. */
#include "key_mark.h"

#include "clock.h"
#include "encode.h"
#include "number.h"

#define HEX_SIZE (2 * KEY_CHAIN_SIZE + 1)
#define TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

enum status key_mark_line(const struct key_mark *mark, struct buffer *line_out)
{
    char time[CLOCK_TEXT_SIZE], chain[HEX_SIZE];
    if (!identity_district_valid(bytes_text(mark->district)) || mark->time < 0 ||
        mark->time > TIME_MAX)
        return ST_BAD;
    clock_iso(mark->time, time);
    hex_encode(chain, BYTES_ARRAY(mark->chain));
    buffer_add_format(line_out, "securemail-key-log-head 1 %s %llu %s %s\n", mark->district,
                      (unsigned long long)mark->number, time, chain);
    return buffer_check(line_out);
}

enum status key_mark_comment(const struct key_mark *mark, struct buffer *comment_out)
{
    char chain[HEX_SIZE];
    hex_encode(chain, BYTES_ARRAY(mark->chain));
    buffer_add_format(comment_out, "securemail-key-log-head-v1 district=%s number=%llu chain=%s",
                      mark->district, (unsigned long long)mark->number, chain);
    return buffer_check(comment_out);
}

static struct bytes next_word(struct bytes *rest)
{
    size_t end = bytes_index(*rest, ' ');
    struct bytes word = bytes_first(*rest, end);
    *rest = bytes_from(*rest, end + 1);
    return word;
}

/* Its fields; `line` has no LF. */
static bool read_line(struct bytes line, struct key_mark *mark)
{
    return bytes_equal(next_word(&line), BYTES_LITERAL("securemail-key-log-head")) &&
           bytes_equal(next_word(&line), BYTES_LITERAL("1")) &&
           bytes_to_text(next_word(&line), mark->district, sizeof mark->district) &&
           number_parse(next_word(&line), 0, UINT64_MAX, &mark->number) == ST_OK &&
           clock_parse_iso(next_word(&line), &mark->time) == ST_OK &&
           hex_decode(line, mark->chain, sizeof mark->chain) == ST_OK;
}

/* Is this what we would have written of the same fields? */
static bool same_text(const struct key_mark *mark, struct bytes line, struct bytes comment)
{
    struct buffer again;
    buffer_init(&again, KEY_MARK_MAX);
    bool same = key_mark_line(mark, &again) == ST_OK && bytes_equal(buffer_bytes(&again), line);
    buffer_clear(&again);
    same = same && key_mark_comment(mark, &again) == ST_OK &&
           bytes_equal(buffer_bytes(&again), comment);
    buffer_done(&again);
    return same;
}

enum status key_mark_read(struct bytes file, const struct sign_public *authority,
                          struct key_mark *mark_out, struct why *why)
{
    struct key_mark mark = {.number = 0};
    struct sign_hash hashing;
    struct bytes comment = BYTES_NONE;
    uint8_t hash[SIGN_HASH_SIZE];
    size_t end = bytes_index(file, '\n');
    if (file.n > KEY_MARK_MAX || end == file.n)
        return why_set(why, ST_BAD, "not a signed head");
    struct bytes line = bytes_first(file, end + 1);

    /* Nothing is looked at before it is known who wrote it. */
    sign_hash_init(&hashing);
    sign_hash_add(&hashing, line);
    sign_hash_end(&hashing, hash);
    if (sign_check(authority, hash, bytes_from(file, end + 1), &comment) != ST_OK)
        return why_set(why, ST_BAD, "not signed by this district's authority, or changed since");
    if (!read_line(bytes_first(line, end), &mark) || !same_text(&mark, line, comment))
        return why_set(why, ST_BAD, "signed, but not a head of a key log");
    *mark_out = mark;
    return ST_OK;
}
