/* SPDX-License-Identifier: Apache-2.0
 * mail: what this room's tests share. */
#ifndef SECUREMAIL_TEST_MAIL_H
#define SECUREMAIL_TEST_MAIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "view.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAIL_MAX (64 << 20)

static inline struct view *describe(struct bytes mail)
{
    struct view *view = NULL;
    assert_int_equal(view_make(mail, &view), ST_OK);
    return view;
}

/* The bytes of a text as a C string that lives until the next call. */
static inline const char *shown(struct bytes mail, unsigned number)
{
    static struct buffer text;
    buffer_done(&text);
    buffer_init(&text, MAIL_MAX);
    assert_int_equal(view_read_text(mail, number, &text), ST_OK);
    return buffer_text(&text);
}

static inline const char *shown_html(const char *mail, unsigned number, const char *prefix)
{
    static struct buffer html;
    buffer_done(&html);
    buffer_init(&html, MAIL_MAX);
    assert_int_equal(view_read_html(bytes_text(mail), number, prefix, &html), ST_OK);
    return buffer_text(&html);
}

static inline int prepare(void **state)
{
    (void)state;
    view_prepare();
    return 0;
}

/* A sink into a buffer. */
static inline enum status add(struct bytes piece, void *context)
{
    return buffer_add(context, piece);
}

#define PART(type, body) "--b\r\n" type "\r\n\r\n" body "\r\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

#endif
