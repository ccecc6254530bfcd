/* SPDX-License-Identifier: Apache-2.0
 * portal: the functions that answer requests, one file a page. The route table has checked what its
 * columns say before it calls one: the session, the message, the form's token. */
#ifndef SECUREMAIL_ANSWERS_H
#define SECUREMAIL_ANSWERS_H

#include "visit.h"

/* page_open.c: a message comes in. */
void answer_home(struct visit *visit);
void answer_upload(struct visit *visit);
void answer_open(struct visit *visit);

/* page_register.c, page_confirm.c: somebody new. */
void answer_register_form(struct visit *visit);
void answer_register(struct visit *visit);
void answer_register_again(struct visit *visit); /* its token was too old: the form once more */
void answer_registered(struct visit *visit);
void answer_confirm_form(struct visit *visit);
void answer_confirm(struct visit *visit);
void answer_confirmed(struct visit *visit);
void answer_deny(struct visit *visit);

/* page_sign_in.c, page_sign_out.c: somebody known. */
void answer_sign_in_form(struct visit *visit);
void answer_sign_in(struct visit *visit);
void answer_password_form(struct visit *visit);
void answer_password(struct visit *visit);
void answer_sign_out(struct visit *visit);
void answer_signed_out(struct visit *visit);

/* page_read.c, page_part.c: the message. */
void answer_read(struct visit *visit);
void answer_body(struct visit *visit);
void answer_picture(struct visit *visit);
void answer_part_view(struct visit *visit);
void answer_part_download(struct visit *visit);
void answer_whole(struct visit *visit);

/* page_static.c: what is the same for everybody. */
void answer_style(struct visit *visit);
void answer_logo(struct visit *visit);
void answer_seal(struct visit *visit);
void answer_help(struct visit *visit);
void answer_terms(struct visit *visit);
void answer_parameters(struct visit *visit);
void answer_robots(struct visit *visit);

/* For routes that need a reader, when there is none: sign in, or register, and come back
 * (page_read.c). */
void answer_ask_reader(struct visit *visit);

#endif
