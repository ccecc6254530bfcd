/* SPDX-License-Identifier: Apache-2.0
 * portal: an age file from the specification (C2SP age v1): HKDF-SHA-256 of file key and nonce,
 * "payload"; chunks of 64 KiB by ChaCha20-Poly1305 under counter (11) ‖ last (1). */
#include "test_sealed.h"

#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "encode.h"
#include "envelope.h"

#define CHUNK 65536
#define SEALED_MAX (256 << 20)

static void must(bool good)
{
    if (!good)
        abort();
}

/* HKDF (RFC 5869) for one block: extract with the nonce as salt, expand with "payload" ‖ 1. */
static void derive(const struct secret *key, const uint8_t nonce[16], uint8_t out[32])
{
    static const uint8_t info[] = "payload\x01";
    uint8_t extracted[32];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, nonce, 16);
    crypto_auth_hmacsha256_update(&state, key->p, ENVELOPE_FILE_KEY_SIZE);
    crypto_auth_hmacsha256_final(&state, extracted);
    crypto_auth_hmacsha256(out, info, sizeof info - 1, extracted);
}

static void add_chunk(struct buffer *file, const uint8_t key[32], const uint8_t nonce[12],
                      struct bytes plain)
{
    uint8_t *out = buffer_space(file, plain.n + 16);
    must(out != NULL);
    must(crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.p, plain.n, NULL, 0, NULL,
                                                   nonce, key) == 0);
    file->n += plain.n + 16;
}

static void add_payload(struct buffer *file, const struct secret *key, struct bytes mail)
{
    uint8_t payload_key[32], nonce[12] = {0}, salt[16];
    memset(salt, 0x5A, sizeof salt);
    derive(key, salt, payload_key);
    buffer_add(file, BYTES_ARRAY(salt));
    bool last = false;
    for (uint32_t counter = 0; !last; counter++) {
        struct bytes chunk = bytes_first(mail, CHUNK);
        mail = bytes_from(mail, chunk.n);
        last = mail.n == 0;
        nonce[9] = (uint8_t)(counter >> 8);
        nonce[10] = (uint8_t)counter;
        nonce[11] = last;
        add_chunk(file, payload_key, nonce, chunk);
    }
}

/* Unpadded base64 in lines of 64, the last one shorter. */
static void add_body(struct buffer *file, struct bytes body)
{
    char text[4096];
    size_t n = base64_encode(text, body, UNPADDED);
    for (size_t at = 0; at <= n; at += 64) {
        size_t line = n - at < 64 ? n - at : 64;
        buffer_add(file, (struct bytes){(const uint8_t *)text + at, line});
        buffer_add_byte(file, '\n');
    }
}

static void add_base64(struct buffer *file, struct bytes bytes)
{
    char text[1024];
    size_t n = base64_encode(text, bytes, UNPADDED);
    buffer_add(file, (struct bytes){(const uint8_t *)text, n});
}

static void add_header(struct buffer *file)
{
    uint8_t identity_bytes[IDENTITY_MAX], body[IBE_CIPHERTEXT_SIZE + 32] = {0}, mac[32] = {0};
    size_t identity_n = 0;
    struct identity identity = {.district = "test", .serial = 1, .period_start = 604800};
    must(address_parse(BYTES_LITERAL("bob@example.net"), &identity.address, NULL) == ST_OK);
    must(identity_encode(&identity, identity_bytes, &identity_n) == ST_OK);
    buffer_add_text(file, "age-encryption.org/v1\n-> securemail/ibe1 ");
    add_base64(file, (struct bytes){identity_bytes, identity_n});
    buffer_add_byte(file, '\n');
    add_body(file, BYTES_ARRAY(body));
    buffer_add_text(file, "--- ");
    add_base64(file, BYTES_ARRAY(mac));
    buffer_add_byte(file, '\n');
}

int test_sealed(struct bytes mail, const struct secret *key)
{
    struct buffer file;
    buffer_init(&file, SEALED_MAX);
    add_header(&file);
    add_payload(&file, key, mail);
    int fd = memfd_create("sealed", MFD_CLOEXEC);
    must(buffer_check(&file) == ST_OK && fd >= 0);
    must(pwrite(fd, file.p, file.n, 0) == (ssize_t)file.n);
    buffer_done(&file);
    return fd;
}

struct secret *test_key(void)
{
    return secret_copy(BYTES_LITERAL("sixteen bytes is\x01"));
}

void test_flip(int fd, long offset)
{
    uint8_t byte;
    must(pread(fd, &byte, 1, offset) == 1);
    byte ^= 1;
    must(pwrite(fd, &byte, 1, offset) == 1);
}
