/* SPDX-License-Identifier: Apache-2.0
 * ibe: ML-KEM-768 against other people's vectors (tests/vectors/mlkem): NIST's ACVP and known
 * answer test, Wycheproof's keys, CCTV's strcmp case, and ten thousand accumulated tests. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "encode.h"
#include "file.h"
#include "mlkem.h"

#define FILE_MAX (1 << 17)
#define CHARACTERS_MAX (2 * MLKEM_SECRET_SIZE + 1)
#define TESTS 10000
#define DRAWN (MLKEM_SEED_SIZE + MLKEM_RANDOM_SIZE + MLKEM_CIPHERTEXT_SIZE) /* for each of them */

static const char *folder;

struct keys {
    uint8_t public[MLKEM_PUBLIC_SIZE], secret[MLKEM_SECRET_SIZE];
};

static struct bytes load(struct buffer *buffer, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    buffer_init(buffer, FILE_MAX);
    assert_int_equal(file_read(path, buffer, NULL), ST_OK);
    return buffer_bytes(buffer);
}

/* The value of `name: ` in a file, n bytes in hexadecimal. */
static void value(struct bytes file, const char *name, uint8_t *out, size_t n)
{
    struct bytes line = BYTES_NONE;
    while (bytes_line(&file, &line))
        if (bytes_starts(line, bytes_text(name)) && line.p[strlen(name)] == ':') {
            assert_int_equal(hex_decode(bytes_from(line, strlen(name) + 2), out, n), ST_OK);
            return;
        }
    fail_msg("no %s", name);
}

static void expect_sha256(struct bytes bytes, const uint8_t wanted[32])
{
    uint8_t hash[32];
    assert_int_equal(EVP_Digest(bytes.p, bytes.n, hash, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(hash, wanted, 32);
}

/* --- NIST's known answer test --------------------------------------------------------------- */

/* AES-256-CTR-DRBG without derivation function (SP 800-90A §10.2.1). */
struct drbg {
    uint8_t key[32], v[16];
};

static void blocks(struct drbg *drbg, uint8_t *out, size_t count)
{
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    int n = 0;
    assert_int_equal(EVP_EncryptInit_ex(aes, EVP_aes_256_ecb(), NULL, drbg->key, NULL), 1);
    for (size_t i = 0; i < count; i++) {
        for (int at = 15; at >= 0 && ++drbg->v[at] == 0; at--)
            ;
        assert_int_equal(EVP_EncryptUpdate(aes, out + 16 * i, &n, drbg->v, 16), 1);
    }
    EVP_CIPHER_CTX_free(aes);
}

static void update(struct drbg *drbg, const uint8_t data[48])
{
    uint8_t next[48];
    blocks(drbg, next, 3);
    for (size_t i = 0; data != NULL && i < sizeof next; i++)
        next[i] ^= data[i];
    memcpy(drbg->key, next, 32);
    memcpy(drbg->v, next + 32, 16);
}

static struct drbg drbg_of(const uint8_t entropy[48])
{
    struct drbg drbg = {{0}, {0}};
    update(&drbg, entropy);
    return drbg;
}

static void draw(struct drbg *drbg, uint8_t *out, size_t n)
{
    blocks(drbg, out, n / 16);
    update(drbg, NULL);
}

static void add_line(struct buffer *text, const char *name, struct bytes bytes)
{
    char hex[CHARACTERS_MAX];
    hex_encode(hex, bytes);
    for (char *c = hex; *c != '\0'; c++)
        *c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
    buffer_add_format(text, "%s = %s\n", name, hex);
}

static void the_known_answer_of_nist(void **state)
{
    (void)state;
    uint8_t entropy[48], seed[48], random[64], wanted[32];
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE], shared[MLKEM_KEY_SIZE];
    struct keys keys;
    struct buffer file, text;
    for (size_t i = 0; i < sizeof entropy; i++)
        entropy[i] = (uint8_t)i;
    struct drbg outer = drbg_of(entropy);
    draw(&outer, seed, sizeof seed);
    struct drbg drbg = drbg_of(seed);
    draw(&drbg, random, MLKEM_SEED_SIZE);
    mlkem_keypair(random, keys.public, keys.secret);
    draw(&drbg, random, MLKEM_RANDOM_SIZE);
    mlkem_encapsulate(keys.public, random, ciphertext, shared);

    buffer_init(&text, FILE_MAX);
    buffer_add_text(&text, "count = 0\n");
    add_line(&text, "seed", BYTES_ARRAY(seed));
    add_line(&text, "pk", BYTES_ARRAY(keys.public));
    add_line(&text, "sk", BYTES_ARRAY(keys.secret));
    add_line(&text, "ct", BYTES_ARRAY(ciphertext));
    add_line(&text, "ss", BYTES_ARRAY(shared));
    value(load(&file, "nist_kat.txt"), "sha256", wanted, sizeof wanted);
    expect_sha256(buffer_bytes(&text), wanted);
    buffer_done(&text);
    buffer_done(&file);
}

/* --- Wycheproof ------------------------------------------------------------------------------- */

/* seed (128) blank SHA-256 of ek (64) blank SHA-256 of dk (64); gives how many there were. */
static size_t check_keys(const char *name)
{
    struct buffer file;
    struct bytes rest = load(&file, name), line = BYTES_NONE;
    size_t count = 0;
    while (bytes_line(&rest, &line)) {
        uint8_t seed[MLKEM_SEED_SIZE], public_hash[32], secret_hash[32];
        struct keys keys;
        if (line.n != 258)
            continue;
        assert_int_equal(hex_decode(bytes_first(line, 128), seed, sizeof seed), ST_OK);
        assert_int_equal(hex_decode(bytes_first(bytes_from(line, 129), 64), public_hash, 32),
                         ST_OK);
        assert_int_equal(hex_decode(bytes_from(line, 194), secret_hash, 32), ST_OK);
        mlkem_keypair(seed, keys.public, keys.secret);
        expect_sha256(BYTES_ARRAY(keys.public), public_hash);
        expect_sha256(BYTES_ARRAY(keys.secret), secret_hash);
        assert_true(mlkem_public_valid(keys.public));
        assert_true(mlkem_secret_valid(keys.secret, keys.public));
        count++;
    }
    buffer_done(&file);
    return count;
}

static void the_keys_of_wycheproof(void **state)
{
    (void)state;
    assert_int_equal(check_keys("wycheproof_keygen.txt"), 100);
}

/* --- NIST's ACVP ------------------------------------------------------------------------------ */

static void the_keys_of_acvp(void **state)
{
    (void)state;
    assert_int_equal(check_keys("acvp_keygen.txt"), 25);
}

/* The next word of a line, n bytes in hexadecimal. */
static void word(struct bytes *line, uint8_t *out, size_t n)
{
    assert_int_equal(hex_decode(bytes_first(*line, 2 * n), out, n), ST_OK);
    *line = bytes_from(*line, 2 * n + 1);
}

/* ek, m, SHA-256 of c, K */
static void the_encapsulations_of_acvp(void **state)
{
    (void)state;
    struct buffer file;
    struct bytes rest = load(&file, "acvp_encapsulation.txt"), line = BYTES_NONE;
    uint8_t public[MLKEM_PUBLIC_SIZE], random[MLKEM_RANDOM_SIZE], hash[32], wanted[MLKEM_KEY_SIZE];
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE], shared[MLKEM_KEY_SIZE];
    size_t count = 0;
    bytes_line(&rest, &line); /* what it is */
    for (; bytes_line(&rest, &line); count++) {
        word(&line, public, sizeof public);
        word(&line, random, sizeof random);
        word(&line, hash, sizeof hash);
        word(&line, wanted, sizeof wanted);
        assert_true(mlkem_public_valid(public));
        mlkem_encapsulate(public, random, ciphertext, shared);
        expect_sha256(BYTES_ARRAY(ciphertext), hash);
        assert_memory_equal(shared, wanted, sizeof wanted);
    }
    assert_int_equal(count, 25);
    buffer_done(&file);
}

/* c, K: honest ones and such as must be rejected */
static void the_decapsulations_of_acvp(void **state)
{
    (void)state;
    struct buffer file;
    struct bytes rest = load(&file, "acvp_decapsulation.txt"), line = BYTES_NONE;
    uint8_t secret[MLKEM_SECRET_SIZE], ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t wanted[MLKEM_KEY_SIZE], shared[MLKEM_KEY_SIZE];
    size_t count = 0;
    value(rest, "dk", secret, sizeof secret);
    bytes_line(&rest, &line);
    bytes_line(&rest, &line); /* dk */
    for (; bytes_line(&rest, &line); count++) {
        word(&line, ciphertext, sizeof ciphertext);
        word(&line, wanted, sizeof wanted);
        mlkem_decapsulate(secret, ciphertext, shared);
        assert_memory_equal(shared, wanted, sizeof wanted);
    }
    assert_int_equal(count, 10);
    buffer_done(&file);
}

/* --- CCTV ------------------------------------------------------------------------------------- */

static void a_comparison_does_not_end_at_a_zero_byte(void **state)
{
    (void)state;
    uint8_t secret[MLKEM_SECRET_SIZE], ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t wanted[MLKEM_KEY_SIZE], shared[MLKEM_KEY_SIZE];
    struct buffer file;
    struct bytes text = load(&file, "cctv_strcmp.txt");
    value(text, "dk", secret, sizeof secret);
    value(text, "c", ciphertext, sizeof ciphertext);
    value(text, "K", wanted, sizeof wanted);
    mlkem_decapsulate(secret, ciphertext, shared);
    assert_memory_equal(shared, wanted, sizeof wanted);
    buffer_done(&file);
}

static void accumulate(EVP_MD_CTX *all, const uint8_t *drawn)
{
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE], shared[MLKEM_KEY_SIZE], opened[MLKEM_KEY_SIZE];
    struct keys keys;
    mlkem_keypair(drawn, keys.public, keys.secret);
    drawn += MLKEM_SEED_SIZE;
    mlkem_encapsulate(keys.public, drawn, ciphertext, shared);
    drawn += MLKEM_RANDOM_SIZE;
    mlkem_decapsulate(keys.secret, ciphertext, opened);
    assert_memory_equal(opened, shared, sizeof shared);
    mlkem_decapsulate(keys.secret, drawn, opened); /* a random ciphertext */
    EVP_DigestUpdate(all, keys.public, sizeof keys.public);
    EVP_DigestUpdate(all, ciphertext, sizeof ciphertext);
    EVP_DigestUpdate(all, shared, sizeof shared);
    EVP_DigestUpdate(all, opened, sizeof opened);
}

static void ten_thousand_accumulated_tests(void **state)
{
    (void)state;
    uint8_t hash[32], wanted[32], *drawn = malloc((size_t)TESTS * DRAWN);
    struct buffer file;
    EVP_MD_CTX *random = EVP_MD_CTX_new(), *all = EVP_MD_CTX_new();
    assert_non_null(drawn);
    assert_int_equal(EVP_DigestInit_ex(random, EVP_shake128(), NULL), 1);
    assert_int_equal(EVP_DigestFinalXOF(random, drawn, (size_t)TESTS * DRAWN), 1);
    assert_int_equal(EVP_DigestInit_ex(all, EVP_shake128(), NULL), 1);
    for (size_t i = 0; i < TESTS; i++)
        accumulate(all, drawn + i * DRAWN);
    assert_int_equal(EVP_DigestFinalXOF(all, hash, sizeof hash), 1);
    value(load(&file, "accumulated.txt"), "shake128_10000", wanted, sizeof wanted);
    assert_memory_equal(hash, wanted, sizeof hash);
    EVP_MD_CTX_free(random);
    EVP_MD_CTX_free(all);
    buffer_done(&file);
    free(drawn);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_answer_of_nist),
        cmocka_unit_test(the_keys_of_wycheproof),
        cmocka_unit_test(the_keys_of_acvp),
        cmocka_unit_test(the_encapsulations_of_acvp),
        cmocka_unit_test(the_decapsulations_of_acvp),
        cmocka_unit_test(a_comparison_does_not_end_at_a_zero_byte),
        cmocka_unit_test(ten_thousand_accumulated_tests),
    };
    folder = count == 2 ? arguments[1] : "";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
