/* SPDX-License-Identifier: Apache-2.0
 * bench: the KEM against the sum of the primitives that it can't do without, all measured in turns
 * in one run on the thread's own CPU clock. One JSON object a line; BENCHMARKS.md says what each
 * name means. */
#include <time.h>

#include "master.h"
#include "mlkem.h"
#include "point.h"
#include "suite.h"

#define SAMPLES 61
#define SAMPLE_NS 2000000 /* a sample repeats its operation for about this long */

/* --- what the operations work on ------------------------------------------------------------- */

static struct master *master;
static struct ibe_sender *sender;
static struct identity alice = {.district = "mail.example", .serial = 1};
static uint8_t identity_text[IDENTITY_MAX], ciphertext[IBE_CIPHERTEXT_SIZE];
static struct bytes identity;
static struct secret *identity_key, *mlkem_secret, *message_key;
static uint8_t mlkem_public[MLKEM_PUBLIC_SIZE];
static const uint8_t message_random[IBE_RANDOM_SIZE] = {1, 2, 3};
static blst_scalar scalar;
static blst_p1 q;
static blst_p1_affine d;
static blst_p2 u_jacobian;
static blst_p2_affine u, public_point;
static blst_fp6 lines[68];
static blst_fp12 miller;

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "bench: %s failed\n", what);
        exit(1);
    }
}

static void set_up(void)
{
    const struct master_settings settings = {
        .district = "mail.example", .serial = 1, .not_after = 1, .interval = 604800};
    struct secret *random = secret_new(MASTER_RANDOM_SIZE);
    const uint8_t seed[MLKEM_SEED_SIZE] = {9}, wide[64] = {0x55, 0x66, [63] = 0x77};
    memset(random->p, 3, random->n);
    identity.p = identity_text;
    message_key = secret_new(IBE_KEY_SIZE);
    mlkem_secret = secret_new(MLKEM_SECRET_SIZE);
    mlkem_keypair(seed, mlkem_public, mlkem_secret->p);
    must(master_new(&settings, random, &master) == ST_OK, "master_new");
    must(address_parse(BYTES_LITERAL("alice@example.org"), &alice.address, NULL) == ST_OK &&
             identity_encode(&alice, identity_text, &identity.n) == ST_OK,
         "identity");
    must(master_extract(master, &alice, &identity_key) == ST_OK, "extract");
    sender = ibe_sender_new(master_params(master));
    must(ibe_encapsulate(sender, identity, message_random, ciphertext, message_key) == ST_OK,
         "encapsulate");
    must(point_read_g1(identity_key->p, &d) == ST_OK && point_read_g2(ciphertext, &u) == ST_OK &&
             point_read_g2(master_params(master)->public_point, &public_point) == ST_OK &&
             point_of_identity(identity, &q) == ST_OK && point_scalar(wide, &scalar) == ST_OK,
         "points");
    blst_precompute_lines(lines, &public_point);
    blst_miller_loop(&miller, &u, &d);
    blst_p2_mult(&u_jacobian, blst_p2_generator(), scalar.b, 255);
    secret_free(random);
}

/* --- the operations -------------------------------------------------------------------------- */

static void encapsulate(void)
{
    must(ibe_encapsulate(sender, identity, message_random, ciphertext, message_key) == ST_OK, "");
}

static void decapsulate(void)
{
    const struct ibe_opener opener = {master_params(master), identity_key, mlkem_secret};
    must(ibe_decapsulate(&opener, identity, ciphertext, message_key) == ST_OK, "");
}

static void extract(void)
{
    struct secret *key = NULL;
    must(master_extract(master, &alice, &key) == ST_OK, "");
    secret_free(key);
}

static void open_message(void)
{
    must(master_decapsulate(master, &alice, ciphertext, message_key) == ST_OK, "");
}

static void load_params(void)
{
    ibe_sender_free(ibe_sender_new(master_params(master)));
}

static void verify_key(void)
{
    must(ibe_identity_key_valid(master_params(master), identity, identity_key), "");
}

static void p_hash_to_g1(void)
{
    blst_p1 point;
    blst_hash_to_g1(&point, identity.p, identity.n, (const byte *)SUITE_DST, sizeof SUITE_DST - 1,
                    NULL, 0);
}

static void p_g1_multiply(void)
{
    blst_p1 point;
    blst_p1_mult(&point, &q, scalar.b, 255);
}

static void p_g1_sign(void)
{
    blst_p1 point;
    blst_sign_pk_in_g2(&point, &q, &scalar);
}

static void p_g1_to_affine(void)
{
    blst_p1_affine affine;
    blst_p1_to_affine(&affine, &q);
}

static void p_g1_read(void)
{
    blst_p1_affine affine;
    must(blst_p1_uncompress(&affine, identity_key->p) == BLST_SUCCESS &&
             blst_p1_affine_in_g1(&affine),
         "");
}

static void p_g2_multiply(void)
{
    blst_p2 point;
    blst_p2_mult(&point, blst_p2_generator(), scalar.b, 255);
}

static void p_g2_compress(void)
{
    uint8_t text[POINT_G2_SIZE];
    blst_p2_compress(text, &u_jacobian);
}

static void p_g2_read(void)
{
    blst_p2_affine affine;
    must(blst_p2_uncompress(&affine, ciphertext) == BLST_SUCCESS && blst_p2_affine_in_g2(&affine),
         "");
}

static void p_miller_lines(void)
{
    blst_fp12 f;
    blst_miller_loop_lines(&f, lines, &d);
}

static void p_miller(void)
{
    blst_fp12 f;
    blst_miller_loop(&f, &u, &d);
}

static void p_final_exponentiation(void)
{
    blst_fp12 f;
    blst_final_exp(&f, &miller);
}

static void p_mlkem_encapsulate(void)
{
    uint8_t text[MLKEM_CIPHERTEXT_SIZE], key[MLKEM_KEY_SIZE];
    mlkem_encapsulate(mlkem_public, message_random, text, key);
}

static void p_mlkem_decapsulate(void)
{
    uint8_t key[MLKEM_KEY_SIZE];
    mlkem_decapsulate(mlkem_secret->p, ciphertext + 128, key);
}

enum operation {
    ENCAPSULATE,
    DECAPSULATE,
    EXTRACT,
    OPEN,
    LOAD_PARAMS,
    VERIFY_KEY,
    HASH_TO_G1,
    G1_MULTIPLY,
    G1_SIGN,
    G1_TO_AFFINE,
    G1_READ,
    G2_MULTIPLY,
    G2_COMPRESS,
    G2_READ,
    MILLER_LINES,
    MILLER,
    FINAL_EXPONENTIATION,
    MLKEM_ENCAPSULATE,
    MLKEM_DECAPSULATE,
    OPERATIONS
};

#define SUM(operation) (1u << (operation))

/* `sum`: the primitives without which it can't be done, to compare with. */
static const struct {
    const char *name;
    void (*run)(void);
    unsigned sum;
    const char *note;
} operations[OPERATIONS] = {
    [ENCAPSULATE] =
        {"kem-encapsulate", encapsulate,
         SUM(HASH_TO_G1) | SUM(G2_MULTIPLY) | SUM(G2_COMPRESS) | SUM(G1_MULTIPLY) |
             SUM(G1_TO_AFFINE) | SUM(MILLER_LINES) | SUM(FINAL_EXPONENTIATION) |
             SUM(MLKEM_ENCAPSULATE),
         "hash to G1, two multiplications, Miller loop with lines, final exponentiation, "
         "ML-KEM encapsulation"},
    [DECAPSULATE] =
        {"kem-decapsulate", decapsulate,
         SUM(G2_READ) | SUM(G1_READ) | SUM(MILLER) | SUM(FINAL_EXPONENTIATION) | SUM(G2_MULTIPLY) |
             SUM(G2_COMPRESS) | SUM(MLKEM_DECAPSULATE),
         "both points read and checked, pairing, one multiplication, ML-KEM decapsulation"},
    [EXTRACT] = {"kem-extract", extract, SUM(HASH_TO_G1) | SUM(G1_SIGN) | SUM(G1_TO_AFFINE),
                 "hash to G1, one multiplication"},
    [OPEN] = {"keyserver-open", open_message,
              SUM(HASH_TO_G1) | SUM(G1_SIGN) | SUM(G1_TO_AFFINE) | SUM(G2_READ) | SUM(G1_READ) |
                  SUM(MILLER) | SUM(FINAL_EXPONENTIATION) | SUM(G2_MULTIPLY) | SUM(G2_COMPRESS) |
                  SUM(MLKEM_DECAPSULATE),
              "extract and decapsulate"},
    [LOAD_PARAMS] = {"kem-load-parameters", load_params, 0, "check Ppub, precompute its lines"},
    [VERIFY_KEY] = {"kem-verify-private-key", verify_key, 0, "one pairing equation"},
    [HASH_TO_G1] = {"blst-hash-to-g1", p_hash_to_g1, 0, ""},
    [G1_MULTIPLY] = {"blst-g1-multiply", p_g1_multiply, 0, ""},
    [G1_SIGN] = {"blst-g1-multiply-signing", p_g1_sign, 0,
                 "the way without a branch on the scalar"},
    [G1_TO_AFFINE] = {"blst-g1-to-affine", p_g1_to_affine, 0, ""},
    [G1_READ] = {"blst-g1-read", p_g1_read, 0, "uncompress, subgroup check"},
    [G2_MULTIPLY] = {"blst-g2-multiply", p_g2_multiply, 0, ""},
    [G2_COMPRESS] = {"blst-g2-compress", p_g2_compress, 0, ""},
    [G2_READ] = {"blst-g2-read", p_g2_read, 0, "uncompress, subgroup check"},
    [MILLER_LINES] = {"blst-miller-loop-lines", p_miller_lines, 0, "lines of Ppub precomputed"},
    [MILLER] = {"blst-miller-loop", p_miller, 0, ""},
    [FINAL_EXPONENTIATION] = {"blst-final-exponentiation", p_final_exponentiation, 0, ""},
    [MLKEM_ENCAPSULATE] = {"mlkem-encapsulate", p_mlkem_encapsulate, 0, ""},
    [MLKEM_DECAPSULATE] = {"mlkem-decapsulate", p_mlkem_decapsulate, 0, ""},
};

/* --- measuring ------------------------------------------------------------------------------- */

static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Microseconds for one run of the operation, averaged over `repeats`. */
static double sample(size_t operation, unsigned repeats)
{
    int64_t start = cpu_ns();
    for (unsigned i = 0; i < repeats; i++)
        operations[operation].run();
    return (double)(cpu_ns() - start) / 1000 / repeats;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Everything takes turns, so that what else the machine does falls on all alike. */
static void measure(double samples[OPERATIONS][SAMPLES])
{
    unsigned repeats[OPERATIONS];
    for (size_t o = 0; o < OPERATIONS; o++) {
        sample(o, 3);
        repeats[o] = 1 + (unsigned)(SAMPLE_NS / 1000 / (sample(o, 5) + 1));
    }
    for (size_t s = 0; s < SAMPLES; s++)
        for (size_t o = 0; o < OPERATIONS; o++)
            samples[o][s] = sample(o, repeats[o]);
    for (size_t o = 0; o < OPERATIONS; o++)
        qsort(samples[o], SAMPLES, sizeof samples[o][0], compare);
}

static double median(double samples[OPERATIONS][SAMPLES], size_t operation)
{
    return samples[operation][SAMPLES / 2];
}

static void print(double samples[OPERATIONS][SAMPLES], size_t operation)
{
    double own = median(samples, operation), sum = 0;
    for (size_t o = 0; o < OPERATIONS; o++)
        if ((operations[operation].sum & SUM(o)) != 0)
            sum += median(samples, o);
    printf("{\"name\": \"%s\", \"unit\": \"us\", \"median\": %.2f, \"min\": %.2f, \"max\": %.2f, "
           "\"runs\": %d, ",
           operations[operation].name, own, samples[operation][0], samples[operation][SAMPLES - 1],
           SAMPLES);
    if (sum > 0)
        printf("\"rival\": \"sum of primitives\", \"rival_median\": %.2f, \"ratio\": %.3f, ", sum,
               own / sum);
    else
        printf("\"rival\": null, \"rival_median\": null, \"ratio\": null, ");
    printf("\"note\": \"%s\"}\n", operations[operation].note);
}

int main(void)
{
    static double samples[OPERATIONS][SAMPLES];
    set_up();
    measure(samples);
    for (size_t o = 0; o < OPERATIONS; o++)
        print(samples, o);
    return 0;
}
