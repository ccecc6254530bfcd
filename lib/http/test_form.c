/* SPDX-License-Identifier: Apache-2.0
 * http: tests of the form parser. Every example is read whole, byte by byte, and cut at every
 * position: the result may not depend on how the bytes arrive. Examples follow RFC 7578, RFC 2046
 * §5.1.1 and the WHATWG forms of names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "form.h"

static const struct form_limits limits = {.fields = 4, .field_size = 40, .total_size = 60};

#define MULTIPART "multipart/form-data; boundary=XyZ"
#define URLENCODED "application/x-www-form-urlencoded"
#define PART(name, value)                                                                          \
    "--XyZ\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define END "--XyZ--\r\n"

/* What a form gave, as text: "name=value;" for each collected field asked for,
 * "[name|filename|type:bytes]" for each field that went to the sink. */
struct result {
    struct buffer text;
    enum status status;
};

static bool sink_begin(void *context, const struct form_part *part)
{
    struct result *result = context;

    if (part->filename == NULL && strcmp(part->name, "big") != 0)
        return false;
    buffer_add_format(&result->text, "[%s|%s|%s:", part->name,
                      part->filename == NULL ? "-" : part->filename, part->type);
    return true;
}

static enum status sink_data(void *context, struct bytes bytes)
{
    struct result *result = context;

    return buffer_add(&result->text, bytes);
}

static enum status sink_end(void *context)
{
    struct result *result = context;

    return buffer_add_text(&result->text, "]");
}

static void collect(struct form *form, const char *const *names, struct result *result)
{
    for (; *names != NULL; names++)
        if (form_text(form, *names) != NULL)
            buffer_add_format(&result->text, "%s=%s;", *names, form_text(form, *names));
}

/* Read `body` as one piece up to `cut`, then in pieces of `step` bytes. */
static void read_form(const char *type, struct bytes body, size_t cut, size_t step,
                      struct result *result)
{
    static const char *const names[] = {"a", "b", "c", "n\"q", "big", "f", NULL};
    const struct form_sink sink = {sink_begin, sink_data, sink_end, result};
    struct form *form = NULL;

    buffer_init(&result->text, 1000);
    result->status = form_new(type, &limits, &sink, &form);
    if (result->status == ST_OK)
        result->status = form_add(form, bytes_first(body, cut));
    for (size_t at = cut; result->status == ST_OK && at < body.n; at += step)
        result->status = form_add(form, bytes_first(bytes_from(body, at), step));
    if (result->status == ST_OK)
        result->status = form_end(form);
    if (result->status == ST_OK)
        collect(form, names, result);
    form_free(form);
}

struct example {
    const char *type;
    struct bytes body;
    enum status status;
    const char *text; /* if ST_OK */
};
#define FORM(type, body, status, text)                                                             \
    {                                                                                              \
        type, {(const uint8_t *)(body), sizeof(body) - 1}, status, text                            \
    }

static const struct example examples[] = {
    /* multipart: good */
    FORM(MULTIPART, PART("a", "1") PART("b", "") END, ST_OK, "a=1;b=;"),
    FORM(MULTIPART, PART("a", "x") "--XyZ--", ST_OK, "a=x;"),
    FORM("multipart/form-data; boundary=\"XyZ\"", PART("a", "x") END, ST_OK, "a=x;"),
    FORM("Multipart/Form-Data ;charset=utf-8; BOUNDARY=XyZ", PART("a", "x") END, ST_OK, "a=x;"),
    FORM(MULTIPART, PART("a", "\r\n--Xy\r\n--XyQ\r\r\n\r\n-") END, ST_OK,
         "a=\r\n--Xy\r\n--XyQ\r\r\n\r\n-;"),
    FORM(MULTIPART, PART("a", "\r\r\n--Xy") END, ST_OK, "a=\r\r\n--Xy;"),
    FORM(MULTIPART, PART("n%22q", "v") END, ST_OK, "n\"q=v;"),
    FORM(MULTIPART, PART("n\\\"q", "v") END, ST_OK, "n\"q=v;"),
    FORM(MULTIPART, PART("a", "Zo\xc3\xab") END, ST_OK, "a=Zo\xc3\xab;"),
    FORM(MULTIPART,
         "--XyZ\r\ncontent-type: text/plain; charset=utf-8\r\nCONTENT-DISPOSITION: Form-Data; "
         "name=a\r\nX-Other: 1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nv\r\n" END,
         ST_OK, "a=v;"),
    FORM(MULTIPART,
         "--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a b.html\"\r\n"
         "Content-Type: text/html\r\n\r\n\0\xff\r\n--\r\n" END,
         ST_OK, "[f|a b.html|text/html:"),
    FORM(MULTIPART,
         "--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n\r\n" END,
         ST_OK, "[f||:]"),
    FORM(MULTIPART,
         "--XyZ\r\nContent-Disposition: form-data; name=\"f\"; "
         "filename=\"C:\\dir\\my%22mail.html\"\r\n\r\nx\r\n" END,
         ST_OK, "[f|my\"mail.html|:x]"),
    FORM(MULTIPART,
         "--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../../etc/x\"\r\n\r\nx"
         "\r\n" END,
         ST_OK, "[f|x|:x]"),
    FORM(MULTIPART, PART("big", "0123456789012345678901234567890123456789+") END, ST_OK,
         "[big|-|:0123456789012345678901234567890123456789+]"),

    /* multipart: limits */
    FORM(MULTIPART, PART("a", "0123456789012345678901234567890123456789+") END, ST_LIMIT, NULL),
    FORM(MULTIPART, PART("a", "0123456789012345678901234567890123456789") END, ST_OK,
         "a=0123456789012345678901234567890123456789;"),
    FORM(MULTIPART,
         PART("a", "0123456789012345678901234567890123456789") PART("b", "012345678901234567890")
             END,
         ST_LIMIT, NULL),
    FORM(MULTIPART, PART("1", "") PART("2", "") PART("3", "") PART("4", "") PART("5", "") END,
         ST_LIMIT, NULL),

    /* multipart: refused */
    FORM(MULTIPART, "", ST_BAD, NULL),
    FORM(MULTIPART, PART("a", "x"), ST_BAD, NULL),
    FORM(MULTIPART, "--XyZ", ST_BAD, NULL),
    FORM(MULTIPART, "preamble\r\n" PART("a", "x") END, ST_BAD, NULL),
    FORM(MULTIPART, "\r\n" PART("a", "x") END, ST_BAD, NULL),
    FORM(MULTIPART, PART("a", "x") END "epilogue", ST_BAD, NULL),
    FORM(MULTIPART, PART("a", "x") "--XyZ--\r", ST_BAD, NULL),
    FORM(MULTIPART, PART("a", "x") "--XyZ--\n", ST_BAD, NULL),
    FORM(MULTIPART, PART("a", "x") PART("a", "y") END, ST_BAD, NULL),
    FORM(MULTIPART, PART("", "x") END, ST_BAD, NULL),
    FORM(MULTIPART, PART("a", "\xff") END, ST_BAD, NULL),
    FORM(MULTIPART, PART("a", "x\0y") END, ST_BAD, NULL),
    FORM(MULTIPART, PART("a%0Db", "x") END, ST_BAD, NULL),
    FORM(MULTIPART, PART("a\xff", "x") END, ST_BAD, NULL),
    FORM(MULTIPART, "--XyZ\nContent-Disposition: form-data; name=\"a\"\n\nx\n--XyZ--\n", ST_BAD,
         NULL),
    FORM(MULTIPART, "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\n\r\n\r\nx\r\n" END,
         ST_BAD, NULL),
    FORM(MULTIPART, "--XyZ \r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n" END, ST_BAD,
         NULL),
    FORM(MULTIPART, "--XyZ\r\n\r\nx\r\n" END, ST_BAD, NULL),
    FORM(MULTIPART, "--XyZ\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n" END, ST_BAD,
         NULL),
    FORM(MULTIPART, "--XyZ\r\nContent-Disposition: form-data\r\n\r\nx\r\n" END, ST_BAD, NULL),
    FORM(MULTIPART, "--XyZ\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n" END, ST_BAD,
         NULL),
    FORM(MULTIPART,
         "--XyZ\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nx\r\n" END, ST_BAD,
         NULL),
    FORM(MULTIPART,
         "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; "
         "name=\"b\"\r\n\r\nx\r\n" END,
         ST_BAD, NULL),
    FORM(MULTIPART, "--XyZ\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\nx\r\n" END,
         ST_BAD, NULL),
    FORM(MULTIPART,
         "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\nno colon\r\n\r\nx\r\n" END, ST_BAD,
         NULL),
    FORM(MULTIPART,
         "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: "
         "base64\r\n\r\neA==\r\n" END,
         ST_BAD, NULL),

    /* multipart: no boundary to work with */
    FORM("multipart/form-data", PART("a", "x") END, ST_BAD, NULL),
    FORM("multipart/form-data; boundary=", PART("a", "x") END, ST_BAD, NULL),
    FORM("multipart/form-data; boundary=\"\"", PART("a", "x") END, ST_BAD, NULL),
    FORM("multipart/form-data; boundary=\"Xy Z\"", PART("a", "x") END, ST_BAD, NULL),
    FORM("multipart/form-data; boundary=XyZ; boundary=Q", PART("a", "x") END, ST_BAD, NULL),
    FORM("multipart/form-data; "
         "boundary=01234567890123456789012345678901234567890123456789012345678901234567890",
         PART("a", "x") END, ST_BAD, NULL),
    FORM("multipart/mixed; boundary=XyZ", PART("a", "x") END, ST_BAD, NULL),
    FORM("text/plain", "a=1", ST_BAD, NULL),
    FORM("", "a=1", ST_BAD, NULL),

    /* urlencoded */
    FORM(URLENCODED, "", ST_OK, ""),
    FORM(URLENCODED, "a=1&b=2", ST_OK, "a=1;b=2;"),
    FORM(URLENCODED "; charset=UTF-8", "a=1", ST_OK, "a=1;"),
    FORM(URLENCODED, "a=x+y%20z%2b&b=%3D=&&c", ST_OK,
         "a=x y z+;b==="
         ";c=;"),
    FORM(URLENCODED, "n%22q=v", ST_OK, "n\"q=v;"),
    FORM(URLENCODED, "a=Zo%C3%AB", ST_OK, "a=Zo\xc3\xab;"),
    FORM(URLENCODED, "big=%41b", ST_OK, "[big|-|:Ab]"),
    FORM(URLENCODED, "a=%", ST_BAD, NULL),
    FORM(URLENCODED, "a=%4", ST_BAD, NULL),
    FORM(URLENCODED, "a=%4&b=1", ST_BAD, NULL),
    FORM(URLENCODED, "a=%zz", ST_BAD, NULL),
    FORM(URLENCODED, "a=%00", ST_BAD, NULL),
    FORM(URLENCODED, "a=%ff", ST_BAD, NULL),
    FORM(URLENCODED, "a=1&a=2", ST_BAD, NULL),
    FORM(URLENCODED, "=1", ST_BAD, NULL),
    FORM(URLENCODED, "a=1&1&2&3&4", ST_LIMIT, NULL),
    FORM(URLENCODED, "a=01234567890123456789012345678901234567890", ST_LIMIT, NULL),
    FORM(URLENCODED, "0123456789012345678901234567890123456789012345678901234567890123=1", ST_OK,
         ""),
    FORM(URLENCODED, "01234567890123456789012345678901234567890123456789012345678901234=1", ST_BAD,
         NULL),
};

static void check(const struct example *example, size_t cut, size_t step)
{
    struct result result;

    read_form(example->type, example->body, cut, step, &result);
    if (result.status != example->status ||
        (result.status == ST_OK &&
         strncmp(buffer_text(&result.text), example->text, strlen(example->text)) != 0))
        fail_msg("\"%.*s\" cut at %zu: %s, \"%s\"", (int)example->body.n,
                 (const char *)example->body.p, cut, status_name(result.status),
                 buffer_text(&result.text));
    buffer_done(&result.text);
}

static void forms_are_read_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        check(&examples[i], examples[i].body.n, 1);
}

static void forms_are_read_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        check(&examples[i], 0, 1);
}

static void forms_are_read_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        for (size_t cut = 0; cut <= examples[i].body.n; cut++)
            check(&examples[i], cut, examples[i].body.n);
}

/* A file may hold anything, and comes out as it went in. */
static void files_are_exact(void **state)
{
    static const char body[] =
        "--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n"
        "\0\xff\r\n--\r\n--Xy\r\r\n\r\n" END;
    static const char expected[] = "[f|x|:\0\xff\r\n--\r\n--Xy\r\r\n]";
    struct result result;

    (void)state;
    for (size_t cut = 0; cut < sizeof(body); cut++) {
        read_form(MULTIPART, BYTES_LITERAL(body), cut, 3, &result);
        assert_int_equal(result.status, ST_OK);
        assert_int_equal(result.text.n, sizeof(expected) - 1);
        assert_memory_equal(result.text.p, expected, sizeof(expected) - 1);
        buffer_done(&result.text);
    }
}

static void a_failure_stays(void **state)
{
    struct form *form;

    (void)state;
    assert_int_equal(form_new(URLENCODED, &limits, NULL, &form), ST_OK);
    assert_int_equal(form_add(form, BYTES_LITERAL("a=%zz")), ST_BAD);
    assert_int_equal(form_add(form, BYTES_LITERAL("&b=1")), ST_BAD);
    assert_int_equal(form_end(form), ST_BAD);
    form_free(form);
}

static enum status sink_refuses(void *context, struct bytes bytes)
{
    (void)context;
    (void)bytes;
    return ST_DENIED;
}

static void a_sink_may_refuse(void **state)
{
    struct result result;
    const struct form_sink sink = {sink_begin, sink_refuses, sink_end, &result};
    struct form *form;

    (void)state;
    buffer_init(&result.text, 1000);
    assert_int_equal(form_new(URLENCODED, &limits, &sink, &form), ST_OK);
    assert_int_equal(form_add(form, BYTES_LITERAL("big=x&")), ST_DENIED);
    assert_int_equal(form_end(form), ST_DENIED);
    form_free(form);
    buffer_done(&result.text);
}

static void a_secret_moves_out(void **state)
{
    struct form *form;
    struct secret *secret;

    (void)state;
    assert_int_equal(form_new(URLENCODED, &limits, NULL, &form), ST_OK);
    assert_int_equal(form_add(form, BYTES_LITERAL("a=hunter+2&b=")), ST_OK);
    assert_int_equal(form_end(form), ST_OK);
    secret = form_take_secret(form, "a");
    assert_non_null(secret);
    assert_true(bytes_equal(secret_bytes(secret), BYTES_LITERAL("hunter 2")));
    assert_string_equal(form_text(form, "a"), "");
    assert_null(form_take_secret(form, "a"));
    assert_null(form_take_secret(form, "b"));
    assert_null(form_take_secret(form, "c"));
    secret_free(secret);
    form_free(form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_read_whole),
        cmocka_unit_test(forms_are_read_byte_by_byte),
        cmocka_unit_test(forms_are_read_cut_anywhere),
        cmocka_unit_test(files_are_exact),
        cmocka_unit_test(a_failure_stays),
        cmocka_unit_test(a_sink_may_refuse),
        cmocka_unit_test(a_secret_moves_out),
    };

    return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
