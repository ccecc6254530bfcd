/* SPDX-License-Identifier: Apache-2.0
 * base: one line per fact, written in one piece. */
#include "log.h"

#include <errno.h>
#include <unistd.h>

#include "bytes.h"

#define LINE_MAX_BYTES 2048

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

static bool plain(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || *p == '"' || *p == '\\' || *p == '=' ||
            (unsigned char)*p >= 0x7f)
            return false;
    return *text != '\0';
}

/* A value that could look like more than one is quoted; control characters and broken UTF-8 become
 * \xNN. */
static void put_value(struct line *line, const char *text)
{
    if (plain(text)) {
        put_text(line, text);
        return;
    }
    bool utf8 = bytes_utf8(bytes_text(text));
    put(line, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        char escaped[8];
        if (*p == '"' || *p == '\\')
            snprintf(escaped, sizeof escaped, "\\%c", *p);
        else if (*p < ' ' || *p == 0x7f || (*p >= 0x80 && !utf8))
            snprintf(escaped, sizeof escaped, "\\x%02x", *p);
        else
            snprintf(escaped, sizeof escaped, "%c", *p);
        put_text(line, escaped);
    }
    put(line, '"');
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
