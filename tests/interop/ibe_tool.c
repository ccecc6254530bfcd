/* SPDX-License-Identifier: Apache-2.0
 * interop: encapsulate and decapsulate on the command line, so that another implementation can try
 * itself against ours. Secrets come as arguments: a tool for tests alone.
 *
 *     ibe_tool encapsulate PARAMS AUTHORITY IDENTITY RANDOM
 *     ibe_tool decapsulate PARAMS AUTHORITY IDENTITY PRIVATE-KEY MLKEM-SECRET CIPHERTEXT
 *
 * PARAMS is a file, AUTHORITY a minisign key in base64; all else is hexadecimal. Prints
 * `ciphertext:` and `key:` lines. Exit status: 0, or 1 + the status that refused. */
#include "encode.h"
#include "file.h"
#include "ibe.h"

/* A hexadecimal argument in secret memory, of any size but none. */
static struct secret *argument(const char *text)
{
    struct secret *secret = secret_new(strlen(text) / 2);
    if (hex_decode(bytes_text(text), secret->p, secret->n) != ST_OK) {
        fprintf(stderr, "not hexadecimal: %.40s\n", text);
        exit(2);
    }
    return secret;
}

static void print(const char *name, struct bytes bytes)
{
    char text[2 * IBE_CIPHERTEXT_SIZE + 1];
    hex_encode(text, bytes);
    printf("%s: %s\n", name, text);
}

static enum status read_params(const char *path, const char *authority, struct params *params_out)
{
    struct buffer file;
    struct sign_public key;
    struct why why = {{0}};
    buffer_init(&file, PARAMS_FILE_MAX);
    enum status status = file_read(path, &file, &why);
    if (status == ST_OK)
        status = sign_public_parse(bytes_text(authority), &key);
    if (status == ST_OK)
        status = params_read(buffer_bytes(&file), &key, params_out, &why);
    if (status != ST_OK)
        fprintf(stderr, "%s\n", why.text);
    buffer_done(&file);
    return status;
}

static enum status encapsulate(const struct params *params, char **arguments)
{
    struct ibe_sender *sender = ibe_sender_new(params);
    struct secret *identity = argument(arguments[0]), *random = argument(arguments[1]),
                  *key = secret_new(IBE_KEY_SIZE);
    uint8_t ciphertext[IBE_CIPHERTEXT_SIZE];
    enum status status = ST_BAD;
    if (random->n == IBE_RANDOM_SIZE)
        status = ibe_encapsulate(sender, secret_bytes(identity), random->p, ciphertext, key);
    if (status == ST_OK) {
        print("ciphertext", BYTES_ARRAY(ciphertext));
        print("key", secret_bytes(key));
    }
    secret_free(identity);
    secret_free(random);
    secret_free(key);
    ibe_sender_free(sender);
    return status;
}

static enum status decapsulate(const struct params *params, char **arguments)
{
    struct secret *identity = argument(arguments[0]), *private_key = argument(arguments[1]),
                  *mlkem = argument(arguments[2]), *ciphertext = argument(arguments[3]),
                  *key = secret_new(IBE_KEY_SIZE);
    const struct ibe_opener opener = {params, private_key, mlkem};
    enum status status = ST_BAD;
    if (private_key->n == IBE_IDENTITY_KEY_SIZE && mlkem->n == IBE_MLKEM_SECRET_SIZE &&
        ciphertext->n == IBE_CIPHERTEXT_SIZE)
        status = ibe_decapsulate(&opener, secret_bytes(identity), ciphertext->p, key);
    if (status == ST_OK)
        print("key", secret_bytes(key));
    secret_free(identity);
    secret_free(private_key);
    secret_free(mlkem);
    secret_free(ciphertext);
    secret_free(key);
    return status;
}

int main(int count, char **arguments)
{
    struct params params;
    enum status status = ST_BAD;
    bool sealing = count == 6 && strcmp(arguments[1], "encapsulate") == 0;
    if (!sealing && !(count == 8 && strcmp(arguments[1], "decapsulate") == 0)) {
        fprintf(stderr, "usage: see the top of ibe_tool.c\n");
        return 2;
    }
    status = read_params(arguments[2], arguments[3], &params);
    if (status == ST_OK)
        status =
            sealing ? encapsulate(&params, arguments + 4) : decapsulate(&params, arguments + 4);
    return status == ST_OK ? 0 : 1 + (int)status;
}
