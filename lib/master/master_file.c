/* SPDX-License-Identifier: Apache-2.0
 * master: the master file (docs/spec/params.md §4). */
#include "encode.h"
#include "lines_private.h"
#include "master_private.h"
#include "number.h"

#define FIELD_TEXT_SIZE 48 /* base64 of salt or nonce, and a NUL */

/* --- writing --------------------------------------------------------------------------------- */

static void add_lock(struct buffer *file, const struct master_lock *lock)
{
    char salt[FIELD_TEXT_SIZE] = "", nonce[FIELD_TEXT_SIZE] = "";
    base64_encode(salt, BYTES_ARRAY(lock->salt), PADDED);
    base64_encode(nonce, BYTES_ARRAY(lock->nonce), PADDED);
    buffer_add_format(file, "protection: argon2id memory=%llu passes=%u salt=%s nonce=%s\n",
                      (unsigned long long)(lock->memory / 1024), lock->passes, salt, nonce);
}

enum status master_write(const struct master *master, const struct master_lock *lock,
                         struct buffer *file_out)
{
    size_t start = file_out->n;
    uint8_t sealed[LOCK_SEALED_SIZE];
    buffer_add_text(file_out, "securemail-master: 1\n");
    lines_add_public(file_out, master);
    if (lock == NULL) {
        buffer_add_text(file_out, "protection: none\n");
        lines_add_secret(file_out, "secrets", secret_bytes(master->seeds));
    } else {
        add_lock(file_out, lock);
        enum status status =
            lock_seal(lock, bytes_from(buffer_bytes(file_out), start), master->seeds, sealed);
        if (status != ST_OK)
            return status;
        lines_add_secret(file_out, "secrets", BYTES_ARRAY(sealed));
    }
    lines_add_check(file_out, start);
    return buffer_check(file_out);
}

/* --- reading --------------------------------------------------------------------------------- */

/* What the file says, before anything was made of it. */
struct content {
    struct public_lines public;
    bool locked;
    struct master_lock lock;
    struct bytes lines;   /* what stands before the secrets */
    struct bytes secrets; /* their base64 */
};

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

static enum status read_content(struct lines *lines, struct content *content)
{
    lines_word(lines, "securemail-master", "1");
    lines_public(lines, &content->public);
    content->public.settings.district = content->public.district;
    lines_expect(lines, "protection", read_protection(lines_value(lines, "protection"), content));
    content->lines = lines_before(lines);
    content->secrets = lines_value(lines, "secrets");
    lines_check(lines); /* M-4 */
    return lines->wrong == NULL ? ST_OK : ST_BAD;
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
        return lines_secret(content->secrets, seeds->p, seeds->n)
                   ? ST_OK
                   : why_set(why, ST_BAD, "M-3: not good “secrets”");
    if (!lines_secret(content->secrets, sealed, sizeof sealed))
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
    enum status status = master_new(&content->public.settings, seeds, &master);
    if (status != ST_OK)
        return why_set(why, status, "M-8: the settings make no parameters");
    if (memcmp(master->params.fingerprint, content->public.fingerprint,
               sizeof content->public.fingerprint) != 0 ||
        memcmp(master_authority(master), &content->public.authority,
               sizeof content->public.authority) != 0) {
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
    struct lines lines = {.file = file, .rest = file};
    struct content content = {.locked = false};
    if (file.n > MASTER_FILE_MAX)
        return why_set(why, ST_BAD, "M-1: longer than %d bytes", MASTER_FILE_MAX);
    if (read_content(&lines, &content) != ST_OK)
        return why_set(why, ST_BAD, "%s: line %u: not a good “%s”", rule_of(lines.wrong),
                       lines.line, lines.wrong);
    struct secret *seeds = secret_new(MASTER_RANDOM_SIZE);
    enum status status = unlock(&content, passphrase, seeds, why);
    if (status == ST_OK)
        status = make_again(&content, seeds, master_out, why);
    secret_free(seeds);
    return status;
}
