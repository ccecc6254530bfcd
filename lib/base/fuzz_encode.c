/* SPDX-License-Identifier: Apache-2.0
 * base: whatever the small parsers accept, their writers write again, byte for byte: there is one
 * text for each value. */
#include <assert.h>

#include "buffer.h"
#include "clock.h"
#include "encode.h"
#include "memory.h"
#include "number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_base64(struct bytes text, enum padding padding)
{
    size_t n = 0;
    uint8_t *value = memory_new(text.n, 1);
    char *again = memory_new(text.n + 4, 1);
    if (base64_decode(text, padding, value, text.n, &n) == ST_OK) {
        size_t length = base64_encode(again, (struct bytes){value, n}, padding);
        assert(length == base64_length(n, padding));
        assert(bytes_equal((struct bytes){(uint8_t *)again, length}, text));
    }
    free(value);
    free(again);
}

static void check_token(struct bytes text)
{
    uint8_t value[32];
    char again[44];
    if (token_decode(text, value, sizeof value) == ST_OK) {
        token_encode(again, sizeof again, BYTES_ARRAY(value));
        assert(bytes_equal(bytes_text(again), text));
    }
}

static void check_hex(struct bytes text)
{
    uint8_t value[16];
    char again[33];
    if (hex_decode(text, value, sizeof value) == ST_OK) {
        hex_encode(again, BYTES_ARRAY(value));
        assert(bytes_equal_nocase(bytes_text(again), text));
    }
}

static void check_number(struct bytes text)
{
    uint64_t value;
    char again[24];
    if (number_parse(text, 0, UINT64_MAX, &value) == ST_OK) {
        snprintf(again, sizeof again, "%llu", (unsigned long long)value);
        assert(bytes_equal(bytes_text(again), text));
    }
}

static void check_times(struct bytes text)
{
    int64_t time;
    char again[CLOCK_TEXT_SIZE];
    if (clock_parse_generalized(text, &time) == ST_OK) {
        clock_generalized(time, again);
        assert(bytes_equal(bytes_text(again), text));
    }
    if (clock_parse_iso(text, &time) == ST_OK) {
        clock_iso(time, again);
        assert(bytes_starts(bytes_text(again), bytes_first(text, 10)));
    }
}

/* Lines put together again are the text, but for the ends that were taken off. */
static void check_lines(struct bytes text)
{
    struct bytes line;
    size_t lines = 0, bytes = 0, total = text.n;
    while (bytes_line(&text, &line)) {
        assert(bytes_index(line, '\n') == line.n && bytes_trim(line).n <= line.n);
        bytes += line.n;
        lines++;
    }
    assert(bytes <= total && total <= bytes + 2 * lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = {data, size};
    check_base64(text, PADDED);
    check_base64(text, UNPADDED);
    check_token(text);
    check_hex(text);
    check_number(text);
    check_times(text);
    check_lines(text);
    (void)bytes_utf8(text);
    return 0;
}
