/* SPDX-License-Identifier: Apache-2.0
 * master: the master file (docs/spec/params.md §4). */
#include "master.h"

#include <sodium.h>

#include "clock.h"
#include "encode.h"
#include "master_private.h"
#include "number.h"
#include "suite.h"

#define CHECK_TEXT_SIZE 65

/* --- writing --------------------------------------------------------------------------------- */

/* "name: base64", by libsodium's encoder: ours is not constant time. */
static void add_secret(struct buffer *file, const char *name, const uint8_t *p, size_t n)
{
    size_t length = base64_length(n, PADDED);
    buffer_add_format(file, "%s: ", name);
    char *text = (char *)buffer_space(file, length + 1);
    if (text != NULL) {
        sodium_bin2base64(text, length + 1, p, n, sodium_base64_VARIANT_ORIGINAL);
        file->n += length;
    }
    buffer_add_text(file, "\n");
}

/* SHA-256 of the lines before the last, in hexadecimal. */
static void check_text(struct bytes lines, char text_out[CHECK_TEXT_SIZE])
{
    uint8_t hash[32];
    suite_sha256((struct suite_parts){{lines}}, hash);
    hex_encode(text_out, BYTES_ARRAY(hash));
}

enum status master_write(const struct master *master, struct buffer *file_out)
{
    size_t start = file_out->n;
    const struct params *params = &master->params;
    const uint8_t *seeds = master->seeds->p;
    char not_before[CLOCK_TEXT_SIZE], not_after[CLOCK_TEXT_SIZE], authority[SIGN_PUBLIC_TEXT_SIZE],
        check[CHECK_TEXT_SIZE], fingerprint[2 * PARAMS_FINGERPRINT_SIZE + 1];
    clock_iso(params->not_before, not_before);
    clock_iso(params->not_after, not_after);
    hex_encode(fingerprint, BYTES_ARRAY(params->fingerprint));
    sign_public_text(master_authority(master), authority);

    buffer_add_format(file_out, "securemail-master: 1\nprotection: none\n");
    buffer_add_format(file_out, "district: %s\nserial: %llu\n", params->district,
                      (unsigned long long)params->serial);
    buffer_add_format(file_out, "not-before: %s\nnot-after: %s\ninterval: %u\n", not_before,
                      not_after, params->interval);
    buffer_add_format(file_out, "fingerprint: %s\nauthority: %s\n", fingerprint, authority);
    add_secret(file_out, "bf-seed", seeds + SEED_AT_BF, SEED_BF_SIZE);
    add_secret(file_out, "mlkem-seed", seeds + SEED_AT_MLKEM, SEED_MLKEM_SIZE);
    add_secret(file_out, "authority-seed", seeds + SEED_AT_AUTHORITY, SEED_AUTHORITY_SIZE);
    check_text(bytes_from(buffer_bytes(file_out), start), check);
    buffer_add_format(file_out, "check: %s\n", check);
    return buffer_check(file_out);
}

/* --- reading --------------------------------------------------------------------------------- */

/* A file while it is read: the line in hand, and where the first mistake was. */
struct reader {
    struct bytes file, rest;
    unsigned line;
    const char *wrong; /* the name of the line that was not as it must be; NULL: none yet */
};

/* The value of the next line, which must have this name; nothing after a first mistake. */
static struct bytes value(struct reader *reader, const char *name)
{
    struct bytes line = BYTES_NONE;
    size_t n = strlen(name);
    if (reader->wrong != NULL)
        return BYTES_NONE;
    reader->line++;
    if (!bytes_line(&reader->rest, &line) || !bytes_starts(line, bytes_text(name)) ||
        !bytes_starts(bytes_from(line, n), BYTES_LITERAL(": "))) {
        reader->wrong = name;
        return BYTES_NONE;
    }
    return bytes_from(line, n + 2);
}

/* Keep the first mistake. */
static void expect(struct reader *reader, const char *name, bool good)
{
    if (!good && reader->wrong == NULL)
        reader->wrong = name;
}

static void read_word(struct reader *reader, const char *name, const char *word)
{
    expect(reader, name, bytes_equal(value(reader, name), bytes_text(word)));
}

static void read_number(struct reader *reader, const char *name, uint64_t max, uint64_t *out)
{
    expect(reader, name, number_parse(value(reader, name), 1, max, out) == ST_OK);
}

static void read_time(struct reader *reader, const char *name, int64_t *out)
{
    struct bytes text = value(reader, name);
    expect(reader, name, text.n == 20 && clock_parse_iso(text, out) == ST_OK);
}

static void read_secret(struct reader *reader, const char *name, uint8_t *out, size_t n)
{
    struct bytes text = value(reader, name);
    size_t got = 0;
    expect(reader, name,
           text.n == base64_length(n, PADDED) &&
               sodium_base642bin(out, n, (const char *)text.p, text.n, NULL, &got, NULL,
                                 sodium_base64_VARIANT_ORIGINAL) == 0 &&
               got == n);
}

/* What the file says, before anything was made of it. */
struct content {
    char district[IDENTITY_DISTRICT_MAX + 1];
    struct master_settings settings;
    uint8_t fingerprint[PARAMS_FINGERPRINT_SIZE];
    struct sign_public authority;
    struct secret *seeds;
};

static enum status read_content(struct reader *reader, struct content *content)
{
    uint64_t interval = 0;
    char check[CHECK_TEXT_SIZE];
    uint8_t *seeds = content->seeds->p;
    read_word(reader, "securemail-master", "1");
    read_word(reader, "protection", "none");
    expect(reader, "district",
           bytes_to_text(value(reader, "district"), content->district, sizeof content->district));
    content->settings.district = content->district;
    read_number(reader, "serial", IDENTITY_SERIAL_MAX, &content->settings.serial);
    read_time(reader, "not-before", &content->settings.not_before);
    read_time(reader, "not-after", &content->settings.not_after);
    read_number(reader, "interval", PARAMS_INTERVAL_MAX, &interval);
    content->settings.interval = (uint32_t)interval;
    expect(reader, "fingerprint",
           hex_decode(value(reader, "fingerprint"), content->fingerprint,
                      sizeof content->fingerprint) == ST_OK);
    expect(reader, "authority",
           sign_public_parse(value(reader, "authority"), &content->authority) == ST_OK);
    read_secret(reader, "bf-seed", seeds + SEED_AT_BF, SEED_BF_SIZE);
    read_secret(reader, "mlkem-seed", seeds + SEED_AT_MLKEM, SEED_MLKEM_SIZE);
    read_secret(reader, "authority-seed", seeds + SEED_AT_AUTHORITY, SEED_AUTHORITY_SIZE);
    check_text(bytes_first(reader->file, reader->file.n - reader->rest.n), check);
    read_word(reader, "check", check);
    expect(reader, "end of the file", reader->rest.n == 0);
    return reader->wrong == NULL ? ST_OK : ST_BAD;
}

enum status master_read(struct bytes file, struct master **master_out, struct why *why)
{
    enum status status = ST_BAD;
    struct reader reader = {.file = file, .rest = file};
    struct content content = {.seeds = secret_new(MASTER_RANDOM_SIZE)};
    struct master *master = NULL;
    if (file.n > MASTER_FILE_MAX) {
        why_set(why, ST_BAD, "longer than %d bytes", MASTER_FILE_MAX);
        goto out;
    }
    if (read_content(&reader, &content) != ST_OK) {
        why_set(why, ST_BAD, "line %u: not a good \"%s\"", reader.line, reader.wrong);
        goto out;
    }

    /* Make everything again; what comes out must be what the file says it is. */
    status = master_new(&content.settings, content.seeds, &master);
    if (status != ST_OK) {
        why_set(why, status, "the settings make no parameters");
        goto out;
    }
    if (memcmp(master->params.fingerprint, content.fingerprint, sizeof content.fingerprint) != 0 ||
        memcmp(master_authority(master), &content.authority, sizeof content.authority) != 0) {
        status = why_set(why, ST_BAD, "its parts do not belong together");
        goto out;
    }
    *master_out = master;
    master = NULL;
out:
    master_free(master);
    secret_free(content.seeds);
    return status;
}
