/* SPDX-License-Identifier: Apache-2.0
 * cli: check: everything that can be wrong before a program starts, said at once, one line each. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "commands.h"
#include "config.h"
#include "file.h"
#include "key_check.h"
#include "memory.h"
#include "notice.h"
#include "number.h"
#include "params.h"
#include "policy.h"
#include "user.h"

#define PARAMETERS_OLD (14 * 86400) /* seconds */

struct check {
    const struct config *config;
    int64_t now;
    unsigned wrong;
};

static const char *text(const struct check *check, const char *section, const char *key)
{
    return config_text(check->config, section, key);
}

/* One line of the report: what was looked at, and what is wrong with it (ST_OK: nothing). */
static void tell(struct check *check, const char *what, enum status status, const struct why *why)
{
    if (status == ST_OK)
        printf("ok     %s\n", what);
    else
        printf("WRONG  %s: %s\n", what, why->text);
    check->wrong += status != ST_OK;
}

/* --- settings --------------------------------------------------------------------------------- */

static void check_settings(struct check *check)
{
    static const struct {
        const char *program;
        const char *const needed[8];
    } programs[] = {
        {"settings of the gateway",
         {"district name", "district organisation", "district portal", "district help",
          "district authority", NULL}},
        {"settings of the portal",
         {"district organisation", "district portal", "district help", "district signer", NULL}},
        {"settings of accounts",
         {"district organisation", "district portal", "district help", "accounts from", NULL}},
        {"settings of the keyserver", {"district name", NULL}},
    };
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        struct why why;
        enum status status = config_need(check->config, programs[i].needed, &why);
        tell(check, programs[i].program, status, &why);
    }
}

static void check_policy(struct check *check)
{
    struct policy *policy = NULL;
    struct why why;
    enum status status = policy_read(check->config, &policy, &why);
    tell(check, "rules", status, &why);
    policy_free(policy);
}

static void check_notices(struct check *check)
{
    struct notices *notices = NULL;
    struct why why;
    enum status status = notices_read(check->config, &notices, &why);
    tell(check, "notices", status, &why);
    notices_free(notices);
}

static void check_cookies(struct check *check)
{
    struct why why;
    bool tls = strncmp(text(check, "district", "portal"), "https:", 6) == 0;
    enum status status = ST_OK;
    if (tls != config_switch(check->config, "portal", "secure-cookies"))
        status = why_set(&why, ST_BAD,
                         tls ? "[portal] secure-cookies = no, though the portal has TLS"
                             : "[portal] secure-cookies = yes, and no browser will keep them "
                               "without TLS");
    tell(check, "cookies", status, &why);
}

static void check_door(struct check *check)
{
    struct why why;
    tell(check, "door of the portal", config_check_door(check->config, &why), &why);
}

static void check_users(struct check *check)
{
    static const char *const programs[] = {"gateway", "portal", "accounts", "keyserver"};
    for (size_t i = 0; i < 4; i++) {
        struct users users = {.n = 0};
        struct why why;
        char what[64];
        const char *name = text(check, programs[i], "user");
        if (name[0] == '\0')
            continue;
        snprintf(what, sizeof what, "user of %s", programs[i]);
        enum status status = users_add(&users, name, &why);
        tell(check, what, status, &why);
    }
}

/* --- parameters and keys ---------------------------------------------------------------------- */

static enum status read_params(const struct check *check, struct params *params, struct why *why)
{
    struct buffer file;
    struct sign_public authority;
    struct why reason = {""};
    const char *path = text(check, "district", "parameters");
    if (sign_public_parse(bytes_text(text(check, "district", "authority")), &authority) != ST_OK)
        return why_set(why, ST_BAD, "[district] authority is no public key");
    buffer_init(&file, PARAMS_FILE_MAX);
    enum status status = file_read(path, &file, why);
    if (status == ST_OK) {
        status = params_read(buffer_bytes(&file), &authority, params, &reason);
        if (status != ST_OK)
            why_set(why, status, "%s: %s", path, reason.text);
    }
    buffer_done(&file);
    return status;
}

static void check_params(struct check *check)
{
    struct params params;
    struct why why;
    int64_t lifetime = config_duration(check->config, "district", "lifetime");
    enum status status = read_params(check, &params, &why);
    tell(check, "parameters, signed by the authority", status, &why);
    if (status != ST_OK)
        return;

    if (strcmp(params.district, text(check, "district", "name")) != 0)
        status = why_set(&why, ST_BAD, "the parameters are of district %s, the settings of %s",
                         params.district, text(check, "district", "name"));
    tell(check, "district", status, &why);
    status = params_valid(&params, check->now)
                 ? ST_OK
                 : why_set(&why, ST_BAD, "by this machine's clock they are not valid now");
    if (status == ST_OK && params.not_after - check->now < PARAMETERS_OLD)
        status = why_set(&why, ST_BAD, "they end in less than 14 days; run “securemail refresh”");
    tell(check, "validity of the parameters", status, &why);
    status = lifetime > params.interval
                 ? ST_OK
                 : why_set(&why, ST_BAD, "[district] lifetime is not longer than a period, %u s",
                           params.interval);
    tell(check, "lifetime", status, &why);
}

/* The portal must expect the key that the gateway signs with. */
static void check_signing_key(struct check *check)
{
    struct secret *file = NULL;
    struct sign_key *key = NULL;
    struct sign_public pinned;
    struct why why;
    const char *path = text(check, "gateway", "signing-key");
    enum status status = file_read_secret(path, SIGN_KEY_FILE_MAX, &file, &why);
    if (status == ST_OK) {
        status = sign_key_read(secret_bytes(file), &key);
        if (status != ST_OK)
            why_set(&why, status, "%s: no signing key, or one behind a password", path);
    }
    tell(check, "signing key", status, &why);

    status = sign_public_parse(bytes_text(text(check, "district", "signer")), &pinned);
    if (status != ST_OK)
        why_set(&why, status, "[district] signer is no public key");
    else if (key != NULL && memcmp(sign_key_public(key), &pinned, sizeof pinned) != 0)
        status = why_set(&why, ST_BAD, "[district] signer is not the key of %s", path);
    tell(check, "pinned signer", status, &why);
    sign_key_free(key);
    secret_free(file);
}

/* One name in the directory of master secrets. */
static enum status check_master_file(const char *directory, const char *name, struct why *why)
{
    char path[PATH_MAX];
    struct stat found;
    uint64_t serial;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    if (number_parse(bytes_text(name), 1, IDENTITY_SERIAL_MAX, &serial) != ST_OK)
        return why_set(why, ST_BAD, "%s: its name is no serial number", path);
    if (lstat(path, &found) != 0)
        return why_set(why, ST_NONE, "%s: %s", path, strerror(errno));
    if (!S_ISREG(found.st_mode))
        return why_set(why, ST_BAD, "%s: not a file", path);
    if ((found.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) != 0)
        return why_set(why, ST_DENIED, "%s: mode %04o lets others in; chmod 400 it", path,
                       found.st_mode & 07777);
    return ST_OK;
}

/* The master secrets are looked at from outside only: this program may not read them. */
static void check_master(struct check *check)
{
    struct why why;
    struct dirent **names = NULL;
    const char *path = text(check, "keyserver", "master");
    int count = scandir(path, &names, NULL, alphasort), files = 0;
    enum status status =
        count < 0 ? why_set(&why, ST_NONE, "%s: %s", path, strerror(errno)) : ST_OK;
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        bool file = strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
        if (file && status == ST_OK)
            status = check_master_file(path, name, &why);
        files += file;
        free(names[i]);
    }
    free(names);
    if (status == ST_OK && files == 0)
        status = why_set(&why, ST_NONE, "%s: there is none in it", path);
    tell(check, "master secrets", status, &why);
}

static void check_key_log(struct check *check)
{
    struct key_check found;
    struct why why, reason;
    const char *path = text(check, "keyserver", "log");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return; /* the keyserver makes it */
    enum status status = fd < 0 ? why_set(&reason, ST_FAIL, "%s", strerror(errno))
                                : key_check(fd, NULL, &found, &reason);
    if (status == ST_OK && strcmp(found.head.district, text(check, "district", "name")) != 0 &&
        found.lines > 0)
        status = why_set(&reason, ST_BAD, "of district %s", found.head.district);
    if (status != ST_OK)
        why_set(&why, status, "%s: %s", path, reason.text);
    tell(check, "key log", status, &why);
    if (fd >= 0)
        close(fd);
}

/* --- folders ---------------------------------------------------------------------------------- */

static void check_folder(struct check *check, const char *what, const char *path)
{
    struct stat found;
    struct why why;
    enum status status = ST_OK;
    if (stat(path, &found) != 0)
        status = why_set(&why, ST_NONE, "%s: %s", path, strerror(errno));
    else if (!S_ISDIR(found.st_mode))
        status = why_set(&why, ST_BAD, "%s: not a folder", path);
    else if (access(path, W_OK | X_OK) != 0)
        status = why_set(&why, ST_DENIED, "%s: %s", path, strerror(errno));
    tell(check, what, status, &why);
}

static void check_folder_of(struct check *check, const char *what, const char *path)
{
    char *copy = memory_text(path);
    check_folder(check, what, dirname(copy));
    free(copy);
}

static void check_folders(struct check *check)
{
    static const char *const programs[] = {"gateway", "portal", "accounts", "keyserver"};
    check_folder(check, "folder for large letters", text(check, "gateway", "spool"));
    check_folder(check, "folder for waiting messages", text(check, "portal", "spool"));
    check_folder_of(check, "folder of the database", text(check, "accounts", "database"));
    check_folder_of(check, "folder of the key log", text(check, "keyserver", "log"));
    for (size_t i = 0; i < 4; i++)
        for (size_t at = 0; at < config_count(check->config, programs[i], "listen"); at++) {
            char what[64];
            const char *where = config_item(check->config, programs[i], "listen", at);
            snprintf(what, sizeof what, "folder of the socket of %s", programs[i]);
            if (strncmp(where, "unix:", 5) == 0)
                check_folder_of(check, what, where + 5);
        }
}

int command_check(int count, char **arguments)
{
    const char *path = CONFIG_DEFAULT;
    struct config *config = NULL;
    struct why why = {""};
    for (int option; (option = getopt(count, arguments, "c:")) != -1;) {
        if (option != 'c')
            return command_misused("check");
        path = optarg;
    }
    if (optind != count)
        return command_misused("check");
    if (config_read(path, &config, &why) != ST_OK)
        return command_failed("check", &why);

    struct check check = {.config = config, .now = clock_now()};
    tell(&check, path, ST_OK, NULL);
    check_settings(&check);
    check_policy(&check);
    check_notices(&check);
    check_door(&check);
    check_cookies(&check);
    check_users(&check);
    check_params(&check);
    check_signing_key(&check);
    check_master(&check);
    check_key_log(&check);
    check_folders(&check);
    config_free(config);
    if (check.wrong == 0)
        printf("Everything fits.\n");
    else
        printf("%u wrong.\n", check.wrong);
    return check.wrong == 0 ? 0 : 1;
}
