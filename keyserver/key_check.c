/* SPDX-License-Identifier: Apache-2.0
 * keyserver: checking a key log. */
#include "key_check.h"

#include <errno.h>
#include <unistd.h>

#define PIECE (64 * 1024)

/* A check under way. */
struct checking {
    struct key_check check;
    const struct key_visitor *visitor;
};

static void visit(const struct checking *checking, const struct key_record *record)
{
    if (checking->visitor != NULL)
        checking->visitor->visit(checking->visitor->context, record, checking->check.chain);
}

/* One line, whole or not. */
static enum status check_line(struct checking *checking, struct bytes line, struct why *why)
{
    struct key_check *check = &checking->check;
    struct why reason = {""};
    struct key_record record;
    enum status status;
    if (line.n >= KEY_LINE_MAX)
        status = why_set(&reason, ST_BAD, "too long"); /* L-2 */
    else if (check->lines == 0)
        status = key_head_read(line, check->chain, &check->head, &reason); /* L-1, L-4 */
    else
        status = key_record_read(line, check->chain, &record, &reason); /* L-2, L-4 */
    if (status == ST_OK && check->lines > 0 && record.number != check->records + 1)
        status = why_set(&reason, ST_BAD, "number %llu instead of %llu",
                         (unsigned long long)record.number,
                         (unsigned long long)check->records + 1); /* L-3 */
    if (status != ST_OK)
        return why_set(why, status, "line %llu: %s", (unsigned long long)check->lines + 1,
                       reason.text);
    visit(checking, check->lines > 0 ? &record : NULL);
    check->records += check->lines > 0;
    check->lines++;
    check->bytes += line.n + 1;
    return ST_OK;
}

/* All whole lines in the buffer; what is left of the last one stays there. */
static enum status check_lines(struct checking *checking, struct buffer *text, struct why *why)
{
    size_t used = 0;
    enum status status = ST_OK;
    while (status == ST_OK) {
        struct bytes rest = bytes_from(buffer_bytes(text), used);
        size_t end = bytes_index(rest, '\n');
        if (end == rest.n)
            break;
        status = check_line(checking, bytes_first(rest, end), why);
        used += end + 1;
    }
    buffer_drop(text, used);
    if (status == ST_OK && text->n >= KEY_LINE_MAX)
        status = check_line(checking, buffer_bytes(text), why);
    return status;
}

enum status key_check(int fd, const struct key_visitor *visitor, struct key_check *found_out,
                      struct why *why)
{
    struct checking checking = {.visitor = visitor};
    struct buffer text;
    enum status status = ST_OK;
    off_t at = 0;
    buffer_init(&text, PIECE + KEY_LINE_MAX);
    while (status == ST_OK) {
        ssize_t n = pread(fd, buffer_space(&text, PIECE), PIECE, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = why_set(why, ST_FAIL, "%s", strerror(errno));
        if (n <= 0)
            break;
        text.n += (size_t)n;
        at += n;
        status = check_lines(&checking, &text, why);
    }
    if (status == ST_OK) {
        checking.check.torn_bytes = text.n;
        *found_out = checking.check;
    }
    buffer_done(&text);
    return status;
}
