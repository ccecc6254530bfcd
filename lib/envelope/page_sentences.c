/* SPDX-License-Identifier: Apache-2.0
 * envelope: all words of the carrier's page. Another language is another table. */
#include "page_private.h"

static const struct page_sentences english = {
    .language = "en",
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

static const struct page_sentences spanish = {
    .language = "es",
    .title = "Mensaje seguro",
    .heading = "Ha recibido un mensaje seguro",
    .from = "De",
    .to = "Para",
    .until = "Puede abrirse hasta el",
    .place = "Se abre en",
    .help = "Ayuda",
    .steps_heading = "C\u00f3mo leerlo",
    .step_press = "Pulse abajo el bot\u00f3n \u00abLeer el mensaje\u00bb.",
    .step_check = "Su navegador ir\u00e1 a {{host}}. Compare ese nombre con el que aparece en la "
                  "barra de direcciones.",
    .step_sign_in =
        "Inicie sesi\u00f3n all\u00ed. Si es la primera vez, se le pedir\u00e1 que elija "
        "antes una contrase\u00f1a.",
    .cut = "Si abajo no hay ning\u00fan bot\u00f3n, este archivo no ha llegado completo. Pida "
           "ayuda: {{help}}",
    .button = "Leer el mensaje",
    .password = "Este archivo nunca pide una contrase\u00f1a. Escriba la suya \u00fanicamente en "
                "{{host}}.",
    .trouble_heading = "En un tel\u00e9fono, o si el bot\u00f3n no funciona",
    .trouble = "Guarde este archivo, abra {{portal}} en un navegador y elija all\u00ed el archivo "
               "guardado.",
};

static const struct page_sentences portuguese = {
    .language = "pt",
    .title = "Mensagem segura",
    .heading = "Voc\u00ea recebeu uma mensagem segura",
    .from = "De",
    .to = "Para",
    .until = "Pode ser aberta at\u00e9",
    .place = "Abre em",
    .help = "Ajuda",
    .steps_heading = "Como ler a mensagem",
    .step_press = "Pressione abaixo o bot\u00e3o \u201cLer a mensagem\u201d.",
    .step_check = "O seu navegador abrir\u00e1 {{host}}. Compare esse nome com o que aparece na "
                  "barra de endere\u00e7o.",
    .step_sign_in = "Entre ali com a sua senha. Na primeira vez, ser\u00e1 preciso antes escolher "
                    "uma senha.",
    .cut =
        "Se n\u00e3o houver um bot\u00e3o abaixo, este arquivo n\u00e3o chegou completo. Pe\u00e7a "
        "ajuda: {{help}}",
    .button = "Ler a mensagem",
    .password = "Este arquivo nunca pede senha. Digite a sua somente em {{host}}.",
    .trouble_heading = "No celular, ou se o bot\u00e3o n\u00e3o funcionar",
    .trouble = "Salve este arquivo, abra {{portal}} em um navegador e escolha ali o arquivo salvo.",
};

const struct page_sentences *page_sentences_in(const char *language)
{
    static const struct page_sentences *const all[] = {&english, &spanish, &portuguese};
    struct bytes tag = bytes_text(language);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (bytes_equal(bytes_first(tag, bytes_index(tag, '-')), bytes_text(all[i]->language)))
            return all[i];
    return &english;
}
