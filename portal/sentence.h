/* SPDX-License-Identifier: Apache-2.0
 * portal: marks a sentence for people that stands in C; the templates mark theirs with {{_ "…"}}. A
 * catalogue can be made by looking for the two marks. */
#ifndef SECUREMAIL_SENTENCE_H
#define SECUREMAIL_SENTENCE_H

#define SENTENCE(text) (text)

#endif
