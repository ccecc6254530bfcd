/* SPDX-License-Identifier: Apache-2.0
 * wire: frames against the specification's bytes, every message there and back, every way to be
 * malformed. Rules are named as in docs/spec/wire.md. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "encode.h"
#include "memory.h"
#include "wire_accounts.h"
#include "wire_keyserver.h"

/* --- samples: any message, filled by its table ------------------------------------------------ */

enum fill { SMALLEST, LARGEST };

static void put(void *values, size_t at, const void *from, size_t n)
{
    memcpy((uint8_t *)values + at, from, n);
}

static void fill_field(const struct wire_field *field, enum fill fill, void *values)
{
    uint64_t number = fill == SMALLEST ? field->min : field->max;
    size_t n = fill == LARGEST ? field->max : field->optional ? 0 : field->min;
    if (field->kind == WIRE_NUMBER)
        n = 0;
    uint8_t *bytes = memory_new(n + 1, 1);
    memset(bytes, 'a' + (int)(field->at % 26), n);
    struct secret *secret = n == 0 ? NULL : secret_copy((struct bytes){bytes, n});
    switch (field->kind) {
    case WIRE_NUMBER:
        put(values, field->at, &number, sizeof number);
        break;
    case WIRE_TEXT:
    case WIRE_FIXED:
        put(values, field->at, bytes, n);
        break;
    case WIRE_BYTES:
        put(values, field->at, bytes, n);
        put(values, field->count_at, &n, sizeof n);
        break;
    case WIRE_SECRET:
        put(values, field->at, &secret, sizeof secret);
        secret = NULL;
        break;
    }
    secret_free(secret);
    free(bytes);
}

static void *sample(const struct wire_message *message, enum fill fill)
{
    void *values = memory_new(1, message->size + 1);
    for (size_t i = 0; i < message->count; i++)
        fill_field(&message->fields[i], fill, values);
    return values;
}

static void sample_free(const struct wire_message *message, void *values)
{
    wire_clear(message, values);
    free(values);
}

/* All messages of both protocols, requests and replies. */
static size_t all_exchanges(const struct wire_exchange *out[16])
{
    size_t n = 0, count;
    const struct wire_exchange *rows = wire_accounts_exchanges(&count);
    for (size_t i = 0; i < count; i++)
        out[n++] = &rows[i];
    rows = wire_keyserver_exchanges(&count);
    for (size_t i = 0; i < count; i++)
        out[n++] = &rows[i];
    return n;
}

static struct bytes content(const struct buffer *frame)
{
    return bytes_from(buffer_bytes(frame), 4);
}

/* --- the specification's bytes ---------------------------------------------------------------- */

static void assert_hex(const struct buffer *frame, const char *hex)
{
    char text[200] = "";
    assert_true(frame->n * 2 < sizeof text);
    hex_encode(text, buffer_bytes(frame));
    assert_string_equal(text, hex);
}

static void frames_are_those_of_the_specification(void **state)
{
    (void)state;
    struct buffer frame;
    size_t count;
    const struct wire_exchange *rows = wire_accounts_exchanges(&count);
    wire_frame_init(&frame);

    struct wire_lookup ask = {.address = "a@b.example"};
    assert_int_equal(wire_encode_request(&frame, WIRE_LOOKUP, rows[0].ask, &ask), ST_OK);
    assert_hex(&frame, "0000000f0101000b6140622e6578616d706c65");

    struct wire_lookup_reply reply = {.known = 1};
    struct wire_verdict verdict = WIRE_OK;
    assert_int_equal(wire_encode_answer(&frame, &verdict, rows[0].reply, &reply), ST_OK);
    assert_hex(&frame, "0000000f010000000000000000000000000001");

    verdict = (struct wire_verdict){ST_LIMIT, REASON_THROTTLED, 30};
    assert_int_equal(wire_encode_answer(&frame, &verdict, rows[5].reply, NULL), ST_OK);
    assert_hex(&frame, "000000070105020000001e");
    buffer_done(&frame);
}

/* Type, and the greatest and smallest request and answer in bytes, counted by hand from the tables
 * of docs/spec/wire.md: a field that is lost, added or of another size shows here. */
static void messages_have_the_sizes_of_the_specification(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        size_t ask_min, ask_max, reply_min, reply_max;
    } rows[] = {
        {1, 3, 256, 8, 8},
        {2, 3 + 3 + 3 + 8 + 3 + 8 + 2 + 2 + 2, 256 + 202 + 258 + 8 + 258 + 8 + 17 + 65 + 34, 34,
         34},
        {3, 34 + 2, 68, 3 + 3 + 2 + 8, 256 + 202 + 34 + 8},
        {4, 34 + 2 + 2 + 2, 34 + 34 + 258 + 65, 34, 34},
        {5, 34, 34, 0, 0},
        {6, 3 + 3 + 2, 256 + 258 + 65, 34, 34},
        {7, 34, 34, 3 + 3 + 2 + 34 + 8, 256 + 202 + 17 + 34 + 8},
        {8, 34, 34, 0, 0},
        {9, 34 + 3 + 1218 + 34, 34 + 514 + 1218 + 34, 34, 34},
        {10, 0, 0, 3, 16386},
        {65, 3 + 8 + 3 + 8 + 1218 + 34 + 8, 122 + 8 + 256 + 8 + 1218 + 34 + 8, 34, 34},
        {66, 0, 0, 3, 16386},
        {67, 0, 0, 3, 4098},
        {68, 3 + 8 + 3 + 8 + 1218 + 34 + 8, 122 + 8 + 256 + 8 + 1218 + 34 + 8, 34, 34},
        {69, 3 + 8 + 3 + 8, 122 + 8 + 256 + 8, 98 + 50 + 2402, 98 + 50 + 2402},
    };
    const struct wire_exchange *all[16];
    struct buffer frame;
    struct wire_verdict verdict = WIRE_OK;
    wire_frame_init(&frame);
    assert_int_equal(all_exchanges(all), sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(all[i]->type, rows[i].type);
        for (enum fill fill = SMALLEST; fill <= LARGEST; fill++) {
            void *ask = sample(all[i]->ask, fill), *reply = sample(all[i]->reply, fill);
            assert_int_equal(wire_encode_request(&frame, all[i]->type, all[i]->ask, ask), ST_OK);
            assert_int_equal(frame.n - 6, fill == LARGEST ? rows[i].ask_max : rows[i].ask_min);
            assert_int_equal(wire_encode_answer(&frame, &verdict, all[i]->reply, reply), ST_OK);
            assert_int_equal(frame.n - 11, fill == LARGEST ? rows[i].reply_max : rows[i].reply_min);
            sample_free(all[i]->ask, ask);
            sample_free(all[i]->reply, reply);
        }
    }
    buffer_done(&frame);
}

/* --- there and back, and cut at every place --------------------------------------------------- */

static void request_there_and_back(const struct wire_exchange *exchange, enum fill fill)
{
    struct buffer frame, again;
    uint8_t type;
    void *ask = sample(exchange->ask, fill), *back = memory_new(1, exchange->ask->size + 1);
    wire_frame_init(&frame);
    wire_frame_init(&again);
    assert_int_equal(wire_encode_request(&frame, exchange->type, exchange->ask, ask), ST_OK);
    assert_int_equal(wire_request_type(content(&frame), &type), ST_OK);
    assert_int_equal(type, exchange->type);
    assert_int_equal(wire_decode_request(content(&frame), exchange->ask, back), ST_OK);
    assert_int_equal(wire_encode_request(&again, exchange->type, exchange->ask, back), ST_OK);
    assert_true(bytes_equal(buffer_bytes(&frame), buffer_bytes(&again)));
    wire_clear(exchange->ask, back);

    /* W-2, W-4: cut at each place. W-7: one byte more. */
    for (size_t n = 0; n < content(&frame).n; n++)
        assert_int_equal(wire_decode_request(bytes_first(content(&frame), n), exchange->ask, back),
                         ST_BAD);
    buffer_add_byte(&frame, 0);
    assert_int_equal(wire_decode_request(content(&frame), exchange->ask, back), ST_BAD);
    free(back);
    sample_free(exchange->ask, ask);
    buffer_done(&frame);
    buffer_done(&again);
}

static void answer_there_and_back(const struct wire_exchange *exchange, enum fill fill)
{
    struct buffer frame, again;
    struct wire_verdict ok = WIRE_OK, verdict = WIRE_REFUSE(ST_FAIL, REASON_BUSY);
    void *reply = sample(exchange->reply, fill), *back = memory_new(1, exchange->reply->size + 1);
    wire_frame_init(&frame);
    wire_frame_init(&again);
    assert_int_equal(wire_encode_answer(&frame, &ok, exchange->reply, reply), ST_OK);
    for (size_t n = 0; n < content(&frame).n; n++)
        assert_int_equal(
            wire_decode_answer(bytes_first(content(&frame), n), exchange->reply, &verdict, back),
            ST_BAD);
    assert_int_equal(verdict.status, ST_FAIL); /* untouched so far */
    assert_int_equal(wire_decode_answer(content(&frame), exchange->reply, &verdict, back), ST_OK);
    assert_int_equal(verdict.status, ST_OK);
    assert_int_equal(wire_encode_answer(&again, &ok, exchange->reply, back), ST_OK);
    assert_true(bytes_equal(buffer_bytes(&frame), buffer_bytes(&again)));
    wire_clear(exchange->reply, back);
    buffer_add_byte(&frame, 0);
    assert_int_equal(wire_decode_answer(content(&frame), exchange->reply, &verdict, back), ST_BAD);
    free(back);
    sample_free(exchange->reply, reply);
    buffer_done(&frame);
    buffer_done(&again);
}

static void every_message_comes_back_and_no_part_of_it(void **state)
{
    (void)state;
    const struct wire_exchange *all[16];
    size_t count = all_exchanges(all);
    for (size_t i = 0; i < count; i++)
        for (enum fill fill = SMALLEST; fill <= LARGEST; fill++) {
            request_there_and_back(all[i], fill);
            answer_there_and_back(all[i], fill);
        }
}

static void refusals_come_back(void **state)
{
    (void)state;
    struct buffer frame;
    size_t count;
    const struct wire_exchange *rows = wire_accounts_exchanges(&count);
    wire_frame_init(&frame);
    for (int status = ST_TEMP; status < ST_COUNT; status++)
        for (int reason = 0; reason < REASON_COUNT; reason++) {
            struct wire_verdict sent = {(enum status)status, (enum wire_reason)reason, 0xfffffffe};
            struct wire_verdict got;
            assert_int_equal(wire_encode_answer(&frame, &sent, rows[8].reply, NULL), ST_OK);
            assert_int_equal(wire_decode_answer(content(&frame), rows[8].reply, &got, NULL), ST_OK);
            assert_memory_equal(&sent, &got, sizeof sent);
        }
    buffer_done(&frame);
    assert_string_equal(wire_reason_name(REASON_NONE), "none");
    assert_string_equal(wire_reason_name(REASON_TOKEN), "token");
    assert_string_equal(wire_reason_name(REASON_BUSY), "busy");
}

/* --- malformed frames, one rule each ---------------------------------------------------------- */

static enum status decode_hex(bool request, unsigned row, const char *hex)
{
    uint8_t bytes[100];
    size_t count, n = strlen(hex) / 2;
    union {
        struct wire_lookup lookup;
        struct wire_lookup_reply lookup_reply;
        struct wire_confirm_view view;
    } values;
    struct wire_verdict verdict;
    uint8_t type;
    const struct wire_exchange *exchange = &wire_accounts_exchanges(&count)[row];
    assert_true(n <= sizeof bytes && hex_decode(bytes_text(hex), bytes, n) == ST_OK);
    struct bytes frame = {bytes, n};
    if (!request)
        return wire_decode_answer(frame, exchange->reply, &verdict, &values);
    enum status status = wire_request_type(frame, &type);
    if (status == ST_OK)
        status = wire_decode_request(frame, exchange->ask, &values);
    if (status == ST_OK)
        wire_clear(exchange->ask, &values);
    return status;
}

static void malformed_frames_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        bool request;
        unsigned row;
        const char *hex;
        enum status expected;
    } cases[] = {
        {"good", true, 0, "0101000161", ST_OK},
        {"good", false, 0, "010000000000000000000000000001", ST_OK},
        {"good", false, 0, "0104080000001e", ST_OK},
        {"good, UTF-8", true, 0, "01010002c3a4", ST_OK},
        {"W-2 version 0", true, 0, "0001000161", ST_BAD},
        {"W-2 version 2", true, 0, "0201000161", ST_BAD},
        {"W-2 version 2", false, 0, "0204080000001e", ST_BAD},
        {"W-3 status", false, 0, "0107080000001e", ST_BAD},
        {"W-3 reason", false, 0, "0104100000001e", ST_BAD},
        {"W-5 empty text", true, 0, "01010000", ST_BAD},
        {"W-5 bit", false, 0, "010000000000000000000000000002", ST_BAD},
        {"W-5 bit", false, 0, "010000000000008000000000000001", ST_BAD},
        {"W-5 short token", true, 2, "0103000261610000", ST_BAD},
        {"W-6 not UTF-8", true, 0, "01010001c3", ST_BAD},
        {"W-6 overlong", true, 0, "01010002c081", ST_BAD},
        {"W-6 line end", true, 0, "01010003610a62", ST_BAD},
        {"W-6 NUL", true, 0, "01010003610062", ST_BAD},
        {"W-6 DEL", true, 0, "010100017f", ST_BAD},
        {"W-8 reason", false, 0, "010001000000000000000000000001", ST_BAD},
        {"W-8 wait", false, 0, "010000000000010000000000000001", ST_BAD},
        {"W-8 fields", false, 0, "010408000000000000000000000001", ST_BAD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (decode_hex(cases[i].request, cases[i].row, cases[i].hex) != cases[i].expected)
            fail_msg("%s: %s", cases[i].rule, cases[i].hex);
    }
}

static void a_longer_text_than_the_row_says_is_refused(void **state)
{
    (void)state;
    uint8_t frame[4 + 255] = {1, 1, 0, 255};
    struct wire_lookup values;
    size_t count;
    const struct wire_exchange *rows = wire_accounts_exchanges(&count);
    memset(frame + 4, 'a', 255);
    assert_int_equal(wire_decode_request(BYTES_ARRAY(frame), rows[0].ask, &values), ST_BAD);
    frame[3] = 254;
    struct bytes shorter = {frame, sizeof frame - 1};
    assert_int_equal(wire_decode_request(shorter, rows[0].ask, &values), ST_OK);
}

/* The frame of the largest sample, but its ciphertext has `n` bytes: what its length says is there.
 */
static enum status decode_with_ciphertext(const struct wire_exchange *row, size_t n)
{
    static const uint8_t length[] = {IBE_CIPHERTEXT_SIZE >> 8, IBE_CIPHERTEXT_SIZE & 0xff};
    static const uint8_t more[8];
    struct buffer frame, other;
    void *values = sample(row->ask, LARGEST), *back = memory_new(1, row->ask->size);
    wire_frame_init(&frame);
    wire_frame_init(&other);
    assert_int_equal(wire_encode_request(&frame, row->type, row->ask, values), ST_OK);
    struct bytes whole = content(&frame);
    size_t at = bytes_find(whole, BYTES_ARRAY(length));
    assert_true(at < whole.n);
    buffer_add(&other, bytes_first(whole, at));
    buffer_add_byte(&other, (uint8_t)(n >> 8));
    buffer_add_byte(&other, (uint8_t)n);
    buffer_add(&other, bytes_first(bytes_from(whole, at + 2),
                                   n < IBE_CIPHERTEXT_SIZE ? n : IBE_CIPHERTEXT_SIZE));
    if (n > IBE_CIPHERTEXT_SIZE)
        buffer_add(&other, (struct bytes){more, n - IBE_CIPHERTEXT_SIZE});
    buffer_add(&other, bytes_from(whole, at + 2 + IBE_CIPHERTEXT_SIZE));
    enum status status = wire_decode_request(buffer_bytes(&other), row->ask, back);
    if (status == ST_OK)
        wire_clear(row->ask, back);
    free(back);
    sample_free(row->ask, values);
    buffer_done(&frame);
    buffer_done(&other);
    return status;
}

/* I-5 is W-5 here: a C function takes 1216 bytes by type, so no other size may get as far. */
static void i5_a_ciphertext_of_another_size_does_not_come_through(void **state)
{
    (void)state;
    const struct wire_exchange *rows[16];
    size_t count = all_exchanges(rows), opens = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i]->type != WIRE_OPEN && rows[i]->type != WIRE_KEY_OPEN)
            continue;
        assert_int_equal(decode_with_ciphertext(rows[i], IBE_CIPHERTEXT_SIZE), ST_OK);
        assert_int_equal(decode_with_ciphertext(rows[i], IBE_CIPHERTEXT_SIZE - 1), ST_BAD);
        assert_int_equal(decode_with_ciphertext(rows[i], IBE_CIPHERTEXT_SIZE + 1), ST_BAD);
        assert_int_equal(decode_with_ciphertext(rows[i], 0), ST_BAD);
        opens++;
    }
    assert_int_equal(opens, 2);
}

static void an_optional_token_is_whole_or_absent(void **state)
{
    (void)state;
    struct wire_confirm_view ask = {0}, back;
    struct buffer frame;
    size_t count;
    const struct wire_exchange *row = &wire_accounts_exchanges(&count)[2];
    wire_frame_init(&frame);
    ask.token = secret_new(WIRE_TOKEN_SIZE);
    assert_int_equal(wire_encode_request(&frame, row->type, row->ask, &ask), ST_OK);
    assert_int_equal(wire_decode_request(content(&frame), row->ask, &back), ST_OK);
    assert_non_null(back.token);
    assert_null(back.pending);
    wire_clear(row->ask, &back);
    ask.pending = secret_new(WIRE_TOKEN_SIZE - 1);
    assert_int_equal(wire_encode_request(&frame, row->type, row->ask, &ask), ST_BAD);
    assert_int_equal(frame.n, 0);
    wire_clear(row->ask, &ask);
    assert_null(ask.token);
    buffer_done(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_those_of_the_specification),
        cmocka_unit_test(messages_have_the_sizes_of_the_specification),
        cmocka_unit_test(every_message_comes_back_and_no_part_of_it),
        cmocka_unit_test(refusals_come_back),
        cmocka_unit_test(malformed_frames_are_refused),
        cmocka_unit_test(a_longer_text_than_the_row_says_is_refused),
        cmocka_unit_test(i5_a_ciphertext_of_another_size_does_not_come_through),
        cmocka_unit_test(an_optional_token_is_whole_or_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
