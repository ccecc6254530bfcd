/* SPDX-License-Identifier: Apache-2.0
 * inspect: what a letter holds of what the rules ask for: names and types of attachments, words and
 * numbers in its texts. The letter is foreign, and taking it apart is done in a child of this
 * process, in a cell: what a hostile letter makes of that child can say yes or no to the rules'
 * questions about this letter, and nothing else. */
#ifndef SECUREMAIL_INSPECT_H
#define SECUREMAIL_INSPECT_H

#include "policy.h"

#define INSPECT_DEPTH_MAX 5 /* mails within mails */

/* Where the letter comes from: the next piece of it, ST_NONE behind the last. Called in the child,
 * before it has looked at anything. */
struct inspect_source {
    enum status (*next)(void *context, struct bytes *piece_out);
    void (*forget)(void *context); /* wipe what no inspector needs: keys; NULL: nothing */
    void *context;
    uint64_t size; /* of the letter */
};

struct inspect_limits {
    size_t memory;    /* bytes that the child may use beside the letter itself; SIZE_MAX: any */
    unsigned seconds; /* of processor time, and of waiting for it */
};

/* Once, before the process is locked in: the libraries that take mails apart load what they need.
 */
void inspect_prepare(void);

/* Look. content_out->known is false if it could not be done: the child died or took too long, the
 * letter is larger than it can be, or nested too deeply, or a text in it is too large; the reason
 * is in `why`. */
void inspect(const struct policy *policy, const struct inspect_source *source,
             const struct inspect_limits *limits, struct policy_content *content_out,
             struct why *why);

#endif
