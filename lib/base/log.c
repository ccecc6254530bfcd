/* SPDX-License-Identifier: Apache-2.0
 * base: one line per fact, written in one piece. */
#include "log.h"

#include <errno.h>
#include <unistd.h>

#include "bytes.h"

#define LINE_MAX_BYTES 2048
#define VALUE_MAX_BYTES 400 /* so that one long value does not push out the fields behind it */

static struct {
    const char *program;
    bool debug;
    bool priority; /* journald reads "<6>" in front of a line */
} sink = {"securemail", false, false};

void log_open(const char *program, bool debug)
{
    sink.program = program;
    sink.debug = debug;
    sink.priority = getenv("JOURNAL_STREAM") != NULL;
}

struct line {
    char text[LINE_MAX_BYTES];
    size_t n;
};

static void put(struct line *line, char c)
{
    if (line->n < sizeof line->text - 1)
        line->text[line->n++] = c;
}

static void put_text(struct line *line, const char *text)
{
    while (*text != '\0')
        put(line, *text++);
}

static bool plain(struct bytes value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] <= ' ' || value.p[i] >= 0x7f || strchr("\"\\=", value.p[i]) != NULL)
            return false;
    return value.n > 0;
}

/* A control character, C1 included (U+0080 to U+009F, in UTF-8 behind 0xc2), or half of one. */
static bool control(struct bytes value, size_t i)
{
    uint8_t c = value.p[i];
    bool c1_head = c == 0xc2 && i + 1 < value.n && value.p[i + 1] < 0xa0;
    bool c1_tail = c >= 0x80 && c < 0xa0 && i > 0 && value.p[i - 1] == 0xc2;
    return c < ' ' || c == 0x7f || c1_head || c1_tail;
}

/* A value that could look like more than one is quoted; control characters and broken UTF-8 become
 * \xNN; one that is cut ends in "…". */
static void put_value(struct line *line, const char *text)
{
    struct bytes whole = bytes_text(text), value = bytes_first(whole, VALUE_MAX_BYTES);
    if (plain(value) && value.n == whole.n) {
        put_text(line, text);
        return;
    }
    bool utf8 = bytes_utf8(value);
    put(line, '"');
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        char escaped[8];
        if (c == '"' || c == '\\')
            snprintf(escaped, sizeof escaped, "\\%c", c);
        else if (control(value, i) || (c >= 0x80 && !utf8))
            snprintf(escaped, sizeof escaped, "\\x%02x", c);
        else
            snprintf(escaped, sizeof escaped, "%c", c);
        put_text(line, escaped);
    }
    put_text(line, value.n < whole.n ? "…\"" : "\"");
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    struct line line = {.n = 0};
    char number[32];
    if (level == LOG_LEVEL_DEBUG && !sink.debug)
        return;
    if (sink.priority) {
        snprintf(number, sizeof number, "<%d>", (int)level);
        put_text(&line, number);
    }
    put_text(&line, sink.program);
    put(&line, ' ');
    put_text(&line, event);
    for (size_t i = 0; i < n; i++) {
        put(&line, ' ');
        put_text(&line, fields[i].key);
        put(&line, '=');
        if (fields[i].text != NULL) {
            put_value(&line, fields[i].text);
            continue;
        }
        snprintf(number, sizeof number, "%lld", (long long)fields[i].number);
        put_text(&line, number);
    }
    line.text[line.n++] = '\n';
    while (write(STDERR_FILENO, line.text, line.n) < 0 && errno == EINTR)
        ;
}
