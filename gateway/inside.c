/* SPDX-License-Identifier: Apache-2.0
 * gateway: a letter for the inspector. */
#include "inside.h"

#include "inspect.h"

#define MEMORY ((size_t)512 << 20)
#define SECONDS 20

struct inside {
    const struct gateway *gateway;
    struct smtp_body *body;
};

static enum status next(void *context, struct bytes *piece_out)
{
    const struct inside *inside = context;
    return smtp_body_read(inside->body, piece_out);
}

/* In the child, which has memory of its own: neither the signing key nor that of the letter's file
 * is there any more when the letter is looked at. */
static void forget(void *context)
{
    const struct inside *inside = context;
    sign_key_free(inside->gateway->key);
    smtp_body_free(inside->body);
}

void inside_look(const struct gateway *gateway, const struct smtp_transaction *letter,
                 struct policy_content *content_out, struct why *why)
{
    static const struct inspect_limits limits = {MEMORY, SECONDS};
    struct inside inside = {gateway, letter->body};
    const struct inspect_source source = {
        .next = next,
        .forget = forget,
        .context = &inside,
        .size = smtp_body_size(letter->body),
    };
    smtp_body_rewind(letter->body);
    inspect(gateway->policy, &source, &limits, content_out, why);
    smtp_body_rewind(letter->body);
}
