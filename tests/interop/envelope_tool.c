/* SPDX-License-Identifier: Apache-2.0
 * envelope: our side of the tests with other people's programs. Keys and texts are those of
 * test_district.c.
 *
 *     envelope_tool seal FOLDER < letter     writes carrier.html, message.age, message.age.minisig,
 * kek, public envelope_tool open KEK < carrier.html  checks the signature, opens with the KEM's
 * key, writes the letter envelope_tool find < carrier.html      writes the age file, checks nothing
 */
#include <unistd.h>

#include "encode.h"
#include "file.h"
#include "test_district.h"

#define LETTER_MAX (32 << 20)

static void must(bool held, const char *what)
{
    if (!held) {
        fprintf(stderr, "envelope_tool: %s\n", what);
        exit(1);
    }
}

static void read_input(struct buffer *input)
{
    uint8_t bytes[65536];
    ssize_t n;
    while ((n = read(STDIN_FILENO, bytes, sizeof bytes)) > 0)
        must(buffer_add(input, (struct bytes){bytes, (size_t)n}) == ST_OK, "input too long");
    must(n == 0, "input");
}

static void write_output(struct bytes bytes)
{
    must(fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n && fflush(stdout) == 0, "output");
}

static void save(const char *folder, const char *name, struct bytes content)
{
    char path[4096];
    struct why why = {""};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    must(file_replace(path, 0600, content, &why) == ST_OK, why.text);
}

/* What a page holds. */
struct found {
    struct buffer file, signature;
    uint8_t hash[SIGN_HASH_SIZE];
    struct envelope envelope;
};

static void find(struct bytes html, struct found *found)
{
    struct carrier_reader *reader = carrier_reader_new();
    struct why why = {""};
    buffer_init(&found->file, LETTER_MAX);
    buffer_init(&found->signature, SIGN_TEXT_MAX);
    must(carrier_reader_add(reader, html, &found->file) == ST_OK, "damaged");
    must(carrier_reader_end(reader, found->hash, &found->signature) == ST_OK, "no carrier, or cut");
    must(envelope_read(buffer_bytes(&found->file), &found->envelope, &why) == ST_OK, why.text);
    carrier_reader_free(reader);
}

static void found_done(struct found *found)
{
    buffer_done(&found->file);
    buffer_done(&found->signature);
}

static void seal(const struct district *district, struct bytes letter, const char *folder,
                 const char *portal)
{
    char text[SIGN_PUBLIC_TEXT_SIZE], kek_text[2 * IBE_KEY_SIZE + 1];
    struct found found;
    struct buffer html;
    struct secret *random = district_random(70, ENVELOPE_RANDOM_SIZE);
    struct secret *kek = secret_new(IBE_KEY_SIZE);
    struct carrier_settings settings = district_settings(district, random);
    struct carrier_text page = district_text;
    if (portal != NULL)
        page.portal = portal;
    settings.text = &page;
    buffer_init(&html, 2 * LETTER_MAX);
    must(district_carrier(&settings, letter, CARRIER_CHUNK, &html) == ST_OK, "seal");
    find(buffer_bytes(&html), &found);
    must(master_decapsulate(district->master, &found.envelope.identity, found.envelope.ciphertext,
                            kek) == ST_OK,
         "decapsulate");
    hex_encode(kek_text, secret_bytes(kek));
    sign_public_text(sign_key_public(district->key), text);

    save(folder, "carrier.html", buffer_bytes(&html));
    save(folder, "message.age", buffer_bytes(&found.file));
    save(folder, "message.age.minisig", buffer_bytes(&found.signature));
    save(folder, "kek", bytes_text(kek_text));
    save(folder, "public", bytes_text(text));
    found_done(&found);
    buffer_done(&html);
    secret_free(random);
    secret_free(kek);
}

static void open_page(const struct district *district, struct bytes html, const char *kek_text)
{
    struct found found;
    struct envelope_seal seal;
    struct secret *file_key = NULL, *kek = secret_new(IBE_KEY_SIZE);
    struct buffer letter;
    uint64_t n = 0;
    find(html, &found);
    must(hex_decode(bytes_text(kek_text), kek->p, kek->n) == ST_OK, "a key in hexadecimal");
    must(envelope_check(sign_key_public(district->key), &found.envelope,
                        (struct envelope_signature){found.hash, buffer_bytes(&found.signature)},
                        &seal, NULL) == ST_OK,
         "signature");
    struct bytes file = buffer_bytes(&found.file);
    struct bytes payload = bytes_from(file, found.envelope.header_n);
    must(envelope_unwrap(&found.envelope, bytes_first(file, found.envelope.header_n), kek,
                         &file_key) == ST_OK,
         "unwrap");
    must(envelope_plain_size(payload.n, &n) == ST_OK, "size");
    buffer_init(&letter, LETTER_MAX);
    uint8_t *plain = buffer_space(&letter, n);
    must(plain != NULL && envelope_decrypt(file_key, payload, plain) == ST_OK, "decrypt");
    write_output((struct bytes){plain, n});
    buffer_done(&letter);
    found_done(&found);
    secret_free(file_key);
    secret_free(kek);
}

int main(int count, char **arguments)
{
    const char *command = count > 1 ? arguments[1] : "";
    struct district *district = district_new();
    struct buffer input;
    buffer_init(&input, 2 * LETTER_MAX);
    read_input(&input);
    if (strcmp(command, "seal") == 0 && (count == 3 || count == 4)) {
        seal(district, buffer_bytes(&input), arguments[2], count == 4 ? arguments[3] : NULL);
    } else if (strcmp(command, "open") == 0 && count == 3) {
        open_page(district, buffer_bytes(&input), arguments[2]);
    } else {
        struct found found;
        must(strcmp(command, "find") == 0 && count == 2, "seal FOLDER [PORTAL] | open KEK | find");
        find(buffer_bytes(&input), &found);
        write_output(buffer_bytes(&found.file));
        found_done(&found);
    }
    buffer_done(&input);
    district_free(district);
    return 0;
}
