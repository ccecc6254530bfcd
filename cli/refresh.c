/* SPDX-License-Identifier: Apache-2.0
 * cli: refresh: brings the district's newest public parameters to a gateway's host. They are
 * signed, so the way they come is of no matter; they are taken only by the rules of
 * docs/spec/params.md. */
#include <curl/curl.h>
#include <getopt.h>

#include "clock.h"
#include "commands.h"
#include "config.h"
#include "file.h"
#include "params.h"

#define WELL_KNOWN "/.well-known/securemail-parameters"
#define CONNECT_SECONDS 15L
#define ALL_SECONDS 60L

/* --- fetching --------------------------------------------------------------------------------- */

/* More than a parameter file can have ends the transfer. */
static size_t take(char *p, size_t size, size_t n, void *to)
{
    return buffer_add(to, (struct bytes){(const uint8_t *)p, size * n}) == ST_OK ? size * n : 0;
}

/* No redirection, no proxy of the environment, no other protocol than the portal's own. */
static CURLcode perform(CURL *curl, const char *url, char error[CURL_ERROR_SIZE],
                        struct buffer *file)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, ALL_SECONDS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, file);
    return curl_easy_perform(curl);
}

static enum status fetch(const char *url, struct buffer *file, struct why *why)
{
    char error[CURL_ERROR_SIZE] = "";
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return why_set(why, ST_FAIL, "libcurl does not start");
    CURL *curl = curl_easy_init();
    CURLcode code = curl != NULL ? perform(curl, url, error, file) : CURLE_OUT_OF_MEMORY;
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    if (code == CURLE_OK)
        return ST_OK;
    return why_set(why, ST_TEMP, "%s: %s", url,
                   error[0] != '\0' ? error : curl_easy_strerror(code));
}

/* `from`: a URL, a file, or NULL: the portal. */
static enum status get(const struct config *config, const char *from, struct buffer *file,
                       struct why *why)
{
    char url[1024];
    if (from != NULL && strstr(from, "://") == NULL)
        return file_read(from, file, why);
    if (from != NULL)
        return fetch(from, file, why);
    snprintf(url, sizeof url, "%s%s", config_text(config, "district", "portal"), WELL_KNOWN);
    return fetch(url, file, why);
}

/* --- judging ---------------------------------------------------------------------------------- */

/* By itself: signed by the authority, of our district, pinned if anything is, valid now. */
static enum status judge(const struct config *config, struct bytes file, struct params *params_out,
                         struct why *why)
{
    struct sign_public authority;
    size_t pins = config_count(config, "district", "fingerprint");
    bool pinned = pins == 0;
    if (sign_public_parse(bytes_text(config_text(config, "district", "authority")), &authority) !=
        ST_OK)
        return why_set(why, ST_BAD, "[district] authority is no public key");
    enum status status = params_read(file, &authority, params_out, why);
    if (status != ST_OK)
        return status;
    if (strcmp(params_out->district, config_text(config, "district", "name")) != 0)
        return why_set(why, ST_BAD, "P-9: of district %s", params_out->district);
    for (size_t i = 0; i < pins; i++)
        pinned = pinned ||
                 params_fingerprint_is(
                     params_out, bytes_text(config_item(config, "district", "fingerprint", i)));
    if (!pinned)
        return why_set(why, ST_BAD, "P-13: serial %llu's fingerprint is not pinned",
                       (unsigned long long)params_out->serial);
    if (!params_valid(params_out, clock_now()))
        return why_set(why, ST_BAD, "by this machine's clock they are not valid now");
    return ST_OK;
}

/* Against what is there; that there is nothing, or nothing good, is no reason to refuse. */
static enum status compare(const struct config *config, const char *path, struct bytes file,
                           const struct params *next, struct why *why)
{
    struct buffer present;
    struct params params;
    struct sign_public authority;
    enum status status = ST_OK;
    buffer_init(&present, PARAMS_FILE_MAX);
    if (sign_public_parse(bytes_text(config_text(config, "district", "authority")), &authority) ==
            ST_OK &&
        file_read(path, &present, NULL) == ST_OK &&
        params_read(buffer_bytes(&present), &authority, &params, NULL) == ST_OK) {
        status = params_succeed(&params, next, why);
        if (status == ST_OK && bytes_equal(buffer_bytes(&present), file))
            status = ST_NONE; /* the same file */
    }
    buffer_done(&present);
    return status;
}

static void report(const char *path, const struct params *params, bool changed)
{
    char fingerprint[PARAMS_FINGERPRINT_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
    params_fingerprint_text(params, fingerprint);
    clock_iso(params->not_after, until);
    printf("%s: %s, serial %llu, until %.10s\n  %s\n", path, changed ? "replaced" : "unchanged",
           (unsigned long long)params->serial, until, fingerprint);
}

static enum status refresh(const struct config *config, const char *from, struct why *why)
{
    struct buffer file;
    struct params params;
    const char *path = config_text(config, "district", "parameters");
    buffer_init(&file, PARAMS_FILE_MAX);
    enum status status = get(config, from, &file, why);
    if (status == ST_OK)
        status = judge(config, buffer_bytes(&file), &params, why);
    if (status == ST_OK)
        status = compare(config, path, buffer_bytes(&file), &params, why);
    bool changed = status == ST_OK;
    if (changed)
        status = file_replace(path, 0644, buffer_bytes(&file), why);
    if (status == ST_OK || status == ST_NONE)
        report(path, &params, changed);
    buffer_done(&file);
    return status == ST_NONE ? ST_OK : status;
}

int command_refresh(int count, char **arguments)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"from", required_argument, NULL, 'f'},
                                            {NULL, 0, NULL, 0}};
    static const char *const needed[] = {"district name", "district portal", "district authority",
                                         NULL};
    const char *path = CONFIG_DEFAULT, *from = NULL;
    struct config *config = NULL;
    struct why why = {""};
    for (int option; (option = getopt_long(count, arguments, "c:", options, NULL)) != -1;) {
        if (option == 'c')
            path = optarg;
        else if (option == 'f')
            from = optarg;
        else
            return command_misused("refresh");
    }
    if (optind != count)
        return command_misused("refresh");
    enum status status = config_read(path, &config, &why);
    if (status == ST_OK)
        status = config_need(config, needed, &why);
    if (status == ST_OK)
        status = refresh(config, from, &why);
    config_free(config);
    return status == ST_OK ? 0 : command_failed("refresh", &why);
}
