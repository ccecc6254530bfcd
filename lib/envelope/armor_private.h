/* SPDX-License-Identifier: Apache-2.0
 * envelope: writing age's ASCII armor (docs/spec/envelope.md §4). Reading it is armor_reader, in
 * carrier.h. */
#ifndef SECUREMAIL_ENVELOPE_ARMOR_PRIVATE_H
#define SECUREMAIL_ENVELOPE_ARMOR_PRIVATE_H

#include "buffer.h"

#define ARMOR_BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define ARMOR_END "-----END AGE ENCRYPTED FILE-----"
#define ARMOR_COLUMNS 64
#define ARMOR_LINE_BYTES 48 /* what a full line holds */

struct armor_writer {
    uint8_t waiting[ARMOR_LINE_BYTES]; /* less than a line */
    size_t waiting_n;
};

/* Append the BEGIN line; append the full lines; append what is left and the END line. All lines end
 * in LF. Whether they fitted says buffer_check. */
void armor_begin(struct armor_writer *writer, struct buffer *text_out);
void armor_add(struct armor_writer *writer, struct bytes file, struct buffer *text_out);
void armor_end(struct armor_writer *writer, struct buffer *text_out);

#endif
