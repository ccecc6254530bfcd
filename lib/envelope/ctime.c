/* SPDX-License-Identifier: Apache-2.0
 * envelope: does a key decide a branch or an address while a message is opened? To be run under
 * valgrind's memcheck, as lib/master/ctime.c is: the key is marked as uninitialised, and memcheck
 * reports every conditional jump and every address that depends on it. Nothing is suppressed: what
 * may be known, whether something authenticated, is marked as known where it is found out.
 *
 * `envelope_ctime leak` branches on the key, so that a test shows that one would be found. */
#include <valgrind/memcheck.h>

#include "envelope_private.h"
#include "test_district.h"

/* Do two tags agree? libcrypto compares them in constant time and then branches on the answer,
 * which the caller tells the world anyway. Valgrind leads its calls here (its manual, §3.2). */
int I_WRAP_SONAME_FNNAME_ZU(libcryptoZdsoZa, CRYPTO_memcmp)(const void *a, const void *b, size_t n);
int I_WRAP_SONAME_FNNAME_ZU(libcryptoZdsoZa, CRYPTO_memcmp)(const void *a, const void *b, size_t n)
{
    OrigFn compare;
    int differ;
    VALGRIND_GET_ORIG_FN(compare);
    CALL_FN_W_WWW(differ, compare, a, b, n);
    VALGRIND_MAKE_MEM_DEFINED(&differ, sizeof differ);
    return differ;
}

static void must(bool held, const char *what)
{
    if (!held) {
        fprintf(stderr, "envelope_ctime: %s\n", what);
        exit(2);
    }
}

/* A sealed letter and the KEM's key for it. */
static void make(struct buffer *file, struct secret *kek)
{
    struct district *district = district_new();
    struct secret *random = district_random(80, ENVELOPE_RANDOM_SIZE);
    struct envelope_writer *writer = NULL;
    struct envelope envelope;
    must(envelope_writer_new(district->sender, &district->alice, random, &writer, file) == ST_OK &&
             envelope_writer_add(writer, BYTES_LITERAL("a letter"), file) == ST_OK &&
             envelope_writer_end(writer, file) == ST_OK &&
             envelope_read(buffer_bytes(file), &envelope, NULL) == ST_OK &&
             master_decapsulate(district->master, &envelope.identity, envelope.ciphertext, kek) ==
                 ST_OK,
         "seal");
    envelope_writer_free(writer);
    secret_free(random);
    district_free(district);
}

/* Whether the key was the right one is secret until the payload has been worked on, and then it is
 * what decrypting answers. That it decides no earlier is test_same_work.c's to show. */
static enum status decrypt(struct secret *opened, struct bytes payload, uint8_t *letter)
{
    VALGRIND_MAKE_MEM_DEFINED(opened->p + ENVELOPE_FILE_KEY_SIZE, 1);
    return envelope_decrypt(opened, payload, letter);
}

static void unwrap_and_decrypt(struct bytes file, const struct secret *kek)
{
    struct envelope envelope;
    struct secret *file_key = NULL;
    uint8_t letter[8];
    must(envelope_read(file, &envelope, NULL) == ST_OK, "envelope_read");
    struct bytes header = bytes_first(file, envelope.header_n);
    must(envelope_unwrap(&envelope, header, kek, &file_key) == ST_OK, "envelope_unwrap");
    must(decrypt(file_key, bytes_from(file, header.n), letter) == ST_OK, "decrypt");
    VALGRIND_MAKE_MEM_DEFINED(letter, sizeof letter);
    must(memcmp(letter, "a letter", sizeof letter) == 0, "another letter");
    secret_free(file_key);

    /* One that does not authenticate goes the same way. */
    envelope.wrapped[0] ^= 1;
    must(envelope_unwrap(&envelope, header, kek, &file_key) == ST_OK, "envelope_unwrap");
    must(decrypt(file_key, bytes_from(file, header.n), letter) == ST_BAD, "it opened?");
    secret_free(file_key);
    envelope.wrapped[0] ^= 1;
    envelope.mac[0] ^= 1;
    must(envelope_unwrap(&envelope, header, kek, &file_key) == ST_OK, "envelope_unwrap");
    must(decrypt(file_key, bytes_from(file, header.n), letter) == ST_BAD, "it opened?");
    secret_free(file_key);
}

int main(int count, char **arguments)
{
    if (RUNNING_ON_VALGRIND == 0) {
        fprintf(stderr, "envelope_ctime means nothing outside valgrind\n");
        return 2;
    }
    struct buffer file;
    struct secret *kek = secret_new(IBE_KEY_SIZE);
    buffer_init(&file, 1 << 16);
    make(&file, kek);
    VALGRIND_MAKE_MEM_UNDEFINED(kek->p, kek->n);
    if (count == 2 && strcmp(arguments[1], "leak") == 0)
        puts(kek->p[0] & 1 ? "odd" : "even");
    else
        unwrap_and_decrypt(buffer_bytes(&file), kek);
    buffer_done(&file);
    secret_free(kek);
    return 0;
}
