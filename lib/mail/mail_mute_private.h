/* SPDX-License-Identifier: Apache-2.0
 * mail: what a browser does before it asks the policy of a page. Chromium 156 connects to the host
 * of a frame that Content-Security-Policy forbids, and to that of <link rel="preconnect">, which no
 * directive names; a host name made for one reader would tell its sender that the letter was
 * opened, when, and from where. Elements that can do so are renamed: <link becomes <x-link, which
 * means nothing. So does <meta, which can ask for look-ups of names (x-dns-prefetch-control) and
 * for another page, and whose charset was heard before. Nothing is lost, for the policy of the
 * frame lets none of them load. This makes HTML silent, not safe: the sandboxed frame stays the
 * wall. */
#ifndef SECUREMAIL_MAIL_MUTE_PRIVATE_H
#define SECUREMAIL_MAIL_MUTE_PRIVATE_H

#include "buffer.h"

/* Append the document, UTF-8, with those elements renamed wherever their names may begin a tag: in
 * comments and attributes too, for which of them a browser takes for a tag is not for us to guess.
 */
enum status mail_mute(struct bytes html, struct buffer *html_out) MUST_CHECK;

#endif
