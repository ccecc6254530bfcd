/* SPDX-License-Identifier: Apache-2.0
 * config: reading the file. The INI grammar is inih's; what it would let through in silence (lines
 * it cuts, names it cuts, an indented line that continues nothing) is refused before it sees it. */
#include "config.h"

#include <ini.h>

#include "buffer.h"
#include "config_private.h"
#include "file.h"
#include "memory.h"
#include "settings.h"

#define NAME_MAX_BYTES 49 /* inih cuts the names of sections and keys there */

/* The reading of one file. */
struct reading {
    struct config *config;
    struct bytes rest; /* lines inih has not had yet */
    struct bytes now;  /* the one it has */
    unsigned line;     /* number of the one it has */
    bool continuable; /* inih has found a key in this section: it takes an indented line for more of
                         it */
    bool in_error;
    struct why *why;
};

static const struct bytes rule_prefix = {(const uint8_t *)"policy \"", 8};

static char *copy(struct bytes bytes)
{
    char *text = memory_new(bytes.n + 1, 1);
    memcpy(text, bytes.p, bytes.n);
    return text;
}

/* Note the first mistake, with file and line; everything after it is skipped. */
static bool mistake(struct reading *reading, const char *text)
{
    if (!reading->in_error)
        why_set(reading->why, ST_BAD, "%s:%u: %s", reading->config->name, reading->line, text);
    reading->in_error = true;
    return false;
}

/* --- lines, on their way to inih -------------------------------------------------------------- */

/* A rule: [policy "name"]. */
static bool rule_begins(struct reading *reading, struct bytes name)
{
    struct config *config = reading->config;
    if (name.n < 2 || name.p[name.n - 1] != '"' || bytes_index(name, '"') != name.n - 1)
        return mistake(reading, "write [policy \"name\"]");
    name = bytes_first(name, name.n - 1);
    for (size_t i = 0; i < config->rule_count; i++)
        if (bytes_equal(bytes_text(config->rules[i].name), name))
            return mistake(reading, "there is a policy of that name above");
    config->rules[config->rule_count++] =
        (struct config_rule){.name = copy(name),
                             .line = reading->line,
                             .entries = config->entries + config->entry_count};
    return true;
}

static bool section_begins(struct reading *reading, struct bytes line)
{
    size_t end = bytes_index(line, ']');
    struct bytes name = bytes_first(bytes_from(line, 1), end - 1);
    struct bytes behind = bytes_trim(bytes_from(line, end + 1));
    char text[NAME_MAX_BYTES + 1];

    reading->continuable = false;
    if (end >= line.n || (behind.n > 0 && behind.p[0] != ';'))
        return mistake(reading, "a section is a line of the form [name]");
    if (!bytes_to_text(name, text, sizeof text))
        return mistake(reading, "the section's name is too long");
    if (bytes_starts(name, rule_prefix))
        return rule_begins(reading, bytes_from(name, rule_prefix.n));
    return settings_section(text) || mistake(reading, "there is no such section");
}

/* UTF-8 without control characters but tabs; a vertical tab, for one, is a blank to inih. */
static bool is_text(struct bytes line)
{
    for (size_t i = 0; i < line.n; i++)
        if ((line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f)
            return false;
    return bytes_utf8(line);
}

/* Is this a line that inih reads as we mean it? */
static bool line_allowed(struct reading *reading, struct bytes line)
{
    struct bytes text = bytes_trim(line);
    if (line.n > CONFIG_LINE_MAX)
        return mistake(reading, "the line is too long; lists go on in an indented next line");
    if (!is_text(line))
        return mistake(reading, "the line is not UTF-8 text, or holds a control character");
    if (text.n == 0 || text.p[0] == '#' || text.p[0] == ';')
        return true;
    bool indented = text.p != line.p;
    if (indented && !reading->continuable)
        return mistake(reading, "an indented line continues a list, and there is none");
    if (!indented && text.p[0] == '[')
        return section_begins(reading, text);
    return true;
}

/* inih's fgets: the next line into `line`, NULL at the end. */
static char *next_line(char *line, int size, void *context)
{
    struct reading *reading = context;
    struct bytes bytes;
    if (reading->in_error || !bytes_line(&reading->rest, &bytes))
        return NULL;
    reading->line++;
    reading->now = bytes;
    if (!line_allowed(reading, bytes))
        return NULL;
    if (!bytes_to_text(bytes, line, (size_t)size)) {
        mistake(reading, "the line is too long");
        return NULL;
    }
    return line;
}

/* --- keys and values, as inih gives them ------------------------------------------------------ */

static void add_value(struct config *config, const struct config_setting *setting,
                      struct bytes value)
{
    config->values[config->value_count++] = (struct config_value){setting, copy(value)};
}

/* The next item of a list that is not empty. */
static bool next_item(struct bytes *rest, struct bytes *item_out)
{
    while (rest->n > 0) {
        size_t comma = bytes_index(*rest, ',');
        struct bytes item = bytes_trim(bytes_first(*rest, comma));
        *rest = bytes_from(*rest, comma + 1);
        if (item.n > 0) {
            *item_out = item;
            return true;
        }
    }
    return false;
}

static void add_items(struct config *config, const struct config_setting *setting,
                      const char *value)
{
    struct bytes rest = bytes_text(value), item;
    if (!setting->list)
        add_value(config, setting, rest);
    else
        while (next_item(&rest, &item))
            add_value(config, setting, item);
}

static bool read_setting(struct reading *reading, const struct config_setting *setting,
                         const char *value)
{
    struct config *config = reading->config;
    struct why why;
    size_t before = config->value_count;
    if (!setting->list && config_count(config, setting->section, setting->key) > 0)
        return mistake(reading, "the key was given before");
    add_items(config, setting, value);
    if (config->value_count == before)
        return mistake(reading, "the list is empty; leave the line out instead");
    for (size_t i = before; i < config->value_count; i++)
        if (settings_check(setting, config->values[i].text, &why) != ST_OK)
            return mistake(reading, why.text);
    return true;
}

/* Where the value begins: behind the first "=", or, in a line that goes on, behind the blanks. */
static unsigned value_column(const struct reading *reading)
{
    struct bytes line = reading->now;
    size_t at = 0;
    if (line.n > 0 && line.p[0] != ' ' && line.p[0] != '\t')
        at = bytes_index(line, '=') + 1;
    while (at < line.n && (line.p[at] == ' ' || line.p[at] == '\t'))
        at++;
    return (unsigned)at + 1;
}

static bool read_rule(struct reading *reading, const char *key, const char *value)
{
    struct config *config = reading->config;
    if (strlen(key) > NAME_MAX_BYTES)
        return mistake(reading, "the key is too long");
    if (value[0] == '\0')
        return mistake(reading, "the value is empty");
    config->entries[config->entry_count++] = (struct config_entry){
        memory_text(key), memory_text(value), reading->line, value_column(reading)};
    config->rules[config->rule_count - 1].count++;
    return true;
}

static int read_key(void *context, const char *section, const char *key, const char *value)
{
    struct reading *reading = context;
    reading->continuable = true;
    if (reading->in_error)
        return false;
    if (section[0] == '\0')
        return mistake(reading, "the key stands in no section");
    if (bytes_starts(bytes_text(section), rule_prefix))
        return read_rule(reading, key, value);
    const struct config_setting *setting = settings_find(section, key);
    if (setting == NULL)
        return mistake(reading, "there is no such key in this section");
    return read_setting(reading, setting, value);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Room for everything that a text of this many lines and commas, and the defaults, can hold. */
static struct config *config_new(const char *name, struct bytes text)
{
    size_t lines = 1, items = 1, settings;
    config_settings(&settings);
    for (size_t i = 0; i < text.n; i++) {
        lines += text.p[i] == '\n';
        items += text.p[i] == '\n' || text.p[i] == ',';
    }
    struct config *config = memory_new(1, sizeof *config);
    config->name = memory_text(name);
    config->values = memory_new(items + 4 * settings, sizeof *config->values);
    config->rules = memory_new(lines, sizeof *config->rules);
    config->entries = memory_new(lines, sizeof *config->entries);
    return config;
}

static void add_defaults(struct config *config)
{
    size_t count;
    const struct config_setting *settings = config_settings(&count);
    for (size_t i = 0; i < count; i++)
        if (settings[i].fallback != NULL &&
            config_count(config, settings[i].section, settings[i].key) == 0)
            add_items(config, &settings[i], settings[i].fallback);
}

enum status config_parse(struct bytes text, const char *name, struct config **config_out,
                         struct why *why)
{
    const struct bytes mark = BYTES_LITERAL("\xef\xbb\xbf");
    if (text.n > CONFIG_FILE_MAX)
        return why_set(why, ST_LIMIT, "%s: larger than %d bytes", name, CONFIG_FILE_MAX);
    struct config *config = config_new(name, text);
    struct reading reading = {.config = config, .rest = text, .why = why};
    if (bytes_starts(text, mark))
        reading.rest = bytes_from(text, mark.n);

    int wrong_line = ini_parse_stream(next_line, &reading, read_key, &reading);
    if (wrong_line != 0 && !reading.in_error) {
        reading.line = (unsigned)wrong_line;
        mistake(&reading, "neither [section] nor key = value");
    }
    if (reading.in_error) {
        config_free(config);
        return ST_BAD;
    }
    add_defaults(config);
    *config_out = config;
    return ST_OK;
}

enum status config_read(const char *path, struct config **config_out, struct why *why)
{
    struct buffer text;
    buffer_init(&text, CONFIG_FILE_MAX);
    enum status status = file_read(path, &text, why);
    if (status == ST_OK)
        status = config_parse(buffer_bytes(&text), path, config_out, why);
    buffer_done(&text);
    return status;
}

/* The structs show texts as constant; they are ours. */
static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->value_count; i++)
        free(config->values[i].text);
    for (size_t i = 0; i < config->rule_count; i++)
        free_text(config->rules[i].name);
    for (size_t i = 0; i < config->entry_count; i++) {
        free_text(config->entries[i].key);
        free_text(config->entries[i].value);
    }
    free(config->values);
    free(config->rules);
    free(config->entries);
    free(config->name);
    free(config);
}
