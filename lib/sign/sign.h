/* SPDX-License-Identifier: Apache-2.0
 * sign: minisign signatures (Ed25519 over a BLAKE2b-512 hash), so that anybody can check ours with
 * a stock tool. Parameters and sealed messages are signed with it.
 *
 * A signature is four lines of text:
 *
 *     untrusted comment: <anything>
 *     base64( "ED" ‖ key id (8) ‖ Ed25519(hash of the file) (64) )
 *     trusted comment: <text>
 *     base64( Ed25519( the 64 signature bytes above ‖ text ) (64) )
 *
 * Minisign's older form, "Ed" over the file itself, is not taken. */
#ifndef SECUREMAIL_SIGN_H
#define SECUREMAIL_SIGN_H

#include "buffer.h"
#include "secret.h"

#define SIGN_SEED_SIZE 32
#define SIGN_ID_SIZE 8
#define SIGN_HASH_SIZE 64
#define SIGN_COMMENT_MAX 1024                      /* bytes of a comment */
#define SIGN_TEXT_MAX (2 * SIGN_COMMENT_MAX + 512) /* a whole signature */
#define SIGN_PUBLIC_TEXT_SIZE 57 /* base64 of "Ed" ‖ key id ‖ key, and a NUL */
#define SIGN_KEY_FILE_MAX (SIGN_COMMENT_MAX + 256) /* a secret or public key file */

struct sign_public {
    uint8_t id[SIGN_ID_SIZE];
    uint8_t key[32];
};

struct sign_key; /* a signing key; opaque, in secret memory */

/* The key made from 32 random bytes, which the caller wipes, and 8 bytes of key id. */
struct sign_key *sign_key_new(const uint8_t seed[SIGN_SEED_SIZE], const uint8_t id[SIGN_ID_SIZE]);
void sign_key_free(struct sign_key *key);             /* NULL is fine */
void sign_key_lock_again(const struct sign_key *key); /* in a child, after fork */
const struct sign_public *sign_key_public(const struct sign_key *key);

/* Key files are minisign's own form, unencrypted (as `minisign -G -W` writes); the public one is
 * what `minisign -V -p` reads. */
enum status sign_key_write(const struct sign_key *key, struct buffer *secret_file_out) MUST_CHECK;
/* ST_BAD if it is no such file, ST_DENIED if a password protects it. */
enum status sign_key_read(struct bytes file, struct sign_key **key_out) MUST_CHECK;
void sign_public_text(const struct sign_public *key, char text_out[SIGN_PUBLIC_TEXT_SIZE]);
/* Takes the bare base64 or a whole .pub file. */
enum status sign_public_parse(struct bytes text, struct sign_public *key_out) MUST_CHECK;

/* The hash of a file that arrives in pieces. */
struct sign_hash {
    _Alignas(64) uint8_t state[384];
};
void sign_hash_init(struct sign_hash *hash);
void sign_hash_add(struct sign_hash *hash, struct bytes bytes);
/* Gives the hash and wipes the state: whoever knows the state can go on hashing. */
void sign_hash_end(struct sign_hash *hash, uint8_t hash_out[SIGN_HASH_SIZE]);

/* Append a whole signature. Comments are one line of printable UTF-8 each, at most SIGN_COMMENT_MAX
 * bytes; ST_BAD otherwise. ST_LIMIT if it does not fit. */
enum status sign_make(const struct sign_key *key, const uint8_t hash[SIGN_HASH_SIZE],
                      const char *untrusted_comment, const char *trusted_comment,
                      struct buffer *signature_out) MUST_CHECK;
/* Check a whole signature (line ends LF or CRLF, the last one may be missing) and give its trusted
 * comment, which points into `signature`. ST_BAD if it is malformed; ST_NONE if it is by another
 * key (well formed, but another key id); ST_DENIED if one of its two does not verify. */
enum status sign_check(const struct sign_public *key, const uint8_t hash[SIGN_HASH_SIZE],
                       struct bytes signature, struct bytes *trusted_comment_out) MUST_CHECK;

#endif
