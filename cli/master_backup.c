/* SPDX-License-Identifier: Apache-2.0
 * cli: backup: writes shares of a master secret, each as a file and as a page to be printed. */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "file.h"
#include "master_commands.h"
#include "number.h"
#include "present.h"
#include "random.h"
#include "share.h"
#include "share_page.h"

#define USAGE "usage: securemail backup [-c FILE] --needed K --shares N --out DIR [--serial S]\n"
#define NAME_SIZE 64
#define PATH_SIZE 4096

struct backup {
    const char *config_path, *folder;
    uint64_t needed, count, serial; /* serial 0: the newest */
    struct buffer files[SHARE_COUNT_MAX];
    char made[2 * SHARE_COUNT_MAX][PATH_SIZE]; /* to be removed again if a later one fails */
    size_t made_count;
};

static bool read_options(struct backup *backup, int count, char **arguments)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"needed", required_argument, NULL, 'k'},
        {"shares", required_argument, NULL, 'n'}, {"out", required_argument, NULL, 'o'},
        {"serial", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
    enum status status = ST_OK;
    for (int option; (option = getopt_long(count, arguments, "c:", options, NULL)) != -1;) {
        if (option == 'c')
            backup->config_path = optarg;
        else if (option == 'o')
            backup->folder = optarg;
        else if (option == 'k')
            status = number_parse(bytes_text(optarg), 2, SHARE_COUNT_MAX, &backup->needed);
        else if (option == 'n')
            status = number_parse(bytes_text(optarg), 2, SHARE_COUNT_MAX, &backup->count);
        else if (option == 's')
            status = number_parse(bytes_text(optarg), 1, IDENTITY_SERIAL_MAX, &backup->serial);
        else
            return false;
        if (status != ST_OK)
            return false;
    }
    return optind == count && backup->folder != NULL && backup->needed >= 2 &&
           backup->needed <= backup->count;
}

static enum status split(struct backup *backup, const struct master *master, struct why *why)
{
    struct secret *random = secret_new((size_t)(backup->needed - 1) * MASTER_RANDOM_SIZE);
    struct share_plan plan = {
        .needed = (unsigned)backup->needed, .count = (unsigned)backup->count, .random = random};
    random_fill(random->p, random->n);
    random_fill(plan.set, sizeof plan.set);
    enum status status = share_split(master, &plan, backup->files);
    secret_free(random);
    return status == ST_OK ? ST_OK : why_set(why, status, "no shares can be made");
}

/* What was written is read again and joined, before anybody relies on it. */
static enum status prove(const struct backup *backup, const struct master *master, struct why *why)
{
    struct share *shares[SHARE_COUNT_MAX] = {NULL};
    struct master *joined = NULL;
    enum status status = ST_OK;
    for (size_t i = 0; i < backup->count && status == ST_OK; i++)
        status = share_read(buffer_bytes(&backup->files[i]), &shares[i], why);
    /* From the last on, so that not always the same ones are tried. */
    if (status == ST_OK)
        status = share_join(shares + (backup->count - backup->needed), (size_t)backup->needed,
                            &joined, why);
    if (status == ST_OK && memcmp(master_params(joined)->fingerprint,
                                  master_params(master)->fingerprint, PARAMS_FINGERPRINT_SIZE) != 0)
        status = why_set(why, ST_FAIL, "the shares do not make the master secret again");
    master_free(joined);
    for (size_t i = 0; i < backup->count; i++)
        share_free(shares[i]);
    return status;
}

static enum status write_file(struct backup *backup, const char *name, struct bytes content,
                              struct why *why)
{
    char *path = backup->made[backup->made_count];
    int n = snprintf(path, PATH_SIZE, "%s/%s", backup->folder, name);
    if (n < 0 || n >= PATH_SIZE)
        return why_set(why, ST_LIMIT, "%s: the path is too long", backup->folder);
    enum status status = file_create(path, 0400, content, why);
    backup->made_count += status == ST_OK;
    return status;
}

static enum status write_share(struct backup *backup, const struct params *params, unsigned number,
                               struct why *why)
{
    char text_name[NAME_SIZE], page_name[NAME_SIZE];
    struct buffer html;
    snprintf(text_name, sizeof text_name, "share-%llu-%u-of-%u.txt",
             (unsigned long long)params->serial, number, (unsigned)backup->count);
    snprintf(page_name, sizeof page_name, "share-%llu-%u-of-%u.html",
             (unsigned long long)params->serial, number, (unsigned)backup->count);
    const struct share_page page = {.params = params,
                                    .number = number,
                                    .needed = (unsigned)backup->needed,
                                    .count = (unsigned)backup->count,
                                    .file_name = text_name,
                                    .text = buffer_bytes(&backup->files[number - 1])};
    buffer_init(&html, SHARE_PAGE_MAX);
    enum status status = share_page_write(&page, &html);
    if (status != ST_OK)
        why_set(why, status, "%s: the share fits in no QR code", page_name);
    if (status == ST_OK)
        status = write_file(backup, text_name, page.text, why);
    if (status == ST_OK)
        status = write_file(backup, page_name, buffer_bytes(&html), why);
    buffer_done(&html);
    return status;
}

static enum status back_up(struct backup *backup, struct why *why)
{
    struct config *config = NULL;
    struct secret *passphrase = NULL;
    struct master_set *set = NULL;
    const struct master *master = NULL;
    enum status status = config_read(backup->config_path, &config, why);
    if (status == ST_OK)
        status = present_read(config, &passphrase, &set, why);
    if (status != ST_OK)
        goto out;
    master = backup->serial == 0 ? master_set_newest(set) : master_set_find(set, backup->serial);
    if (master == NULL) {
        status =
            why_set(why, ST_NONE, "there is no serial %llu", (unsigned long long)backup->serial);
        goto out;
    }
    status = split(backup, master, why);
    if (status == ST_OK)
        status = prove(backup, master, why);
    for (unsigned i = 1; i <= backup->count && status == ST_OK; i++)
        status = write_share(backup, master_params(master), i, why);
out:
    master_set_free(set);
    secret_free(passphrase);
    config_free(config);
    return status;
}

static void report(const struct backup *backup)
{
    printf(
        "%u shares are in %s, each as a text and as a page to print; any %u make the master secret "
        "again.\n\nNext:\n"
        "  1. print each page, on a printer that keeps nothing, and give each to another person\n"
        "  2. securemail restore --rehearse, with shares typed or scanned from paper\n"
        "  3. remove the files (shred -u): together they are the master secret, without a "
        "passphrase\n",
        (unsigned)backup->count, backup->folder, (unsigned)backup->needed);
}

int master_command_backup(int count, char **arguments)
{
    static struct backup backup = {.config_path = CONFIG_DEFAULT}; /* too large for the stack */
    struct why why = {""};
    if (!read_options(&backup, count, arguments)) {
        (void)fputs(USAGE, stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < SHARE_COUNT_MAX; i++)
        buffer_init(&backup.files[i], SHARE_FILE_MAX);
    enum status status = back_up(&backup, &why);
    if (status == ST_OK) {
        report(&backup);
    } else {
        fprintf(stderr, "securemail backup: %s\n", why.text);
        for (size_t i = 0; i < backup.made_count; i++)
            unlink(backup.made[i]);
    }
    for (size_t i = 0; i < SHARE_COUNT_MAX; i++)
        buffer_done(&backup.files[i]);
    return status == ST_OK ? 0 : 1;
}
