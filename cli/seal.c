/* SPDX-License-Identifier: Apache-2.0
 * cli: seal: one mail from standard input, sealed to one address, as the page that carries it. With
 * --time as if it had been sealed then. */
#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#include "carrier.h"
#include "clock.h"
#include "commands.h"
#include "config.h"
#include "file.h"
#include "io.h"
#include "random.h"

#define FOREVER_MS (24 * 3600 * INT64_C(1000)) /* whoever pipes the mail in may take his time */

struct seal {
    const char *config_path, *to, *from;
    int64_t time;

    struct config *config;
    struct params params;
    struct ibe_sender *sender;
    struct sign_key *key;
    struct identity identity;
};

/* --- options and settings --------------------------------------------------------------------- */

static enum status read_options(struct seal *seal, int count, char **arguments, struct why *why)
{
    static const struct option options[] = {{"to", required_argument, NULL, 't'},
                                            {"from", required_argument, NULL, 'f'},
                                            {"time", required_argument, NULL, 'w'},
                                            {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(count, arguments, "c:", options, NULL)) != -1;) {
        if (option == 'c')
            seal->config_path = optarg;
        else if (option == 't')
            seal->to = optarg;
        else if (option == 'f')
            seal->from = optarg;
        else if (option == 'w') {
            if (clock_parse_iso(bytes_text(optarg), &seal->time) != ST_OK)
                return why_set(why, ST_BAD, "--time: write 2026-11-24T01:49:52Z or 2026-11-24");
        } else
            return why_set(why, ST_BAD, "there is no such option");
    }
    return seal->to != NULL && optind == count ? ST_OK
                                               : why_set(why, ST_BAD, "--to ADDRESS is needed");
}

static enum status read_params(struct seal *seal, struct why *why)
{
    struct buffer file;
    struct sign_public authority;
    if (sign_public_parse(bytes_text(config_text(seal->config, "district", "authority")),
                          &authority) != ST_OK)
        return why_set(why, ST_BAD, "[district] authority is no public key");
    buffer_init(&file, PARAMS_FILE_MAX);
    enum status status = file_read(config_text(seal->config, "district", "parameters"), &file, why);
    if (status == ST_OK)
        status = params_read(buffer_bytes(&file), &authority, &seal->params, why);
    buffer_done(&file);
    if (status == ST_OK)
        seal->sender = ibe_sender_new(&seal->params);
    return status;
}

static enum status read_key(struct seal *seal, struct why *why)
{
    struct secret *file = NULL;
    const char *path = config_text(seal->config, "gateway", "signing-key");
    enum status status = file_read_secret(path, SIGN_KEY_FILE_MAX, &file, why);
    if (status == ST_OK && sign_key_read(secret_bytes(file), &seal->key) != ST_OK)
        status = why_set(why, ST_BAD, "%s: no signing key, or one behind a password", path);
    secret_free(file);
    return status;
}

static enum status identify(struct seal *seal, struct why *why)
{
    memcpy(seal->identity.district, seal->params.district, sizeof seal->identity.district);
    seal->identity.serial = seal->params.serial;
    seal->identity.period_start = identity_period(seal->time, seal->params.interval);
    return address_parse(bytes_text(seal->to), &seal->identity.address, why);
}

/* --- sealing ---------------------------------------------------------------------------------- */

static enum status begin(const struct seal *seal, struct carrier **carrier_out,
                         struct buffer *html_out)
{
    char expires[CLOCK_TEXT_SIZE];
    struct secret *random = secret_new(ENVELOPE_RANDOM_SIZE);
    const char *portal = config_text(seal->config, "district", "portal");
    int64_t until =
        seal->identity.period_start + config_duration(seal->config, "district", "lifetime");
    clock_iso(until - 1, expires);
    expires[10] = '\0'; /* the last day alone */
    random_fill(random->p, random->n);
    const struct carrier_text text = {
        .language = "en",
        .organisation = config_text(seal->config, "district", "organisation"),
        .portal = portal,
        .host = strstr(portal, "://") + 3,
        .sender = seal->from,
        .recipient = seal->identity.address.text,
        .expires = expires,
        .help = config_text(seal->config, "district", "help"),
    };
    const struct carrier_settings settings = {
        .sender = seal->sender,
        .key = seal->key,
        .identity = &seal->identity,
        .random = random,
        .seal = {.time = seal->time, .expires = until},
        .text = &text,
    };
    enum status status = carrier_new(&settings, carrier_out, html_out);
    secret_free(random);
    return status;
}

static enum status flush(struct buffer *html, struct why *why)
{
    enum status status = io_write_all(STDOUT_FILENO, buffer_bytes(html), io_deadline(FOREVER_MS));
    buffer_clear(html);
    return status == ST_OK ? ST_OK : why_set(why, status, "the page can't be written");
}

/* Standard input, piece by piece. */
static enum status pour(struct carrier *carrier, struct buffer *html, struct why *why)
{
    static uint8_t plain[CARRIER_CHUNK];
    enum status status = ST_OK;
    while (status == ST_OK) {
        size_t n = 0;
        status = io_read(STDIN_FILENO, plain, sizeof plain, io_deadline(FOREVER_MS), &n);
        if (status == ST_OK)
            status = carrier_add(carrier, (struct bytes){plain, n}, html);
        else if (status != ST_NONE)
            why_set(why, status, "the mail can't be read");
        if (status == ST_OK)
            status = flush(html, why);
    }
    secret_wipe(plain, sizeof plain);
    return status == ST_NONE ? ST_OK : status;
}

static enum status seal_mail(const struct seal *seal, struct why *why)
{
    struct carrier *carrier = NULL;
    struct buffer html;
    buffer_init(&html, CARRIER_STEP_MAX);
    enum status status = begin(seal, &carrier, &html);
    if (status != ST_OK)
        why_set(why, status, "the page can't be begun; are organisation, portal and help set?");
    if (status == ST_OK)
        status = flush(&html, why);
    if (status == ST_OK)
        status = pour(carrier, &html, why);
    if (status == ST_OK) {
        status = carrier_end(carrier, &html);
        if (status != ST_OK)
            why_set(why, status, "the page can't be ended");
    }
    if (status == ST_OK)
        status = flush(&html, why);
    carrier_free(carrier);
    buffer_done(&html);
    return status;
}

int command_seal(int count, char **arguments)
{
    static const char *const needed[] = {"district organisation", "district portal",
                                         "district help", "district authority", NULL};
    struct seal seal = {
        .config_path = CONFIG_DEFAULT, .from = "an unnamed sender", .time = clock_now()};
    struct why why = {""};
    enum status status = read_options(&seal, count, arguments, &why);
    if (status != ST_OK) {
        command_failed("seal", &why);
        return command_misused("seal");
    }
    status = config_read(seal.config_path, &seal.config, &why);
    if (status == ST_OK)
        status = config_need(seal.config, needed, &why);
    if (status == ST_OK)
        status = read_params(&seal, &why);
    if (status == ST_OK)
        status = read_key(&seal, &why);
    if (status == ST_OK)
        status = identify(&seal, &why);
    if (status == ST_OK)
        status = seal_mail(&seal, &why);
    sign_key_free(seal.key);
    ibe_sender_free(seal.sender);
    config_free(seal.config);
    return status == ST_OK ? 0 : command_failed("seal", &why);
}
