/* SPDX-License-Identifier: Apache-2.0
 * html: writing values into pages. Every value that comes from outside goes through one of these
 * functions, chosen by the place where it will stand; the generated templates (tools/template.py)
 * call them, and there is no function that adds a value as it is.
 *
 * All take UTF-8 and write UTF-8. What is no valid UTF-8, and control characters other than tab and
 * line ends, become U+FFFD, so that no value can change the encoding or hide anything. All append
 * to a buffer whose owner checks it once at the end (buffer_check). */
#ifndef SECUREMAIL_HTML_H
#define SECUREMAIL_HTML_H

#include "buffer.h"

/* Text between tags and in quoted attributes of either kind: & < > " ' become character references.
 */
void html_text(struct buffer *out, const char *text);
void html_text_bytes(struct buffer *out, struct bytes text);

/* The whole value of href, src or action, quoted: a path of ours ("/…", not "//"), or http:, https:
 * or mailto:; any other value ("javascript:…", "data:…", "\\host") becomes "#". */
void html_url(struct buffer *out, const char *url);

/* A piece of a path or query inside such a value: everything but the unreserved characters of RFC
 * 3986 §2.3 is percent-encoded, byte by byte. */
void html_component(struct buffer *out, const char *text);

/* A count, in decimal digits. */
void html_number(struct buffer *out, uint64_t number);

#endif
