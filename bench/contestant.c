/* SPDX-License-Identifier: Apache-2.0
 * bench: ours as a contestant. Reads lines "operation bytes recipients repeats" and answers each
 * with the seconds of one run; contestants.mjs understands the same lines, and bench_rivals.py
 * gives them out by turns. */
#include <openssl/evp.h>
#include <time.h>

#include "carrier.h"
#include "measure.h"
#include "number.h"
#include "test_district.h"

#define BYTES_MAX 10000000
#define RECIPIENTS_MAX 50
#define FILE_MAX (BYTES_MAX + BYTES_MAX / 8)

static struct district *district;
static struct secret *fresh, *identity_key, *mlkem, *kek;
static struct identity recipients[RECIPIENTS_MAX];
static struct buffer letter, file, step, plain;
static uint8_t identity_text[IDENTITY_MAX], ciphertext[IBE_CIPHERTEXT_SIZE];
static struct bytes identity = {identity_text, 0};

/* What a line asks for. */
static struct bytes subject;
static unsigned recipients_n;

/* --- the KEM ---------------------------------------------------------------------------------- */

static void encapsulate(void)
{
    must(ibe_encapsulate(district->sender, identity, fresh->p, ciphertext, kek) == ST_OK,
         "encapsulate");
}

static void decapsulate(void)
{
    const struct ibe_opener opener = {master_params(district->master), identity_key, mlkem};
    must(ibe_decapsulate(&opener, identity, ciphertext, kek) == ST_OK, "decapsulate");
}

static void extract(void)
{
    struct secret *key = NULL;
    must(master_extract(district->master, &recipients[0], &key) == ST_OK, "extract");
    secret_free(key);
}

/* --- messages: a copy for each recipient ------------------------------------------------------ */

static void seal_file(const struct identity *to)
{
    struct envelope_writer *writer = NULL;
    file.n = 0;
    must(envelope_writer_new(district->sender, to, fresh, &writer, &file) == ST_OK &&
             envelope_writer_add(writer, subject, &file) == ST_OK &&
             envelope_writer_end(writer, &file) == ST_OK,
         "seal a file");
    envelope_writer_free(writer);
}

static void seal_files(void)
{
    for (unsigned i = 0; i < recipients_n; i++)
        seal_file(&recipients[i]);
}

static void seal_carrier(const struct identity *to)
{
    struct carrier_settings settings = district_settings(district, fresh);
    struct carrier *carrier = NULL;
    struct bytes rest = subject;
    settings.identity = to;
    step.n = 0;
    must(carrier_new(&settings, &carrier, &step) == ST_OK, "carrier_new");
    for (; rest.n > 0; rest = bytes_from(rest, CARRIER_CHUNK)) {
        step.n = 0;
        must(carrier_add(carrier, bytes_first(rest, CARRIER_CHUNK), &step) == ST_OK, "carrier_add");
    }
    step.n = 0;
    must(carrier_end(carrier, &step) == ST_OK, "carrier_end");
    carrier_free(carrier);
}

static void seal_carriers(void)
{
    for (unsigned i = 0; i < recipients_n; i++)
        seal_carrier(&recipients[i]);
}

/* What seal_file wrote last, for the first recipient, with that recipient's keys. */
static void open_file(void)
{
    const struct ibe_opener opener = {master_params(district->master), identity_key, mlkem};
    struct envelope envelope;
    struct secret *file_key = NULL;
    struct bytes all = buffer_bytes(&file);
    must(envelope_read(all, &envelope, NULL) == ST_OK &&
             ibe_decapsulate(&opener, identity, envelope.ciphertext, kek) == ST_OK &&
             envelope_unwrap(&envelope, bytes_first(all, envelope.header_n), kek, &file_key) ==
                 ST_OK &&
             envelope_decrypt(file_key, bytes_from(all, envelope.header_n), plain.p) == ST_OK,
         "open a file");
    secret_free(file_key);
}

/* --- the primitives alone --------------------------------------------------------------------- */

/* One encapsulation and the bare cipher over the letter, for each recipient. */
static void primitives(void)
{
    static const uint8_t key[32], nonce[12];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    for (unsigned i = 0; i < recipients_n; i++) {
        encapsulate();
        for (struct bytes rest = subject; rest.n > 0; rest = bytes_from(rest, ENVELOPE_CHUNK)) {
            int n = 0;
            EVP_EncryptInit_ex(context, EVP_chacha20_poly1305(), NULL, key, nonce);
            EVP_EncryptUpdate(context, file.p, &n, rest.p,
                              (int)bytes_first(rest, ENVELOPE_CHUNK).n);
            EVP_EncryptFinal_ex(context, file.p, &n);
        }
    }
    EVP_CIPHER_CTX_free(context);
}

/* --- the lines -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(void);
} operations[] = {
    {"encapsulate", encapsulate}, {"decapsulate", decapsulate}, {"extract", extract},
    {"file", seal_files},         {"carrier", seal_carriers},   {"open", open_file},
    {"primitives", primitives},
};

static void set_up(void)
{
    district = district_new();
    fresh = district_random(1, ENVELOPE_RANDOM_SIZE);
    kek = secret_new(IBE_KEY_SIZE);
    buffer_init(&letter, BYTES_MAX);
    buffer_init(&plain, BYTES_MAX);
    buffer_init(&file, FILE_MAX);
    buffer_init(&step, 2 * CARRIER_STEP_MAX);
    must(buffer_space(&plain, BYTES_MAX) != NULL && buffer_space(&file, FILE_MAX) != NULL,
         "memory");
    district_letter(&letter, BYTES_MAX);
    for (unsigned i = 0; i < RECIPIENTS_MAX; i++) {
        char text[32];
        snprintf(text, sizeof text, "user%u@example.org", i);
        recipients[i] = district->alice;
        must(address_parse(bytes_text(text), &recipients[i].address, NULL) == ST_OK, "address");
    }
    must(identity_encode(&recipients[0], identity_text, &identity.n) == ST_OK &&
             master_export(district->master, &recipients[0], &identity_key, &mlkem) == ST_OK,
         "keys");
    encapsulate();
}

static double seconds_of(void (*run)(void), unsigned repeats)
{
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (unsigned i = 0; i < repeats; i++)
        run();
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9) /
           repeats;
}

/* The next word of a line. */
static struct bytes word(struct bytes *rest)
{
    struct bytes found = bytes_first(*rest, bytes_index(*rest, ' '));
    *rest = bytes_from(*rest, found.n + 1 < rest->n ? found.n + 1 : rest->n);
    return found;
}

static unsigned number(struct bytes *rest, uint64_t max)
{
    uint64_t value = 0;
    must(number_parse(word(rest), 0, max, &value) == ST_OK, "a line has three numbers");
    return (unsigned)value;
}

static double answer(struct bytes line)
{
    struct bytes name = word(&line);
    subject = bytes_first(buffer_bytes(&letter), number(&line, BYTES_MAX));
    recipients_n = number(&line, RECIPIENTS_MAX);
    unsigned repeats = number(&line, UINT32_MAX);
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (bytes_equal(name, bytes_text(operations[i].name)))
            return seconds_of(operations[i].run, repeats);
    must(false, "a line names an operation");
    return 0;
}

int main(void)
{
    char line[80];
    set_up();
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%.9f\n", answer(bytes_trim(bytes_text(line))));
        fflush(stdout);
    }
    return 0;
}
