/* SPDX-License-Identifier: Apache-2.0
 * bench: what sealing and opening a large letter costs, beside the bare cipher and hash. */
#include <openssl/evp.h>

#include "carrier.h"
#include "measure.h"
#include "test_district.h"

#define LETTER ((size_t)25 << 20)
#define STEP ((size_t)1 << 20) /* what a caller with memory to spare gives at once */
#define HTML_MAX ((size_t)64 << 20)

/* --- what is measured ------------------------------------------------------------------------- */

static struct district *district;
static struct secret *fresh, *opened;
static struct buffer letter, html, step, file, plain, signature;
static struct bytes message; /* the armored message inside the page */
static size_t header_n;
static size_t subject_n; /* how much of the letter the row is about */
static size_t step_n = CARRIER_CHUNK;
static struct envelope_writer *writer;

/* As the gateway does: one step's bytes at a time, as they would go to the relay. */
static void seal_carrier(void)
{
    struct carrier_settings settings = district_settings(district, fresh);
    struct carrier *carrier = NULL;
    struct bytes rest = bytes_first(buffer_bytes(&letter), subject_n);
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

static void begin_file(void)
{
    step.n = 0;
    must(envelope_writer_new(district->sender, &district->alice, fresh, &writer, &step) == ST_OK,
         "envelope_writer_new");
}

static void seal_payload(void)
{
    struct bytes rest = bytes_first(buffer_bytes(&letter), subject_n);
    for (; rest.n > 0; rest = bytes_from(rest, step_n)) {
        step.n = 0;
        must(envelope_writer_add(writer, bytes_first(rest, step_n), &step) == ST_OK, "add");
    }
    must(envelope_writer_end(writer, &step) == ST_OK, "envelope_writer_end");
    envelope_writer_free(writer);
}

static void seal_file(void)
{
    begin_file();
    seal_payload();
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
    must(envelope_decrypt(opened, bytes_from(buffer_bytes(&file), header_n), plain.p) == ST_OK,
         "envelope_decrypt");
}

/* --- the rivals: one primitive alone, in pieces of the same size ------------------------------ */

static void run_cipher(int seal)
{
    static uint8_t out[CARRIER_CHUNK];
    static const uint8_t key[32], nonce[12];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    EVP_CipherInit_ex(context, EVP_chacha20_poly1305(), NULL, key, nonce, seal);
    struct bytes rest = bytes_first(buffer_bytes(&letter), subject_n);
    for (; rest.n > 0; rest = bytes_from(rest, CARRIER_CHUNK)) {
        int n = 0;
        uint8_t tag[16];
        EVP_CipherInit_ex(context, NULL, NULL, NULL, nonce, -1);
        EVP_CipherUpdate(context, out, &n, rest.p, (int)bytes_first(rest, CARRIER_CHUNK).n);
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
    struct bytes rest = bytes_first(buffer_bytes(&letter), subject_n);
    for (; rest.n > 0; rest = bytes_from(rest, CARRIER_CHUNK))
        sign_hash_add(&hash, bytes_first(rest, CARRIER_CHUNK));
    sign_hash_end(&hash, out);
}

static void cipher_and_hash(void)
{
    cipher_alone();
    hash_alone();
}

/* --- all of it -------------------------------------------------------------------------------- */

static void prepare(void)
{
    district = district_new();
    fresh = district_random(1, ENVELOPE_RANDOM_SIZE);
    opened = secret_new(ENVELOPE_OPENED_SIZE); /* as envelope_unwrap gives it */
    memcpy(opened->p, fresh->p + IBE_RANDOM_SIZE, ENVELOPE_FILE_KEY_SIZE);
    opened->p[ENVELOPE_FILE_KEY_SIZE] = 1;
    buffer_init(&letter, LETTER);
    buffer_init(&html, HTML_MAX);
    buffer_init(&step, 2 * STEP);
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

/* A row about the first n bytes of the letter. */
static void row(struct quantity quantity, size_t n)
{
    subject_n = n;
    quantity.ours_bytes = quantity.theirs_bytes = (double)n;
    measure(&quantity);
}

int main(void)
{
    static const char cipher[] = "ChaCha20-Poly1305 alone", hash[] = "BLAKE2b alone";
    struct quantity payload = {"seal a payload of 25 MiB",
                               cipher,
                               "in 1 MiB steps, KEM not counted",
                               .ours = seal_payload,
                               .theirs = cipher_alone,
                               .before = begin_file};
    prepare();
    step_n = STEP;
    row(payload, LETTER);
    payload.name = "seal a payload of 10 MB";
    row(payload, 10000000);
    step_n = CARRIER_CHUNK;
    payload.name = "seal a payload in small steps";
    payload.note = "25 MiB in 64 KiB steps, each copied once; KEM not counted";
    row(payload, LETTER);
    row((struct quantity){"seal a letter into an age file", cipher, "25 MiB in 64 KiB steps",
                          .ours = seal_file, .theirs = cipher_alone},
        LETTER);
    row((struct quantity){"seal a letter into its carrier", "ChaCha20-Poly1305 and BLAKE2b alone",
                          "KEM, cipher, BLAKE2b, armor, page", .ours = seal_carrier,
                          .theirs = cipher_and_hash},
        LETTER);
    row((struct quantity){"take a message out of its armor", hash, "base64 and BLAKE2b",
                          .ours = read_armor, .theirs = hash_alone},
        LETTER);
    row((struct quantity){"find a message in its carrier", hash, "page, base64 and BLAKE2b",
                          .ours = read_carrier, .theirs = hash_alone},
        LETTER);
    row((struct quantity){"open a letter", cipher, "given its file key", .ours = open_file,
                          .theirs = cipher_alone},
        LETTER);
    return 0;
}
