/* SPDX-License-Identifier: Apache-2.0
 * config: the one configuration file of all programs, read against one strict table.
 *
 *     [district]
 *     name = example.org
 *
 *     [gateway]
 *     listen = 127.0.0.1:10025, unix:/run/securemail/gateway.sock
 *
 *     [policy "partners"]
 *     recipient-domain = example.com
 *     action = pass
 *
 * Every key stands in the table of settings.c with its kind, default and bounds; securemail.conf(5)
 * is made from it. Anything else is an error that names file and line: an unknown section or key, a
 * key given twice (a list's second line adds to it), a value of the wrong kind or out of bounds.
 * Sections of the form [policy "name"] are rules: their keys are handed to lib/policy as text.
 *
 * The functions that look a setting up take its section and key as written in the table; asking for
 * a setting that is not there, or as another kind, is a programmer's mistake and ends the process.
 */
#ifndef SECUREMAIL_CONFIG_H
#define SECUREMAIL_CONFIG_H

#include "bytes.h"
#include "status.h"

#define CONFIG_FILE_MAX (256 * 1024) /* bytes */
#define CONFIG_LINE_MAX 190          /* bytes of a line: what the INI reader takes whole */

struct config;

/* Read and check a file. ST_NONE: there is none; ST_BAD: a mistake in it; ST_LIMIT: too large. The
 * reason reads "/etc/securemail/securemail.conf:12: …". */
enum status config_read(const char *path, struct config **config_out, struct why *why) MUST_CHECK;
/* The same from memory; `name` stands for the file in reasons. */
enum status config_parse(struct bytes text, const char *name, struct config **config_out,
                         struct why *why) MUST_CHECK;
void config_free(struct config *config); /* NULL is fine */

/* ST_BAD, naming the first that is missing, unless each of these settings was given or has a
 * default. `needed` is NULL-terminated: "district name", "gateway relay", … */
enum status config_need(const struct config *config, const char *const *needed,
                        struct why *why) MUST_CHECK;

/* --- settings --------------------------------------------------------------------------------- */

/* Each gives the value of the file, else the default. Texts live as long as the config. */

/* Text, paths, sockets, URLs, choices: the text itself; "" if there is neither value nor default.
 */
const char *config_text(const struct config *config, const char *section, const char *key);
/* Numbers; sizes in bytes ("25M" is 25 × 1024 × 1024). */
uint64_t config_number(const struct config *config, const char *section, const char *key);
/* Durations in seconds ("90 days" is 7,776,000). */
int64_t config_duration(const struct config *config, const char *section, const char *key);
/* "yes" or "no". */
bool config_switch(const struct config *config, const char *section, const char *key);
/* Lists: how many items, and item i < count, without blanks around it. */
size_t config_count(const struct config *config, const char *section, const char *key);
const char *config_item(const struct config *config, const char *section, const char *key,
                        size_t i);

/* Do the settings of the portal's door fit together? ST_BAD if it listens on TCP with secure
 * cookies: these mean a web server in front, and the portal believes what that says about visitors
 * on a Unix socket only. */
enum status config_check_door(const struct config *config, struct why *why) MUST_CHECK;

/* A size as in the settings ("25M") in bytes; ST_BAD if it is none. */
enum status config_size(const char *text, uint64_t *bytes_out) MUST_CHECK;

/* --- rules ------------------------------------------------------------------------------------ */

/* One key of a rule. A key given on several lines comes several times, in the file's order. */
struct config_entry {
    const char *key;
    const char *value; /* not empty */
    unsigned line;
    unsigned column; /* where the value begins in the line, in bytes from 1 */
};

/* One section [policy "name"], perhaps without any key; names differ from each other. */
struct config_rule {
    const char *name;
    unsigned line;
    const struct config_entry *entries;
    size_t count;
};

/* The rules in the file's order; they live as long as the config. */
const struct config_rule *config_rules(const struct config *config, size_t *count_out);
/* The file's name as in reasons, for a reason about a rule's line. */
const char *config_name(const struct config *config);

/* --- the table itself ------------------------------------------------------------------------- */

enum config_kind {
    CONFIG_TEXT,     /* one line of UTF-8 without control characters */
    CONFIG_NUMBER,   /* decimal digits */
    CONFIG_SIZE,     /* bytes: digits, then nothing, K, M or G (1,024 each) */
    CONFIG_DURATION, /* "30 seconds", "10 minutes", "12 hours", "90 days", "2 weeks"; "90d" */
    CONFIG_SWITCH,   /* yes or no */
    CONFIG_CHOICE,   /* one of the words in `choices` */
    CONFIG_PATH,     /* an absolute path */
    CONFIG_SOCKET,   /* "unix:/path", "127.0.0.1:25" or "[::1]:25" */
    CONFIG_NETWORK,  /* "192.0.2.0/24", "2001:db8::/32", or an address */
    CONFIG_URL,      /* https:// (http:// on loopback only), host, port; nothing behind, no slash */
};

struct config_setting {
    const char *section, *key;
    enum config_kind kind;
    bool list;            /* several values, by commas or on several lines */
    const char *fallback; /* the default as it would be written; NULL: none */
    uint64_t min, max;    /* of numbers, sizes (bytes), durations (seconds) */
    const char *choices;  /* "reject keep" */
    const char *help;     /* what it does: one or two sentences */
};

const struct config_setting *config_settings(size_t *count_out);
/* "text", "number", … for the manual. */
const char *config_kind_name(enum config_kind kind);

#endif
