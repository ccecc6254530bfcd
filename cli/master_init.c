/* SPDX-License-Identifier: Apache-2.0
 * cli: init: makes a district. It writes four files into one folder and
 * never overwrites any; if one can't be written, those written before are removed again. */
#include <errno.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits.h>

#include "clock.h"
#include "config.h"
#include "file.h"
#include "master.h"
#include "master_commands.h"
#include "number.h"
#include "passphrase.h"
#include "random.h"
#include "sample_config.h"

#define USAGE                                                                                      \
    "usage: securemail init -d DIR --district NAME --organisation TEXT --portal URL\n"             \
    "           {--passphrase FILE | --unprotected} [--help-line TEXT] [--relay SOCKET]\n"         \
    "           [--from ADDRESS] [--state DIR] [--interval SECONDS]\n"                             \
    "           [--set SECTION.KEY=VALUE]…\n"
#define INTERVAL 604800                       /* a week, in seconds */
#define LIFE (10 * 365 * INT64_C(86400))      /* of the master secret, in seconds */
#define FIRST_VALIDITY (365 * INT64_C(86400)) /* of the parameters written here */
#define VALUES_MAX 64
#define FILES 4
#define FOLDERS 3 /* the folder itself, and two in it */
#define STATE_FOLDERS 6
#define STATE_MAX 80 /* characters: the names of sockets are short */

enum file { MASTER, PARAMETERS, SIGNING_KEY, CONFIG };

struct init {
    char folder[PATH_MAX];
    bool folders_made[FOLDERS];
    const char *district;
    const char *passphrase_path; /* NULL: none */
    bool unprotected;
    uint64_t interval;
    struct sample_value values[VALUES_MAX];
    size_t value_count;
    char texts[16][PATH_MAX]; /* what values point to, where it was made here */
    size_t text_count;
    char paths[FILES][PATH_MAX + 32];
    bool made[FILES];
    const char *state; /* NULL: data, spool and sockets have their usual places */
    bool state_made[STATE_FOLDERS];

    struct master *master;
    struct secret *passphrase;
    struct sign_key *signer;
    struct buffer contents[FILES];
};

static const char *const file_names[FILES] = {
    [MASTER] = "master/1",
    [PARAMETERS] = "public/parameters",
    [SIGNING_KEY] = "signing.key",
    [CONFIG] = "securemail.conf",
};
static const mode_t file_modes[FILES] = {
    [MASTER] = 0400,
    [PARAMETERS] = 0644,
    [SIGNING_KEY] = 0400,
    [CONFIG] = 0644,
};

static const struct {
    const char *name;
    mode_t mode;
} folders[FOLDERS] = {{"", 0755}, {"/master", 0700}, {"/public", 0755}};

/* --- values for the configuration ------------------------------------------------------------- */

static enum status set(struct init *init, const char *section, const char *key, const char *text,
                       struct why *why)
{
    if (init->value_count == VALUES_MAX)
        return why_set(why, ST_LIMIT, "more than %d settings", VALUES_MAX);
    init->values[init->value_count++] = (struct sample_value){section, key, text};
    return ST_OK;
}

/* A path below a folder, kept as long as `init`. */
static const char *below(struct init *init, const char *prefix, const char *folder,
                         const char *name)
{
    char *text = init->texts[init->text_count++];
    int n = snprintf(text, PATH_MAX, "%s%s/%s", prefix, folder, name);
    if (n < 0 || n >= PATH_MAX || init->text_count == sizeof init->texts / sizeof init->texts[0])
        abort(); /* a folder's name was bounded before */
    return text;
}

/* Where data, spool and sockets go: all below one folder. */
static enum status set_state(struct init *init, const char *folder, struct why *why)
{
    static const struct {
        const char *section, *key, *prefix, *name;
    } rows[] = {
        {"gateway", "spool", "", "spool/gateway"},
        {"portal", "spool", "", "spool/portal"},
        {"portal", "accounts", "unix:", "run/accounts.sock"},
        {"accounts", "listen", "unix:", "run/accounts.sock"},
        {"accounts", "keyserver", "unix:", "run/keyserver.sock"},
        {"accounts", "database", "", "data/accounts.sqlite"},
        {"keyserver", "listen", "unix:", "run/keyserver.sock"},
        {"keyserver", "log", "", "data/key.log"},
    };
    enum status status = ST_OK;
    if (folder[0] != '/' || strlen(folder) > STATE_MAX)
        return why_set(why, ST_BAD, "--state: an absolute path of at most %d characters",
                       STATE_MAX);
    init->state = folder;
    for (size_t i = 0; status == ST_OK && i < sizeof rows / sizeof rows[0]; i++)
        status = set(init, rows[i].section, rows[i].key,
                     below(init, rows[i].prefix, folder, rows[i].name), why);
    return status;
}

/* "section.key=value" */
static enum status set_any(struct init *init, char *text, struct why *why)
{
    char *dot = strchr(text, '.'), *equals = strchr(text, '=');
    if (dot == NULL || equals == NULL || dot > equals)
        return why_set(why, ST_BAD, "--set: write SECTION.KEY=VALUE");
    *dot = *equals = '\0';
    return set(init, text, dot + 1, equals + 1, why);
}

/* --- options ---------------------------------------------------------------------------------- */

static const struct option options[] = {
    {"directory", required_argument, NULL, 'd'},
    {"district", required_argument, NULL, 'n'},
    {"organisation", required_argument, NULL, 'o'},
    {"portal", required_argument, NULL, 'p'},
    {"help-line", required_argument, NULL, 'h'},
    {"relay", required_argument, NULL, 'r'},
    {"from", required_argument, NULL, 'f'},
    {"state", required_argument, NULL, 's'},
    {"set", required_argument, NULL, 'x'},
    {"passphrase", required_argument, NULL, 'w'},
    {"unprotected", no_argument, NULL, 'u'},
    {"interval", required_argument, NULL, 'i'},
    {NULL, 0, NULL, 0},
};

static enum status take_option(struct init *init, int option, char *value, struct why *why)
{
    switch (option) {
    case 'd':
        return snprintf(init->folder, sizeof init->folder, "%s", value) < 100
                   ? ST_OK
                   : why_set(why, ST_LIMIT, "-d: the path is too long");
    case 'n':
        init->district = value;
        return set(init, "district", "name", value, why);
    case 'o':
        return set(init, "district", "organisation", value, why);
    case 'p':
        return set(init, "district", "portal", value, why);
    case 'h':
        return set(init, "district", "help", value, why);
    case 'r':
        return set(init, "gateway", "relay", value, why);
    case 'f':
        return set(init, "accounts", "from", value, why);
    case 's':
        return set_state(init, value, why);
    case 'x':
        return set_any(init, value, why);
    case 'w':
        init->passphrase_path = value;
        return ST_OK;
    case 'u':
        init->unprotected = true;
        return ST_OK;
    case 'i':
        return number_parse(bytes_text(value), 1, PARAMS_INTERVAL_MAX, &init->interval) == ST_OK
                   ? ST_OK
                   : why_set(why, ST_BAD, "--interval: 1 to %d seconds", PARAMS_INTERVAL_MAX);
    default:
        return ST_BAD;
    }
}

/* Of two values for one setting the last counts. */
static const char *given(const struct init *init, const char *section, const char *key)
{
    for (size_t i = init->value_count; i-- > 0;)
        if (strcmp(init->values[i].section, section) == 0 && strcmp(init->values[i].key, key) == 0)
            return init->values[i].text;
    return NULL;
}

/* Where the portal listens, unless that was given, and which cookies it sets. Without TLS nothing
 * stands in front and a browser would keep no secure cookie. */
static enum status set_door(struct init *init, struct why *why)
{
    const char *url = given(init, "district", "portal");
    const char *listen = NULL; /* NULL: the usual place */
    enum status status = ST_OK;
    if (strncmp(url, "http://127.0.0.1:", 17) == 0 || strncmp(url, "http://[::1]:", 13) == 0)
        listen = url + strlen("http://");
    else if (strncmp(url, "http:", 5) == 0)
        listen = "127.0.0.1:8080";
    else if (init->state != NULL)
        listen = below(init, "unix:", init->state, "run/portal.sock");
    if (listen != NULL && given(init, "portal", "listen") == NULL)
        status = set(init, "portal", "listen", listen, why);
    if (status == ST_OK && strncmp(url, "http:", 5) == 0)
        status = set(init, "portal", "secure-cookies", "no", why);
    return status;
}

static enum status read_options(struct init *init, int count, char **arguments, struct why *why)
{
    enum status status = ST_OK;
    int option;
    while (status == ST_OK && (option = getopt_long(count, arguments, "d:", options, NULL)) != -1)
        status = take_option(init, option, optarg, why);
    if (status != ST_OK)
        return status;
    if (optind != count || init->folder[0] == '\0' || init->district == NULL ||
        given(init, "district", "organisation") == NULL ||
        given(init, "district", "portal") == NULL)
        return why_set(why, ST_BAD, "-d, --district, --organisation and --portal are needed");
    if (init->unprotected == (init->passphrase_path != NULL))
        return why_set(why, ST_BAD,
                       "one of --passphrase and --unprotected is needed: the master "
                       "secret opens everything");
    return set_door(init, why);
}

/* --- what is made ----------------------------------------------------------------------------- */

static enum status write_master(struct init *init)
{
    struct master_lock lock;
    if (init->passphrase == NULL)
        return master_write(init->master, NULL, &init->contents[MASTER]);
    lock = passphrase_lock(init->passphrase);
    return master_write(init->master, &lock, &init->contents[MASTER]);
}

static enum status make_master(struct init *init, struct why *why)
{
    int64_t now = clock_now(), begin = identity_period(now, (uint32_t)init->interval);
    const struct master_settings settings = {.district = init->district,
                                             .serial = 1,
                                             .not_before = begin,
                                             .not_after = begin + LIFE,
                                             .interval = (uint32_t)init->interval};
    if (init->passphrase_path != NULL) {
        enum status status = passphrase_new(init->passphrase_path, &init->passphrase, why);
        if (status != ST_OK)
            return status;
    }
    struct secret *random = secret_new(MASTER_RANDOM_SIZE);
    random_fill(random->p, random->n);
    enum status status = master_new(&settings, random, &init->master);
    secret_free(random);
    if (status != ST_OK)
        return why_set(why, status,
                       "no master secret can be made; is the district's name plain ASCII?");
    status = write_master(init);
    if (status == ST_OK)
        status =
            master_write_params(init->master, now, FIRST_VALIDITY, &init->contents[PARAMETERS]);
    return status == ST_OK ? ST_OK : why_set(why, status, "the master secret can't be written");
}

static enum status make_signing_key(struct init *init, struct why *why)
{
    uint8_t id[SIGN_ID_SIZE];
    struct secret *seed = secret_new(SIGN_SEED_SIZE);
    random_fill(seed->p, seed->n);
    random_fill(id, sizeof id);
    init->signer = sign_key_new(seed->p, id);
    secret_free(seed);
    enum status status = sign_key_write(init->signer, &init->contents[SIGNING_KEY]);
    return status == ST_OK ? ST_OK : why_set(why, status, "no signing key can be made");
}

/* What was given must be what is read: a value with “ ;” in it, for one, would lose its end. */
static enum status compare(const struct init *init, const struct config *config, struct why *why)
{
    size_t rows;
    const struct config_setting *settings = config_settings(&rows);
    for (size_t i = 0; i < rows; i++) {
        const char *wanted = given(init, settings[i].section, settings[i].key);
        if (wanted != NULL && !settings[i].list &&
            strcmp(config_text(config, settings[i].section, settings[i].key), wanted) != 0)
            return why_set(why, ST_BAD, "%s.%s: “%s” can't stand in a configuration",
                           settings[i].section, settings[i].key, wanted);
    }
    return ST_OK;
}

static enum status make_config(struct init *init, struct why *why)
{
    char authority[SIGN_PUBLIC_TEXT_SIZE], signer[SIGN_PUBLIC_TEXT_SIZE];
    struct config *config = NULL;
    char master[PATH_MAX + 32];
    snprintf(master, sizeof master, "%.*s", (int)(strlen(init->paths[MASTER]) - strlen("/1")),
             init->paths[MASTER]);
    sign_public_text(master_authority(init->master), authority);
    sign_public_text(sign_key_public(init->signer), signer);
    const struct sample_value own[] = {
        {"district", "parameters", init->paths[PARAMETERS]},
        {"district", "authority", authority},
        {"district", "signer", signer},
        {"gateway", "signing-key", init->paths[SIGNING_KEY]},
        {"keyserver", "master", master},
        {"keyserver", "passphrase", init->passphrase_path},
    };
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < sizeof own / sizeof own[0]; i++)
        if (own[i].text != NULL && strcmp(own[i].text, "-") != 0)
            status = set(init, own[i].section, own[i].key, own[i].text, why);
    if (status == ST_OK)
        status = sample_config_write(init->values, init->value_count, &init->contents[CONFIG], why);
    /* The values lived as long as this function; now they are in the file. */
    if (status == ST_OK)
        status =
            config_parse(buffer_bytes(&init->contents[CONFIG]), "securemail.conf", &config, why);
    if (status == ST_OK)
        status = compare(init, config, why);
    config_free(config);
    return status;
}

/* --- where it goes ---------------------------------------------------------------------------- */

static enum status make_folders(struct init *init, struct why *why)
{
    for (size_t i = 0; i < FOLDERS; i++) {
        char path[PATH_MAX + 16];
        snprintf(path, sizeof path, "%s%s", init->folder, folders[i].name);
        init->folders_made[i] = mkdir(path, folders[i].mode) == 0;
        if (!init->folders_made[i] && errno != EEXIST)
            return why_set(why, ST_FAIL, "%s: %s", path, strerror(errno));
        if (init->folders_made[i] &&
            chmod(path, folders[i].mode) != 0) /* whatever the umask says */
            return why_set(why, ST_FAIL, "%s: %s", path, strerror(errno));
    }
    return ST_OK;
}

static enum status find_paths(struct init *init, struct why *why)
{
    char path[PATH_MAX];
    if (realpath(init->folder, path) == NULL)
        return why_set(why, ST_FAIL, "%s: %s", init->folder, strerror(errno));
    for (size_t i = 0; i < FILES; i++) {
        snprintf(init->paths[i], sizeof init->paths[i], "%s/%s", path, file_names[i]);
        if (access(init->paths[i], F_OK) == 0)
            return why_set(why, ST_DENIED,
                           "%s exists already, and nothing is ever overwritten; choose another "
                           "folder or move it away",
                           init->paths[i]);
    }
    return ST_OK;
}

static const char *const state_folders[STATE_FOLDERS] = {"",      "run",           "data",
                                                         "spool", "spool/gateway", "spool/portal"};

static enum status make_state(struct init *init, struct why *why)
{
    for (size_t i = 0; init->state != NULL && i < STATE_FOLDERS; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", init->state, state_folders[i]);
        init->state_made[i] = mkdir(path, 0700) == 0;
        if (!init->state_made[i] && errno != EEXIST)
            return why_set(why, ST_FAIL, "%s: %s", path, strerror(errno));
    }
    return ST_OK;
}

static enum status write_files(struct init *init, struct why *why)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < FILES; i++) {
        status = file_create(init->paths[i], file_modes[i], buffer_bytes(&init->contents[i]), why);
        init->made[i] = status == ST_OK;
    }
    return status;
}

static void remove_all(struct init *init)
{
    for (size_t i = 0; i < FILES; i++)
        if (init->made[i])
            unlink(init->paths[i]);
    for (size_t i = STATE_FOLDERS; i-- > 0;)
        if (init->state_made[i]) {
            char path[PATH_MAX];
            snprintf(path, sizeof path, "%s/%s", init->state, state_folders[i]);
            rmdir(path);
        }
    for (size_t i = FOLDERS; i-- > 0;)
        if (init->folders_made[i]) {
            char path[PATH_MAX + 16];
            snprintf(path, sizeof path, "%s%s", init->folder, folders[i].name);
            rmdir(path);
        }
}

static void report(const struct init *init)
{
    char fingerprint[80], authority[SIGN_PUBLIC_TEXT_SIZE];
    params_fingerprint_text(master_params(init->master), fingerprint);
    sign_public_text(master_authority(init->master), authority);
    printf("District %s is made.\n\n", init->district);
    printf("  %-60s the master secret: “securemail backup” next\n", init->paths[MASTER]);
    printf("  %-60s public: what a gateway needs to seal\n", init->paths[PARAMETERS]);
    printf("  %-60s signs sealed messages\n", init->paths[SIGNING_KEY]);
    printf("  %-60s the configuration\n\n", init->paths[CONFIG]);
    printf("Fingerprint of the parameters, to compare:\n  %s\n", fingerprint);
    printf("Key of the district's authority, to pin at further gateways:\n  %s\n\n", authority);
    printf("Next: read the configuration, then\n  securemail check -c %s\n", init->paths[CONFIG]);
}

int master_command_init(int count, char **arguments)
{
    static struct init init = {.interval = INTERVAL}; /* too large for the stack */
    struct why why = {""};
    for (size_t i = 0; i < FILES; i++)
        buffer_init(&init.contents[i], CONFIG_FILE_MAX);

    enum status status = read_options(&init, count, arguments, &why);
    if (status != ST_OK) {
        fprintf(stderr, "securemail init: %s\n%s", why.text, USAGE);
        return EXIT_USAGE;
    }
    status = make_folders(&init, &why);
    if (status == ST_OK)
        status = find_paths(&init, &why);
    if (status == ST_OK)
        status = make_master(&init, &why);
    if (status == ST_OK)
        status = make_signing_key(&init, &why);
    if (status == ST_OK)
        status = make_config(&init, &why);
    if (status == ST_OK)
        status = make_state(&init, &why);
    if (status == ST_OK)
        status = write_files(&init, &why);
    if (status == ST_OK)
        report(&init);
    else
        fprintf(stderr, "securemail init: %s\n", why.text);

    if (status != ST_OK)
        remove_all(&init);
    for (size_t i = 0; i < FILES; i++)
        buffer_done(&init.contents[i]);
    sign_key_free(init.signer);
    secret_free(init.passphrase);
    master_free(init.master);
    return status == ST_OK ? 0 : 1;
}
