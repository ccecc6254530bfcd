/* SPDX-License-Identifier: Apache-2.0
 * base: bytes, buffers, numbers, encodings, times, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "buffer.h"
#include "clock.h"
#include "encode.h"
#include "file.h"
#include "io.h"
#include "log.h"
#include "net.h"
#include "number.h"
#include "random.h"
#include "secret.h"

#define T(text) bytes_text(text)

static void a_reason_has_no_control_characters_and_fits(void **state)
{
    (void)state;
    struct why why;
    assert_int_equal(why_set(&why, ST_BAD, "a\r\nb%c%s", 7, "é"), ST_BAD);
    assert_string_equal(why.text, "a??b?é");
    char longer[1000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(why_set(&why, ST_TEMP, "%s", longer), ST_TEMP);
    assert_int_equal(strlen(why.text), sizeof why.text - 1);
    assert_int_equal(why_set(NULL, ST_NONE, "x"), ST_NONE);
}

static void bytes_compare_and_find(void **state)
{
    (void)state;
    assert_true(bytes_equal(T("abc"), BYTES_LITERAL("abc")));
    assert_false(bytes_equal(T("abc"), T("abd")));
    assert_true(bytes_equal(BYTES_NONE, T("")));
    assert_true(bytes_equal_nocase(T("SubJect"), T("subject")));
    assert_false(bytes_equal_nocase(T("[a]"), T("{a}"))); /* 0x20 apart, but no letters */
    assert_true(bytes_starts(T("abc"), T("")));
    assert_false(bytes_starts(T("ab"), T("abc")));
    assert_true(bytes_starts_nocase(T("SECURE: x"), T("secure:")));
    assert_int_equal(bytes_index(T("a:b"), ':'), 1);
    assert_int_equal(bytes_index(T("ab"), ':'), 2);
    assert_int_equal(bytes_find(T("x\r\n.\r\n"), T("\r\n.\r\n")), 1);
    assert_int_equal(bytes_find(T("abc"), T("d")), 3);
    assert_int_equal(bytes_from(T("abc"), 9).n, 0);
    assert_int_equal(bytes_first(T("abc"), 9).n, 3);
    assert_true(bytes_equal(bytes_trim(T(" \t a b\r\n")), T("a b")));
    assert_int_equal(bytes_trim(T(" \r\n")).n, 0);
}

static void lines_end_in_lf_or_crlf_and_a_last_one_in_neither(void **state)
{
    (void)state;
    struct bytes rest = T("a\r\n\nb\rc"), line;
    assert_true(bytes_line(&rest, &line) && bytes_equal(line, T("a")));
    assert_true(bytes_line(&rest, &line) && line.n == 0);
    assert_true(bytes_line(&rest, &line) && bytes_equal(line, T("b\rc")));
    assert_false(bytes_line(&rest, &line));
}

/* The forms that RFC 3629 and the Unicode standard (table 3-7) allow and forbid. */
static void utf8_is_what_rfc_3629_says(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"\xc3\xa9", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x92\x8c", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xed\x9f\xbf", true},
        {"\xee\x80\x80", true},
        {"\xc0\x80", false},
        {"\xc1\xbf", false},
        {"\xe0\x80\x80", false},
        {"\xe0\x9f\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xed\xbf\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\x80", false},
        {"\xc3", false},
        {"\xe2\x82", false},
        {"\xff", false},
        {"\xc3\x28", false},
        {"\xe2\x28\xa1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (bytes_utf8(T(cases[i].text)) != cases[i].good)
            fail_msg("case %zu", i);
}

static void text_that_does_not_fit_or_holds_a_nul_is_refused(void **state)
{
    (void)state;
    char text[4] = "zzz";
    assert_true(bytes_to_text(T("abc"), text, sizeof text));
    assert_string_equal(text, "abc");
    assert_false(bytes_to_text(T("abcd"), text, sizeof text));
    assert_string_equal(text, "");
    assert_false(bytes_to_text(BYTES_LITERAL("a\0b"), text, sizeof text));
}

static void a_buffer_never_passes_its_limit_and_says_so(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    for (int i = 0; i < 100; i++)
        assert_int_equal(buffer_add_text(&buffer, "0123456789"), ST_OK);
    assert_int_equal(buffer_check(&buffer), ST_OK);
    assert_int_equal(buffer_add_byte(&buffer, 'x'), ST_LIMIT);
    assert_int_equal(buffer.n, 1000);
    assert_int_equal(buffer_check(&buffer), ST_LIMIT);
    buffer_drop(&buffer, 10);
    assert_int_equal(buffer_add_byte(&buffer, 'x'), ST_LIMIT); /* it sticks */
    buffer_clear(&buffer);
    assert_int_equal(buffer_add_format(&buffer, "%d-%s", 7, "a"), ST_OK);
    assert_string_equal(buffer_text(&buffer), "7-a");
    buffer_drop(&buffer, 2);
    assert_string_equal(buffer_text(&buffer), "a");
    assert_null(buffer_space(&buffer, 1000));
    buffer_done(&buffer);
    assert_int_equal(buffer_bytes(&buffer).n, 0);
}

static void numbers_are_digits_within_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t min, max;
        enum status status;
        uint64_t value;
    } cases[] = {
        {"0", 0, 9, ST_OK, 0},
        {"42", 0, 100, ST_OK, 42},
        {"18446744073709551615", 0, UINT64_MAX, ST_OK, UINT64_MAX},
        {"18446744073709551616", 0, UINT64_MAX, ST_LIMIT, 0},
        {"99999999999999999999999", 0, UINT64_MAX, ST_LIMIT, 0},
        {"101", 0, 100, ST_LIMIT, 0},
        {"4", 5, 100, ST_LIMIT, 0},
        {"", 0, 9, ST_BAD, 0},
        {"007", 0, 9, ST_BAD, 0},
        {"-1", 0, 9, ST_BAD, 0},
        {"+1", 0, 9, ST_BAD, 0},
        {" 1", 0, 9, ST_BAD, 0},
        {"1 ", 0, 9, ST_BAD, 0},
        {"0x1", 0, 9, ST_BAD, 0},
        {"1e3", 0, 9999, ST_BAD, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t value = 0;
        enum status status = number_parse(T(cases[i].text), cases[i].min, cases[i].max, &value);
        if (status != cases[i].status || value != cases[i].value)
            fail_msg("“%s”", cases[i].text);
    }
}

/* The vectors of RFC 4648 §10. */
static void base64_agrees_with_rfc_4648(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *padded, *unpadded;
    } cases[] = {{"", "", ""},
                 {"f", "Zg==", "Zg"},
                 {"fo", "Zm8=", "Zm8"},
                 {"foo", "Zm9v", "Zm9v"},
                 {"foob", "Zm9vYg==", "Zm9vYg"},
                 {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                 {"foobar", "Zm9vYmFy", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (enum padding padding = PADDED; padding <= UNPADDED; padding++) {
            const char *wanted = padding == PADDED ? cases[i].padded : cases[i].unpadded;
            char text[16] = "";
            uint8_t back[16];
            size_t n = base64_encode(text, T(cases[i].plain), padding), back_n = 99;
            assert_int_equal(n, strlen(wanted));
            assert_int_equal(n, base64_length(strlen(cases[i].plain), padding));
            assert_memory_equal(text, wanted, n);
            assert_int_equal(base64_decode((struct bytes){(uint8_t *)text, n}, padding, back,
                                           sizeof back, &back_n),
                             ST_OK);
            assert_true(bytes_equal((struct bytes){back, back_n}, T(cases[i].plain)));
        }
    }
}

static void base64_has_one_text_for_each_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum padding padding;
        enum status status;
    } cases[] = {
        {"Zg=", PADDED, ST_BAD},
        {"Zg", PADDED, ST_BAD},
        {"Zg===", PADDED, ST_BAD},
        {"Zh==", PADDED, ST_BAD},
        {"Zm9=", PADDED, ST_BAD},
        {"Z===", PADDED, ST_BAD},
        {"====", PADDED, ST_BAD},
        {"Zg==Zg==", PADDED, ST_BAD},
        {"Zm9v\n", PADDED, ST_BAD},
        {"Zm 9", PADDED, ST_BAD},
        {"Zm9-", PADDED, ST_BAD},
        {"Zm9_", PADDED, ST_BAD},
        {"Zg==", UNPADDED, ST_BAD},
        {"Z", UNPADDED, ST_BAD},
        {"Zh", UNPADDED, ST_BAD},
        {"Zm9", UNPADDED, ST_BAD},
        {"Zm9vYmFyZm9vYmFy", PADDED, ST_LIMIT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[10];
        size_t n;
        if (base64_decode(T(cases[i].text), cases[i].padding, out, sizeof out, &n) !=
            cases[i].status)
            fail_msg("“%s”", cases[i].text);
    }
}

static void tokens_and_hex_take_exactly_their_size(void **state)
{
    (void)state;
    uint8_t token[32], back[32];
    char text[64];
    random_fill(token, sizeof token);
    assert_int_equal(token_encode(text, sizeof text, BYTES_ARRAY(token)), 43);
    assert_int_equal(token_decode(T(text), back, sizeof back), ST_OK);
    assert_memory_equal(token, back, sizeof back);
    assert_int_equal(token_decode(T(text), back, 31), ST_BAD);
    text[42] = '*';
    assert_int_equal(token_decode(T(text), back, sizeof back), ST_BAD);
    hex_encode(text, BYTES_LITERAL("\x00\xab\xff"));
    assert_string_equal(text, "00abff");
    assert_int_equal(hex_decode(T("00ABfF"), back, 3), ST_OK);
    assert_memory_equal(back, "\x00\xab\xff", 3);
    assert_int_equal(hex_decode(T("00ABf"), back, 3), ST_BAD);
    assert_int_equal(hex_decode(T("00ABfg"), back, 3), ST_BAD);
}

/* 2026-11-24 was a Tuesday; 1792633792 and the other numbers are what `date -u -d … +%s` prints. */
static void times_have_their_texts(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_SIZE];
    int64_t time = -1;
    clock_mail(1795484992, text);
    assert_string_equal(text, "Tue, 24 Nov 2026 01:49:52 +0000");
    clock_iso(1795484992, text);
    assert_string_equal(text, "2026-11-24T01:49:52Z");
    clock_generalized(1795484992, text);
    assert_string_equal(text, "20261124014952Z");
    assert_int_equal(clock_parse_generalized(T("20261124014952Z"), &time), ST_OK);
    assert_int_equal(time, 1795484992);
    assert_int_equal(clock_parse_iso(T("2026-11-24T01:49:52Z"), &time), ST_OK);
    assert_int_equal(time, 1795484992);
    assert_int_equal(clock_parse_iso(T("2024-02-29"), &time), ST_OK);
    assert_int_equal(time, 1709164800);
    static const char *const wrong[] = {
        "20260229000000Z", "20261324014952Z", "20261124014952",  "20261124014952z",
        "20261124246000Z", "2026112401495Z",  "+0261124014952Z", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (clock_parse_generalized(T(wrong[i]), &time) != ST_BAD)
            fail_msg("“%s”", wrong[i]);
}

static void secrets_compare_and_copy(void **state)
{
    (void)state;
    struct secret *a = secret_copy(T("key")), *b = secret_copy(T("key"));
    assert_true(secret_equal(secret_bytes(a), secret_bytes(b)));
    b->p[0] ^= 1;
    assert_false(secret_equal(secret_bytes(a), secret_bytes(b)));
    assert_false(secret_equal(T("key"), T("keys")));
    secret_free(a);
    secret_free(b);
    secret_free(NULL);
}

static void files_are_made_once_and_secrets_are_private(void **state)
{
    (void)state;
    char folder[] = "/tmp/test-base-XXXXXX", path[64];
    struct secret *secret = NULL;
    struct buffer content;
    struct why why;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
    buffer_init(&content, 5);
    assert_int_equal(file_read(path, &content, &why), ST_NONE);
    assert_int_equal(file_create(path, 0600, T("first"), &why), ST_OK);
    assert_int_equal(file_create(path, 0600, T("other"), &why), ST_DENIED);
    assert_int_equal(file_read(path, &content, &why), ST_OK);
    assert_string_equal(buffer_text(&content), "first");
    assert_int_equal(file_read_secret(path, 5, &secret, &why), ST_OK);
    assert_true(bytes_equal(secret_bytes(secret), T("first")));
    secret_free(secret);
    assert_int_equal(file_read_secret(path, 4, &secret, &why), ST_LIMIT);
    chmod(path, 0644);
    assert_int_equal(file_read_secret(path, 5, &secret, &why), ST_DENIED);
    chmod(path, 0620);
    assert_int_equal(file_read_secret(path, 5, &secret, &why), ST_DENIED);
    assert_int_equal(file_replace(path, 0600, T("second"), &why), ST_OK);
    buffer_clear(&content);
    assert_int_equal(file_read(path, &content, &why), ST_LIMIT);
    unlink(path);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    assert_int_not_equal(file_read_secret(path, 100, &secret, &why), ST_OK);
    unlink(path);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left behind */
    buffer_done(&content);
}

static void reads_and_writes_end_at_their_deadline(void **state)
{
    (void)state;
    int pair[2];
    uint8_t got[8];
    size_t n;
    static uint8_t much[1 << 20];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(io_read(pair[0], got, sizeof got, io_deadline(20), &n), ST_TEMP);
    assert_int_equal(io_write_all(pair[0], BYTES_ARRAY(much), io_deadline(20)),
                     ST_TEMP); /* nobody reads */
    io_close(&pair[1]);
    assert_int_equal(io_write_all(pair[0], T("x"), io_deadline(20)), ST_TEMP); /* and no SIGPIPE */
    io_close(&pair[0]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(io_write_all(pair[0], T("abc"), io_deadline(1000)), ST_OK);
    io_close(&pair[0]);
    assert_int_equal(io_read_all(pair[1], got, 2, io_deadline(1000)), ST_OK);
    assert_int_equal(io_read_all(pair[1], got, 2, io_deadline(1000)), ST_TEMP); /* cut short */
    assert_int_equal(io_read_all(pair[1], got, 2, io_deadline(1000)), ST_NONE);
    io_close(&pair[1]);
}

static void descriptors_travel_over_a_socket(void **state)
{
    (void)state;
    int pair[2], tube[2], received = -1;
    uint8_t got[8];
    size_t n = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(pipe(tube), 0);
    assert_int_equal(io_send_fd(pair[0], T("hello"), tube[1]), ST_OK);
    assert_int_equal(io_receive_fd(pair[1], got, sizeof got, &n, &received), ST_OK);
    assert_int_equal(n, 5);
    assert_int_equal(write(received, "x", 1), 1);
    assert_int_equal(read(tube[0], got, 1), 1);
    assert_int_equal(send(pair[0], "y", 1, 0), 1); /* a message without a descriptor is refused */
    assert_int_equal(io_receive_fd(pair[1], got, sizeof got, &n, &received), ST_BAD);
    io_close(&pair[0]);
    assert_int_equal(io_receive_fd(pair[1], got, sizeof got, &n, &received), ST_NONE);
    close(pair[1]), close(tube[0]), close(tube[1]);
}

static void sockets_listen_once_and_connect(void **state)
{
    (void)state;
    char folder[] = "/tmp/test-base-XXXXXX", where[64], peer[NET_PEER_SIZE];
    struct why why;
    int listener = -1, second = -1, client = -1, server = -1, port = 0;
    assert_non_null(mkdtemp(folder));
    snprintf(where, sizeof where, "unix:%s/s", folder);
    assert_int_equal(net_connect(where, 100, &client, &why), ST_TEMP);
    assert_int_equal(net_listen(where, 0600, &listener, &why), ST_OK);
    assert_int_equal(net_listen(where, 0600, &second, &why), ST_FAIL);
    assert_int_equal(net_connect(where, 1000, &client, &why), ST_OK);
    assert_int_equal(net_accept(listener, &server, peer), ST_OK);
    assert_int_equal(strncmp(peer, "unix:uid=", 9), 0);
    uid_t uid = 12345;
    assert_int_equal(net_peer_user(server, &uid), ST_OK);
    assert_int_equal(uid, getuid());
    io_close(&client), io_close(&server), io_close(&listener);
    assert_int_equal(net_listen(where, 0600, &listener, &why),
                     ST_OK); /* the dead one was cleared away */
    io_close(&listener);
    unlink(where + 5), rmdir(folder);

    assert_int_equal(net_listen("127.0.0.1:0", 0, &listener, &why), ST_OK);
    assert_int_equal(net_port(listener, &port), ST_OK);
    snprintf(where, sizeof where, "127.0.0.1:%d", port);
    assert_int_equal(net_connect(where, 1000, &client, &why), ST_OK);
    assert_int_equal(net_accept(listener, &server, peer), ST_OK);
    assert_string_equal(peer, "127.0.0.1");
    io_close(&client), io_close(&server), io_close(&listener);
    static const char *const wrong[] = {"",
                                        "25",
                                        "localhost:25",
                                        "127.0.0.1",
                                        "127.0.0.1:x",
                                        "::1:25",
                                        "[127.0.0.1]:25",
                                        "unix:relative"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (net_listen(wrong[i], 0, &listener, &why) != ST_BAD)
            fail_msg("“%s”", wrong[i]);
}

/* A value can't forge a field or a line. */
static void a_log_line_is_one_line_with_its_own_fields(void **state)
{
    (void)state;
    int tube[2], saved = dup(STDERR_FILENO);
    char line[4096] = "";
    assert_int_equal(pipe(tube), 0);
    dup2(tube[1], STDERR_FILENO);
    unsetenv("JOURNAL_STREAM");
    log_open("gateway", false);
    log_info("letter-relayed", L_TEXT("to", "a\nb to=\"x\" \x1b[2J"), L_NUMBER("size", -5),
             L_TEXT("plain", "bob@example.org"), L_TEXT("none", ""));
    log_debug("hidden", L_NUMBER("x", 1));
    dup2(saved, STDERR_FILENO);
    close(tube[1]), close(saved);
    assert_true(read(tube[0], line, sizeof line - 1) > 0);
    close(tube[0]);
    assert_string_equal(
        line,
        "gateway letter-relayed to=\"a\\x0ab to=\\\"x\\\" \\x1b[2J\" size=-5 plain=bob@example.org none=\"\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reason_has_no_control_characters_and_fits),
        cmocka_unit_test(bytes_compare_and_find),
        cmocka_unit_test(lines_end_in_lf_or_crlf_and_a_last_one_in_neither),
        cmocka_unit_test(utf8_is_what_rfc_3629_says),
        cmocka_unit_test(text_that_does_not_fit_or_holds_a_nul_is_refused),
        cmocka_unit_test(a_buffer_never_passes_its_limit_and_says_so),
        cmocka_unit_test(numbers_are_digits_within_bounds),
        cmocka_unit_test(base64_agrees_with_rfc_4648),
        cmocka_unit_test(base64_has_one_text_for_each_value),
        cmocka_unit_test(tokens_and_hex_take_exactly_their_size),
        cmocka_unit_test(times_have_their_texts),
        cmocka_unit_test(secrets_compare_and_copy),
        cmocka_unit_test(files_are_made_once_and_secrets_are_private),
        cmocka_unit_test(reads_and_writes_end_at_their_deadline),
        cmocka_unit_test(descriptors_travel_over_a_socket),
        cmocka_unit_test(sockets_listen_once_and_connect),
        cmocka_unit_test(a_log_line_is_one_line_with_its_own_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
