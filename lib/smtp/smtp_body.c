/* SPDX-License-Identifier: Apache-2.0
 * smtp: the bytes of one letter. The file of a large one is drawn here; blocks are numbered from 0,
 * and the bytes after the last whole block stay in memory:
 *
 *     block 0                         block 1                         …
 *     ChaCha20-Poly1305(65,536) ‖ 16  ChaCha20-Poly1305(65,536) ‖ 16
 *     nonce = 0 (LE64 ‖ 0000)         nonce = 1
 *
 * The key is made when the file is and serves no other letter; each block is written once: no nonce
 * comes twice. */
#include "smtp_body.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "io.h"
#include "memory.h"
#include "secret.h"

#define KEY_SIZE 32
#define NONCE_SIZE 12
#define TAG_SIZE 16
#define SEALED_SIZE (SMTP_BODY_PIECE + TAG_SIZE)

struct smtp_body {
    struct smtp_body_settings settings;
    struct buffer bytes; /* no file: the whole letter; with a file: what follows its last block */
    uint64_t size;
    uint64_t position; /* of the next piece to read */
    bool reading;
    bool failed;
    int fd;             /* -1: no file */
    uint64_t blocks;    /* in the file */
    struct secret *key; /* of the file */
    EVP_CIPHER_CTX *cipher;
    uint8_t *top;   /* the first block, in clear, when there is a file */
    uint8_t *block; /* SEALED_SIZE: on its way to the file or from it */
};

/* --- making and freeing ------------------------------------------------------------------- */

struct smtp_body *smtp_body_new(const struct smtp_body_settings *settings)
{
    struct smtp_body *body = memory_new(1, sizeof *body);
    body->settings = *settings;
    body->fd = -1;
    buffer_init(&body->bytes, SMTP_BODY_MEMORY);
    return body;
}

static void wipe_and_free(uint8_t *p, size_t n)
{
    if (p != NULL)
        secret_wipe(p, n);
    free(p);
}

void smtp_body_free(struct smtp_body *body)
{
    if (body == NULL)
        return;
    buffer_done(&body->bytes);
    wipe_and_free(body->top, SMTP_BODY_PIECE);
    wipe_and_free(body->block, SEALED_SIZE);
    EVP_CIPHER_CTX_free(body->cipher);
    secret_free(body->key);
    io_close(&body->fd);
    free(body);
}

/* --- the file ----------------------------------------------------------------------------- */

/* A file without a name, or, where the file system has none, one that loses its name at once. */
static int open_unnamed(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;

    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/letter-XXXXXX", directory);
    if (n < 0 || (size_t)n >= sizeof path)
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

static enum status write_at(int fd, const uint8_t *p, size_t n, off_t at)
{
    while (n > 0) {
        ssize_t written = pwrite(fd, p, n, at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return ST_TEMP;
        p += written;
        n -= (size_t)written;
        at += written;
    }
    return ST_OK;
}

static enum status read_at(int fd, uint8_t *p, size_t n, off_t at)
{
    while (n > 0) {
        ssize_t got = pread(fd, p, n, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ST_TEMP;
        p += got;
        n -= (size_t)got;
        at += got;
    }
    return ST_OK;
}

static void block_nonce(uint64_t number, uint8_t nonce_out[NONCE_SIZE])
{
    memset(nonce_out, 0, NONCE_SIZE);
    for (size_t i = 0; i < 8; i++)
        nonce_out[i] = (uint8_t)(number >> (8 * i));
}

enum direction { UNSEAL = 0, SEAL = 1 }; /* as EVP_CipherInit_ex has it */

/* Seal or unseal body->block in place. */
static enum status crypt_block(struct smtp_body *body, uint64_t number, enum direction direction)
{
    uint8_t nonce[NONCE_SIZE];
    block_nonce(number, nonce);
    EVP_CIPHER_CTX *cipher = body->cipher;
    uint8_t *tag = body->block + SMTP_BODY_PIECE;
    int n = 0, rest = 0;
    bool good = EVP_CipherInit_ex(cipher, EVP_chacha20_poly1305(), NULL, body->key->p, nonce,
                                  direction) == 1;
    if (good && direction == UNSEAL)
        good = EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1;
    good = good && EVP_CipherUpdate(cipher, body->block, &n, body->block, SMTP_BODY_PIECE) == 1;
    good = good && EVP_CipherFinal_ex(cipher, body->block + n, &rest) == 1;
    if (good && direction == SEAL)
        good = EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1;
    if (!good)
        secret_wipe(body->block, SEALED_SIZE);
    return good ? ST_OK : ST_TEMP;
}

static enum status write_block(struct smtp_body *body, const uint8_t plain[SMTP_BODY_PIECE])
{
    memcpy(body->block, plain, SMTP_BODY_PIECE);
    enum status status = crypt_block(body, body->blocks, SEAL);
    if (status == ST_OK)
        status = write_at(body->fd, body->block, SEALED_SIZE, (off_t)(body->blocks * SEALED_SIZE));
    if (status == ST_OK)
        body->blocks++;
    return status;
}

static enum status read_block(struct smtp_body *body, uint64_t number)
{
    enum status status = read_at(body->fd, body->block, SEALED_SIZE, (off_t)(number * SEALED_SIZE));
    return status == ST_OK ? crypt_block(body, number, UNSEAL) : status;
}

/* The letter has outgrown its memory, which holds whole blocks only: move it into a new file. */
static enum status move_to_file(struct smtp_body *body)
{
    assert(body->bytes.n == SMTP_BODY_MEMORY && SMTP_BODY_MEMORY % SMTP_BODY_PIECE == 0);
    body->fd = open_unnamed(body->settings.directory);
    body->cipher = EVP_CIPHER_CTX_new();
    if (body->fd < 0 || body->cipher == NULL)
        return ST_TEMP;
    body->key = secret_new(KEY_SIZE);
    body->settings.random_fill(body->key->p, KEY_SIZE);
    body->block = memory_new(1, SEALED_SIZE);
    body->top = memory_new(1, SMTP_BODY_PIECE);
    memcpy(body->top, body->bytes.p, SMTP_BODY_PIECE);

    for (size_t at = 0; at < body->bytes.n; at += SMTP_BODY_PIECE) {
        enum status status = write_block(body, body->bytes.p + at);
        if (status != ST_OK)
            return status;
    }
    buffer_done(&body->bytes);
    buffer_init(&body->bytes, SMTP_BODY_PIECE);
    return ST_OK;
}

/* --- adding ------------------------------------------------------------------------------- */

/* Make room in `bytes`, which is full. */
static enum status empty_memory(struct smtp_body *body)
{
    if (body->fd < 0)
        return move_to_file(body);
    enum status status = write_block(body, body->bytes.p);
    buffer_clear(&body->bytes);
    return status;
}

enum status smtp_body_add(struct smtp_body *body, struct bytes bytes)
{
    assert(!body->reading);
    while (bytes.n > 0 && !body->failed) {
        if (body->bytes.n == body->bytes.max && empty_memory(body) != ST_OK) {
            body->failed = true;
            break;
        }
        struct bytes part = bytes_first(bytes, body->bytes.max - body->bytes.n);
        if (buffer_add(&body->bytes, part) != ST_OK)
            body->failed = true;
        body->size += part.n;
        bytes = bytes_from(bytes, part.n);
    }
    return body->failed ? ST_TEMP : ST_OK;
}

/* --- reading ------------------------------------------------------------------------------ */

uint64_t smtp_body_size(const struct smtp_body *body)
{
    return body->size;
}

struct bytes smtp_body_top(const struct smtp_body *body)
{
    if (body->top != NULL)
        return (struct bytes){body->top, SMTP_BODY_PIECE};
    return bytes_first(buffer_bytes(&body->bytes), SMTP_BODY_PIECE);
}

void smtp_body_rewind(struct smtp_body *body)
{
    body->position = 0;
}

enum status smtp_body_read(struct smtp_body *body, struct bytes *piece_out)
{
    body->reading = true;
    if (body->failed)
        return ST_TEMP;
    if (body->position == body->size)
        return ST_NONE;

    /* The file's blocks first, then what is in memory. */
    struct bytes piece;
    uint64_t in_file = body->blocks * SMTP_BODY_PIECE;
    if (body->position < in_file) {
        enum status status = read_block(body, body->position / SMTP_BODY_PIECE);
        if (status != ST_OK)
            return status;
        piece = (struct bytes){body->block, SMTP_BODY_PIECE};
    } else {
        size_t at = (size_t)(body->position - in_file);
        piece = bytes_first(bytes_from(buffer_bytes(&body->bytes), at), SMTP_BODY_PIECE);
    }
    body->position += piece.n;
    *piece_out = piece;
    return ST_OK;
}
