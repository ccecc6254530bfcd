/* SPDX-License-Identifier: Apache-2.0
 * header: tests of the reader: what RFC 5322 §2.2 and §3.6.8 call fields, and what ends a header.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "buffer.h"
#include "header.h"

struct expected {
    const char *text;
    bool whole;
    enum status status;
    const char *fields; /* "name=value|…", line ends as written */
    size_t n;           /* bytes of the header */
};

static const struct expected table[] = {
    {"A: 1\r\nB: 2\r\n\r\nC: 3\r\n", false, ST_OK, "A= 1|B= 2|", 14},
    {"A: 1\nB: 2\n\nC: 3\n", false, ST_OK, "A= 1|B= 2|", 11},
    {"A: 1\r\n 2\r\n\t3\r\nB:\r\n x\r\n\r\n", false, ST_OK, "A= 1\r\n 2\r\n\t3|B=\r\n x|", 24},
    /* A blank before the colon is an old habit that is still read (RFC 5322 §4.5). */
    {"Subject : x\r\n\r\n", false, ST_OK, "Subject= x|", 15},
    {"A:1\r\n\r\n", false, ST_OK, "A=1|", 7},
    {"A:\r\n\r\n", false, ST_OK, "A=|", 6},
    /* Header alone, with or without the last line end. */
    {"A: 1\r\n", true, ST_OK, "A= 1|", 6},
    {"A: 1", true, ST_OK, "A= 1|", 4},
    {"", true, ST_OK, "", 0},
    {"\r\nbody", true, ST_OK, "", 2},
    /* What is no field ends the header and belongs to the body. */
    {"A: 1\r\nno field\r\nSubject: Secure:\r\n\r\n", false, ST_OK, "A= 1|", 6},
    {" folded\r\nA: 1\r\n\r\n", false, ST_OK, "", 0},
    {"\xc3\xa9: 1\r\n\r\n", false, ST_OK, "", 0},
    {": 1\r\n\r\n", false, ST_OK, "", 0},
    {"A B: 1\r\n\r\n", false, ST_OK, "", 0},
    /* The end is not here yet. */
    {"A: 1\r\n", false, ST_TEMP, NULL, 0},
    {"A: 1\r\nB: 2\r\n\r", false, ST_TEMP, NULL, 0},
    {"A: 1", false, ST_TEMP, NULL, 0},
    {"", false, ST_TEMP, NULL, 0},
    /* A CR alone ends no line. */
    {"A: 1\rB: 2\r\n\r\n", false, ST_OK, "A= 1\rB: 2|", 13},
};

static void show(const struct header *header, struct buffer *out)
{
    for (size_t i = 0; i < header->count; i++) {
        assert_int_equal(buffer_add(out, header->fields[i].name), ST_OK);
        assert_int_equal(buffer_add_byte(out, '='), ST_OK);
        assert_int_equal(buffer_add(out, header->fields[i].value), ST_OK);
        assert_int_equal(buffer_add_byte(out, '|'), ST_OK);
    }
}

static void reads_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct header *header = NULL;
        struct buffer shown;
        buffer_init(&shown, 1000);
        enum status status = header_read(bytes_text(table[i].text), table[i].whole, &header);
        if (status != table[i].status)
            fail_msg("“%s”: %s", table[i].text, status_name(status));
        if (status != ST_OK)
            continue;
        show(header, &shown);
        assert_string_equal(buffer_text(&shown), table[i].fields);
        assert_int_equal(header->n, table[i].n);
        header_free(header);
        buffer_done(&shown);
    }
}

static void finds_the_first_by_name(void **state)
{
    (void)state;
    struct header *header = NULL;
    struct bytes text = BYTES_LITERAL("To: a\r\nReceived: 1\r\nTO: b\r\nreceived: 2\r\n\r\n");
    assert_int_equal(header_read(text, true, &header), ST_OK);
    assert_true(bytes_equal(header_find(header, "to")->value, BYTES_LITERAL(" a")));
    assert_int_equal(header_count(header, "Received"), 2);
    assert_null(header_find(header, "Cc"));
    assert_null(header_find(header, "T"));
    header_free(header);
}

static void fill(struct buffer *text, const char *line, size_t times)
{
    for (size_t i = 0; i < times; i++)
        assert_int_equal(buffer_add_text(text, line), ST_OK);
}

static void refuses_beyond_its_limits(void **state)
{
    (void)state;
    struct header *header = NULL;
    struct buffer text;
    buffer_init(&text, 2 * HEADER_MAX);

    /* One field more than we read. */
    fill(&text, "A: 1\r\n", HEADER_FIELDS_MAX);
    assert_int_equal(header_read(buffer_bytes(&text), true, &header), ST_OK);
    assert_int_equal(header->count, HEADER_FIELDS_MAX);
    header_free(header);
    fill(&text, "A: 1\r\n", 1);
    assert_int_equal(header_read(buffer_bytes(&text), true, &header), ST_LIMIT);

    /* A header of exactly the greatest size, then of one byte more. */
    buffer_clear(&text);
    fill(&text, "A: ", 1);
    fill(&text, "x", HEADER_MAX - 7);
    fill(&text, "\r\n\r\n", 1);
    assert_int_equal(header_read(buffer_bytes(&text), true, &header), ST_OK);
    assert_int_equal(header->n, HEADER_MAX);
    header_free(header);
    buffer_clear(&text);
    fill(&text, "A: ", 1);
    fill(&text, "x", HEADER_MAX - 6);
    fill(&text, "\r\n\r\n", 1);
    assert_int_equal(header_read(buffer_bytes(&text), true, &header), ST_LIMIT);

    /* Without an end in sight there is nothing to wait for. */
    buffer_clear(&text);
    fill(&text, "x", HEADER_MAX);
    assert_int_equal(header_read(buffer_bytes(&text), false, &header), ST_LIMIT);
    buffer_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields),
        cmocka_unit_test(finds_the_first_by_name),
        cmocka_unit_test(refuses_beyond_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
