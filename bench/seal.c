/* SPDX-License-Identifier: Apache-2.0
 * bench: what sealing and opening a letter of 25 MiB costs, beside the bare cipher and hash,
 * measured by turns in the same run. Prints one JSON object a line: {name, unit, median, min, max,
 * runs, rival, rival_median, ratio, note}. */
#include <openssl/evp.h>
#include <time.h>

#include "carrier.h"
#include "test_district.h"

#define LETTER ((size_t)25 << 20)
#define HTML_MAX ((size_t)64 << 20)
#define RUNS 15

/* --- measuring -------------------------------------------------------------------------------- */

struct quantity {
    const char *name, *rival, *note;
    void (*ours)(void);
    void (*theirs)(void);
};

static double seconds_of(void (*work)(void))
{
    struct timespec begin, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    work();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Ours and the rival by turns; the first round warms up. MB are 10^6 bytes of letter, per second of
 * one core. */
static void measure(const struct quantity *quantity)
{
    double ours[RUNS], theirs[RUNS];
    for (int i = -1; i < RUNS; i++) {
        double a = seconds_of(quantity->ours), b = seconds_of(quantity->theirs);
        if (i >= 0) {
            ours[i] = (double)LETTER / 1e6 / a;
            theirs[i] = (double)LETTER / 1e6 / b;
        }
    }
    qsort(ours, RUNS, sizeof ours[0], by_size);
    qsort(theirs, RUNS, sizeof theirs[0], by_size);
    double median = ours[RUNS / 2], rival = theirs[RUNS / 2];
    printf("{\"name\": \"%s\", \"unit\": \"MB/s\", \"median\": %.0f, \"min\": %.0f, \"max\": %.0f, "
           "\"runs\": %d, \"rival\": \"%s\", \"rival_median\": %.0f, \"ratio\": %.2f, "
           "\"note\": \"%s\"}\n",
           quantity->name, median, ours[0], ours[RUNS - 1], RUNS, quantity->rival, rival,
           median / rival, quantity->note);
    fflush(stdout);
}

static void must(bool held, const char *what)
{
    if (!held) {
        fprintf(stderr, "bench: %s\n", what);
        exit(1);
    }
}

/* --- what is measured ------------------------------------------------------------------------- */

static struct district *district;
static struct secret *fresh, *file_key;
static struct buffer letter, html, step, file, plain, signature;
static struct bytes message; /* the armored message inside the page */
static size_t header_n;

/* As the gateway does: one step's bytes at a time, as they would go to the relay. */
static void seal_carrier(void)
{
    struct carrier_settings settings = district_settings(district, fresh);
    struct carrier *carrier = NULL;
    struct bytes rest = buffer_bytes(&letter);
    buffer_clear(&step);
    must(carrier_new(&settings, &carrier, &step) == ST_OK, "carrier_new");
    for (; rest.n > 0; rest = bytes_from(rest, CARRIER_CHUNK)) {
        step.n = 0;
        must(carrier_add(carrier, bytes_first(rest, CARRIER_CHUNK), &step) == ST_OK, "carrier_add");
    }
    step.n = 0;
    must(carrier_end(carrier, &step) == ST_OK, "carrier_end");
    carrier_free(carrier);
}

static void seal_file(void)
{
    struct envelope_writer *writer = NULL;
    struct bytes rest = buffer_bytes(&letter);
    step.n = 0;
    must(envelope_writer_new(district->sender, &district->alice, fresh, &writer, &step) == ST_OK,
         "envelope_writer_new");
    for (; rest.n > 0; rest = bytes_from(rest, CARRIER_CHUNK)) {
        step.n = 0;
        must(envelope_writer_add(writer, bytes_first(rest, CARRIER_CHUNK), &step) == ST_OK, "add");
    }
    must(envelope_writer_end(writer, &step) == ST_OK, "envelope_writer_end");
    envelope_writer_free(writer);
}

static void read_armor(void)
{
    uint8_t hash[SIGN_HASH_SIZE];
    struct armor_reader *reader = armor_reader_new();
    struct bytes rest = message;
    for (; rest.n > 0; rest = bytes_from(rest, CARRIER_CHUNK)) {
        step.n = 0;
        must(armor_reader_add(reader, bytes_first(rest, CARRIER_CHUNK), &step) == ST_OK, "armor");
    }
    must(armor_reader_end(reader, hash) == ST_OK, "armor_reader_end");
    armor_reader_free(reader);
}

static void read_carrier(void)
{
    uint8_t hash[SIGN_HASH_SIZE];
    struct carrier_reader *reader = carrier_reader_new();
    struct bytes rest = buffer_bytes(&html);
    for (; rest.n > 0; rest = bytes_from(rest, CARRIER_CHUNK)) {
        step.n = 0;
        must(carrier_reader_add(reader, bytes_first(rest, CARRIER_CHUNK), &step) == ST_OK, "page");
    }
    buffer_clear(&signature);
    must(carrier_reader_end(reader, hash, &signature) == ST_OK, "carrier_reader_end");
    carrier_reader_free(reader);
}

static void open_file(void)
{
    must(envelope_decrypt(file_key, bytes_from(buffer_bytes(&file), header_n), plain.p) == ST_OK,
         "envelope_decrypt");
}

/* --- the rivals: one primitive alone, in pieces of the same size ------------------------------ */

static void run_cipher(int seal)
{
    static uint8_t out[CARRIER_CHUNK];
    static const uint8_t key[32], nonce[12];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    EVP_CipherInit_ex(context, EVP_chacha20_poly1305(), NULL, key, nonce, seal);
    for (size_t at = 0; at < LETTER; at += CARRIER_CHUNK) {
        int n = 0;
        uint8_t tag[16];
        EVP_CipherInit_ex(context, NULL, NULL, NULL, nonce, -1);
        EVP_CipherUpdate(context, out, &n, letter.p + at, CARRIER_CHUNK);
        if (seal) {
            EVP_CipherFinal_ex(context, out, &n);
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag);
        }
    }
    EVP_CIPHER_CTX_free(context);
}

static void cipher_alone(void)
{
    run_cipher(1);
}

static void hash_alone(void)
{
    struct sign_hash hash;
    uint8_t out[SIGN_HASH_SIZE];
    sign_hash_init(&hash);
    for (size_t at = 0; at < LETTER; at += CARRIER_CHUNK)
        sign_hash_add(&hash, (struct bytes){letter.p + at, CARRIER_CHUNK});
    sign_hash_end(&hash, out);
}

static void cipher_and_hash(void)
{
    cipher_alone();
    hash_alone();
}

/* --- out
 * -----------------------------------------------------------------------------------------------
 */

static void prepare(void)
{
    district = district_new();
    fresh = district_random(1, ENVELOPE_RANDOM_SIZE);
    file_key = secret_copy(
        bytes_first(bytes_from(secret_bytes(fresh), IBE_RANDOM_SIZE), ENVELOPE_FILE_KEY_SIZE));
    buffer_init(&letter, LETTER);
    buffer_init(&html, HTML_MAX);
    buffer_init(&step, 2 * CARRIER_STEP_MAX);
    buffer_init(&file, HTML_MAX);
    buffer_init(&plain, LETTER);
    buffer_init(&signature, SIGN_TEXT_MAX);
    must(buffer_space(&plain, LETTER) != NULL, "memory");
    district_letter(&letter, LETTER);

    /* One page whole, and the file in it: what is read and opened. */
    struct carrier_settings settings = district_settings(district, fresh);
    must(district_carrier(&settings, buffer_bytes(&letter), CARRIER_CHUNK, &html) == ST_OK, "page");
    struct bytes page = buffer_bytes(&html);
    message = bytes_from(page, bytes_find(page, BYTES_LITERAL("-----BEGIN")));
    message = bytes_first(message, bytes_index(message, '"'));
    struct armor_reader *reader = armor_reader_new();
    must(armor_reader_add(reader, message, &file) == ST_OK, "file");
    armor_reader_free(reader);
    struct envelope envelope;
    must(envelope_read(buffer_bytes(&file), &envelope, NULL) == ST_OK, "header");
    header_n = envelope.header_n;
}

int main(void)
{
    static const struct quantity quantities[] = {
        {"seal a letter into its carrier", "ChaCha20-Poly1305 and BLAKE2b alone",
         "25 MiB in 64 KiB steps: KEM, cipher, BLAKE2b, armor, page; goal 300", seal_carrier,
         cipher_and_hash},
        {"seal a letter into an age file", "ChaCha20-Poly1305 alone",
         "25 MiB in 64 KiB steps: KEM, cipher", seal_file, cipher_alone},
        {"take a message out of its armor", "BLAKE2b alone", "base64 and BLAKE2b; goal 300",
         read_armor, hash_alone},
        {"find a message in its carrier", "BLAKE2b alone", "page, base64 and BLAKE2b; goal 300",
         read_carrier, hash_alone},
        {"open a letter", "ChaCha20-Poly1305 alone", "given its file key", open_file, cipher_alone},
    };
    prepare();
    for (size_t i = 0; i < sizeof quantities / sizeof quantities[0]; i++)
        measure(&quantities[i]);
    return 0;
}
