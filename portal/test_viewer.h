/* SPDX-License-Identifier: Apache-2.0
 * portal: what the viewer's tests share: a viewer, a file key, a letter. */
#ifndef SECUREMAIL_TEST_VIEWER_H
#define SECUREMAIL_TEST_VIEWER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "buffer.h"
#include "test_sealed.h"
#include "viewer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAIL_MAX (64 << 20)

static struct viewer *viewer;
static struct secret *key;

static inline struct viewer *start(struct viewer_settings settings)
{
    struct viewer *started = NULL;
    struct why why = {""};
    if (viewer_start(&settings, &started, &why) != ST_OK)
        fail_msg("%s", why.text);
    return started;
}

static inline int set_up(void **state)
{
    (void)state;
    key = test_key();
    viewer = start((struct viewer_settings){0});
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    viewer_stop(viewer);
    secret_free(key);
    return 0;
}

#define WHOLE ((struct viewer_request){VIEWER_WHOLE, 0, NULL})

/* Three parts: a text, an HTML that shows the picture, the picture. */
static const char letter[] =
    "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\nTo: bob@example.net\r\nSubject: Papers\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=shift_jis\r\n\r\n\x93\xFA\x96{\r\n"
    "--b\r\nContent-Type: text/html; charset=iso-8859-2\r\n\r\n<img src=\"cid:p@x\">\xF9\r\n"
    "--b\r\nContent-Type: image/png; name=\"a/b.png\"\r\nContent-ID: <p@x>\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--b--\r\n";

static inline void repeat(struct buffer *mail, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buffer_add_text(mail, text);
}

#endif
