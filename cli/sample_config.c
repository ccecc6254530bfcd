/* SPDX-License-Identifier: Apache-2.0
 * cli: writing a commented configuration. */
#include "sample_config.h"

#include "config.h"

#define COLUMNS 98

/* Words of a comment, broken where a line is full. */
static void write_comment(struct buffer *file, const char *text)
{
    struct bytes rest = bytes_text(text);
    size_t column = 0;
    while (rest.n > 0) {
        size_t end = bytes_index(rest, ' ');
        if (column == 0 || column + end + 1 > COLUMNS) {
            buffer_add_text(file, column == 0 ? "#" : "\n#");
            column = 1;
        }
        buffer_add_byte(file, ' ');
        buffer_add(file, bytes_first(rest, end));
        column += end + 1;
        rest = bytes_from(rest, end + 1);
    }
    buffer_add_byte(file, '\n');
}

static const char *value_of(const struct config_setting *setting, const struct sample_value *values,
                            size_t count)
{
    const char *text = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].section, setting->section) == 0 &&
            strcmp(values[i].key, setting->key) == 0)
            text = values[i].text;
    return text;
}

static void write_setting(struct buffer *file, const struct config_setting *setting,
                          const char *value)
{
    buffer_add_byte(file, '\n');
    write_comment(file, setting->help);
    if (setting->choices != NULL)
        buffer_add_format(file, "# One of: %s\n", setting->choices);
    if (value != NULL)
        buffer_add_format(file, "%s = %s\n", setting->key, value);
    else
        buffer_add_format(file, "# %s = %s\n", setting->key,
                          setting->fallback == NULL ? "" : setting->fallback);
}

static void write_rules(struct buffer *file)
{
    buffer_add_text(file, "\n"
                          "# Rules: the first whose conditions hold decides for a recipient.\n"
                          "#\n"
                          "# [policy \"colleagues\"]\n"
                          "# recipient-domain = example.org, .example.org\n"
                          "# action = pass\n"
                          "#\n"
                          "# [policy \"asked for\"]\n"
                          "# subject-tag = Secure:, [secure]\n"
                          "# action = seal\n");
}

/* A line end in a value would begin a line of its own. */
static bool one_line(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static enum status check_values(const struct sample_value *values, size_t count, struct why *why)
{
    size_t rows;
    const struct config_setting *settings = config_settings(&rows);
    for (size_t i = 0; i < count; i++) {
        size_t row = 0;
        while (row < rows && (strcmp(settings[row].section, values[i].section) != 0 ||
                              strcmp(settings[row].key, values[i].key) != 0))
            row++;
        if (row == rows)
            return why_set(why, ST_BAD, "there is no setting %s.%s", values[i].section,
                           values[i].key);
        if (!one_line(values[i].text))
            return why_set(why, ST_BAD, "%s.%s: a control character", values[i].section,
                           values[i].key);
    }
    return ST_OK;
}

enum status sample_config_write(const struct sample_value *values, size_t count,
                                struct buffer *file_out, struct why *why)
{
    size_t rows;
    const char *section = "";
    const struct config_setting *settings = config_settings(&rows);
    if (check_values(values, count, why) != ST_OK)
        return ST_BAD;
    buffer_add_text(file_out, "# SecureMail; see securemail.conf(5). What is commented out shows "
                              "its default, if it has one.\n"
                              "# “securemail check” looks it over.\n");
    for (size_t i = 0; i < rows; i++) {
        if (strcmp(section, settings[i].section) != 0) {
            section = settings[i].section;
            buffer_add_format(file_out, "\n[%s]\n", section);
        }
        write_setting(file_out, &settings[i], value_of(&settings[i], values, count));
        if (strcmp(section, "policies") == 0)
            write_rules(file_out);
    }
    return buffer_check(file_out);
}
