/* SPDX-License-Identifier: Apache-2.0
 * portal: the security questions one can choose from: whose answers stay the same, are short, and
 * stand on no public page about most people. */
#include "questions.h"

#include "sentence.h"

static const char *const questions[QUESTIONS_N] = {
    SENTENCE("What was the name of your first stuffed toy?"),
    SENTENCE("In which street did your best friend of primary school live?"),
    SENTENCE("What was the name of the first teacher you remember?"),
    SENTENCE("What was the make of the first car you drove?"),
    SENTENCE("In which town did your parents meet?"),
    SENTENCE("What was the first dish you learned to cook?"),
    SENTENCE("Where did you go on your first trip by aeroplane?"),
    SENTENCE("What was the title of the first concert or film you saw?"),
    SENTENCE("What did you want to become when you were ten years old?"),
    SENTENCE("What was the name of the first company you worked for?"),
};

const char *question_text(size_t number)
{
    return number >= 1 && number <= QUESTIONS_N ? questions[number - 1] : NULL;
}
