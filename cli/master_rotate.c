/* SPDX-License-Identifier: Apache-2.0
 * cli: rotate: makes the next serial's master secret beside those there are. It publishes nothing:
 * parameters come from the running keyserver, so no gateway can seal to a serial that the keyserver
 * does not hold yet. */
#include <getopt.h>
#include <stdio.h>

#include "clock.h"
#include "file.h"
#include "master_commands.h"
#include "passphrase.h"
#include "present.h"
#include "random.h"

#define USAGE "usage: securemail rotate [-c FILE]\n"

static enum status make_next(const struct master *newest, struct master **next_out, struct why *why)
{
    struct secret *random = secret_new(MASTER_RANDOM_SIZE);
    random_fill(random->p, random->n);
    enum status status = master_next(newest, random, clock_now(), next_out);
    secret_free(random);
    return status == ST_OK ? ST_OK : why_set(why, status, "no next serial can be made");
}

static enum status write_next(const struct config *config, const struct master *next,
                              const struct secret *passphrase, struct why *why)
{
    char path[4096];
    struct buffer file;
    struct master_lock lock = {.passphrase = passphrase};
    snprintf(path, sizeof path, "%s/%llu", config_text(config, "keyserver", "master"),
             (unsigned long long)master_params(next)->serial);
    if (passphrase != NULL)
        lock = passphrase_lock(passphrase);
    buffer_init(&file, MASTER_FILE_MAX);
    enum status status = master_write(next, passphrase != NULL ? &lock : NULL, &file);
    if (status == ST_OK)
        status = file_create(path, 0400, buffer_bytes(&file), why);
    else
        why_set(why, status, "the master secret can't be written");
    buffer_done(&file);
    return status;
}

static void report(const struct config *config, const struct master *next)
{
    char fingerprint[PARAMS_FINGERPRINT_TEXT_SIZE];
    unsigned long long serial = master_params(next)->serial;
    params_fingerprint_text(master_params(next), fingerprint);
    printf("Serial %llu is made: %s/%llu\n\n", serial, config_text(config, "keyserver", "master"),
           serial);
    printf("Fingerprint of its parameters, to compare and, where it is pinned, to pin:\n  %s\n\n",
           fingerprint);
    printf("Next, in this order:\n"
           "  1. give the file to the keyserver's user, as the others are\n"
           "  2. securemail backup: shares of this serial\n"
           "  3. restart the keyserver: it opens mail of all serials from then on\n"
           "  4. securemail refresh, at each gateway: it seals under the new serial from then on\n"
           "Keep the older files until the last mail sealed under them has expired.\n");
}

int master_command_rotate(int count, char **arguments)
{
    const char *path = CONFIG_DEFAULT;
    struct config *config = NULL;
    struct secret *passphrase = NULL;
    struct master_set *set = NULL;
    struct master *next = NULL;
    struct why why = {""};
    for (int option; (option = getopt(count, arguments, "c:")) != -1;) {
        if (option != 'c') {
            (void)fputs(USAGE, stderr);
            return EXIT_USAGE;
        }
        path = optarg;
    }
    if (optind != count) {
        (void)fputs(USAGE, stderr);
        return EXIT_USAGE;
    }

    enum status status = config_read(path, &config, &why);
    if (status == ST_OK)
        status = present_read(config, &passphrase, &set, &why);
    if (status == ST_OK)
        status = make_next(master_set_newest(set), &next, &why);
    if (status == ST_OK)
        status = write_next(config, next, passphrase, &why);
    if (status == ST_OK)
        report(config, next);
    else
        fprintf(stderr, "securemail rotate: %s\n", why.text);
    master_free(next);
    master_set_free(set);
    secret_free(passphrase);
    config_free(config);
    return status == ST_OK ? 0 : 1;
}
