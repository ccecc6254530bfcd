/* SPDX-License-Identifier: Apache-2.0
 * envelope: the carrier's page around message and signature (docs/spec/envelope.md §5, C-1 to C-7).
 *
 * page_template.c has the markup, page_sentences.c has the words, page.c brings both and the
 * letter's texts together. */
#ifndef SECUREMAIL_ENVELOPE_PAGE_PRIVATE_H
#define SECUREMAIL_ENVELOPE_PAGE_PRIVATE_H

#include "carrier.h"

/* --- the parts of the page -------------------------------------------------------------------- */

/* {{name}} stands for a text of struct carrier_text or for a sentence; {{=name}} for a text as it
 * is, inside an attribute. Between the first two stands the message, between the last two the
 * signature. */
extern const char page_before_message[];
extern const char page_before_signature[];
extern const char page_after_signature[];

/* What the page says in one language. Plain text; {{name}} stands for a text of struct
 * carrier_text. */
struct page_sentences {
    const char *language; /* "es", as HTML's lang */
    const char *title;
    const char *heading;
    const char *from, *to, *until, *place, *help; /* labels */
    const char *steps_heading, *step_press, *step_check, *step_sign_in;
    const char *cut;
    const char *button;
    const char *password;
    const char *trouble_heading, *trouble;
};
/* Those of this language ("es", "es-MX"), or English if we have none. */
const struct page_sentences *page_sentences_in(const char *language);

/* --- filling it ------------------------------------------------------------------------------- */

/* May these texts stand in a page? ST_BAD if portal or language could end an attribute or a
 * directive; every other text can be shown, whatever is in it. */
enum status page_check(const struct carrier_text *text) MUST_CHECK;
/* Append one of the three parts. Whether it fitted says buffer_check. */
void page_add(const char *part, const struct carrier_text *text, struct buffer *html_out);
/* Append a signature as the value of an attribute, line by line as it is. */
void page_add_signature(struct bytes signature, struct buffer *html_out);

#endif
