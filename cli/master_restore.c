/* SPDX-License-Identifier: Apache-2.0
 * cli: restore: makes a master secret again from its shares, or, with --rehearse, only finds out
 * whether that would work. */
#include <getopt.h>
#include <stdio.h>

#include "config.h"
#include "file.h"
#include "master_commands.h"
#include "passphrase.h"
#include "share.h"

#define USAGE                                                                                      \
    "usage: securemail restore --rehearse SHARE…\n"                                              \
    "       securemail restore --out FILE {--passphrase FILE | --unprotected} SHARE…\n"

struct restore {
    bool rehearse, unprotected;
    const char *out, *passphrase_path;
    char **names; /* of the shares' files */
    size_t count;
    struct share *shares[SHARE_COUNT_MAX];
};

static bool read_options(struct restore *restore, int count, char **arguments)
{
    static const struct option options[] = {{"rehearse", no_argument, NULL, 'r'},
                                            {"out", required_argument, NULL, 'o'},
                                            {"unprotected", no_argument, NULL, 'u'},
                                            {"passphrase", required_argument, NULL, 'w'},
                                            {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;) {
        if (option == 'r')
            restore->rehearse = true;
        else if (option == 'u')
            restore->unprotected = true;
        else if (option == 'o')
            restore->out = optarg;
        else if (option == 'w')
            restore->passphrase_path = optarg;
        else
            return false;
    }
    restore->names = arguments + optind;
    restore->count = (size_t)(count - optind);
    bool writes = restore->out != NULL, decided = restore->unprotected || restore->passphrase_path;
    return restore->count > 0 && restore->count <= SHARE_COUNT_MAX && restore->rehearse != writes &&
           decided == writes && !(restore->unprotected && restore->passphrase_path != NULL);
}

/* Each share by itself. All that are wrong are named, not only the first. */
static enum status read_shares(struct restore *restore)
{
    enum status result = ST_OK;
    for (size_t i = 0; i < restore->count; i++) {
        struct buffer file;
        struct why why = {""}, reason = {""};
        buffer_init(&file, SHARE_FILE_MAX);
        enum status status = file_read(restore->names[i], &file, &why);
        if (status == ST_OK) {
            status = share_read(buffer_bytes(&file), &restore->shares[i], &reason);
            if (status != ST_OK)
                why_set(&why, status, "%s: %s", restore->names[i], reason.text);
        }
        if (status != ST_OK) {
            fprintf(stderr, "securemail restore: %s\n", why.text);
            result = ST_BAD;
        }
        buffer_done(&file);
    }
    return result;
}

/* And together. */
static enum status compare_shares(const struct restore *restore)
{
    bool odd[SHARE_COUNT_MAX], all = true;
    if (share_compare(restore->shares, restore->count, odd) == ST_OK)
        return ST_OK;
    for (size_t i = 0; i < restore->count; i++)
        all = all && odd[i];
    for (size_t i = 0; i < restore->count; i++)
        if (odd[i])
            fprintf(
                stderr, "securemail restore: %s: %s\n", restore->names[i],
                all ? "S-7: these shares are not of one backup, and no more than half agree"
                    : "S-4: swapped or altered: it is not of the backup that the others are of");
    return ST_BAD;
}

static void report(const struct restore *restore, const struct master *master)
{
    const struct params *params = master_params(master);
    char fingerprint[PARAMS_FINGERPRINT_TEXT_SIZE];
    params_fingerprint_text(params, fingerprint);
    printf("These %zu shares make the master secret of district %s, serial %llu, of which %u are "
           "needed.\nFingerprint of its parameters:\n  %s\n",
           restore->count, params->district, (unsigned long long)params->serial,
           share_needed(restore->shares[0]), fingerprint);
    if (restore->rehearse)
        printf("Nothing was written.\n");
    else
        printf("It is in %s.\n", restore->out);
}

static enum status write_master(const struct restore *restore, const struct master *master,
                                struct why *why)
{
    struct secret *passphrase = NULL;
    struct buffer file;
    struct master_lock lock = {.passphrase = NULL};
    enum status status = ST_OK;
    buffer_init(&file, MASTER_FILE_MAX);
    if (!restore->unprotected)
        status = passphrase_new(restore->passphrase_path, &passphrase, why);
    if (status == ST_OK && passphrase != NULL)
        lock = passphrase_lock(passphrase);
    if (status == ST_OK)
        status = master_write(master, passphrase != NULL ? &lock : NULL, &file);
    if (status == ST_OK)
        status = file_create(restore->out, 0400, buffer_bytes(&file), why);
    buffer_done(&file);
    secret_free(passphrase);
    return status;
}

int master_command_restore(int count, char **arguments)
{
    struct restore restore = {.rehearse = false};
    struct master *master = NULL;
    struct why why = {""};
    if (!read_options(&restore, count, arguments)) {
        (void)fputs(USAGE, stderr);
        return EXIT_USAGE;
    }
    enum status status = read_shares(&restore);
    if (status == ST_OK)
        status = compare_shares(&restore);
    if (status == ST_OK)
        status = share_join(restore.shares, restore.count, &master, &why);
    if (status == ST_OK && !restore.rehearse)
        status = write_master(&restore, master, &why);
    if (status == ST_OK)
        report(&restore, master);
    else if (why.text[0] != '\0')
        fprintf(stderr, "securemail restore: %s\n", why.text);
    master_free(master);
    for (size_t i = 0; i < restore.count; i++)
        share_free(restore.shares[i]);
    return status == ST_OK ? 0 : 1;
}
