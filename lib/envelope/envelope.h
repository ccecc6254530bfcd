/* SPDX-License-Identifier: Apache-2.0
 * envelope: a sealed message (docs/spec/envelope.md). It is an age v1 file with one stanza of ours,
 *
 *     age-encryption.org/v1
 *     -> securemail/ibe1 <unpadded base64 of the identity bytes>
 *     <unpadded base64, 64 columns: KEM ciphertext (1216) ‖ file key under the KEM's key (16 + 16)>
 *     --- <unpadded base64 of the header's HMAC>
 *     nonce (16) ‖ ChaCha20-Poly1305 chunks of 64 KiB + 16
 *
 * with a minisign signature beside it, whose trusted comment binds district, identity, time and
 * expiry. */
#ifndef SECUREMAIL_ENVELOPE_H
#define SECUREMAIL_ENVELOPE_H

#include "ibe.h"
#include "sign.h"

#define ENVELOPE_CHUNK 65536     /* plaintext bytes in a payload chunk */
#define ENVELOPE_HEADER_MAX 8192 /* bytes of an age header that we read */
#define ENVELOPE_FILE_KEY_SIZE 16
#define ENVELOPE_OPENED_SIZE                                                                       \
    (ENVELOPE_FILE_KEY_SIZE + 1) /* file key ‖ 1 if it is genuine, else 0 */
#define ENVELOPE_RANDOM_SIZE 96  /* KEM (64) ‖ file key (16) ‖ payload nonce (16) */
#define ENVELOPE_ID_SIZE                                                                           \
    32 /* SHA-256 of the stanza body: names this copy in logs, audit, recall                       \
        */

/* --- sealing ---------------------------------------------------------------------------------- */

/* The size of the age file for a plaintext of n bytes sealed to an identity of identity_n bytes. */
uint64_t envelope_size(uint64_t n, size_t identity_n);

struct envelope_writer; /* one message being sealed */

/* Begin: encapsulates, and appends header and nonce to `out`. `random`: fresh, used once. ST_BAD if
 * the identity can't be encoded or is not of the sender's district and serial. */
enum status envelope_writer_new(const struct ibe_sender *sender, const struct identity *identity,
                                const struct secret *random, struct envelope_writer **writer_out,
                                struct buffer *out) MUST_CHECK;
/* Seal more plaintext; appends whole chunks as they fill up. */
enum status envelope_writer_add(struct envelope_writer *writer, struct bytes plain,
                                struct buffer *out) MUST_CHECK;
/* The last chunk. */
enum status envelope_writer_end(struct envelope_writer *writer, struct buffer *out) MUST_CHECK;
void envelope_writer_free(struct envelope_writer *writer);
const uint8_t *
envelope_writer_id(const struct envelope_writer *writer); /* ENVELOPE_ID_SIZE bytes */

/* --- opening ---------------------------------------------------------------------------------- */

/* What a header says; public, nothing of it is trusted before the signature was checked. */
struct envelope {
    struct identity identity;
    uint8_t identity_bytes[IDENTITY_MAX];
    size_t identity_n;
    uint8_t ciphertext[IBE_CIPHERTEXT_SIZE];
    uint8_t wrapped[ENVELOPE_FILE_KEY_SIZE + 16];
    uint8_t mac[32];
    uint8_t id[ENVELOPE_ID_SIZE];
    size_t header_n; /* bytes of the header, up to and with its last line end; the nonce follows */
};

/* Read a header from the beginning of a file. ST_TEMP: needs more bytes (fewer than
 * ENVELOPE_HEADER_MAX were given and the header is not complete); at the end of a file that means
 * cut short. ST_BAD: not an age file, or malformed; `why` begins with the rule's number. ST_NONE: a
 * good age file without a stanza of ours. Stanzas of other types are skipped; two of ours are
 * ST_BAD. */
enum status envelope_read(struct bytes file, struct envelope *envelope_out,
                          struct why *why) MUST_CHECK;

/* The file key from the KEM's key, with what the header's HMAC says of it: a secret of
 * ENVELOPE_OPENED_SIZE, for envelope_decrypt. `header`: the file's first header_n bytes. It is
 * ST_OK also if the key does not fit (E-15, E-16): then envelope_decrypt does all its work, and
 * says ST_BAD, so that nobody can tell which of the failures it was. ST_FAIL: libcrypto failed. The
 * caller frees.
 */
enum status envelope_unwrap(const struct envelope *envelope, struct bytes header,
                            const struct secret *key, struct secret **opened_out) MUST_CHECK;

/* Plaintext bytes of a payload (nonce and chunks) of n bytes; ST_BAD if none has that size. */
enum status envelope_plain_size(uint64_t payload_n, uint64_t *plain_n_out) MUST_CHECK;
/* Decrypt a whole payload into plain_out (envelope_plain_size bytes). Bare ST_BAD, and plain_out
 * wiped, unless the file key was genuine, every chunk verifies and the last one is the last (E-15
 * to E-17). All chunks are gone through in any case: the same work whichever of them fails. Nothing
 * of plain_out may be used before this returned ST_OK. */
enum status envelope_decrypt(const struct secret *opened, struct bytes payload,
                             uint8_t *plain_out) MUST_CHECK;

/* --- signature -------------------------------------------------------------------------------- */

/* What the trusted comment says:
 * "securemail-v1 district=… serial=… identity=<hex SHA-256> id=<hex> time=<seconds>
 * expires=<seconds>". */
struct envelope_seal {
    int64_t time;    /* when the gateway sealed it */
    int64_t expires; /* until when it can be opened, as printed for the recipient */
};

/* Append the signature of a sealed message whose age file has this hash. ST_BAD unless 0 ≤ time ≤
 * expires. */
enum status envelope_sign(const struct sign_key *key, const uint8_t hash[SIGN_HASH_SIZE],
                          const struct envelope_writer *writer, const struct envelope_seal *seal,
                          struct buffer *signature_out) MUST_CHECK;
/* A signature that came with an age file. */
struct envelope_signature {
    const uint8_t *hash; /* SIGN_HASH_SIZE bytes: of the age file */
    struct bytes text;   /* the signature's four lines */
};
/* Check it against the header that was read: ST_BAD if the signature or any bound value is wrong,
 * ST_NONE if another key made it. All of that is public: `why` begins with the rule's number. */
enum status envelope_check(const struct sign_public *key, const struct envelope *envelope,
                           struct envelope_signature signature, struct envelope_seal *seal_out,
                           struct why *why) MUST_CHECK;

#endif
