/* SPDX-License-Identifier: Apache-2.0
 * portal: from a visit of the rightful reader to the viewer: the file key, from the keyring or by
 * asking accounts, and the sealed file. The only place of the portal where keys are used. */
#ifndef SECUREMAIL_READER_H
#define SECUREMAIL_READER_H

#include "visit.h"

/* The key of the visit's message for its session; opened (and so written down by the keyserver) at
 * the first time. False, and an answer, if it can't be had. The caller frees. */
bool reader_key(struct visit *visit, struct secret **key_out);

/* The viewer's two calls on the visit's message. Errors as viewer.h. */
enum status reader_describe(struct visit *visit, const struct secret *key,
                            struct view **view_out) MUST_CHECK;
enum status reader_open(struct visit *visit, const struct secret *key,
                        const struct viewer_request *request,
                        struct viewer_document *document_out) MUST_CHECK;

#endif
