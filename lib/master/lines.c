/* SPDX-License-Identifier: Apache-2.0
 * master: lines of a file. */
#include <sodium.h>

#include "clock.h"
#include "encode.h"
#include "lines_private.h"
#include "number.h"
#include "suite.h"

#define CHECK_TEXT_SIZE 65

/* --- reading --------------------------------------------------------------------------------- */

struct bytes lines_value(struct lines *lines, const char *name)
{
    struct bytes line = BYTES_NONE;
    size_t n = strlen(name), before = lines->rest.n;
    if (lines->wrong != NULL)
        return BYTES_NONE;
    lines->line++;
    bool is_line = bytes_line(&lines->rest, &line);
    bool with_cr = before - lines->rest.n > line.n + 1; /* bytes_line takes CRLF, too */
    if (!is_line || with_cr || !bytes_starts(line, bytes_text(name)) ||
        !bytes_starts(bytes_from(line, n), BYTES_LITERAL(": "))) {
        lines->wrong = name;
        return BYTES_NONE;
    }
    return bytes_from(line, n + 2);
}

void lines_expect(struct lines *lines, const char *name, bool good)
{
    if (!good && lines->wrong == NULL)
        lines->wrong = name;
}

void lines_word(struct lines *lines, const char *name, const char *word)
{
    lines_expect(lines, name, bytes_equal(lines_value(lines, name), bytes_text(word)));
}

void lines_number(struct lines *lines, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
    lines_expect(lines, name, number_parse(lines_value(lines, name), min, max, out) == ST_OK);
}

static void lines_time(struct lines *lines, const char *name, int64_t *out)
{
    struct bytes text = lines_value(lines, name);
    lines_expect(lines, name, text.n == 20 && clock_parse_iso(text, out) == ST_OK);
}

struct bytes lines_before(const struct lines *lines)
{
    return bytes_first(lines->file, lines->file.n - lines->rest.n);
}

/* SHA-256 in hexadecimal. */
static void check_text(struct bytes before, char text_out[CHECK_TEXT_SIZE])
{
    uint8_t hash[32];
    suite_sha256((struct suite_parts){{before}}, hash);
    hex_encode(text_out, BYTES_ARRAY(hash));
}

void lines_check(struct lines *lines)
{
    char check[CHECK_TEXT_SIZE];
    check_text(lines_before(lines), check);
    lines_word(lines, "check", check);
    lines_expect(lines, "end of the file",
                 lines->rest.n == 0 && lines->file.n > 0 &&
                     lines->file.p[lines->file.n - 1] == '\n');
}

/* Is this the one text of these bytes? libsodium's decoder passes over the high bit of a character,
 * so what it took is encoded again and compared. */
static bool one_text(struct bytes text, const uint8_t *bytes, size_t n)
{
    struct secret *again = secret_new(text.n + 1);
    sodium_bin2base64((char *)again->p, again->n, bytes, n, sodium_base64_VARIANT_ORIGINAL);
    bool same = secret_equal(text, bytes_first(secret_bytes(again), text.n));
    secret_free(again);
    return same;
}

bool lines_secret(struct bytes text, uint8_t *out, size_t n)
{
    size_t got = 0;
    return text.n == base64_length(n, PADDED) &&
           sodium_base642bin(out, n, (const char *)text.p, text.n, NULL, &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == n && one_text(text, out, n);
}

bool lines_hex(struct bytes text, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= 'A' && text.p[i] <= 'F')
            return false;
    return hex_decode(text, out, n) == ST_OK;
}

/* The key's one text: a key file may have blanks around it, a line may not. */
static void lines_authority(struct lines *lines, struct sign_public *out)
{
    char again[SIGN_PUBLIC_TEXT_SIZE] = "";
    struct bytes text = lines_value(lines, "authority");
    if (sign_public_parse(text, out) == ST_OK)
        sign_public_text(out, again);
    lines_expect(lines, "authority", text.n > 0 && bytes_equal(text, bytes_text(again)));
}

void lines_public(struct lines *lines, struct public_lines *out)
{
    uint64_t interval = 0;
    struct bytes district = lines_value(lines, "district");
    lines_expect(lines, "district",
                 identity_district_valid(district) &&
                     bytes_to_text(district, out->district, sizeof out->district));
    lines_number(lines, "serial", 1, IDENTITY_SERIAL_MAX, &out->settings.serial);
    lines_time(lines, "not-before", &out->settings.not_before);
    lines_time(lines, "not-after", &out->settings.not_after);
    lines_number(lines, "interval", 1, PARAMS_INTERVAL_MAX, &interval);
    out->settings.interval = (uint32_t)interval;
    lines_expect(
        lines, "fingerprint",
        lines_hex(lines_value(lines, "fingerprint"), out->fingerprint, sizeof out->fingerprint));
    lines_authority(lines, &out->authority);
}

/* --- writing --------------------------------------------------------------------------------- */

void lines_add_check(struct buffer *file, size_t start)
{
    char check[CHECK_TEXT_SIZE];
    check_text(bytes_from(buffer_bytes(file), start), check);
    buffer_add_format(file, "check: %s\n", check);
}

/* By libsodium's encoder: ours is not constant time. */
void lines_add_secret(struct buffer *file, const char *name, struct bytes secret)
{
    size_t length = base64_length(secret.n, PADDED);
    buffer_add_format(file, "%s: ", name);
    char *text = (char *)buffer_space(file, length + 1);
    if (text != NULL) {
        sodium_bin2base64(text, length + 1, secret.p, secret.n, sodium_base64_VARIANT_ORIGINAL);
        file->n += length;
    }
    buffer_add_text(file, "\n");
}

void lines_add_public(struct buffer *file, const struct master *master)
{
    const struct params *params = master_params(master);
    char not_before[CLOCK_TEXT_SIZE], not_after[CLOCK_TEXT_SIZE], authority[SIGN_PUBLIC_TEXT_SIZE],
        fingerprint[2 * PARAMS_FINGERPRINT_SIZE + 1];
    clock_iso(params->not_before, not_before);
    clock_iso(params->not_after, not_after);
    hex_encode(fingerprint, BYTES_ARRAY(params->fingerprint));
    sign_public_text(master_authority(master), authority);
    buffer_add_format(file, "district: %s\nserial: %llu\n", params->district,
                      (unsigned long long)params->serial);
    buffer_add_format(file, "not-before: %s\nnot-after: %s\ninterval: %u\n", not_before, not_after,
                      params->interval);
    buffer_add_format(file, "fingerprint: %s\nauthority: %s\n", fingerprint, authority);
}
