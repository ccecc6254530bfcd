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
#define FIELD_TEXT_SIZE 48 /* base64 of salt or nonce, and a NUL */

/* --- writing --------------------------------------------------------------------------------- */

/* "secrets: base64", by libsodium's encoder: ours is not constant time. */
static void add_secrets(struct buffer *file, struct bytes secrets)
{
    size_t length = base64_length(secrets.n, PADDED);
    buffer_add_text(file, "secrets: ");
    char *text = (char *)buffer_space(file, length + 1);
    if (text != NULL) {
        sodium_bin2base64(text, length + 1, secrets.p, secrets.n, sodium_base64_VARIANT_ORIGINAL);
        file->n += length;
    }
    buffer_add_text(file, "\n");
}

static void add_lock(struct buffer *file, const struct master_lock *lock)
{
    char salt[FIELD_TEXT_SIZE] = "", nonce[FIELD_TEXT_SIZE] = "";
    base64_encode(salt, BYTES_ARRAY(lock->salt), PADDED);
    base64_encode(nonce, BYTES_ARRAY(lock->nonce), PADDED);
    buffer_add_format(file, "protection: argon2id memory=%llu passes=%u salt=%s nonce=%s\n",
                      (unsigned long long)(lock->memory / 1024), lock->passes, salt, nonce);
}

/* SHA-256 of the lines before the last, in hexadecimal. */
static void check_text(struct bytes lines, char text_out[CHECK_TEXT_SIZE])
{
    uint8_t hash[32];
    suite_sha256((struct suite_parts){{lines}}, hash);
    hex_encode(text_out, BYTES_ARRAY(hash));
}

/* What everybody may know. */
static void add_public_lines(struct buffer *file, const struct master *master)
{
    const struct params *params = &master->params;
    char not_before[CLOCK_TEXT_SIZE], not_after[CLOCK_TEXT_SIZE], authority[SIGN_PUBLIC_TEXT_SIZE],
        fingerprint[2 * PARAMS_FINGERPRINT_SIZE + 1];
    clock_iso(params->not_before, not_before);
    clock_iso(params->not_after, not_after);
    hex_encode(fingerprint, BYTES_ARRAY(params->fingerprint));
    sign_public_text(master_authority(master), authority);
    buffer_add_format(file, "securemail-master: 1\ndistrict: %s\nserial: %llu\n", params->district,
                      (unsigned long long)params->serial);
    buffer_add_format(file, "not-before: %s\nnot-after: %s\ninterval: %u\n", not_before, not_after,
                      params->interval);
    buffer_add_format(file, "fingerprint: %s\nauthority: %s\n", fingerprint, authority);
}

enum status master_write(const struct master *master, const struct master_lock *lock,
                         struct buffer *file_out)
{
    size_t start = file_out->n;
    uint8_t sealed[LOCK_SEALED_SIZE];
    char check[CHECK_TEXT_SIZE];
    add_public_lines(file_out, master);
    if (lock == NULL) {
        buffer_add_text(file_out, "protection: none\n");
        add_secrets(file_out, secret_bytes(master->seeds));
    } else {
        add_lock(file_out, lock);
        enum status status =
            lock_seal(lock, bytes_from(buffer_bytes(file_out), start), master->seeds, sealed);
        if (status != ST_OK)
            return status;
        add_secrets(file_out, BYTES_ARRAY(sealed));
    }
    check_text(bytes_from(buffer_bytes(file_out), start), check);
    buffer_add_format(file_out, "check: %s\n", check);
    return buffer_check(file_out);
}

/* --- reading: the lines ---------------------------------------------------------------------- */

/* A file while it is read: the line in hand, and where the first mistake was. */
struct reader {
    struct bytes file, rest;
    unsigned line;
    const char *wrong; /* the name of the line that was not as it must be; NULL: none yet */
};

/* What the file says, before anything was made of it. */
struct content {
    char district[IDENTITY_DISTRICT_MAX + 1];
    struct master_settings settings;
    uint8_t fingerprint[PARAMS_FINGERPRINT_SIZE];
    struct sign_public authority;
    bool locked;
    struct master_lock lock;
    struct bytes lines;   /* what stands before the secrets */
    struct bytes secrets; /* their base64 */
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

/* "name=", then a text up to the next blank or the end. */
static struct bytes field(struct bytes *rest, const char *name)
{
    struct bytes start = bytes_text(name);
    if (!bytes_starts(*rest, start))
        return BYTES_NONE;
    struct bytes text = bytes_from(*rest, start.n);
    text = bytes_first(text, bytes_index(text, ' '));
    *rest = bytes_from(*rest, start.n + text.n);
    return text;
}

static bool field_bytes(struct bytes *rest, const char *name, uint8_t *out, size_t n)
{
    size_t got = 0;
    return base64_decode(field(rest, name), PADDED, out, n, &got) == ST_OK && got == n;
}

/* "none", or "argon2id memory=… passes=… salt=… nonce=…". */
static bool read_protection(struct bytes text, struct content *content)
{
    struct master_lock *lock = &content->lock;
    uint64_t kib = 0, passes = 0;
    content->locked = !bytes_equal(text, BYTES_LITERAL("none"));
    if (!content->locked)
        return true;
    if (!bytes_starts(text, BYTES_LITERAL("argon2id ")))
        return false;
    text = bytes_from(text, strlen("argon2id "));
    if (number_parse(field(&text, "memory="), 1, MASTER_MEMORY_MAX / 1024, &kib) != ST_OK ||
        number_parse(field(&text, " passes="), 1, MASTER_PASSES_MAX, &passes) != ST_OK ||
        !field_bytes(&text, " salt=", lock->salt, sizeof lock->salt) ||
        !field_bytes(&text, " nonce=", lock->nonce, sizeof lock->nonce))
        return false;
    lock->memory = kib * 1024;
    lock->passes = (uint32_t)passes;
    return text.n == 0 && lock_bounded(lock);
}

static void read_public_lines(struct reader *reader, struct content *content)
{
    uint64_t interval = 0;
    read_word(reader, "securemail-master", "1");
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
}

static enum status read_content(struct reader *reader, struct content *content)
{
    char check[CHECK_TEXT_SIZE];
    read_public_lines(reader, content);
    expect(reader, "protection", read_protection(value(reader, "protection"), content));
    content->lines = bytes_first(reader->file, reader->file.n - reader->rest.n);
    content->secrets = value(reader, "secrets");
    check_text(bytes_first(reader->file, reader->file.n - reader->rest.n), check);
    read_word(reader, "check", check); /* M-4 */
    expect(reader, "end of the file", reader->rest.n == 0);
    return reader->wrong == NULL ? ST_OK : ST_BAD;
}

/* --- reading: the secrets -------------------------------------------------------------------- */

static bool decode_secrets(struct bytes text, uint8_t *out, size_t n)
{
    size_t got = 0;
    return text.n == base64_length(n, PADDED) &&
           sodium_base642bin(out, n, (const char *)text.p, text.n, NULL, &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == n;
}

static enum status unlock(struct content *content, const struct secret *passphrase,
                          struct secret *seeds, struct why *why)
{
    uint8_t sealed[LOCK_SEALED_SIZE];
    if (content->locked && passphrase == NULL)
        return why_set(why, ST_BAD, "M-6: it is behind a passphrase, and none was given");
    if (!content->locked && passphrase != NULL)
        return why_set(why, ST_BAD, "M-6: it is not protected, though a passphrase was given");
    if (!content->locked)
        return decode_secrets(content->secrets, seeds->p, seeds->n)
                   ? ST_OK
                   : why_set(why, ST_BAD, "M-3: not good “secrets”");
    if (!decode_secrets(content->secrets, sealed, sizeof sealed))
        return why_set(why, ST_BAD, "M-3: not good “secrets”");
    content->lock.passphrase = passphrase;
    enum status status = lock_open(&content->lock, content->lines, sealed, seeds);
    if (status == ST_LIMIT)
        return why_set(why, ST_FAIL, "there is no memory for the passphrase's hash");
    return status == ST_OK
               ? ST_OK
               : why_set(why, ST_BAD, "M-7: the passphrase is wrong or the file is damaged");
}

/* Make everything again; what comes out must be what the file says it is. */
static enum status make_again(const struct content *content, const struct secret *seeds,
                              struct master **master_out, struct why *why)
{
    struct master *master = NULL;
    enum status status = master_new(&content->settings, seeds, &master);
    if (status != ST_OK)
        return why_set(why, status, "M-8: the settings make no parameters");
    if (memcmp(master->params.fingerprint, content->fingerprint, sizeof content->fingerprint) !=
            0 ||
        memcmp(master_authority(master), &content->authority, sizeof content->authority) != 0) {
        master_free(master);
        return why_set(why, ST_BAD, "M-8: its parts do not belong together");
    }
    *master_out = master;
    return ST_OK;
}

/* The rule that a line breaks. */
static const char *rule_of(const char *line)
{
    if (strcmp(line, "protection") == 0)
        return "M-5";
    return strcmp(line, "check") == 0 ? "M-4" : "M-2";
}

enum status master_read(struct bytes file, const struct secret *passphrase,
                        struct master **master_out, struct why *why)
{
    struct reader reader = {.file = file, .rest = file};
    struct content content = {.locked = false};
    if (file.n > MASTER_FILE_MAX)
        return why_set(why, ST_BAD, "M-1: longer than %d bytes", MASTER_FILE_MAX);
    if (read_content(&reader, &content) != ST_OK)
        return why_set(why, ST_BAD, "%s: line %u: not a good “%s”", rule_of(reader.wrong),
                       reader.line, reader.wrong);
    struct secret *seeds = secret_new(MASTER_RANDOM_SIZE);
    enum status status = unlock(&content, passphrase, seeds, why);
    if (status == ST_OK)
        status = make_again(&content, seeds, master_out, why);
    secret_free(seeds);
    return status;
}
