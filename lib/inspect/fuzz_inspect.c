/* SPDX-License-Identifier: Apache-2.0
 * inspect: any bytes as a letter that rules ask about, and as an HTML document. Here it runs
 * without its cell. What is stripped has no markup left that was understood, and is never longer by
 * more than a blank for each mark. */
#include <assert.h>

#include "inspect.h"
#include "inspect_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct policy *make(void)
{
    static const char rules[] =
        "[policy \"a\"]\nattachment-name = *a*b*, ?.exe\naction = refuse\n"
        "[policy \"b\"]\nattachment-type = image/*\naction = refuse\n"
        "[policy \"c\"]\ntext-pattern = card-number, us-ssn\naction = seal\n"
        "[policy \"d\"]\ntext-words = secret, a b, x and y within 3 words\n"
        "action = seal\n";
    struct config *config = NULL;
    struct policy *policy = NULL;
    struct why why;
    inspect_prepare();
    if (config_parse(BYTES_LITERAL(rules), "rules", &config, &why) != ST_OK ||
        policy_read(config, &policy, &why) != ST_OK)
        abort();
    config_free(config);
    return policy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct policy *policy;
    struct policy_content content = {.known = false};
    struct buffer text;
    if (policy == NULL)
        policy = make();
    enum status status = inspect_mail(policy, (struct bytes){data, n}, &content);
    assert(status == ST_OK || status == ST_LIMIT);
    buffer_init(&text, 2 * n + 16);
    assert(inspect_strip((struct bytes){data, n}, &text) == ST_OK);
    assert(text.n <= 2 * n);
    buffer_done(&text);
    return 0;
}
