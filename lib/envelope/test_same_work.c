/* SPDX-License-Identifier: Apache-2.0
 * envelope: whichever of the secret computations fails (E-15 to E-17), the same work is done for
 * it: so many calls of the cipher, of the MAC, over so many bytes. libcrypto's functions are
 * counted by the linker's --wrap; no clock is looked at. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "envelope_private.h"
#include "test_district.h"

#define LETTER (3 * ENVELOPE_CHUNK + 1000)

static struct work {
    unsigned finals, updates, macs;
    size_t bytes;
} work;

int __real_EVP_DecryptFinal_ex(EVP_CIPHER_CTX *context, unsigned char *out, int *n);
int __wrap_EVP_DecryptFinal_ex(EVP_CIPHER_CTX *context, unsigned char *out, int *n);
int __wrap_EVP_DecryptFinal_ex(EVP_CIPHER_CTX *context, unsigned char *out, int *n)
{
    work.finals++;
    return __real_EVP_DecryptFinal_ex(context, out, n);
}

int __real_EVP_CipherUpdate(EVP_CIPHER_CTX *context, unsigned char *out, int *n,
                            const unsigned char *in, int in_n);
int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *context, unsigned char *out, int *n,
                            const unsigned char *in, int in_n);
int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *context, unsigned char *out, int *n,
                            const unsigned char *in, int in_n)
{
    work.updates++;
    work.bytes += (size_t)in_n;
    return __real_EVP_CipherUpdate(context, out, n, in, in_n);
}

unsigned char *__real_HMAC(const EVP_MD *md, const void *key, int key_n, const unsigned char *text,
                           size_t text_n, unsigned char *out, unsigned *n);
unsigned char *__wrap_HMAC(const EVP_MD *md, const void *key, int key_n, const unsigned char *text,
                           size_t text_n, unsigned char *out, unsigned *n);
unsigned char *__wrap_HMAC(const EVP_MD *md, const void *key, int key_n, const unsigned char *text,
                           size_t text_n, unsigned char *out, unsigned *n)
{
    work.macs++;
    work.bytes += text_n;
    return __real_HMAC(md, key, key_n, text, text_n, out, n);
}

struct sealed {
    struct buffer file;
    struct envelope envelope;
    struct secret *kek;
};

static struct sealed *seal(const struct district *district)
{
    static struct sealed sealed;
    struct secret *random = district_random(70, ENVELOPE_RANDOM_SIZE);
    struct envelope_writer *writer = NULL;
    struct buffer letter;
    buffer_init(&letter, LETTER);
    buffer_init(&sealed.file, 1 << 20);
    district_letter(&letter, LETTER);
    assert_int_equal(
        envelope_writer_new(district->sender, &district->alice, random, &writer, &sealed.file),
        ST_OK);
    assert_int_equal(envelope_writer_add(writer, buffer_bytes(&letter), &sealed.file), ST_OK);
    assert_int_equal(envelope_writer_end(writer, &sealed.file), ST_OK);
    assert_int_equal(envelope_read(buffer_bytes(&sealed.file), &sealed.envelope, NULL), ST_OK);
    sealed.kek = secret_new(IBE_KEY_SIZE);
    assert_int_equal(master_decapsulate(district->master, &sealed.envelope.identity,
                                        sealed.envelope.ciphertext, sealed.kek),
                     ST_OK);
    envelope_writer_free(writer);
    buffer_done(&letter);
    secret_free(random);
    return &sealed;
}

/* Open it, count, and give what it came to. */
static enum status open(const struct sealed *sealed, struct work *work_out)
{
    static uint8_t plain[LETTER];
    struct bytes file = buffer_bytes(&sealed->file);
    struct bytes header = bytes_first(file, sealed->envelope.header_n);
    struct secret *opened = NULL;
    work = (struct work){.bytes = 0};
    enum status status = envelope_unwrap(&sealed->envelope, header, sealed->kek, &opened);
    if (status == ST_OK)
        status = envelope_decrypt(opened, bytes_from(file, header.n), plain);
    *work_out = work;
    secret_free(opened);
    return status;
}

static void every_failure_takes_the_same_work(void **state)
{
    (void)state;
    struct district *district = district_new();
    struct sealed *sealed = seal(district);
    const size_t payload = sealed->envelope.header_n, last = sealed->file.n - 1;
    uint8_t *const places[] = {
        &sealed->kek->p[5],                                      /* another KEM key: E-15 */
        &sealed->envelope.wrapped[3],                            /* E-15 */
        &sealed->envelope.mac[31],                               /* E-16 */
        &sealed->file.p[payload],                                /* the nonce: every chunk, E-17 */
        &sealed->file.p[payload + 16],                           /* the first chunk */
        &sealed->file.p[payload + 16 + ENVELOPE_CHUNK + 16 + 9], /* the second */
        &sealed->file.p[last],                                   /* the last */
    };
    struct work good, bad;
    assert_int_equal(open(sealed, &good), ST_OK);
    assert_int_equal(good.finals, 1 + 4); /* the wrapped key and four chunks */
    assert_int_equal(good.macs, 1);
    assert_true(good.bytes > LETTER);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        *places[i] ^= 1;
        assert_int_equal(open(sealed, &bad), ST_BAD);
        *places[i] ^= 1;
        assert_memory_equal(&bad, &good, sizeof bad);
    }
    assert_int_equal(open(sealed, &bad), ST_OK);
    buffer_done(&sealed->file);
    secret_free(sealed->kek);
    district_free(district);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_failure_takes_the_same_work)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
