/* SPDX-License-Identifier: Apache-2.0
 * sign: making and checking minisign signatures. */
#include "sign.h"

#include <assert.h>
#include <sodium.h>

#include "encode.h"
#include "sign_private.h"

#define SIGNATURE_SIZE crypto_sign_BYTES /* 64 */
#define HEAD_SIZE (2 + SIGN_ID_SIZE)     /* "ED" ‖ key id */

static const char untrusted_mark[] = "untrusted comment: ";
static const char trusted_mark[] = "trusted comment: ";

/* --- the hash -------------------------------------------------------------------------------- */

static crypto_generichash_state *state_of(struct sign_hash *hash)
{
    static_assert(sizeof(crypto_generichash_state) <= sizeof hash->state, "the state fits");
    return (crypto_generichash_state *)(void *)hash->state;
}

void sign_hash_init(struct sign_hash *hash)
{
    /* Without this libsodium would use its slow portable code. */
    if (sodium_init() < 0)
        abort();
    crypto_generichash_init(state_of(hash), NULL, 0, SIGN_HASH_SIZE);
}

void sign_hash_add(struct sign_hash *hash, struct bytes bytes)
{
    crypto_generichash_update(state_of(hash), bytes.p, bytes.n);
}

void sign_hash_end(struct sign_hash *hash, uint8_t hash_out[SIGN_HASH_SIZE])
{
    crypto_generichash_final(state_of(hash), hash_out, SIGN_HASH_SIZE);
    secret_wipe(hash, sizeof *hash);
}

/* --- comments -------------------------------------------------------------------------------- */

/* One line of printable UTF-8: no control characters, be they ASCII's (but a tab) or Latin-1's. */
static bool printable(struct bytes text)
{
    if (text.n > SIGN_COMMENT_MAX || !bytes_utf8(text))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if ((text.p[i] < ' ' && text.p[i] != '\t') || text.p[i] == 0x7f)
            return false;
        if (text.p[i] == 0xc2 && text.p[i + 1] < 0xa0)
            return false;
    }
    return true;
}

/* What the second signature covers: the first one and the trusted comment. */
struct bound {
    uint8_t bytes[SIGNATURE_SIZE + SIGN_COMMENT_MAX];
    size_t n;
};

static struct bound bind(const uint8_t signature[SIGNATURE_SIZE], struct bytes trusted_comment)
{
    struct bound bound = {.n = SIGNATURE_SIZE + trusted_comment.n};
    assert(trusted_comment.n <= SIGN_COMMENT_MAX);
    memcpy(bound.bytes, signature, SIGNATURE_SIZE);
    if (trusted_comment.n > 0)
        memcpy(bound.bytes + SIGNATURE_SIZE, trusted_comment.p, trusted_comment.n);
    return bound;
}

/* --- making ---------------------------------------------------------------------------------- */

static void add_base64(struct buffer *buffer, struct bytes bytes)
{
    char *text = (char *)buffer_space(buffer, base64_length(bytes.n, PADDED));
    if (text != NULL)
        buffer->n += base64_encode(text, bytes, PADDED);
}

enum status sign_make(const struct sign_key *key, const uint8_t hash[SIGN_HASH_SIZE],
                      const char *untrusted_comment, const char *trusted_comment,
                      struct buffer *signature_out)
{
    struct bytes trusted = bytes_text(trusted_comment);
    if (!printable(bytes_text(untrusted_comment)) || !printable(trusted))
        return ST_BAD;

    uint8_t first[HEAD_SIZE + SIGNATURE_SIZE] = "ED", second[SIGNATURE_SIZE];
    memcpy(first + 2, key->public.id, SIGN_ID_SIZE);
    crypto_sign_detached(first + HEAD_SIZE, NULL, hash, SIGN_HASH_SIZE, key->secret->p);
    struct bound bound = bind(first + HEAD_SIZE, trusted);
    crypto_sign_detached(second, NULL, bound.bytes, bound.n, key->secret->p);
    secret_burn_stack();

    buffer_add_format(signature_out, "%s%s\n", untrusted_mark, untrusted_comment);
    add_base64(signature_out, BYTES_ARRAY(first));
    buffer_add_format(signature_out, "\n%s%s\n", trusted_mark, trusted_comment);
    add_base64(signature_out, BYTES_ARRAY(second));
    buffer_add_text(signature_out, "\n");
    return buffer_check(signature_out);
}

/* --- checking -------------------------------------------------------------------------------- */

/* The four lines, taken apart. */
struct signature {
    uint8_t first[HEAD_SIZE + SIGNATURE_SIZE];
    struct bytes trusted_comment;
    uint8_t second[SIGNATURE_SIZE];
};

static bool comment_line(struct bytes *rest, const char *mark, struct bytes *comment_out)
{
    struct bytes line = BYTES_NONE;
    if (!bytes_line(rest, &line) || !bytes_starts(line, bytes_text(mark)))
        return false;
    *comment_out = bytes_from(line, strlen(mark));
    return printable(*comment_out);
}

static bool base64_line(struct bytes *rest, uint8_t *out, size_t size)
{
    size_t n = 0;
    struct bytes line = BYTES_NONE;
    return bytes_line(rest, &line) && base64_decode(line, PADDED, out, size, &n) == ST_OK &&
           n == size;
}

static enum status take_apart(struct bytes text, struct signature *signature_out)
{
    struct signature s = {0};
    struct bytes untrusted_comment = BYTES_NONE;
    if (text.n > SIGN_TEXT_MAX || !comment_line(&text, untrusted_mark, &untrusted_comment) ||
        !base64_line(&text, s.first, sizeof s.first) ||
        !comment_line(&text, trusted_mark, &s.trusted_comment) ||
        !base64_line(&text, s.second, sizeof s.second) || text.n > 0 ||
        memcmp(s.first, "ED", 2) != 0)
        return ST_BAD;
    *signature_out = s;
    return ST_OK;
}

enum status sign_check(const struct sign_public *key, const uint8_t hash[SIGN_HASH_SIZE],
                       struct bytes signature, struct bytes *trusted_comment_out)
{
    struct signature s;
    if (take_apart(signature, &s) != ST_OK)
        return ST_BAD;
    if (memcmp(s.first + 2, key->id, SIGN_ID_SIZE) != 0)
        return ST_NONE;
    struct bound bound = bind(s.first + HEAD_SIZE, s.trusted_comment);
    if (crypto_sign_verify_detached(s.first + HEAD_SIZE, hash, SIGN_HASH_SIZE, key->key) != 0 ||
        crypto_sign_verify_detached(s.second, bound.bytes, bound.n, key->key) != 0)
        return ST_DENIED;
    *trusted_comment_out = s.trusted_comment;
    return ST_OK;
}
