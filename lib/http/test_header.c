/* SPDX-License-Identifier: Apache-2.0
 * http: tests of cookies, names for downloads, and the headers that every answer carries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cookie.h"
#include "disposition.h"
#include "response_private.h"

static void cookies_are_found(void **state)
{
    static const struct {
        const char *header;
        enum status status;
        const char *value;
    } examples[] = {
        {"", ST_NONE, NULL},
        {"session=abc", ST_OK, "abc"},
        {"a=1; session=A-z_09; b=2", ST_OK, "A-z_09"},
        {"a=1;session=x", ST_OK, "x"},
        {"  session = x ; ", ST_OK, "x"},
        {"xsession=x", ST_NONE, NULL},
        {"Session=x", ST_NONE, NULL}, /* names are case-sensitive */
        {"a=session=x", ST_NONE, NULL},
        {"session", ST_BAD, NULL},
        {"session=", ST_BAD, NULL},
        {"session=x; session=x", ST_BAD, NULL},
        {"session=x; session=y", ST_BAD, NULL},
        {"session=\"x\"", ST_BAD, NULL},
        {"session=x y", ST_BAD, NULL},
        {"session=1234567890", ST_BAD, NULL}, /* does not fit */
        {"session=123456789", ST_OK, "123456789"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        char value[10] = "untouched";

        assert_int_equal(cookie_find(bytes_text(examples[i].header), "session", value, 10),
                         examples[i].status);
        if (examples[i].status == ST_OK)
            assert_string_equal(value, examples[i].value);
    }
}

static void cookies_are_written(void **state)
{
    static const struct {
        const char *value;
        bool secure;
        long max_age;
        const char *text;
    } examples[] = {
        {"v", true, 0, "__Host-session=v; Path=/; HttpOnly; SameSite=Lax; Secure"},
        {"v", false, 0, "session=v; Path=/; HttpOnly; SameSite=Lax"},
        {"v", true, 60, "__Host-session=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"},
        {"v", true, -1, "__Host-session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"},
    };
    struct buffer out;

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        buffer_init(&out, 200);
        cookie_write(&out, "session", examples[i].value, examples[i].secure, examples[i].max_age);
        assert_string_equal(buffer_text(&out), examples[i].text);
        buffer_done(&out);
    }
}

/* Forms of RFC 6266 §5 and RFC 8187 §3.2. */
static void download_names_are_safe(void **state)
{
    static const char *const examples[][2] = {
        {"report.pdf", "attachment; filename=\"report.pdf\"; filename*=UTF-8''report.pdf"},
        {"a b.txt", "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"},
        {"\xe2\x82\xac.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%E2%82%AC.txt"},
        {"../../etc/passwd",
         "attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd"},
        {"C:\\x\".exe", "attachment; filename=\"C__x_.exe\"; filename*=UTF-8''C__x_.exe"},
        {"a\r\nSet-Cookie: x=1", "attachment; filename=\"aSet-Cookie_ x=1\"; "
                                 "filename*=UTF-8''aSet-Cookie_%20x%3D1"},
        {"%41.txt", "attachment; filename=\"_41.txt\"; filename*=UTF-8''%2541.txt"},
        {"", "attachment; filename=\"attachment\"; filename*=UTF-8''attachment"},
        {"...", "attachment; filename=\"attachment\"; filename*=UTF-8''attachment"},
        {".profile", "attachment; filename=\"profile\"; filename*=UTF-8''profile"},
        {"bad\xff", "attachment; filename=\"attachment\"; filename*=UTF-8''attachment"},
        /* U+202E turns the rest around: "annexe" would end in "fdp.exe". */
        {"ann\xe2\x80\xae"
         "fdp.exe",
         "attachment; filename=\"annfdp.exe\"; filename*=UTF-8''annfdp.exe"},
    };
    struct buffer out;

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        buffer_init(&out, 2000);
        disposition_write(&out, true, examples[i][0]);
        assert_string_equal(buffer_text(&out), examples[i][1]);
        buffer_done(&out);
    }
}

static void long_download_names_keep_their_ending(void **state)
{
    char name[400];
    struct buffer out;

    (void)state;
    memset(name, 'x', sizeof(name));
    (void)snprintf(name + 300, sizeof(name) - 300, ".docx");
    buffer_init(&out, 2000);
    disposition_write(&out, true, name);
    assert_non_null(strstr(buffer_text(&out), "x.docx\";"));
    assert_true(out.n < 320);
    buffer_done(&out);
}

static const char *value_of(const struct response_header *headers, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(headers[i].name, name) == 0)
            return headers[i].value;
    return NULL;
}

static void every_answer_is_protected(void **state)
{
    static const enum http_policy policies[] = {HTTP_POLICY_PAGE, HTTP_POLICY_MAIL,
                                                HTTP_POLICY_FILE};
    struct response_header headers[RESPONSE_FIXED_MAX];
    struct http_response response;
    size_t n;

    (void)state;
    response_init(&response);
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        const char *policy;

        response.policy = policies[i];
        n = response_fixed(&response, true, headers);
        policy = value_of(headers, n, "Content-Security-Policy");
        assert_non_null(strstr(policy, "default-src 'none'"));
        assert_non_null(strstr(policy, "base-uri 'none'"));
        assert_null(strstr(policy, "script-src"));
        if (policies[i] == HTTP_POLICY_PAGE)
            assert_null(strstr(policy, "unsafe"));
        else
            assert_int_equal(strncmp(policy, "sandbox", 7), 0);
        assert_string_equal(value_of(headers, n, "X-Content-Type-Options"), "nosniff");
        assert_string_equal(value_of(headers, n, "Referrer-Policy"), "no-referrer");
        assert_string_equal(value_of(headers, n, "Cache-Control"), "no-store");
        assert_string_equal(value_of(headers, n, "Cross-Origin-Resource-Policy"), "same-origin");
        assert_string_equal(value_of(headers, n, "X-DNS-Prefetch-Control"), "off");
        assert_non_null(value_of(headers, n, "Strict-Transport-Security"));
    }
    n = response_fixed(&response, false, headers);
    assert_null(value_of(headers, n, "Strict-Transport-Security"));
    response_done(&response);
}

static void a_header_can_not_be_split(void **state)
{
    struct http_response response;

    (void)state;
    response_init(&response);
    response.code = 200;
    http_header(&response, "X-Name", "a\r\nSet-Cookie: b");
    assert_int_equal(response.code, 500);
    assert_int_equal(response.headers_n, 0);
    response_done(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookies_are_found),
        cmocka_unit_test(cookies_are_written),
        cmocka_unit_test(download_names_are_safe),
        cmocka_unit_test(long_download_names_keep_their_ending),
        cmocka_unit_test(every_answer_is_protected),
        cmocka_unit_test(a_header_can_not_be_split),
    };

    return cmocka_run_group_tests_name("http header", tests, NULL, NULL);
}
