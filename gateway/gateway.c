/* SPDX-License-Identifier: Apache-2.0
 * gateway: reading what a worker needs. */
#include "gateway.h"

#include <sys/stat.h>

#include "file.h"

static const char *text(const struct gateway *gateway, const char *section, const char *key)
{
    return config_text(gateway->config, section, key);
}

static enum status read_public(const struct gateway *gateway, const char *key,
                               struct sign_public *public_out, struct why *why)
{
    if (sign_public_parse(bytes_text(text(gateway, "district", key)), public_out) == ST_OK)
        return ST_OK;
    return why_set(why, ST_BAD, "district %s is no minisign public key", key);
}

/* P-13: only what is pinned, if anything is. */
static bool pinned(const struct gateway *gateway, const struct params *params)
{
    size_t count = config_count(gateway->config, "district", "fingerprint");
    for (size_t i = 0; i < count; i++)
        if (params_fingerprint_is(
                params, bytes_text(config_item(gateway->config, "district", "fingerprint", i))))
            return true;
    return count == 0;
}

/* The file as it is now, good by itself: signed, of our district, pinned, valid now. */
static enum status read_parameters(const struct gateway *gateway, int64_t now,
                                   struct params *params_out, struct why *why)
{
    const char *path = text(gateway, "district", "parameters");
    struct sign_public authority;
    struct params params;
    struct buffer file;
    struct why inner = {""};
    buffer_init(&file, PARAMS_FILE_MAX);
    enum status status = read_public(gateway, "authority", &authority, why);
    if (status == ST_OK)
        status = file_read(path, &file, why);
    if (status == ST_OK) {
        status = params_read(buffer_bytes(&file), &authority, &params, &inner);
        if (status != ST_OK)
            (void)why_set(why, status, "%s: %s", path, inner.text);
    }
    buffer_done(&file);
    if (status != ST_OK)
        return status;
    if (strcmp(params.district, text(gateway, "district", "name")) != 0)
        return why_set(why, ST_BAD, "%s is of district “%s”", path, params.district);
    if (!pinned(gateway, &params))
        return why_set(why, ST_BAD, "P-13: %s has a fingerprint that is not pinned", path);
    if (!params_valid(&params, now))
        return why_set(why, ST_BAD, "%s is not valid at this time", path);
    *params_out = params;
    return ST_OK;
}

/* What tells one state of a file from another, if it is replaced as we replace files. */
static struct gateway_file file_state(const struct gateway *gateway)
{
    struct stat found;
    struct gateway_file state = {.inode = 0};
    if (stat(text(gateway, "district", "parameters"), &found) == 0)
        state = (struct gateway_file){.inode = found.st_ino,
                                      .size = found.st_size,
                                      .seconds = found.st_mtim.tv_sec,
                                      .nanoseconds = found.st_mtim.tv_nsec};
    return state;
}

static enum status first_parameters(struct gateway *gateway, int64_t now, struct why *why)
{
    gateway->file = file_state(gateway);
    enum status status = read_parameters(gateway, now, &gateway->params, why);
    if (status == ST_OK)
        gateway->sender = ibe_sender_new(&gateway->params);
    return status;
}

enum status gateway_refresh(struct gateway *gateway, int64_t now, struct why *why)
{
    struct gateway_file state = file_state(gateway);
    struct params params;
    if (memcmp(&state, &gateway->file, sizeof state) == 0)
        return ST_NONE;
    gateway->file = state;
    enum status status = read_parameters(gateway, now, &params, why);
    if (status == ST_OK)
        status = params_succeed(&gateway->params, &params, why);
    if (status != ST_OK)
        return status == ST_NONE ? ST_BAD : status; /* it is gone */
    ibe_sender_free(gateway->sender);
    gateway->params = params;
    gateway->sender = ibe_sender_new(&gateway->params);
    return ST_OK;
}

/* A key that is not the one the portal trusts would seal letters that nobody can open. */
static enum status read_key(struct gateway *gateway, struct why *why)
{
    const char *path = text(gateway, "gateway", "signing-key");
    struct sign_public signer;
    struct secret *file = NULL;
    enum status status = read_public(gateway, "signer", &signer, why);
    if (status == ST_OK)
        status = file_read_secret(path, SIGN_KEY_FILE_MAX, &file, why);
    if (status == ST_OK && sign_key_read(secret_bytes(file), &gateway->key) != ST_OK)
        status = why_set(why, ST_BAD, "%s is no unencrypted minisign key", path);
    if (status == ST_OK && memcmp(sign_key_public(gateway->key), &signer, sizeof signer) != 0)
        status = why_set(why, ST_BAD, "%s is not the secret half of district signer", path);
    secret_free(file);
    return status;
}

/* "https://securemail.example.org:8443" → "securemail.example.org:8443" */
static const char *host_of(const char *url)
{
    const char *found = strstr(url, "://");
    return found != NULL ? found + 3 : url;
}

static void read_settings(struct gateway *gateway)
{
    gateway->host_name = text(gateway, "gateway", "hostname");
    gateway->keep_line_ends = strcmp(text(gateway, "gateway", "bare-line-ends"), "keep") == 0;
    gateway->lifetime = config_duration(gateway->config, "district", "lifetime");
    gateway->relay = (struct relay_settings){
        .where = text(gateway, "gateway", "relay"),
        .host_name = gateway->host_name,
        .keep_line_ends = gateway->keep_line_ends,
    };
    gateway->notice = (struct notice_settings){
        .organisation = text(gateway, "district", "organisation"),
        .portal = text(gateway, "district", "portal"),
        .host = host_of(text(gateway, "district", "portal")),
        .help = text(gateway, "district", "help"),
    };
}

static enum status read_configuration(struct gateway *gateway, const char *path, struct why *why)
{
    static const char *const needed[] = {
        "district name",   "district organisation", "district portal",
        "district help",   "district parameters",   "district authority",
        "district signer", "gateway signing-key",   NULL};
    enum status status = config_read(path, &gateway->config, why);
    if (status == ST_OK)
        status = config_need(gateway->config, needed, why);
    if (status != ST_OK)
        return status;
    read_settings(gateway);
    status = policy_read(gateway->config, &gateway->policy, why);
    if (status == ST_OK)
        status = routes_make(&gateway->routes, gateway->policy, &gateway->relay,
                             text(gateway, "gateway", "ca-file"), why);
    if (status == ST_OK)
        status = notices_read(gateway->config, &gateway->notices, why);
    return status;
}

enum status gateway_open(struct gateway *gateway, const char *path, int64_t now, struct why *why)
{
    enum status status = read_configuration(gateway, path, why);
    if (status == ST_OK)
        status = first_parameters(gateway, now, why);
    if (status == ST_OK)
        status = read_key(gateway, why);
    return status;
}

/* --- again -------------------------------------------------------------------------------------
 */

/* What the process was locked in with, or what the parameters and the key are bound to. */
static const struct {
    const char *section, *key;
} fixed[] = {
    {"district", "name"},
    {"district", "parameters"},
    {"district", "authority"},
    {"district", "signer"},
    {"district", "fingerprint"},
    {"gateway", "listen"},
    {"gateway", "listen-smtp"},
    {"gateway", "metrics"},
    {"gateway", "user"},
    {"gateway", "spool"},
    {"gateway", "workers"},
    {"gateway", "letters-per-worker"},
    {"gateway", "attempts"},
    {"gateway", "signing-key"},
    {"log", "debug"},
};

static bool as_before(const struct config *before, const struct config *now, const char *section,
                      const char *key)
{
    size_t count = config_count(before, section, key);
    bool same = count == config_count(now, section, key);
    for (size_t i = 0; same && i < count; i++)
        same = strcmp(config_item(before, section, key, i), config_item(now, section, key, i)) == 0;
    return same;
}

static enum status fits(const struct gateway *gateway, const struct gateway *next, struct why *why)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (!as_before(gateway->config, next->config, fixed[i].section, fixed[i].key))
            return why_set(why, ST_BAD, "%s: [%s] %s can only be changed by a restart",
                           config_name(next->config), fixed[i].section, fixed[i].key);
    return ST_OK;
}

/* All but parameters and key. */
static void free_configuration(struct gateway *gateway)
{
    routes_free(&gateway->routes);
    notices_free(gateway->notices);
    policy_free(gateway->policy);
    config_free(gateway->config);
}

enum status gateway_reload(struct gateway *gateway, const char *path, struct why *why)
{
    struct gateway next = {
        .params = gateway->params,
        .sender = gateway->sender,
        .file = gateway->file,
        .key = gateway->key,
    };
    enum status status = read_configuration(&next, path, why);
    if (status == ST_OK)
        status = fits(gateway, &next, why);
    if (status != ST_OK) {
        free_configuration(&next);
        return ST_BAD;
    }
    free_configuration(gateway);
    *gateway = next;
    return ST_OK;
}

void gateway_close(struct gateway *gateway)
{
    sign_key_free(gateway->key);
    ibe_sender_free(gateway->sender);
    free_configuration(gateway);
    *gateway = (struct gateway){0};
}
