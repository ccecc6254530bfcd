/* SPDX-License-Identifier: Apache-2.0
 * keyserver: one line of the key log. Reading writes the line again and compares, so there is one
 * text for each record. */
#include "key_record.h"

#include <openssl/sha.h>

#include "clock.h"
#include "encode.h"
#include "number.h"

#define TAG "SECUREMAIL-V01-KEYLOG"
#define HEX_SIZE (2 * KEY_CHAIN_SIZE + 1)
#define TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static const char *const result_names[KEY_RESULT_COUNT] = {
    "opened",    "expired", "too-early", "unknown-district",
    "malformed", "torn",    "exported",  "export-refused",
};

const char *key_result_name(enum key_result result)
{
    return (unsigned)result < KEY_RESULT_COUNT ? result_names[result] : "?";
}

/* --- writing ---------------------------------------------------------------------------------- */

static void chain_line(struct bytes line, const uint8_t before[KEY_CHAIN_SIZE],
                       uint8_t chain_out[KEY_CHAIN_SIZE])
{
    struct buffer input;
    buffer_init(&input, sizeof TAG + KEY_CHAIN_SIZE + KEY_LINE_MAX);
    buffer_add_text(&input, TAG);
    buffer_add(&input, (struct bytes){before, KEY_CHAIN_SIZE});
    buffer_add(&input, line);
    SHA256(input.p, input.n, chain_out);
    buffer_done(&input);
}

/* Put the chain behind a line that has all its fields. */
static enum status end_line(uint8_t chain[KEY_CHAIN_SIZE], struct buffer *line)
{
    uint8_t own[KEY_CHAIN_SIZE];
    char hex[HEX_SIZE];
    if (buffer_check(line) != ST_OK || line->n + HEX_SIZE + 1 > KEY_LINE_MAX)
        return ST_BAD;
    chain_line(buffer_bytes(line), chain, own);
    hex_encode(hex, BYTES_ARRAY(own));
    buffer_add_format(line, " %s\n", hex);
    if (buffer_check(line) != ST_OK)
        return ST_BAD;
    memcpy(chain, own, sizeof own);
    return ST_OK;
}

/* A word that stands between two blanks and is no other word's place-holder. */
static bool is_word(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return false;
    return text[0] != '\0' && strcmp(text, "-") != 0;
}

enum status key_record_write(const struct key_record *record, uint8_t chain[KEY_CHAIN_SIZE],
                             struct buffer *line_out)
{
    char time[CLOCK_TEXT_SIZE], period[CLOCK_TEXT_SIZE] = "-", message[HEX_SIZE];
    if ((record->address[0] != '\0' && !is_word(record->address)) || record->time < 0 ||
        record->time > TIME_MAX || record->period_start > TIME_MAX)
        return ST_BAD;
    clock_iso(record->time, time);
    if (record->period_start >= 0)
        clock_iso(record->period_start, period);
    hex_encode(message, BYTES_ARRAY(record->message));
    buffer_add_format(line_out, "%llu %s %s %llu %s %s %llu %s", (unsigned long long)record->number,
                      time, key_result_name(record->result), (unsigned long long)record->serial,
                      period, record->address[0] == '\0' ? "-" : record->address,
                      (unsigned long long)record->account, message);
    return end_line(chain, line_out);
}

enum status key_head_write(const struct key_head *head, uint8_t chain[KEY_CHAIN_SIZE],
                           struct buffer *line_out)
{
    char time[CLOCK_TEXT_SIZE];
    if (!identity_district_valid(bytes_text(head->district)) || head->time < 0 ||
        head->time > TIME_MAX)
        return ST_BAD;
    clock_iso(head->time, time);
    buffer_add_format(line_out, "securemail-key-log 1 %s %s", head->district, time);
    return end_line(chain, line_out);
}

/* --- reading ---------------------------------------------------------------------------------- */

static struct bytes next_word(struct bytes *rest)
{
    size_t end = bytes_index(*rest, ' ');
    struct bytes word = bytes_first(*rest, end);
    *rest = bytes_from(*rest, end + 1);
    return word;
}

static bool read_number(struct bytes word, uint64_t *number_out)
{
    return number_parse(word, 0, UINT64_MAX, number_out) == ST_OK;
}

static bool read_result(struct bytes word, enum key_result *result_out)
{
    for (int i = 0; i < KEY_RESULT_COUNT; i++)
        if (bytes_equal(word, bytes_text(result_names[i]))) {
            *result_out = (enum key_result)i;
            return true;
        }
    return false;
}

static bool read_period(struct bytes word, int64_t *time_out)
{
    *time_out = -1;
    return bytes_equal(word, BYTES_LITERAL("-")) || clock_parse_iso(word, time_out) == ST_OK;
}

static bool read_address(struct bytes word, char text_out[ADDRESS_MAX + 1])
{
    text_out[0] = '\0';
    return bytes_equal(word, BYTES_LITERAL("-")) || bytes_to_text(word, text_out, ADDRESS_MAX + 1);
}

/* The line that was read, and the same written again with the chain `own`: if they agree, `chain`
 * becomes it. What could not be written again (no bytes) is not of its form. */
static enum status compare(struct bytes line, struct bytes again, const uint8_t own[KEY_CHAIN_SIZE],
                           uint8_t chain[KEY_CHAIN_SIZE], struct why *why)
{
    size_t end = again.n > 0 ? again.n - 1 : 0; /* its LF */
    size_t chain_at = end - (end > 0 ? HEX_SIZE - 1 : 0);
    if (end == 0 || line.n != end ||
        !bytes_equal(bytes_first(line, chain_at), bytes_first(again, chain_at)))
        return why_set(why, ST_BAD, "not of its form");
    if (!bytes_equal(line, bytes_first(again, end)))
        return why_set(why, ST_BAD,
                       "the chain is broken: this line, or one before it, was changed");
    memcpy(chain, own, KEY_CHAIN_SIZE);
    return ST_OK;
}

enum status key_record_read(struct bytes line, uint8_t chain[KEY_CHAIN_SIZE],
                            struct key_record *record_out, struct why *why)
{
    struct key_record record = {0};
    struct bytes rest = line;
    if (!read_number(next_word(&rest), &record.number) ||
        clock_parse_iso(next_word(&rest), &record.time) != ST_OK ||
        !read_result(next_word(&rest), &record.result) ||
        !read_number(next_word(&rest), &record.serial) ||
        !read_period(next_word(&rest), &record.period_start) ||
        !read_address(next_word(&rest), record.address) ||
        !read_number(next_word(&rest), &record.account) ||
        hex_decode(next_word(&rest), record.message, sizeof record.message) != ST_OK)
        return why_set(why, ST_BAD, "not of its form");

    uint8_t own[KEY_CHAIN_SIZE];
    struct buffer again;
    buffer_init(&again, KEY_LINE_MAX);
    memcpy(own, chain, sizeof own);
    if (key_record_write(&record, own, &again) != ST_OK)
        buffer_clear(&again);
    enum status status = compare(line, buffer_bytes(&again), own, chain, why);
    buffer_done(&again);
    if (status == ST_OK)
        *record_out = record;
    return status;
}

enum status key_head_read(struct bytes line, uint8_t chain[KEY_CHAIN_SIZE],
                          struct key_head *head_out, struct why *why)
{
    struct key_head head = {0};
    struct bytes rest = line;
    if (!bytes_equal(next_word(&rest), BYTES_LITERAL("securemail-key-log")) ||
        !bytes_equal(next_word(&rest), BYTES_LITERAL("1")) ||
        !bytes_to_text(next_word(&rest), head.district, sizeof head.district) ||
        clock_parse_iso(next_word(&rest), &head.time) != ST_OK)
        return why_set(why, ST_BAD, "not the head of a key log");

    uint8_t own[KEY_CHAIN_SIZE];
    struct buffer again;
    buffer_init(&again, KEY_LINE_MAX);
    memcpy(own, chain, sizeof own);
    if (key_head_write(&head, own, &again) != ST_OK)
        buffer_clear(&again);
    enum status status = compare(line, buffer_bytes(&again), own, chain, why);
    buffer_done(&again);
    if (status == ST_OK)
        *head_out = head;
    return status;
}
