/* SPDX-License-Identifier: Apache-2.0
 * base: the log of the programs (libraries do not log): one line per fact on standard error,
 *
 *     gateway letter-relayed id=4f1c… to=bob@example.org size=10240
 *
 * The first word is the program, the second the event, which docs/guide/log-events.md lists; then
 * key=value. A value with blanks, quotes or control characters is quoted and escaped, so a value
 * can never look like another field. Under systemd each line begins with its priority, "<6>". Never
 * logged: subjects, texts, file names, keys, tokens, cookies, passwords. */
#ifndef SECUREMAIL_LOG_H
#define SECUREMAIL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_field {
    const char *key;
    const char *text; /* NULL: the number counts; "" is a value too */
    int64_t number;
};
#define L_TEXT(key, text) ((struct log_field){(key), (text), 0})
#define L_NUMBER(key, number) ((struct log_field){(key), NULL, (int64_t)(number)})

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* The program's name for each line, and whether debug lines appear. */
void log_open(const char *program, bool debug);
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);

#define LOG_AT(level, event, ...)                                                                  \
    log_write((level), (event), (const struct log_field[]){__VA_ARGS__},                           \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
/* info: a fact; warn: an operator may act; error: we failed. At least one field each. */
#define log_error(event, ...) LOG_AT(LOG_LEVEL_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...) LOG_AT(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_info(event, ...) LOG_AT(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) LOG_AT(LOG_LEVEL_DEBUG, event, __VA_ARGS__)

#endif
