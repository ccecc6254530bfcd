/* SPDX-License-Identifier: Apache-2.0
 * portal: what is the same for everybody: style, pictures, help, terms, the public parameters. */
#include "answers.h"
#include "assets.h"
#include "memory.h"

static void answer_file(struct visit *visit, const char *type, struct bytes content)
{
    visit->response->code = 200;
    visit->response->type = type;
    visit->response->lasting = true;
    buffer_add(&visit->response->body, content);
}

void answer_style(struct visit *visit)
{
    answer_file(visit, "text/css; charset=utf-8", BYTES_ARRAY(style_css));
}

/* Also the icon of a window that shows an attachment, which has no origin. */
void answer_logo(struct visit *visit)
{
    answer_file(visit, "image/svg+xml", BYTES_ARRAY(logo_svg));
    visit->response->for_frames = true;
}

void answer_seal(struct visit *visit)
{
    answer_file(visit, "image/svg+xml", BYTES_ARRAY(seal_svg));
}

/* Nothing here is for search engines. */
void answer_robots(struct visit *visit)
{
    answer_file(visit, "text/plain; charset=utf-8", BYTES_LITERAL("User-agent: *\nDisallow: /\n"));
}

/* Everybody who wants to seal for this district fetches this; it carries its own signature, so that
 * neither we nor the way to the keyserver have to be trusted. */
void answer_parameters(struct visit *visit)
{
    struct wire_parameters_reply *reply = memory_new(1, sizeof *reply);
    struct wire_verdict verdict = wire_parameters(&visit->portal->accounts, reply);
    if (verdict.status == ST_OK)
        answer_file(visit, "text/plain; charset=utf-8", (struct bytes){reply->file, reply->file_n});
    else
        http_plain(visit->response, 503, "The parameters can't be had now; try again later.\n");
    free(reply);
}

void answer_help(struct visit *visit)
{
    struct page_frame frame = visit_frame(visit);

    visit_page(visit, 200, page_help_render(&frame, &visit->response->body));
}

void answer_terms(struct visit *visit)
{
    struct page_terms page = {.version = PORTAL_TERMS_VERSION};
    struct page_frame frame = visit_frame(visit);

    visit_page(visit, 200, page_terms_render(&page, &frame, &visit->response->body));
}
