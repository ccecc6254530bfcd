/* SPDX-License-Identifier: Apache-2.0
 * config: fuzz target: a configuration file. */
#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config;
    struct why why;
    size_t count;
    if (config_parse((struct bytes){data, size}, "fuzz", &config, &why) != ST_OK)
        return 0;

    /* Whatever was read can be asked for. */
    const struct config_setting *settings = config_settings(&count);
    for (size_t i = 0; i < count; i++)
        if (settings[i].kind == CONFIG_NUMBER || settings[i].kind == CONFIG_SIZE) {
            uint64_t number = config_number(config, settings[i].section, settings[i].key);
            if (number < settings[i].min || number > settings[i].max)
                abort();
        }
    const struct config_rule *rules = config_rules(config, &count);
    for (size_t i = 0; i < count; i++)
        if (rules[i].name[0] == '\0')
            abort();
    config_free(config);
    return 0;
}
