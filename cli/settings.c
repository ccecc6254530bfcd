/* SPDX-License-Identifier: Apache-2.0
 * cli: settings: the table of settings, for people or as a part of securemail.conf(5). */
#include <getopt.h>

#include "commands.h"
#include "config.h"

struct unit {
    uint64_t factor;
    const char *name;
};

/* The largest unit that gives a whole number. */
static void print_amount(uint64_t amount, const struct unit *unit)
{
    while (amount % unit->factor != 0)
        unit++;
    amount /= unit->factor;
    printf("%llu%s%s", (unsigned long long)amount, unit->name,
           unit->name[0] == ' ' && amount != 1 ? "s" : "");
}

/* "1 to 30 days" */
static void print_bounds(const struct config_setting *setting)
{
    static const struct unit plain[] = {{1, ""}};
    static const struct unit seconds[] = {
        {86400, " day"}, {3600, " hour"}, {60, " minute"}, {1, " second"}};
    static const struct unit bytes[] = {{1 << 30, "G"}, {1 << 20, "M"}, {1 << 10, "K"}, {1, ""}};
    const struct unit *units = setting->kind == CONFIG_DURATION ? seconds
                               : setting->kind == CONFIG_SIZE   ? bytes
                                                                : plain;
    print_amount(setting->min, units);
    printf(" to ");
    print_amount(setting->max, units);
}

/* Text as mdoc takes it: a backslash would be more, and each sentence has its line. */
static void print_mdoc(const char *text)
{
    for (; *text != '\0'; text++) {
        bool sentence_ends = text[0] == '.' && text[1] == ' ';
        if (*text == '\\')
            putchar('\\');
        putchar(*text);
        if (sentence_ends) {
            putchar('\n');
            text++;
        }
    }
}

/* "reject keep" → Either "reject" or "keep". */
static void print_choices(const char *choices)
{
    struct bytes rest = bytes_text(choices);
    const char *between = "Either";
    while (rest.n > 0) {
        size_t end = bytes_index(rest, ' ');
        bool last = end == rest.n;
        printf("%s\n.Ql %.*s%s\n", between, (int)end, (const char *)rest.p, last ? " ." : "");
        between = "or";
        rest = bytes_from(rest, end + 1);
    }
}

static void print_manual(const struct config_setting *setting)
{
    printf(".It Ic %s Pq %s%s", setting->key, config_kind_name(setting->kind),
           setting->list ? "s" : "");
    printf("\n");
    print_mdoc(setting->help);
    printf("\n");
    if (setting->choices != NULL)
        print_choices(setting->choices);
    if (setting->min < setting->max) {
        print_bounds(setting);
        printf(".\n");
    }
    if (setting->fallback != NULL) {
        printf("Default:\n.Ql ");
        print_mdoc(setting->fallback);
        printf(" .\n");
    }
}

static void print_plain(const struct config_setting *setting)
{
    printf("  %-20s %s%s", setting->key, config_kind_name(setting->kind), setting->list ? "s" : "");
    if (setting->choices != NULL)
        printf(": %s", setting->choices);
    if (setting->min < setting->max) {
        printf(", ");
        print_bounds(setting);
    }
    if (setting->fallback != NULL)
        printf(", default %s", setting->fallback);
    printf("\n    %s\n", setting->help);
}

static void print_all(bool manual)
{
    size_t count;
    const char *section = "";
    const struct config_setting *settings = config_settings(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(section, settings[i].section) != 0) {
            if (manual)
                printf("%s.Ss Section [%s]\n.Bl -tag -width Ds\n", i == 0 ? "" : ".El\n",
                       settings[i].section);
            else
                printf("%s[%s]\n", i == 0 ? "" : "\n", settings[i].section);
        }
        section = settings[i].section;
        if (manual)
            print_manual(&settings[i]);
        else
            print_plain(&settings[i]);
    }
    if (manual)
        printf(".El\n");
}

int command_settings(int count, char **arguments)
{
    static const struct option options[] = {{"manual", no_argument, NULL, 'm'}, {NULL, 0, NULL, 0}};
    bool manual = false;
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;) {
        if (option != 'm')
            return command_misused("settings");
        manual = true;
    }
    if (optind != count)
        return command_misused("settings");
    print_all(manual);
    return 0;
}
