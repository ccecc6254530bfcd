/* SPDX-License-Identifier: Apache-2.0
 * envelope: all words of the carrier's page. Another language is another table. */
#include "page_private.h"

const struct page_sentences page_english = {
    .title = "Secure message",
    .heading = "You have a secure message",
    .from = "From",
    .to = "To",
    .until = "Can be opened until",
    .place = "Opens at",
    .help = "Help",
    .steps_heading = "How to read it",
    .step_press = "Press the button \u201cRead message\u201d below.",
    .step_check =
        "Your browser goes to {{host}}. Compare that name with the one in its address bar.",
    .step_sign_in = "Sign in there. If you are new, you are asked to choose a password first.",
    .cut = "If there is no button below, this file did not arrive whole. Please ask: {{help}}",
    .button = "Read message",
    .password = "This file never asks for a password. Type yours nowhere but at {{host}}.",
    .trouble_heading = "On a phone, or if the button does nothing",
    .trouble = "Save this file, open {{portal}} in a browser, and choose the saved file there.",
};
