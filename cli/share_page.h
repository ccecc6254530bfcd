/* SPDX-License-Identifier: Apache-2.0
 * cli: a share as a page to be printed: what it is, how it is used, its text, and the same text as
 * a QR code (ISO/IEC 18004, by libqrencode). */
#ifndef SECUREMAIL_SHARE_PAGE_H
#define SECUREMAIL_SHARE_PAGE_H

#include "master.h"

#define SHARE_PAGE_MAX (512 * 1024)

struct share_page {
    const struct params *params;
    unsigned number, needed, count;
    const char *file_name; /* of the share */
    struct bytes text;     /* the share's file */
};

/* Append the page. ST_LIMIT: the text fits in no QR code, or the page in no buffer. */
enum status share_page_write(const struct share_page *page, struct buffer *html_out) MUST_CHECK;

#endif
