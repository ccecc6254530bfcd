/* SPDX-License-Identifier: Apache-2.0
 * smtp: taking a letter's data, up to CRLF.CRLF and to nothing else. A letter that can't be
 * accepted is read to its end all the same, because only there may the reply be given. */
#include "io.h"
#include "smtp_lines.h"
#include "smtp_session.h"

/* Where we are in the end of data, of which a letter's line may be the beginning. */
enum dot {
    DOT_NONE,
    DOT_SEEN,    /* "." at the start of a line, held back */
    DOT_CR_SEEN, /* ".\r" at the start of a line, both held back */
};

struct letter {
    struct smtp_body *body;
    struct smtp_lines lines;
    enum dot dot;
    bool over;         /* CRLF.CRLF was seen */
    uint64_t received; /* bytes of the letter, also those not kept */
    uint64_t size_max;
    bool disk_failed;
};

/* Keep a part of the letter, as long as it makes sense. */
static void keep(struct letter *letter, struct bytes part)
{
    letter->received += part.n;
    if (letter->received > letter->size_max || letter->disk_failed)
        return;
    if (smtp_body_add(letter->body, part) != ST_OK)
        letter->disk_failed = true;
}

/* After a dot at the start of a line: the end of data, or a stuffed dot, which is left out (RFC
 * 5321 §4.5.2). Uses one byte at the most. */
static size_t take_after_dot(struct letter *letter, uint8_t byte)
{
    if (letter->dot == DOT_SEEN && byte == '\r') {
        letter->dot = DOT_CR_SEEN;
        return 1;
    }
    if (letter->dot == DOT_CR_SEEN && byte == '\n') {
        letter->over = true;
        return 1;
    }

    /* It was a stuffed dot; a CR that came after it is the letter's. */
    smtp_lines_pass_dot(&letter->lines);
    if (letter->dot == DOT_CR_SEEN) {
        (void)smtp_lines_pass(&letter->lines, BYTES_LITERAL("\r"));
        keep(letter, BYTES_LITERAL("\r"));
    }
    letter->dot = DOT_NONE;
    return 0;
}

/* Take what belongs to the letter; returns how many bytes that were. */
static size_t take(struct letter *letter, struct bytes bytes)
{
    size_t taken = 0;
    while (taken < bytes.n && !letter->over) {
        struct bytes rest = bytes_from(bytes, taken);
        if (letter->dot != DOT_NONE) {
            taken += take_after_dot(letter, rest.p[0]);
            continue;
        }
        size_t n = smtp_lines_pass(&letter->lines, rest);
        if (n > 0)
            keep(letter, bytes_first(rest, n));
        taken += n;
        if (n < rest.n) {
            letter->dot = DOT_SEEN;
            taken++;
        }
    }
    return taken;
}

/* The letter is here: is it accepted? */
static struct smtp_reply judge(const struct letter *letter, enum smtp_line_ends line_ends)
{
    if (letter->received > letter->size_max)
        return smtp_reply_make(552, "5.3.4", "The letter is larger than %llu bytes",
                               (unsigned long long)letter->size_max);
    if (letter->lines.unclean && line_ends == SMTP_LINE_ENDS_REJECT)
        return smtp_reply_make(550, "5.6.0", "The letter has a CR or LF alone, or a NUL, in it");
    if (letter->disk_failed)
        return smtp_reply_make(452, "4.3.1", "No room for the letter; try again later");
    return smtp_reply_make(250, "2.0.0", "Received");
}

enum status smtp_receive(struct smtp_session *session, struct smtp_reply *verdict_out,
                         struct why *why)
{
    const struct smtp_server_settings *settings = session->settings;
    struct letter letter = {
        .body = session->transaction->body,
        .size_max = settings->size_max,
    };
    int64_t letter_deadline = io_deadline(settings->letter_timeout_ms);

    for (;;) {
        smtp_input_use(&session->input, take(&letter, smtp_input_bytes(&session->input)));
        if (letter.over)
            break;

        /* A client that goes on long after the limit is not waited for. */
        if (letter.received / 2 > settings->size_max)
            return why_set(why, ST_LIMIT, "letter without end: %llu bytes",
                           (unsigned long long)letter.received);

        int64_t deadline = io_deadline(settings->command_timeout_ms);
        if (deadline > letter_deadline)
            deadline = letter_deadline;
        if (smtp_input_fill(&session->input, deadline) != ST_OK)
            return why_set(why, ST_TEMP, "connection lost or too slow after %llu bytes of data",
                           (unsigned long long)letter.received);
    }
    smtp_lines_end(&letter.lines);
    *verdict_out = judge(&letter, settings->line_ends);
    return ST_OK;
}
