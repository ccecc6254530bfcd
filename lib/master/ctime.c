/* SPDX-License-Identifier: Apache-2.0
 * master: does a secret decide a branch or an address? To be run under valgrind's memcheck: secrets
 * are marked as uninitialised, and memcheck reports every conditional jump and every address that
 * depends on such bytes. ctime.supp lists what is known, each with its reason.
 *
 * `ctime leak` branches on a secret, so that a test shows that one would be found. */
#include <valgrind/memcheck.h>

#include "bf.h"
#include "master_private.h"
#include "mlkem.h"
#include "share_private.h"

#define POISON(p, n) VALGRIND_MAKE_MEM_UNDEFINED(p, n)
#define PUBLISH(p, n) VALGRIND_MAKE_MEM_DEFINED(p, n)

static struct master *master;
static struct identity alice = {.district = "mail.example", .serial = 1};
static uint8_t ciphertext[IBE_CIPHERTEXT_SIZE];

static void must(enum status status, const char *what)
{
    if (status != ST_OK) {
        fprintf(stderr, "%s: %s\n", what, status_name(status));
        exit(2);
    }
}

static void set_up(void)
{
    const struct master_settings settings = {
        .district = "mail.example", .serial = 1, .not_after = 1, .interval = 604800};
    struct secret *random = secret_new(MASTER_RANDOM_SIZE);
    for (size_t i = 0; i < random->n; i++)
        random->p[i] = (uint8_t)(i * 37 + 11);
    must(master_new(&settings, random, &master), "master_new");
    must(address_parse(BYTES_LITERAL("alice@example.org"), &alice.address, NULL), "address_parse");
    secret_free(random);
}

/* s, and dk without its public parts: the encapsulation key, from which ML-KEM makes its matrix,
 * and that key's hash. */
static void poison_master(void)
{
    uint8_t *dk = master->mlkem->p;
    const size_t s_n = 1152, public_n = MLKEM_PUBLIC_SIZE + 32;
    POISON(master->scalar->p, master->scalar->n);
    POISON(dk, s_n);
    POISON(dk + s_n + public_n, MLKEM_SECRET_SIZE - s_n - public_n);
}

/* m and μ are secret; the ciphertext that comes out is not. */
static void try_encapsulate(void)
{
    struct ibe_sender *sender = ibe_sender_new(&master->params);
    struct secret *random = secret_new(IBE_RANDOM_SIZE), *key = secret_new(IBE_KEY_SIZE);
    uint8_t text[IDENTITY_MAX];
    size_t n = 0;
    memset(random->p, 5, random->n);
    must(identity_encode(&alice, text, &n), "identity_encode");
    POISON(random->p, random->n);
    must(ibe_encapsulate(sender, (struct bytes){text, n}, random->p, ciphertext, key),
         "ibe_encapsulate");
    PUBLISH(ciphertext, sizeof ciphertext);
    secret_free(random);
    secret_free(key);
    ibe_sender_free(sender);
}

/* The whole of what the keyserver does: extract, read the extracted key, pair, encapsulate again,
 * compare, select, combine. Once with a good ciphertext, once with one that is rejected. */
static void try_open(void)
{
    struct secret *good = secret_new(IBE_KEY_SIZE), *rejected = secret_new(IBE_KEY_SIZE);
    must(master_decapsulate(master, &alice, ciphertext, good), "master_decapsulate");
    ciphertext[100] ^= 1;
    ciphertext[1000] ^= 1;
    must(master_decapsulate(master, &alice, ciphertext, rejected), "master_decapsulate");

    /* Comparing is in constant time too; only its answer may be known. */
    bool same = secret_equal(secret_bytes(good), secret_bytes(rejected));
    PUBLISH(&same, sizeof same);
    if (same)
        must(ST_FAIL, "a rejected ciphertext gave the key");
    secret_free(good);
    secret_free(rejected);
}

/* Splitting the seeds, writing a share's value, and joining. */
static void try_shares(void)
{
    struct secret *random = secret_copy(BYTES_ARRAY(((uint8_t[MASTER_RANDOM_SIZE]){77, 3, 1}))),
                  *seeds = secret_new(MASTER_RANDOM_SIZE);
    const struct share_plan plan = {.needed = 2, .count = 2, .random = random};
    struct share one = {.number = 1, .value = secret_new(MASTER_RANDOM_SIZE)},
                 two = {.number = 2, .value = secret_new(MASTER_RANDOM_SIZE)},
                 *const both[] = {&one, &two};
    struct buffer text;
    buffer_init(&text, SHARE_FILE_MAX);
    POISON(random->p, random->n);
    POISON(master->seeds->p, master->seeds->n);
    for (size_t i = 0; i < 2; i++) {
        share_evaluate(master->seeds, &plan, (uint8_t)both[i]->number, both[i]->value);
        lines_add_secret(&text, "value", secret_bytes(both[i]->value));
    }
    share_interpolate(both, 2, seeds);
    PUBLISH(seeds->p, seeds->n);
    PUBLISH(master->seeds->p, master->seeds->n);
    if (!secret_equal(secret_bytes(seeds), secret_bytes(master->seeds)))
        must(ST_FAIL, "other seeds came out");
    buffer_done(&text);
    secret_free(one.value);
    secret_free(two.value);
    secret_free(seeds);
    secret_free(random);
}

static void leak(void)
{
    POISON(master->scalar->p, master->scalar->n);
    if (master->scalar->p[0] & 1)
        puts("odd");
}

int main(int count, char **arguments)
{
    if (RUNNING_ON_VALGRIND == 0) {
        fprintf(stderr, "ctime means nothing outside valgrind\n");
        return 2;
    }
    set_up();
    if (count == 2 && strcmp(arguments[1], "leak") == 0) {
        leak();
    } else {
        try_shares();
        poison_master();
        try_encapsulate();
        try_open();
    }
    master_free(master);
    return 0;
}
