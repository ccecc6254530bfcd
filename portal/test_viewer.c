/* SPDX-License-Identifier: Apache-2.0
 * portal: tests of the viewer as its pages use it: real children in real cells. What a child that
 * was taken over could answer is in test_viewer_hostile.c; lives, deaths and memory of spawner and
 * children in test_spawner.c. */
#include "test_viewer.h"

#include <sys/mman.h>
#include <unistd.h>

#include "envelope.h"

/* Read a document whole. */
static void read_document(const struct viewer_document *document, struct buffer *out)
{
    buffer_init(out, MAIL_MAX);
    uint8_t *space = buffer_space(out, (size_t)document->size + 1);
    assert_non_null(space);
    assert_int_equal(pread(document->fd, space, (size_t)document->size + 1, 0), document->size);
    out->n += (size_t)document->size;
}

static void opens_as(int sealed, struct viewer_request request, const char *type,
                     struct bytes content)
{
    struct viewer_document document;
    struct buffer read;
    assert_int_equal(viewer_open(viewer, sealed, key, &request, &document), ST_OK);
    assert_string_equal(document.type, type);
    assert_int_equal(document.size, content.n);
    assert_int_equal(lseek(document.fd, 0, SEEK_CUR), 0);
    read_document(&document, &read);
    assert_true(bytes_equal(buffer_bytes(&read), content));
    buffer_done(&read);
    viewer_close(&document);
    assert_int_equal(document.fd, -1);
}

/* --- what is shown --- */

/* Sizes around the chunks of the age file; bytes of every value. */
static void a_mail_is_handed_on_byte_for_byte(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, 65535, 65536, 65537, 131072, 3000000};
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct buffer mail;
        buffer_init(&mail, MAIL_MAX);
        for (size_t n = 0; n < sizes[i]; n++)
            buffer_add_byte(&mail, (uint8_t)(n * 7 >> 3));
        int sealed = test_sealed(buffer_bytes(&mail), key);
        opens_as(sealed, WHOLE, "message/rfc822", buffer_bytes(&mail));
        close(sealed);
        buffer_done(&mail);
    }
}

static void a_mail_is_described(void **state)
{
    struct view *view = NULL;
    (void)state;
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    assert_int_equal(viewer_describe(viewer, sealed, key, &view), ST_OK);
    assert_string_equal(view->from, "Jürgen <j@example.org>");
    assert_string_equal(view->subject, "Papers");
    assert_int_equal(view->text, 1);
    assert_int_equal(view->parts_n, 3);
    assert_int_equal(view->parts[2].kind, VIEW_PICTURE);
    assert_int_equal(view->parts[2].size, 4);
    assert_string_equal(view->parts[2].safe_name, "b.png");
    view_free(view);
    close(sealed);
}

/* Charsets are converted in the cell, where no converter can be loaded any more. */
static void parts_are_opened_in_each_form(void **state)
{
    (void)state;
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    opens_as(sealed, (struct viewer_request){VIEWER_TEXT, 1, NULL}, "text/plain",
             BYTES_LITERAL("日本\n"));
    opens_as(sealed, (struct viewer_request){VIEWER_HTML, 2, "/read/1/picture/"}, "text/html",
             BYTES_LITERAL("<meta charset=\"utf-8\"><base target=\"_blank\">"
                           "<img src=\"/read/1/picture/3\">ů"));
    opens_as(sealed, (struct viewer_request){VIEWER_DECODED, 3, NULL}, "image/png",
             BYTES_LITERAL("\x89PNG"));
    opens_as(sealed, (struct viewer_request){VIEWER_DECODED, 1, NULL}, "text/plain",
             BYTES_LITERAL("\x93\xFA\x96{"));
    close(sealed);
}

static void what_is_not_there_is_none(void **state)
{
    static const struct viewer_request requests[] = {
        {VIEWER_DECODED, 0, NULL}, {VIEWER_DECODED, 4, NULL}, {VIEWER_TEXT, 2, NULL},
        {VIEWER_TEXT, 3, NULL},    {VIEWER_HTML, 1, NULL},    {VIEWER_HTML, 4000000000u, NULL},
    };
    struct viewer_document document = {.fd = 77};
    (void)state;
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    for (size_t i = 0; i < COUNT(requests); i++)
        assert_int_equal(viewer_open(viewer, sealed, key, &requests[i], &document), ST_NONE);
    assert_int_equal(document.fd, 77);
    close(sealed);
}

/* Nobody can change what was handed on, not through the file nor through memory. */
static void a_document_is_frozen(void **state)
{
    struct viewer_document document;
    (void)state;
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    assert_int_equal(viewer_open(viewer, sealed, key, &WHOLE, &document), ST_OK);
    assert_int_equal(pwrite(document.fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(document.fd, 0), -1);
    assert_ptr_equal(mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, document.fd, 0), MAP_FAILED);
    viewer_close(&document);
    close(sealed);
}

/* --- what is refused --- */

static void a_damaged_file_is_bad(void **state)
{
    (void)state;
    struct buffer mail;
    buffer_init(&mail, MAIL_MAX);
    while (mail.n < 200000)
        buffer_add_text(&mail, "canary\r\n");
    int sealed = test_sealed(buffer_bytes(&mail), key);
    off_t size = lseek(sealed, 0, SEEK_END);
    const off_t places[] = {0, 30, size - 1, size - 4000, size - 70000, size - 200000};
    for (size_t i = 0; i < COUNT(places); i++) {
        struct view *view = NULL;
        struct viewer_document document;
        test_flip(sealed, places[i]);
        assert_int_equal(viewer_open(viewer, sealed, key, &WHOLE, &document), ST_BAD);
        assert_int_equal(viewer_describe(viewer, sealed, key, &view), ST_BAD);
        test_flip(sealed, places[i]);
    }
    const off_t cuts[] = {size - 1, size - 16, size - 3500, 100, 0};
    for (size_t i = 0; i < COUNT(cuts); i++) {
        struct viewer_document document;
        assert_int_equal(ftruncate(sealed, cuts[i]), 0);
        assert_int_equal(viewer_open(viewer, sealed, key, &WHOLE, &document), ST_BAD);
    }
    close(sealed);
    buffer_done(&mail);
}

/* Another file key that was genuine for its header, and the right one that was not. */
static void a_wrong_key_is_bad(void **state)
{
    static const size_t places[] = {0, ENVELOPE_FILE_KEY_SIZE - 1, ENVELOPE_OPENED_SIZE - 1};
    struct view *view = NULL;
    (void)state;
    struct secret *other = secret_copy(secret_bytes(key));
    int sealed = test_sealed(BYTES_LITERAL(letter), key);
    for (size_t i = 0; i < COUNT(places); i++) {
        other->p[places[i]] ^= 1;
        assert_int_equal(viewer_describe(viewer, sealed, other, &view), ST_BAD);
        other->p[places[i]] ^= 1;
    }
    close(sealed);
    secret_free(other);
}

/* --- hostile mails --- */

static void nested_groups(struct buffer *mail)
{
    buffer_add_text(mail, "To: ");
    repeat(mail, "g:", 41000);
    buffer_add_text(mail, "\r\n\r\nbody");
}

static void odd_parameter(struct buffer *mail)
{
    buffer_add_text(mail, "Content-Type: multipart/mixed; ");
    repeat(mail, "é", 60);
    buffer_add_text(mail, "=x\r\n\r\nbody");
}

static void deep_multiparts(struct buffer *mail)
{
    for (unsigned i = 0; i < 100000; i++)
        buffer_add_format(mail, "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n--b%u\r\n", i,
                          i);
}

static void deep_messages(struct buffer *mail)
{
    repeat(mail, "Content-Type: message/rfc822\r\n\r\n", 200000);
}

static void many_parts(struct buffer *mail)
{
    buffer_add_text(mail, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    repeat(mail, "--b\r\n\r\nx\r\n", 200000);
}

/* Each gives a description in good time, can be saved, and leaves the next reader alone. */
static void hostile_mails_are_shown_or_refused(void **state)
{
    static void (*const makers[])(struct buffer *) = {nested_groups, odd_parameter, deep_multiparts,
                                                      deep_messages, many_parts};
    (void)state;
    for (size_t i = 0; i < COUNT(makers); i++) {
        struct buffer mail;
        struct view *view = NULL;
        buffer_init(&mail, MAIL_MAX);
        makers[i](&mail);
        int sealed = test_sealed(buffer_bytes(&mail), key);
        assert_int_equal(viewer_describe(viewer, sealed, key, &view), ST_OK);
        assert_in_range(view->parts_n, 1, VIEW_PARTS_MAX);
        opens_as(sealed, WHOLE, "message/rfc822", buffer_bytes(&mail));
        view_free(view);
        close(sealed);
        buffer_done(&mail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mail_is_handed_on_byte_for_byte),
        cmocka_unit_test(a_mail_is_described),
        cmocka_unit_test(parts_are_opened_in_each_form),
        cmocka_unit_test(what_is_not_there_is_none),
        cmocka_unit_test(a_document_is_frozen),
        cmocka_unit_test(a_damaged_file_is_bad),
        cmocka_unit_test(a_wrong_key_is_bad),
        cmocka_unit_test(hostile_mails_are_shown_or_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
