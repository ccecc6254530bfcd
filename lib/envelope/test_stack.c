/* SPDX-License-Identifier: Apache-2.0
 * envelope: nothing of a key is left on the stack when a letter was sealed, opened or signed. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "crypto_private.h"
#include "envelope_private.h"
#include "test_district.h"
#include "test_stack.h"

static struct district *district;
static struct secret *kek, *opened, *payload_key, *random_bytes;
static struct buffer file;
static struct envelope envelope;
static struct needles needles;

static struct bytes header(void)
{
    return bytes_first(buffer_bytes(&file), envelope.header_n);
}

static struct bytes payload(void)
{
    return bytes_from(buffer_bytes(&file), envelope.header_n);
}

static void *seal(void *nothing)
{
    struct envelope_writer *writer = NULL;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    if (envelope_writer_new(district->sender, &district->alice, random_bytes, &writer, &out) !=
            ST_OK ||
        envelope_writer_add(writer, BYTES_LITERAL("a letter of three"), &out) != ST_OK ||
        envelope_writer_end(writer, &out) != ST_OK)
        abort();
    envelope_writer_free(writer);
    buffer_done(&out);
    return nothing;
}

static void *unwrap(void *nothing)
{
    struct secret *again = NULL;
    if (envelope_unwrap(&envelope, header(), kek, &again) != ST_OK)
        abort();
    secret_free(again);
    return nothing;
}

static void *decrypt(void *nothing)
{
    uint8_t plain[32];
    if (envelope_decrypt(opened, payload(), plain) != ST_OK)
        abort();
    secret_wipe(plain, sizeof plain);
    return nothing;
}

/* The control: a key copied into an array that nobody wipes, below what the thread's end uses. */
static void *forgotten(void *nothing)
{
    volatile uint8_t array[8192];
    for (size_t i = 0; i < payload_key->n; i++)
        array[i] = payload_key->p[i];
    return array[0] == payload_key->p[0] ? nothing : NULL;
}

static int set_up(void **state)
{
    (void)state;
    district = district_new();
    random_bytes = district_random(90, ENVELOPE_RANDOM_SIZE);
    buffer_init(&file, 1 << 20);
    struct envelope_writer *writer = NULL;
    kek = secret_new(IBE_KEY_SIZE);
    if (envelope_writer_new(district->sender, &district->alice, random_bytes, &writer, &file) !=
            ST_OK ||
        envelope_writer_add(writer, BYTES_LITERAL("a letter of three"), &file) != ST_OK ||
        envelope_writer_end(writer, &file) != ST_OK ||
        envelope_read(buffer_bytes(&file), &envelope, NULL) != ST_OK ||
        master_decapsulate(district->master, &envelope.identity, envelope.ciphertext, kek) !=
            ST_OK ||
        envelope_unwrap(&envelope, header(), kek, &opened) != ST_OK)
        return -1;
    const struct secret file_key = {opened->p, ENVELOPE_FILE_KEY_SIZE};
    if (crypto_derive(&file_key, bytes_first(payload(), 16), "payload", &payload_key) != ST_OK)
        return -1;
    add_words(&needles, kek->p, kek->n);
    add_words(&needles, opened->p, ENVELOPE_FILE_KEY_SIZE);
    add_words(&needles, payload_key->p, payload_key->n);
    add_words(&needles, "a letter of three", 16);
    envelope_writer_free(writer);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    secret_free(kek);
    secret_free(opened);
    secret_free(payload_key);
    secret_free(random_bytes);
    buffer_done(&file);
    district_free(district);
    return 0;
}

static void nothing_is_left_on_the_stack(void **state)
{
    (void)state;
    assert_true(left_on_the_stack("an array not wiped", forgotten, &needles) > 0);
    assert_int_equal(left_on_the_stack("envelope_writer_*", seal, &needles), 0);
    assert_int_equal(left_on_the_stack("envelope_unwrap", unwrap, &needles), 0);
    assert_int_equal(left_on_the_stack("envelope_decrypt", decrypt, &needles), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_left_on_the_stack)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
