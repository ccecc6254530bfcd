/* SPDX-License-Identifier: Apache-2.0
 * envelope: HKDF, HMAC and ChaCha20-Poly1305 by libcrypto. */
#include "crypto_private.h"

#include <assert.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include "memory.h"

struct aead {
    EVP_CIPHER_CTX *context;
};

/* --- keys ------------------------------------------------------------------------------------- */

/* OSSL_PARAM wants pointers to what it will not write. */
static OSSL_PARAM octets(const char *name, struct bytes bytes)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes.p, bytes.n);
}

enum status crypto_derive(const struct secret *from, struct bytes salt, const char *info,
                          struct secret **key_out)
{
    enum status status = ST_FAIL;
    struct secret *key = secret_new(AEAD_KEY_SIZE);
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = hkdf == NULL ? NULL : EVP_KDF_CTX_new(hkdf);
    char digest[] = "SHA256";
    OSSL_PARAM params[5] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        octets(OSSL_KDF_PARAM_KEY, secret_bytes(from)),
        octets(OSSL_KDF_PARAM_INFO, bytes_text(info)),
        OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_end(),
    };
    if (salt.n > 0)
        params[3] = octets(OSSL_KDF_PARAM_SALT, salt);
    if (context == NULL || EVP_KDF_derive(context, key->p, key->n, params) != 1)
        goto out;
    *key_out = key;
    key = NULL;
    status = ST_OK;
out:
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(hkdf);
    secret_free(key);
    return status;
}

enum status crypto_mac(const struct secret *key, struct bytes text, uint8_t mac_out[MAC_SIZE])
{
    unsigned n = 0;
    assert(key->n <= INT_MAX);
    const uint8_t *made = HMAC(EVP_sha256(), key->p, (int)key->n, text.p, text.n, mac_out, &n);
    return made != NULL && n == MAC_SIZE ? ST_OK : ST_FAIL;
}

enum status crypto_hash(struct bytes text, uint8_t hash_out[32])
{
    return SHA256(text.p, text.n, hash_out) != NULL ? ST_OK : ST_FAIL;
}

/* --- ChaCha20-Poly1305 ------------------------------------------------------------------------ */

enum status aead_new(const struct secret *key, enum aead_direction direction,
                     struct aead **aead_out)
{
    assert(key->n == AEAD_KEY_SIZE);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL || EVP_CipherInit_ex(context, EVP_chacha20_poly1305(), NULL, key->p, NULL,
                                             direction == AEAD_SEAL) != 1) {
        EVP_CIPHER_CTX_free(context);
        return ST_FAIL;
    }
    struct aead *aead = memory_new(1, sizeof *aead);
    aead->context = context;
    *aead_out = aead;
    return ST_OK;
}

void aead_free(struct aead *aead)
{
    if (aead == NULL)
        return;
    EVP_CIPHER_CTX_free(aead->context); /* wipes the key */
    free(aead);
}

/* The cipher's text between nonce and tag: one call, or none for no text. */
static bool run(struct aead *aead, struct bytes in, uint8_t *out)
{
    int n = 0;
    assert(in.n <= INT_MAX);
    return in.n == 0 ||
           (EVP_CipherUpdate(aead->context, out, &n, in.p, (int)in.n) == 1 && (size_t)n == in.n);
}

enum status aead_seal(struct aead *aead, const uint8_t nonce[AEAD_NONCE_SIZE], struct bytes plain,
                      uint8_t *out)
{
    EVP_CIPHER_CTX *context = aead->context;
    int n = 0;
    bool sealed =
        EVP_EncryptInit_ex(context, NULL, NULL, NULL, nonce) == 1 && run(aead, plain, out) &&
        EVP_EncryptFinal_ex(context, out + plain.n, &n) == 1 && n == 0 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, out + plain.n) == 1;
    return sealed ? ST_OK : ST_FAIL;
}

enum status aead_open(struct aead *aead, const uint8_t nonce[AEAD_NONCE_SIZE], struct bytes sealed,
                      uint8_t *out)
{
    EVP_CIPHER_CTX *context = aead->context;
    uint8_t tag[AEAD_TAG_SIZE], nothing[1];
    int n = 0;
    if (sealed.n < AEAD_TAG_SIZE)
        return ST_BAD;
    size_t plain_n = sealed.n - AEAD_TAG_SIZE;
    memcpy(tag, sealed.p + plain_n, AEAD_TAG_SIZE);
    if (EVP_DecryptInit_ex(context, NULL, NULL, NULL, nonce) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE, tag) != 1 ||
        !run(aead, bytes_first(sealed, plain_n), out))
        return ST_FAIL;
    return EVP_DecryptFinal_ex(context, nothing, &n) == 1 && n == 0 ? ST_OK : ST_BAD;
}
