/* SPDX-License-Identifier: Apache-2.0
 * notice: what a sealed mail says to whom it arrives at: who wrote, what to do, on which host it
 * will open, until when, whom to ask. Once as text, once as HTML, in the recipient's language.
 *
 * A language's words are two files, es.txt and es.html, with marks where a value is put in:
 *
 *     {{sender}}          Dana Whitfield <dana@agency.example>; the address alone if there is no
 * name
 *     {{sender_name}}     Dana Whitfield; the address if there is no name
 *     {{sender_address}}  dana@agency.example
 *     {{recipient}}       the address that the letter is sealed to
 *     {{organisation}} {{portal}} {{host}} {{help}}   of the district's settings
 *     {{until}}           22 de febrero de 2027: the last day, in UTC
 *
 * English, Spanish and Portuguese are files beside this one, and are built in. */
#ifndef SECUREMAIL_NOTICE_H
#define SECUREMAIL_NOTICE_H

#include "buffer.h"
#include "config.h"

#define NOTICE_LANGUAGE_SIZE 36 /* "es", "pt-BR" (RFC 5646 §4.4.1), and a NUL */
#define NOTICE_DATE_SIZE 40
#define NOTICE_FILE_MAX 16384 /* bytes of one of the two files */
#define NOTICE_PLACES_MAX 64  /* marks in it */
/* Bytes of a part, encoded, if no value is longer than 600. An encoded byte takes three; of a
 * value, six as HTML; and a line end of three stands behind every 73 of them at the least. */
#define NOTICE_MAX (NOTICE_FILE_MAX * 4 + NOTICE_PLACES_MAX * 600 * 7)

/* --- the words -------------------------------------------------------------------------------- */

struct notice;  /* in one language */
struct notices; /* in all languages in use, and who reads which */

/* Read the notices of [gateway] language and languages: from [gateway] notices if that is set, else
 * those built in. ST_BAD, ST_NONE, ST_LIMIT with a reason that names the file, and line and column
 * (in bytes from 1) where it is one's place: a mark that is unknown or not closed; a file without
 * sender's address, host or last day; what is not UTF-8, or a control character; in HTML, a tag or
 * attribute that could run, fetch or link to something. */
enum status notices_read(const struct config *config, struct notices **notices_out,
                         struct why *why) MUST_CHECK;
void notices_free(struct notices *notices); /* NULL is fine */
/* Is this the path of one of the files that notices_read would read? */
bool notices_names(const struct config *config, const char *path);

/* The notice for this canonical address: by the longest domain in [gateway] languages that it is
 * in, else by [gateway] language. It lives as long as the notices. */
const struct notice *notices_for(const struct notices *notices, const char *address);
const char *notice_language(const struct notice *notice);

/* --- writing ---------------------------------------------------------------------------------- */

struct notice_settings {
    const char *organisation, *portal, *host, *help;
};

/* What changes from letter to letter; UTF-8. */
struct notice_letter {
    const char *sender_name;    /* "" if there is none */
    const char *sender_address; /* "" if there is none */
    const char *recipient;      /* the address it is sealed to */
    const char *until;          /* notice_date */
};

/* "22 February 2027", in a language that we do not know "2027-02-22": the day in UTC. */
void notice_date(const char *language, int64_t time, char text_out[NOTICE_DATE_SIZE]);

/* Append the body of a part in quoted-printable (RFC 2045 §6.7), CRLF line ends. Values are never
 * read as markup or marks; what would mislead in them is a blank. */
void notice_text(const struct notice *notice, const struct notice_settings *settings,
                 const struct notice_letter *letter, struct buffer *out);
void notice_html(const struct notice *notice, const struct notice_settings *settings,
                 const struct notice_letter *letter, struct buffer *out);

#endif
