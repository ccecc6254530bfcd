/* SPDX-License-Identifier: Apache-2.0
 * cli: the plugin's half of identity-v1: take everything in, then answer for each file. */
#include "age_plugin.h"

#include "age_protocol.h"
#include "encode.h"
#include "identity.h"
#include "memory.h"
#include "number.h"
#include "opener.h"

#define TYPE "securemail/ibe1"
#define OPENERS_MAX 64
#define STANZAS_MAX 64
#define DAMAGED "this message is damaged, or was not made by whom it seems"

/* A stanza of ours, of one of the files. */
struct found {
    uint64_t file;   /* its number */
    uint64_t stanza; /* its number in the file */
    bool malformed;  /* G-7 */
    uint8_t identity[IDENTITY_MAX];
    size_t identity_n;
    uint8_t body[OPENER_BODY_SIZE];
};

struct plugin {
    struct age_peer peer;
    struct age_message message;
    struct opener *openers[OPENERS_MAX]; /* NULL: refused */
    struct why reasons[OPENERS_MAX];
    size_t opener_count;
    struct found *found; /* STANZAS_MAX */
    size_t found_count;
    uint64_t file, stanza; /* of the stanza just read */
    bool any;
};

/* --- taking in -------------------------------------------------------------------------------- */

static enum status add_identity(struct plugin *plugin)
{
    const struct age_message *message = &plugin->message;
    size_t i = plugin->opener_count;
    if (i == OPENERS_MAX || message->arguments_all != 2)
        return ST_BAD;
    if (opener_read(message->arguments[1], &plugin->openers[i], &plugin->reasons[i]) != ST_OK)
        plugin->openers[i] = NULL; /* G-8: said later, when it is our turn */
    plugin->opener_count++;
    return ST_OK;
}

/* Its arguments: "recipient-stanza", the file's number, the type, and what is its own. */
static void read_stanza(const struct age_message *message, struct found *found)
{
    struct identity identity;
    found->malformed =
        message->arguments_all != 4 || message->body_n != OPENER_BODY_SIZE ||
        base64_decode(message->arguments[3], UNPADDED, found->identity, sizeof found->identity,
                      &found->identity_n) != ST_OK ||
        identity_decode((struct bytes){found->identity, found->identity_n}, &identity) != ST_OK;
    if (!found->malformed)
        memcpy(found->body, message->body, sizeof found->body);
}

static enum status add_stanza(struct plugin *plugin)
{
    const struct age_message *message = &plugin->message;
    uint64_t file = 0;
    if (message->arguments_all < 3 ||
        number_parse(message->arguments[1], 0, UINT32_MAX, &file) != ST_OK)
        return ST_BAD;
    plugin->stanza = plugin->any && file == plugin->file ? plugin->stanza + 1 : 0;
    plugin->file = file;
    plugin->any = true;
    if (!bytes_equal(message->arguments[2], BYTES_LITERAL(TYPE)))
        return ST_OK;
    if (plugin->found_count == STANZAS_MAX)
        return ST_BAD;
    struct found *found = &plugin->found[plugin->found_count++];
    found->file = file;
    found->stanza = plugin->stanza;
    read_stanza(message, found);
    return ST_OK;
}

static enum status take_in(struct plugin *plugin)
{
    for (;;) {
        enum status status = age_read(&plugin->peer, &plugin->message);
        if (status != ST_OK)
            return ST_BAD;
        if (age_message_is(&plugin->message, "done"))
            return ST_OK;
        if (age_message_is(&plugin->message, "add-identity"))
            status = add_identity(plugin);
        else if (age_message_is(&plugin->message, "recipient-stanza"))
            status = add_stanza(plugin);
        if (status != ST_OK)
            return status;
    }
}

/* --- answering -------------------------------------------------------------------------------- */

/* Say something; whatever the answer is, it has been heard. */
static enum status say(struct plugin *plugin, const char *line, struct bytes body)
{
    enum status status = age_write(&plugin->peer, line, body);
    if (status == ST_OK && age_read(&plugin->peer, &plugin->message) != ST_OK)
        status = ST_BAD;
    return status;
}

static enum status say_stanza_error(struct plugin *plugin, const struct found *found,
                                    const char *text)
{
    char line[80];
    snprintf(line, sizeof line, "error stanza %llu %llu", (unsigned long long)found->file,
             (unsigned long long)found->stanza);
    return say(plugin, line, bytes_text(text));
}

static enum status say_identity_errors(struct plugin *plugin)
{
    enum status status = ST_OK;
    for (size_t i = 0; i < plugin->opener_count && status == ST_OK; i++) {
        char line[80];
        snprintf(line, sizeof line, "error identity %zu", i);
        if (plugin->openers[i] == NULL)
            status = say(plugin, line, bytes_text(plugin->reasons[i].text));
    }
    return status;
}

static enum status say_file_key(struct plugin *plugin, const struct found *found,
                                const struct secret *file_key)
{
    char line[80];
    snprintf(line, sizeof line, "file-key %llu", (unsigned long long)found->file);
    return say(plugin, line, secret_bytes(file_key));
}

/* Try every key on one stanza. `opened_out`: its file needs no other. */
static enum status answer(struct plugin *plugin, const struct found *found, bool *opened_out)
{
    bool damaged = false;
    *opened_out = false;
    if (found->malformed)
        return say_stanza_error(plugin, found, "a stanza of ours that is malformed");
    for (size_t i = 0; i < plugin->opener_count; i++) {
        struct secret *file_key = NULL;
        if (plugin->openers[i] == NULL)
            continue;
        enum status status =
            opener_open(plugin->openers[i], (struct bytes){found->identity, found->identity_n},
                        found->body, &file_key);
        if (status == ST_OK) {
            status = say_file_key(plugin, found, file_key);
            secret_free(file_key);
            *opened_out = true;
            return status;
        }
        damaged = damaged || status != ST_NONE;
    }
    return damaged ? say_stanza_error(plugin, found, DAMAGED) : ST_OK;
}

static enum status answer_all(struct plugin *plugin)
{
    enum status status = say_identity_errors(plugin);
    uint64_t opened_file = UINT64_MAX;
    for (size_t i = 0; i < plugin->found_count && status == ST_OK; i++) {
        const struct found *found = &plugin->found[i];
        bool opened = false;
        if (found->file == opened_file)
            continue;
        status = answer(plugin, found, &opened);
        if (opened)
            opened_file = found->file;
    }
    return status == ST_OK ? age_write(&plugin->peer, "done", BYTES_NONE) : status;
}

enum status age_plugin_identity(int in, int out)
{
    struct plugin *plugin = memory_new(1, sizeof *plugin);
    plugin->found = memory_new(STANZAS_MAX, sizeof *plugin->found);
    age_peer_init(&plugin->peer, in, out);
    age_message_init(&plugin->message);
    enum status status = take_in(plugin);
    if (status == ST_OK)
        status = answer_all(plugin);
    else if (age_write(&plugin->peer, "error internal",
                       BYTES_LITERAL("this is not the protocol that is spoken here")) != ST_OK)
        status = ST_TEMP; /* nobody hears even that */
    for (size_t i = 0; i < plugin->opener_count; i++)
        opener_free(plugin->openers[i]);
    age_message_done(&plugin->message);
    age_peer_done(&plugin->peer);
    free(plugin->found);
    free(plugin);
    return status;
}
