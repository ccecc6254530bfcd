/* SPDX-License-Identifier: Apache-2.0
 * header: what a field's value says to people. */
#ifndef SECUREMAIL_HEADER_TEXT_H
#define SECUREMAIL_HEADER_TEXT_H

#include "buffer.h"

/* Append the value on one line: folds taken out (RFC 5322 §2.2.3), blanks at both ends dropped,
 * every other control character a blank. Bytes above 127 stay as they are. ST_LIMIT if it does not
 * fit. */
enum status header_unfold(struct bytes value, struct buffer *out) MUST_CHECK;

/* Append the value as UTF-8 on one line: unfolded, encoded words (RFC 2047) decoded. Words in other
 * charsets than US-ASCII, UTF-8, ISO-8859-1, ISO-8859-15 and windows-1252, and damaged ones, stay
 * as written. Bytes above 127 outside of words are UTF-8 if the whole value is, else windows-1252.
 * The result is valid UTF-8 without control characters, and without those that change the direction
 * of text, not even encoded ones. */
enum status header_decode(struct bytes value, struct buffer *out) MUST_CHECK;

/* Does a decoded subject ask for a rule by this tag (any case of ASCII letters)? A tag in brackets,
 * "[secure]", counts anywhere. Any other, "Secure:", counts at the beginning, where "Re:", "Fwd:"
 * and the like and bracketed list names may stand before it. */
bool header_tag(struct bytes subject, struct bytes tag);
/* Append a decoded subject without that tag (its first, if there are several) and with one blank in
 * its place; the whole subject if it has none. ST_LIMIT if it does not fit. */
enum status header_remove_tag(struct bytes subject, struct bytes tag,
                              struct buffer *out) MUST_CHECK;

/* The first mailbox of an address list (RFC 5322 §3.4), for people to read. */
struct header_mailbox {
    char name[256];    /* display name, or the comment; valid UTF-8, or "" */
    char address[322]; /* local@domain as written, without blanks; valid UTF-8, or "" */
};

/* ST_NONE if the list holds no address with an '@' in it that fits. */
enum status header_mailbox(struct bytes value, struct header_mailbox *mailbox_out) MUST_CHECK;
/* The first mailboxes of the list, at most `max`, up to one that has no such address; how many. */
size_t header_mailboxes(struct bytes value, struct header_mailbox *mailboxes_out, size_t max);

#endif
