/* SPDX-License-Identifier: Apache-2.0
 * portal: the security questions one can choose from. The accounts service keeps only the number,
 * so a number is never given another question; new ones are added at the end. */
#ifndef SECUREMAIL_QUESTIONS_H
#define SECUREMAIL_QUESTIONS_H

#include <stddef.h>

#define QUESTIONS_N 10

/* The question with this number, 1 … QUESTIONS_N; NULL for any other number. */
const char *question_text(size_t number);

#endif
