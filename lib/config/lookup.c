/* SPDX-License-Identifier: Apache-2.0
 * config: looking settings up in a configuration that was read. */
#include "config_private.h"
#include "settings.h"

/* Asking for what is not in the table is a mistake in the program, found by its first start. */
static const struct config_setting *row(const char *section, const char *key)
{
    const struct config_setting *setting = settings_find(section, key);
    if (setting == NULL) {
        fprintf(stderr, "there is no setting [%s] %s\n", section, key);
        abort();
    }
    return setting;
}

static const char *value(const struct config *config, const struct config_setting *setting,
                         size_t i)
{
    for (size_t at = 0; at < config->value_count; at++)
        if (config->values[at].setting == setting && i-- == 0)
            return config->values[at].text;
    return NULL;
}

static uint64_t number(const struct config *config, const struct config_setting *setting,
                       enum config_kind kind)
{
    const char *text = value(config, setting, 0);
    if (setting->kind != kind || setting->list || text == NULL) {
        fprintf(stderr, "[%s] %s is no %s\n", setting->section, setting->key,
                config_kind_name(kind));
        abort();
    }
    return settings_number(setting, text);
}

const char *config_text(const struct config *config, const char *section, const char *key)
{
    const struct config_setting *setting = row(section, key);
    if (setting->list)
        abort();
    const char *text = value(config, setting, 0);
    return text == NULL ? "" : text;
}

uint64_t config_number(const struct config *config, const char *section, const char *key)
{
    const struct config_setting *setting = row(section, key);
    return number(config, setting, setting->kind == CONFIG_SIZE ? CONFIG_SIZE : CONFIG_NUMBER);
}

int64_t config_duration(const struct config *config, const char *section, const char *key)
{
    return (int64_t)number(config, row(section, key), CONFIG_DURATION);
}

bool config_switch(const struct config *config, const char *section, const char *key)
{
    return number(config, row(section, key), CONFIG_SWITCH) != 0;
}

size_t config_count(const struct config *config, const char *section, const char *key)
{
    const struct config_setting *setting = row(section, key);
    size_t count = 0;
    for (size_t at = 0; at < config->value_count; at++)
        count += config->values[at].setting == setting;
    return count;
}

const char *config_item(const struct config *config, const char *section, const char *key, size_t i)
{
    const char *text = value(config, row(section, key), i);
    if (text == NULL)
        abort();
    return text;
}

const struct config_rule *config_rules(const struct config *config, size_t *count_out)
{
    *count_out = config->rule_count;
    return config->rules;
}

const char *config_name(const struct config *config)
{
    return config->name;
}

enum status config_need(const struct config *config, const char *const *needed, struct why *why)
{
    for (; *needed != NULL; needed++) {
        char section[32];
        struct bytes name = bytes_text(*needed);
        size_t blank = bytes_index(name, ' ');
        if (blank >= name.n || !bytes_to_text(bytes_first(name, blank), section, sizeof section))
            abort();
        if (config_count(config, section, *needed + blank + 1) == 0)
            return why_set(why, ST_BAD, "%s: [%s] %s is missing", config->name, section,
                           *needed + blank + 1);
    }
    return ST_OK;
}

enum status config_check_door(const struct config *config, struct why *why)
{
    const char *listen = config_text(config, "portal", "listen");
    if (!config_switch(config, "portal", "secure-cookies") || strncmp(listen, "unix:", 5) == 0)
        return ST_OK;
    return why_set(why, ST_BAD,
                   "%s: [portal] listen = %s takes all visitors behind a web server for one; "
                   "name a Unix socket (secure-cookies = no is for a demonstration)",
                   config->name, listen);
}
