/* SPDX-License-Identifier: Apache-2.0
 * ibe: any bytes as a parameter file; and, because nothing unsigned gets far, any bytes as a body
 * that the authority signed. What is accepted can be written again, and reads the same. */
#include <assert.h>

#include "encode.h"
#include "params.h"

#define FUZZ_MAX 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct sign_key *authority(void)
{
    static struct sign_key *key;
    static const uint8_t seed[SIGN_SEED_SIZE] = {1}, id[SIGN_ID_SIZE] = {2};
    if (key == NULL)
        key = sign_key_new(seed, id);
    return key;
}

static void read_file(struct bytes file)
{
    struct params params, again;
    struct why why;
    if (params_read(file, sign_key_public(authority()), &params, &why) != ST_OK) {
        assert(why.text[0] == 'P');
        return;
    }
    struct buffer copy;
    buffer_init(&copy, PARAMS_FILE_MAX);
    assert(params_write(&params, authority(), &copy) == ST_OK);
    assert(params_read(buffer_bytes(&copy), sign_key_public(authority()), &again, &why) == ST_OK);
    assert(memcmp(params.fingerprint, again.fingerprint, sizeof params.fingerprint) == 0);
    assert(strcmp(params.district, again.district) == 0 && params.interval == again.interval);
    buffer_done(&copy);
}

/* A file whose body is the base64 of these bytes, rightly signed. */
static void read_signed(struct bytes der)
{
    struct buffer file;
    struct sign_hash state;
    uint8_t hash[SIGN_HASH_SIZE];
    char text[FUZZ_MAX * 2];
    buffer_init(&file, PARAMS_FILE_MAX);
    struct bytes rest = {(const uint8_t *)text, base64_encode(text, der, PADDED)};
    buffer_add_text(&file, "-----BEGIN SECUREMAIL PARAMETERS-----\n");
    for (; rest.n > 0; rest = bytes_from(rest, 64)) {
        buffer_add(&file, bytes_first(rest, 64));
        buffer_add_text(&file, "\n");
    }
    buffer_add_text(&file, "-----END SECUREMAIL PARAMETERS-----\n");
    sign_hash_init(&state);
    sign_hash_add(&state, buffer_bytes(&file));
    sign_hash_end(&state, hash);
    assert(sign_make(authority(), hash, "", "a comment", &file) == ST_OK);
    read_file(buffer_bytes(&file));
    buffer_done(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    read_file((struct bytes){data, n});
    if (n <= FUZZ_MAX)
        read_signed((struct bytes){data, n});
    return 0;
}
