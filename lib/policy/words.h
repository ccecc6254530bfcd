/* SPDX-License-Identifier: Apache-2.0
 * policy (private): words that a text is searched for: "confidential", "internal use only", or
 * "patient and diagnosis within 10 words". Case does not matter (Unicode's simple meaning of that:
 * case folding), nor what stands between the words of a phrase; words are runs of letters and
 * digits. Runs in a cell. */
#ifndef SECUREMAIL_POLICY_WORDS_H
#define SECUREMAIL_POLICY_WORDS_H

#include "bytes.h"
#include "status.h"

#define WORDS_TERMS_MAX 20000 /* of one list */
#define WORDS_APART_MAX 1000  /* "within N words" */

/* --- a text, made ready once for all lists --- */

struct words_text;
/* `text` is UTF-8 and outlives it. NULL if there is no memory for it. */
struct words_text *words_text_new(struct bytes text);
void words_text_free(struct words_text *text); /* NULL is fine; wipes */

/* --- a list of terms --- */

struct words_list;
struct words_list *words_list_new(void);
void words_list_free(struct words_list *list); /* NULL is fine */
/* One term more. ST_BAD with a reason if it is none, ST_LIMIT if the list is full. */
enum status words_list_add(struct words_list *list, struct bytes term, struct why *why) MUST_CHECK;
/* Every line of a file that is not empty and does not begin with "#" is a term. */
enum status words_list_read(struct words_list *list, const char *path, struct why *why) MUST_CHECK;
/* No more terms come. */
void words_list_end(struct words_list *list);
/* Does any term stand in the text? */
bool words_list_in(const struct words_list *list, const struct words_text *text);

#endif
