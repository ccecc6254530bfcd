/* SPDX-License-Identifier: Apache-2.0
 * portal: from a visit of the rightful reader to the viewer. */
#include "reader.h"

#include "encode.h"
#include "io.h"
#include "log.h"
#include "reply.h"

#define FILE_TIMEOUT_MS 10000

/* The key that the message's file key is wrapped under: accounts checks the session, the keyserver
 * opens. */
static struct wire_verdict ask_accounts(struct visit *visit, struct secret **key_out)
{
    const struct envelope *envelope = &visit->message.envelope;
    struct wire_open ask = {.session = visit->session, .identity_n = envelope->identity_n};
    struct wire_open_reply opened;
    struct wire_verdict verdict;

    memcpy(ask.identity, envelope->identity_bytes, envelope->identity_n);
    memcpy(ask.ciphertext, envelope->ciphertext, sizeof(ask.ciphertext));
    memcpy(ask.id, envelope->id, sizeof(ask.id));
    verdict = wire_open(&visit->portal->accounts, &ask, &opened);
    if (verdict.status == ST_OK)
        *key_out = opened.key;
    return verdict;
}

/* The file key needs the header as it stands in the file, for its MAC. */
static enum status unwrap(struct visit *visit, const struct secret *key,
                          struct secret **file_key_out)
{
    uint8_t header[ENVELOPE_HEADER_MAX];
    size_t n = visit->message.envelope.header_n;
    enum status status;
    int fd = -1;

    if (n > sizeof(header))
        return ST_BAD;
    status = spool_file(visit->portal->spool, visit->message.id, &fd);
    if (status == ST_OK)
        status = io_read_all(fd, header, n, io_deadline(FILE_TIMEOUT_MS));
    io_close(&fd);
    if (status != ST_OK)
        return ST_NONE;
    return envelope_unwrap(&visit->message.envelope, (struct bytes){header, n}, key, file_key_out);
}

static void log_opened(const struct visit *visit, const char *result)
{
    char message[2 * ENVELOPE_ID_SIZE + 1];

    hex_encode(message, BYTES_ARRAY(visit->message.envelope.id));
    log_info("message-opened", L_TEXT("id", visit->message.id), L_TEXT("message", message),
             L_TEXT("address", visit->who.address), L_TEXT("status", result));
}

/* The viewer's word on every mail: whichever rule it failed by (E-15 to E-17), nothing here knows.
 */
static enum status log_damaged(const struct visit *visit, enum status status)
{
    if (status == ST_BAD)
        log_info("message-damaged", L_TEXT("id", visit->message.id),
                 L_TEXT("address", visit->who.address));
    return status;
}

static bool open_first(struct visit *visit, struct secret **key_out)
{
    const struct keyring_place place =
        keyring_expect(visit->portal->keyring, secret_bytes(visit->session), visit->message.id);
    struct secret *key = NULL;
    struct wire_verdict verdict = ask_accounts(visit, &key);
    enum status status;

    if (verdict.status != ST_OK) {
        log_opened(visit, verdict.reason == REASON_NONE ? status_name(verdict.status)
                                                        : wire_reason_name(verdict.reason));
        reply_verdict(visit, verdict);
        return false;
    }
    status = unwrap(visit, key, key_out);
    secret_free(key);
    log_opened(visit, status_name(status));
    if (status != ST_OK) {
        reply(visit, status == ST_NONE ? REPLY_MESSAGE_GONE : REPLY_DAMAGED);
        return false;
    }
    /* Signed out meanwhile: this page, which was asked for before, is the last one. */
    if (keyring_put(visit->portal->keyring, &place, visit->now, *key_out) != ST_OK)
        log_info("key-dropped", L_TEXT("id", visit->message.id));
    return true;
}

bool reader_key(struct visit *visit, struct secret **key_out)
{
    if (keyring_get(visit->portal->keyring, secret_bytes(visit->session), visit->message.id,
                    visit->now, key_out) == ST_OK)
        return true;
    return open_first(visit, key_out);
}

enum status reader_describe(struct visit *visit, const struct secret *key, struct view **view_out)
{
    int fd = -1;
    enum status status = spool_file(visit->portal->spool, visit->message.id, &fd);

    if (status == ST_OK)
        status = viewer_describe(visit->portal->viewer, fd, key, view_out);
    io_close(&fd);
    return log_damaged(visit, status);
}

enum status reader_open(struct visit *visit, const struct secret *key,
                        const struct viewer_request *request, struct viewer_document *document_out)
{
    int fd = -1;
    enum status status = spool_file(visit->portal->spool, visit->message.id, &fd);

    if (status == ST_OK)
        status = viewer_open(visit->portal->viewer, fd, key, request, document_out);
    io_close(&fd);
    return log_damaged(visit, status);
}
