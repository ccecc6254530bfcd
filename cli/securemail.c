/* SPDX-License-Identifier: Apache-2.0
 * cli: the program securemail: the operator's hands. */
#include <getopt.h>

#include "commands.h"
#include "room.h"

struct command {
    const char *name;
    int (*run)(int count, char **arguments);
    const char *arguments;
    const char *help;
};

static int command_help(int count, char **arguments);
static int command_version(int count, char **arguments);

static const struct command commands[] = {
    {"init", command_master, "-d DIR --district NAME --organisation TEXT --portal URL …",
     "make master secret, parameters, signing key and configuration"},
    {"rotate", command_master, "[-c FILE]", "make the next serial's master secret"},
    {"backup", command_master, "[-c FILE] --needed K --shares N --out DIR [--serial S]",
     "write shares of a master secret, to be printed"},
    {"restore", command_master, "--rehearse SHARE… | --out FILE --passphrase FILE SHARE…",
     "make a master secret again from its shares, or try whether it would work"},
    {"check", command_check, "[-c FILE]", "look whether configuration, keys and folders fit"},
    {"run", command_run, "[-c FILE] [--programs DIR] [--refresh-every SECONDS]",
     "run the four programs on this host"},
    {"seal", command_seal, "[-c FILE] --to ADDRESS [--from TEXT] [--time TIME] <mail >page",
     "seal one mail by hand"},
    {"policy", command_policy,
     "test [-c FILE] [--from A] [--to A]… <mail | simulate [-c FILE] [--json] MAILDIR|MBOX…",
     "say which rule decides and why, for one mail or for many"},
    {"refresh", command_refresh, "[-c FILE] [--from URL|FILE]",
     "bring the newest public parameters to this host"},
    {"audit", command_audit,
     "verify|list|head [-c FILE] [--log FILE] [--head FILE]… [--address A] [--since TIME]",
     "check and read the log of opened messages, have its head signed"},
    {"export-key", command_export_key,
     "[-c FILE] [--out FILE] {MESSAGE… | --address A --time TIME [--serial S]}",
     "have keys that open messages without the keyserver"},
    {"settings", command_settings, "[--manual]", "list every setting of the configuration"},
    {"version", command_version, "", "print the version"},
    {"help", command_help, "[COMMAND]", "say how a command is used"},
};

#define COUNT (sizeof commands / sizeof commands[0])

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int command_help(int count, char **arguments)
{
    const struct command *one = count > 1 ? find(arguments[1]) : NULL;
    if (count > 1 && one == NULL) {
        fprintf(stderr, "securemail: there is no command “%s”\n", arguments[1]);
        return EXIT_USAGE;
    }
    if (one != NULL) {
        printf("usage: securemail %s %s\n%s; see securemail(1)\n", one->name, one->arguments,
               one->help);
        return 0;
    }
    printf("usage: securemail COMMAND …\n\n");
    for (size_t i = 0; i < COUNT; i++)
        printf("  %-11s %s\n", commands[i].name, commands[i].help);
    printf("\n“securemail help COMMAND” says more; securemail(1) all.\n");
    return 0;
}

static int command_version(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    printf("securemail %s\n", SECUREMAIL_VERSION);
    return 0;
}

int command_misused(const char *command)
{
    const struct command *one = find(command);
    fprintf(stderr, "usage: securemail %s %s\n", one->name, one->arguments);
    return EXIT_USAGE;
}

int command_failed(const char *command, const struct why *why)
{
    fprintf(stderr, "securemail %s: %s\n", command, why->text);
    return 1;
}

int main(int count, char **arguments)
{
    room_harden();
    if (count < 2) {
        command_help(1, arguments);
        return EXIT_USAGE;
    }
    const char *name = arguments[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    const struct command *command = find(name);
    if (command == NULL) {
        fprintf(stderr, "securemail: there is no command “%s”; try “securemail help”\n", name);
        return EXIT_USAGE;
    }
    int code = command->run(count - 1, arguments + 1);
    /* What was printed has to have arrived. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "securemail %s: the output can't be written\n", name);
        return 1;
    }
    return code;
}
