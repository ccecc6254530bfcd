/* SPDX-License-Identifier: Apache-2.0
 * portal: signing out. The keys go first, whatever accounts says; the browser is told to forget its
 * copies. */
#include "answers.h"
#include "log.h"
#include "reply.h"

void answer_sign_out(struct visit *visit)
{
    const struct wire_sign_out ask = {.session = visit->session};
    struct spool_message message;

    keyring_forget_session(visit->portal->keyring, secret_bytes(visit->session));
    if (wire_sign_out(&visit->portal->accounts, &ask).status != ST_OK) {
        reply(visit, REPLY_BUSY);
        return;
    }
    log_info("signed-out", L_TEXT("address", visit->who.address));
    visit_end_session(visit);
    http_header(visit->response, "Clear-Site-Data", "\"cache\"");

    /* From "sign in as …": back to the message that is addressed to somebody else. */
    if (spool_find(visit->portal->spool, visit_field(visit, "message"), visit->now, &message) ==
        ST_OK)
        visit_go(visit, "/read/%s", message.id);
    else
        visit_go(visit, "/signed-out");
}

void answer_signed_out(struct visit *visit)
{
    struct page_frame frame = visit_frame(visit);

    visit_page(visit, 200, page_signed_out_render(&frame, &visit->response->body));
}
