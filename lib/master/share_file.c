/* SPDX-License-Identifier: Apache-2.0
 * master: the share file (docs/spec/shares.md §2). */
#include "encode.h"
#include "memory.h"
#include "share_private.h"
#include "suite.h"

#define DIGEST_SIZE 16
#define DIGEST_TEXT_SIZE (2 * DIGEST_SIZE + 1)
#define DIGESTS_TEXT_SIZE (SHARE_COUNT_MAX * DIGEST_TEXT_SIZE)

/* digest = the first 16 bytes of SHA-256( "SECUREMAIL-V01-SHARE" ‖ set ‖ i ‖ y_i ). */
static void digest_text(const uint8_t set[SHARE_SET_SIZE], unsigned number,
                        const struct secret *value, char text_out[DIGEST_TEXT_SIZE])
{
    uint8_t hash[32];
    const uint8_t byte = (uint8_t)number;
    suite_sha256((struct suite_parts){{BYTES_LITERAL("SECUREMAIL-V01-SHARE"),
                                       {set, SHARE_SET_SIZE},
                                       {&byte, 1},
                                       secret_bytes(value)}},
                 hash);
    hex_encode(text_out, (struct bytes){hash, DIGEST_SIZE});
}

/* --- writing --------------------------------------------------------------------------------- */

enum status share_write(const struct master *master, const struct share_plan *plan,
                        struct secret *const values[], unsigned number, struct buffer *file_out)
{
    size_t start = file_out->n;
    char set[2 * SHARE_SET_SIZE + 1], digest[DIGEST_TEXT_SIZE];
    hex_encode(set, BYTES_ARRAY(plan->set));
    buffer_add_format(file_out, "securemail-share: 1\nset: %s\nshare: %u\n", set, number);
    buffer_add_format(file_out, "needed: %u\nshares: %u\n", plan->needed, plan->count);
    lines_add_public(file_out, master);
    buffer_add_text(file_out, "digests:");
    for (unsigned i = 1; i <= plan->count; i++) {
        digest_text(plan->set, i, values[i - 1], digest);
        buffer_add_format(file_out, " %s", digest);
    }
    buffer_add_text(file_out, "\n");
    lines_add_secret(file_out, "value", secret_bytes(values[number - 1]));
    lines_add_check(file_out, start);
    return buffer_check(file_out);
}

/* --- reading --------------------------------------------------------------------------------- */

static unsigned read_count(struct lines *lines, const char *name, uint64_t min, uint64_t max)
{
    uint64_t number = 0;
    lines_number(lines, name, min, max, &number);
    return (unsigned)number;
}

/* As many digests as there are shares, with a blank between; the share's own, as text. */
static bool read_digests(struct bytes text, const struct share *share, struct bytes *own_out)
{
    size_t n = DIGEST_TEXT_SIZE - 1;
    if (text.n != share->count * DIGEST_TEXT_SIZE - 1)
        return false;
    for (unsigned i = 1; i <= share->count; i++) {
        uint8_t digest[DIGEST_SIZE];
        struct bytes one = bytes_first(bytes_from(text, (i - 1) * DIGEST_TEXT_SIZE), n);
        if (!lines_hex(one, digest, sizeof digest) ||
            (i > 1 && text.p[(i - 1) * DIGEST_TEXT_SIZE - 1] != ' '))
            return false;
        if (i == share->number)
            *own_out = one;
    }
    return true;
}

/* All lines but the share's number, value and check; the number stands in the third. */
static void keep_common(struct share *share, struct bytes before_number, struct bytes behind_number)
{
    buffer_init(&share->common, SHARE_FILE_MAX);
    buffer_add(&share->common, before_number);
    buffer_add(&share->common, behind_number);
}

static enum status read_lines(struct lines *lines, struct share *share, uint8_t set[SHARE_SET_SIZE],
                              struct bytes *own_digest_out)
{
    lines_word(lines, "securemail-share", "1");
    lines_expect(lines, "set", lines_hex(lines_value(lines, "set"), set, SHARE_SET_SIZE));
    struct bytes before = lines_before(lines);
    share->number = read_count(lines, "share", 1, SHARE_COUNT_MAX);
    size_t behind = lines_before(lines).n;
    share->needed = read_count(lines, "needed", 2, SHARE_COUNT_MAX);
    share->count = read_count(lines, "shares", share->needed, SHARE_COUNT_MAX);
    lines_expect(lines, "share", share->number <= share->count);
    lines_public(lines, &share->public);
    share->public.settings.district = share->public.district;
    lines_expect(lines, "digests",
                 read_digests(lines_value(lines, "digests"), share, own_digest_out));
    keep_common(share, before, bytes_from(lines_before(lines), behind));
    lines_expect(lines, "value",
                 lines_secret(lines_value(lines, "value"), share->value->p, share->value->n));
    lines_check(lines);
    return lines->wrong == NULL ? ST_OK : ST_BAD;
}

enum status share_read(struct bytes file, struct share **share_out, struct why *why)
{
    enum status status = ST_BAD;
    uint8_t set[SHARE_SET_SIZE] = {0};
    char digest[DIGEST_TEXT_SIZE];
    struct bytes own = BYTES_NONE;
    struct lines lines = {.file = file, .rest = file};
    if (file.n > SHARE_FILE_MAX)
        return why_set(why, ST_BAD, "S-1: longer than %d bytes", SHARE_FILE_MAX);
    struct share *share = memory_new(1, sizeof *share);
    share->value = secret_new(MASTER_RANDOM_SIZE);
    if (read_lines(&lines, share, set, &own) != ST_OK) {
        why_set(why, ST_BAD, "%s: line %u: not a good “%s”",
                strcmp(lines.wrong, "check") == 0 ? "S-2" : "S-1", lines.line, lines.wrong);
        goto out;
    }
    digest_text(set, share->number, share->value, digest);
    if (!bytes_equal_nocase(own, bytes_text(digest))) {
        why_set(why, ST_BAD, "S-3: its value is not the one its digest is of");
        goto out;
    }
    *share_out = share;
    share = NULL;
    status = ST_OK;
out:
    share_free(share);
    return status;
}

void share_free(struct share *share)
{
    if (share == NULL)
        return;
    buffer_done(&share->common);
    secret_free(share->value);
    free(share);
}

unsigned share_number(const struct share *share)
{
    return share->number;
}

unsigned share_needed(const struct share *share)
{
    return share->needed;
}

unsigned share_count(const struct share *share)
{
    return share->count;
}
