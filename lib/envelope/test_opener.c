/* SPDX-License-Identifier: Apache-2.0
 * envelope: exported keys, against the rules G-1 to G-6 of docs/spec/age-plugin.md. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "bech32.h"
#include "envelope_private.h"
#include "opener.h"
#include "test_district.h"

#define HRP "age-plugin-securemail-"

struct world {
    struct district *district;
    struct identity bob, later; /* beside the district's Alice */
    struct buffer message_key, identity_key;
};

/* A stanza sealed to somebody, and the file key in it. */
struct stanza {
    uint8_t identity[IDENTITY_MAX];
    size_t identity_n;
    uint8_t body[OPENER_BODY_SIZE];
    uint8_t id[ENVELOPE_ID_SIZE];
    struct secret *key, *file_key;
};

static struct bytes identity_of(const struct stanza *stanza)
{
    return (struct bytes){stanza->identity, stanza->identity_n};
}

static struct stanza seal(const struct world *world, const struct identity *to, uint8_t number)
{
    struct stanza stanza = {.key = secret_new(IBE_KEY_SIZE)};
    struct secret *random = district_random(number, ENVELOPE_RANDOM_SIZE);
    struct envelope_writer *writer = NULL;
    struct envelope envelope;
    struct buffer file;
    buffer_init(&file, 1 << 16);
    assert_int_equal(envelope_writer_new(world->district->sender, to, random, &writer, &file),
                     ST_OK);
    assert_int_equal(envelope_writer_add(writer, BYTES_LITERAL("x"), &file), ST_OK);
    assert_int_equal(envelope_writer_end(writer, &file), ST_OK);
    assert_int_equal(envelope_read(buffer_bytes(&file), &envelope, NULL), ST_OK);
    memcpy(stanza.identity, envelope.identity_bytes, envelope.identity_n);
    stanza.identity_n = envelope.identity_n;
    memcpy(stanza.body, envelope.ciphertext, IBE_CIPHERTEXT_SIZE);
    memcpy(stanza.body + IBE_CIPHERTEXT_SIZE, envelope.wrapped, ENVELOPE_WRAPPED_SIZE);
    memcpy(stanza.id, envelope.id, sizeof stanza.id);
    assert_int_equal(
        master_decapsulate(world->district->master, to, envelope.ciphertext, stanza.key), ST_OK);
    stanza.file_key = secret_copy((struct bytes){random->p + 64, ENVELOPE_FILE_KEY_SIZE});
    envelope_writer_free(writer);
    buffer_done(&file);
    secret_free(random);
    return stanza;
}

static void done(struct stanza *stanza)
{
    secret_free(stanza->key);
    secret_free(stanza->file_key);
}

static int set_up(void **state)
{
    static struct world world;
    world.district = district_new();
    world.bob = world.later = world.district->alice;
    world.later.period_start += 604800;
    if (address_parse(BYTES_LITERAL("bob@example.org"), &world.bob.address, NULL) != ST_OK)
        return -1;
    buffer_init(&world.message_key, OPENER_TEXT_MAX);
    buffer_init(&world.identity_key, OPENER_TEXT_MAX);
    struct stanza stanza = seal(&world, &world.district->alice, 50);
    struct secret *key = NULL, *mlkem = NULL;
    if (opener_write_message(stanza.id, stanza.key, &world.message_key) != ST_OK ||
        master_export(world.district->master, &world.district->alice, &key, &mlkem) != ST_OK ||
        opener_write_identity(&world.district->alice,
                              master_params(world.district->master)->public_point, key, mlkem,
                              &world.identity_key) != ST_OK)
        return -1;
    secret_free(key);
    secret_free(mlkem);
    done(&stanza);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    buffer_done(&world->message_key);
    buffer_done(&world->identity_key);
    district_free(world->district);
    return 0;
}

static struct opener *read_opener(const struct buffer *text)
{
    struct opener *opener = NULL;
    struct why why = {{0}};
    if (opener_read(buffer_bytes(text), &opener, &why) != ST_OK)
        fail_msg("%s", why.text);
    return opener;
}

/* What opening a stanza gives; ST_OK means the right file key. */
static enum status try(const struct opener *opener, const struct stanza *stanza)
{
    struct secret *file_key = NULL;
    enum status status = opener_open(opener, identity_of(stanza), stanza->body, &file_key);
    if (status == ST_OK)
        assert_true(secret_equal(secret_bytes(file_key), secret_bytes(stanza->file_key)));
    else
        assert_null(file_key);
    secret_free(file_key);
    return status;
}

static void a_message_key_opens_one_message(void **state)
{
    const struct world *world = *state;
    struct opener *opener = read_opener(&world->message_key);
    struct stanza its = seal(world, &world->district->alice, 50),
                  another = seal(world, &world->district->alice, 51);
    assert_int_equal(try(opener, &its), ST_OK);
    assert_int_equal(try(opener, &another), ST_NONE);
    its.body[OPENER_BODY_SIZE - 1] ^= 1; /* another id, then */
    assert_int_equal(try(opener, &its), ST_NONE);
    done(&its);
    done(&another);
    opener_free(opener);
}

static void an_identity_key_opens_every_message_of_one_address_and_period(void **state)
{
    const struct world *world = *state;
    struct opener *opener = read_opener(&world->identity_key);
    for (uint8_t number = 50; number < 53; number++) {
        struct stanza its = seal(world, &world->district->alice, number);
        assert_int_equal(try(opener, &its), ST_OK);
        /* G-9: changed anywhere, it is ours still, and does not open. */
        const size_t places[] = {120, 200, IBE_CIPHERTEXT_SIZE, OPENER_BODY_SIZE - 1};
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            its.body[places[i]] ^= 1;
            assert_int_equal(try(opener, &its), ST_BAD);
            its.body[places[i]] ^= 1;
        }
        done(&its);
    }
    struct stanza bobs = seal(world, &world->bob, 50), later = seal(world, &world->later, 50);
    assert_int_equal(try(opener, &bobs), ST_NONE);
    assert_int_equal(try(opener, &later), ST_NONE);
    done(&bobs);
    done(&later);
    opener_free(opener);
}

static void assert_refused(struct bytes text, const char *rule)
{
    struct opener *opener = NULL;
    struct why why = {{0}};
    assert_int_equal(opener_read(text, &opener, &why), ST_BAD);
    assert_null(opener);
    if (strncmp(why.text, rule, strlen(rule)) != 0)
        fail_msg("wanted %s, got “%s”", rule, why.text);
}

static void G_1_any_changed_character_is_noticed(void **state)
{
    const struct world *world = *state;
    struct buffer text;
    buffer_init(&text, 2 * OPENER_TEXT_MAX);
    buffer_add(&text, buffer_bytes(&world->message_key));
    for (size_t i = 0; i < text.n; i++) {
        uint8_t before = text.p[i];
        text.p[i] = before == 'Q' ? 'P' : 'Q';
        assert_refused(buffer_bytes(&text), "G-1");
        text.p[i] = before;
    }
    assert_refused(bytes_first(buffer_bytes(&text), text.n - 1), "G-1");
    assert_refused(BYTES_LITERAL("AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ"),
                   "G-1");
    text.p[0] = 'a'; /* mixed case */
    assert_refused(buffer_bytes(&text), "G-1");
    buffer_clear(&text);
    while (text.n <= OPENER_TEXT_MAX)
        buffer_add_text(&text, "Q");
    assert_refused(buffer_bytes(&text), "G-1");
    buffer_done(&text);
}

/* The data of a good string, changed, and written with a right check. */
static void assert_change_refused(const struct buffer *good, size_t at, uint8_t bits, int longer,
                                  const char *rule)
{
    uint8_t data[4096];
    char text[OPENER_TEXT_MAX];
    size_t n = 0;
    assert_int_equal(bech32_decode(buffer_bytes(good), HRP, data, sizeof data, &n), ST_OK);
    data[at] ^= bits;
    bech32_encode(HRP, (struct bytes){data, n + (size_t)longer}, text);
    assert_refused(bytes_text(text), rule);
}

static void each_rule_refuses_and_names_itself(void **state)
{
    const struct world *world = *state;
    const struct buffer *message = &world->message_key, *identity = &world->identity_key;
    uint8_t data[4096];
    size_t n = 0;
    assert_int_equal(bech32_decode(buffer_bytes(identity), HRP, data, sizeof data, &n), ST_OK);
    const size_t identity_n = (size_t)data[2] << 8 | data[3], point = 4 + identity_n,
                 key = point + PARAMS_PUBLIC_SIZE, mlkem = key + IBE_IDENTITY_KEY_SIZE;
    assert_int_equal(n, mlkem + IBE_MLKEM_SECRET_SIZE);

    assert_change_refused(message, 0, 3, 0, "G-2: of another version");
    assert_change_refused(message, 1, 4, 0, "G-2: no kind");
    assert_change_refused(message, 10, 0, 1, "G-3");
    assert_change_refused(message, 10, 0, -1, "G-3");
    assert_change_refused(message, 1, 3, 0, "G-3"); /* a message key that calls itself the other */
    assert_change_refused(identity, 3, 1, 0, "G-3");
    assert_change_refused(identity, 10, 0, -1, "G-3");
    assert_change_refused(identity, 4, 1, 0, "G-4");
    assert_change_refused(identity, 4 + identity_n - 30, 1, 0, "G-5"); /* another address */
    assert_change_refused(identity, point + 50, 1, 0, "G-5");
    assert_change_refused(identity, key + 20, 1, 0, "G-5");
    assert_change_refused(identity, key, 0x20, 0, "G-5"); /* −d: of the group, not the key */
    assert_change_refused(identity, mlkem + 1152 + 1, 1, 0, "G-6");
    assert_change_refused(identity, mlkem + 1152 + 1184, 1, 0, "G-6");
    assert_refused(BYTES_LITERAL("AGE-PLUGIN-SECUREMAIL-1XXXXXXX"), "G-1");
}

static void wrong_sizes_are_not_written(void **state)
{
    const struct world *world = *state;
    struct secret *small = secret_new(31), *key = secret_new(IBE_IDENTITY_KEY_SIZE),
                  *mlkem = secret_new(IBE_MLKEM_SECRET_SIZE);
    struct buffer text;
    uint8_t id[ENVELOPE_ID_SIZE] = {0};
    const uint8_t *point = master_params(world->district->master)->public_point;
    struct identity bad = world->district->alice;
    bad.serial = 0;
    buffer_init(&text, OPENER_TEXT_MAX);
    assert_int_equal(opener_write_message(id, small, &text), ST_BAD);
    assert_int_equal(opener_write_identity(&bad, point, key, mlkem, &text), ST_BAD);
    assert_int_equal(opener_write_identity(&world->bob, point, small, mlkem, &text), ST_BAD);
    assert_int_equal(opener_write_identity(&world->bob, point, key, small, &text), ST_BAD);
    assert_int_equal(text.n, 0);
    buffer_done(&text);
    secret_free(small);
    secret_free(key);
    secret_free(mlkem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_key_opens_one_message),
        cmocka_unit_test(an_identity_key_opens_every_message_of_one_address_and_period),
        cmocka_unit_test(G_1_any_changed_character_is_noticed),
        cmocka_unit_test(each_rule_refuses_and_names_itself),
        cmocka_unit_test(wrong_sizes_are_not_written),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
