/* SPDX-License-Identifier: Apache-2.0
 * bench: what hostile input costs beside honest input, so that nobody makes a program work longer
 * than an honest message of the size does. BENCHMARKS.md names the bounds. */
#include <blst.h>
#include <blst_aux.h>

#include "carrier.h"
#include "encode.h"
#include "measure.h"
#include "test_district.h"

#define PAGE ((size_t)1 << 20)
#define PIECE ((size_t)32 << 10) /* what the portal gets from its HTTP library at a time */
#define ADDRESSES 50000

static struct district *district;
static struct sign_key *authority;
static struct buffer letter, scratch;
static struct envelope envelope; /* of an honest message */
static uint8_t hash[SIGN_HASH_SIZE];

/* --- what is done with input ------------------------------------------------------------------ */

static enum status open_ciphertext(struct bytes ciphertext)
{
    struct secret *key = secret_new(IBE_KEY_SIZE);
    enum status status = master_decapsulate(district->master, &district->alice, ciphertext.p, key);
    secret_free(key);
    return status;
}

static enum status read_header(struct bytes file)
{
    struct envelope read;
    return envelope_read(file, &read, NULL);
}

static enum status read_identity(struct bytes text)
{
    struct identity identity;
    return identity_decode(text, &identity);
}

static enum status read_params(struct bytes file)
{
    struct params params;
    return params_read(file, sign_key_public(authority), &params, NULL);
}

static enum status check_signature(struct bytes signature)
{
    struct envelope_seal seal;
    return envelope_check(sign_key_public(district->key), &envelope,
                          (struct envelope_signature){hash, signature}, &seal, NULL);
}

static enum status read_armor(struct bytes text)
{
    uint8_t ignored[SIGN_HASH_SIZE];
    struct armor_reader *reader = armor_reader_new();
    enum status status = ST_OK;
    scratch.n = 0;
    for (; text.n > 0 && status == ST_OK; text = bytes_from(text, PIECE))
        status = armor_reader_add(reader, bytes_first(text, PIECE), &scratch);
    if (status == ST_OK)
        status = armor_reader_end(reader, ignored);
    armor_reader_free(reader);
    return status;
}

static enum status read_page(struct bytes html)
{
    uint8_t ignored[SIGN_HASH_SIZE];
    struct buffer signature;
    struct carrier_reader *reader = carrier_reader_new();
    enum status status = ST_OK;
    buffer_init(&signature, SIGN_TEXT_MAX);
    scratch.n = 0;
    for (; html.n > 0 && status == ST_OK; html = bytes_from(html, PIECE))
        status = carrier_reader_add(reader, bytes_first(html, PIECE), &scratch);
    if (status == ST_OK)
        status = carrier_reader_end(reader, ignored, &signature);
    carrier_reader_free(reader);
    buffer_done(&signature);
    return status;
}

/* Addresses, a line each; the last one's status. */
static enum status parse_addresses(struct bytes lines)
{
    struct address address;
    struct bytes line = BYTES_NONE;
    enum status status = ST_NONE;
    while (bytes_line(&lines, &line))
        status = address_parse(line, &address, NULL);
    return status;
}

/* --- a row ------------------------------------------------------------------------------------ */

static struct {
    enum status (*work)(struct bytes);
    struct bytes hostile, honest;
} subject;

static enum status done;

static void run_hostile(void)
{
    done = subject.work(subject.hostile);
}

static void run_honest(void)
{
    done = subject.work(subject.honest);
}

/* `wanted`: what the hostile input must be answered with, so that no row measures something else.
 */
static void compare(const char *name, enum measure_unit unit, enum status wanted)
{
    struct quantity quantity = {name,
                                "the same, honest",
                                "",
                                unit,
                                .ours = run_hostile,
                                .theirs = run_honest,
                                .ours_bytes = (double)subject.hostile.n,
                                .theirs_bytes = (double)subject.honest.n};
    run_honest();
    must(done == ST_OK, "the honest input is good");
    run_hostile();
    must(done == wanted, name);
    measure(&quantity);
}

/* --- keyserver: the point of a ciphertext ----------------------------------------------------- */

/* The first x whose bytes are such a point: 0 … not on the curve, 1 … on it, but outside G2. */
static void bad_point(bool on_curve, uint8_t out[96])
{
    blst_p2_affine point;
    memset(out, 0, 96);
    out[0] = 0x80; /* compressed */
    do
        out[95]++;
    while ((blst_p2_uncompress(&point, out) == BLST_SUCCESS) != on_curve);
    must(!on_curve || !blst_p2_affine_in_g2(&point), "a point outside G2");
}

static void points(void)
{
    uint8_t bad[IBE_CIPHERTEXT_SIZE];
    subject.work = open_ciphertext;
    subject.honest = BYTES_ARRAY(envelope.ciphertext);
    subject.hostile = BYTES_ARRAY(bad);
    memcpy(bad, envelope.ciphertext, sizeof bad);
    bad_point(false, bad);
    compare("hostile: U is not on the curve", MICROSECONDS, ST_BAD);
    bad_point(true, bad);
    compare("hostile: U is outside G2", MICROSECONDS, ST_BAD);
    memset(bad, 0, 96);
    bad[0] = 0xc0;
    compare("hostile: U is infinity", MICROSECONDS, ST_BAD);
    memcpy(bad, envelope.ciphertext, sizeof bad);
    bad[sizeof bad - 1] ^= 1;
    compare("hostile: a changed ciphertext", MICROSECONDS, ST_OK); /* implicit rejection */
}

/* --- portal: header, identity, signature ------------------------------------------------------ */

/* A header as long as headers may be, all of it stanzas of the fewest bytes. */
static void headers(struct bytes honest)
{
    struct buffer text;
    buffer_init(&text, ENVELOPE_HEADER_MAX);
    buffer_add_text(&text, "age-encryption.org/v1\n");
    while (text.n + 60 < ENVELOPE_HEADER_MAX)
        buffer_add_text(&text, "-> x\n\n");
    buffer_add_text(&text, "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    subject.work = read_header;
    subject.honest = honest;
    subject.hostile = buffer_bytes(&text);
    compare("hostile: 8 KiB of foreign stanzas", NS_PER_BYTE, ST_NONE);
    buffer_done(&text);
}

static void identities(void)
{
    uint8_t bomb[IDENTITY_MAX];
    /* Each SEQUENCE holds what follows; lengths of two bytes, as long as they must be. */
    for (size_t i = 0; i + 4 <= sizeof bomb; i += 4) {
        size_t n = sizeof bomb - i - 4;
        bomb[i] = 0x30;
        bomb[i + 1] = 0x82;
        bomb[i + 2] = (uint8_t)(n >> 8);
        bomb[i + 3] = (uint8_t)n;
    }
    subject.work = read_identity;
    subject.honest = (struct bytes){envelope.identity_bytes, envelope.identity_n};
    subject.hostile = BYTES_ARRAY(bomb);
    compare("hostile: an identity of nested DER", MICROSECONDS, ST_BAD);
}

static void signatures(struct bytes honest)
{
    char comment[SIGN_COMMENT_MAX + 1];
    struct buffer text;
    buffer_init(&text, SIGN_TEXT_MAX);
    memset(comment, 'x', SIGN_COMMENT_MAX);
    comment[SIGN_COMMENT_MAX] = '\0';
    must(sign_make(district->key, hash, comment, comment, &text) == ST_OK, "sign_make");
    subject.work = check_signature;
    subject.honest = honest;
    subject.hostile = buffer_bytes(&text);
    compare("hostile: a signature of the longest comments", MICROSECONDS, ST_BAD);
    buffer_done(&text);
}

/* --- portal: armor and pages ------------------------------------------------------------------ */

/* `begin`, then the pattern again and again up to n bytes. */
static void fill(struct buffer *text, const char *begin, const char *pattern, size_t n)
{
    text->n = 0;
    buffer_add_text(text, begin);
    while (text->n + strlen(pattern) <= n)
        buffer_add_text(text, pattern);
}

static void armors(struct bytes honest)
{
    struct buffer text;
    buffer_init(&text, 2 * PAGE);
    fill(&text, "", "\r\n", 1024);
    buffer_add(&text, honest);
    fill(&scratch, "", " \t", 1024);
    buffer_add(&text, buffer_bytes(&scratch));
    subject.work = read_armor;
    subject.honest = honest;
    subject.hostile = buffer_bytes(&text);
    compare("hostile: armor in the most blanks", NS_PER_BYTE, ST_OK);
    buffer_done(&text);
}

static void pages(struct bytes honest)
{
    static const char in_message[] = "<input value=\"-----BEGIN AGE ENCRYPTED FILE-----\n";
    static const struct {
        const char *name, *begin, *pattern;
        enum status wanted;
    } cases[] = {
        {"hostile: a page of ampersands", "<input value=\"", "&", ST_NONE},
        {"hostile: a page of references", "<input value=\"", "&#x41;", ST_NONE},
        {"hostile: a page of inputs", "", "<input value=x>", ST_NONE},
        {"hostile: a page of attributes", "<input ", "a=b ", ST_NONE},
        {"hostile: a page of open tags", "", "<", ST_NONE},
        {"hostile: a page of comments", "", "<!---->", ST_NONE},
        {"hostile: an armor written in references", in_message,
         "&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;"
         "&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;"
         "&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;"
         "&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#81;&#10;",
         ST_TEMP},
    };
    struct buffer html;
    buffer_init(&html, PAGE);
    subject.work = read_page;
    subject.honest = honest;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fill(&html, cases[i].begin, cases[i].pattern, PAGE - 1);
        subject.hostile = buffer_bytes(&html);
        compare(cases[i].name, NS_PER_BYTE, cases[i].wanted);
    }
    buffer_done(&html);
}

/* --- gateway: parameters ---------------------------------------------------------------------- */

static void write_params(struct buffer *file)
{
    must(params_write(master_params(district->master), authority, file) == ST_OK, "params_write");
}

/* The file with its point moved off the curve, signed again: only the authority could do it. */
static void spoil_point(struct buffer *file)
{
    static const char end[] = "-----END SECUREMAIL PARAMETERS-----\n";
    struct bytes all = buffer_bytes(file);
    size_t n = bytes_find(all, bytes_text(end)) + strlen(end);
    struct sign_hash hashing;
    uint8_t digest[SIGN_HASH_SIZE];

    /* Two lines into the base64 the point has begun, and has not ended. */
    uint8_t *changed = file->p + bytes_index(all, '\n') + 1 + 2 * 65 + 10;
    *changed = *changed == 'A' ? 'B' : 'A';
    sign_hash_init(&hashing);
    sign_hash_add(&hashing, bytes_first(buffer_bytes(file), n));
    sign_hash_end(&hashing, digest);
    file->n = n;
    must(sign_make(authority, digest, "x", "y", file) == ST_OK, "sign_make");
}

static void parameters(void)
{
    struct buffer honest, bad, long_body;
    buffer_init(&honest, PARAMS_FILE_MAX);
    buffer_init(&bad, PARAMS_FILE_MAX);
    buffer_init(&long_body, PARAMS_FILE_MAX);
    write_params(&honest);
    write_params(&bad);
    spoil_point(&bad);
    struct why why = {""};
    enum status spoilt =
        params_read(buffer_bytes(&bad), sign_key_public(authority), &(struct params){0}, &why);
    must(spoilt == ST_BAD && strncmp(why.text, "P-6", 3) == 0, "the point alone is bad");
    subject.work = read_params;
    subject.honest = buffer_bytes(&honest);
    subject.hostile = buffer_bytes(&bad);
    compare("hostile: parameters with a bad point", MICROSECONDS, ST_BAD);

    fill(&long_body, "-----BEGIN SECUREMAIL PARAMETERS-----\n",
         "MIIwgDCAMIAwgDCAMIAwgDCAMIAwgDCAMIAwgDCAMIAwgDCAMIAwgDCAMIAwgDCA\n",
         PARAMS_FILE_MAX - 1024);
    struct bytes all = buffer_bytes(&honest);
    buffer_add(&long_body, bytes_from(all, bytes_find(all, BYTES_LITERAL("-----END"))));
    subject.hostile = buffer_bytes(&long_body);
    compare("hostile: parameters of nested DER", MICROSECONDS, ST_BAD);
    buffer_done(&honest);
    buffer_done(&bad);
    buffer_done(&long_body);
}

/* --- gateway and accounts: addresses ---------------------------------------------------------- */

/* Lines of one pattern between `begin` and `end`, each as long as an address may be. */
static void add_address(struct buffer *lines, const char *begin, const char *pattern,
                        const char *end)
{
    size_t from = lines->n, most = ADDRESS_INPUT_MAX - strlen(end);
    buffer_add_text(lines, begin);
    while (lines->n - from + strlen(pattern) <= most)
        buffer_add_text(lines, pattern);
    buffer_add_text(lines, end);
    buffer_add_text(lines, "\n");
}

static void addresses(void)
{
    static const struct {
        const char *name, *begin, *pattern, *end;
    } cases[] = {
        {"hostile: an address of marks to be sorted", "a", "\xcc\x95\xcc\x80\xcc\x96",
         "@example.org"},
        {"hostile: an address that NFC takes apart", "", "\xe1\xbe\x82", "@example.org"},
        {"hostile: a domain of one long label", "a@", "\xe4\xb8\x80\xe9\xbe\xa0", ".example"},
        {"hostile: a domain of the most labels", "a@", "\xc3\xbc.", "example"},
        {"hostile: a domain of A-labels", "a@", "xn--tda.", "example"},
    };
    struct buffer lines;
    buffer_init(&lines, (size_t)ADDRESSES * (ADDRESS_INPUT_MAX + 1));
    subject.work = parse_addresses;
    subject.honest = BYTES_LITERAL("j\xc3\xbcrgen.m\xc3\xbcller@b\xc3\xbc"
                                   "cher.example\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lines.n = 0;
        add_address(&lines, cases[i].begin, cases[i].pattern, cases[i].end);
        subject.hostile = buffer_bytes(&lines);
        compare(cases[i].name, NS_PER_BYTE, ST_BAD);
    }

    /* All of them by turns, 50,000 in all. */
    lines.n = 0;
    for (size_t i = 0; i < ADDRESSES; i++) {
        size_t which = i % (sizeof cases / sizeof cases[0]);
        add_address(&lines, cases[which].begin, cases[which].pattern, cases[which].end);
    }
    subject.hostile = buffer_bytes(&lines);
    compare("hostile: 50,000 such addresses", NS_PER_BYTE, ST_BAD);
    buffer_done(&lines);
}

/* --- all of it -------------------------------------------------------------------------------- */

int main(void)
{
    struct secret *fresh = district_random(1, ENVELOPE_RANDOM_SIZE);
    struct buffer html, file, signature;
    district = district_new();
    authority = sign_key_new((const uint8_t[SIGN_SEED_SIZE]){7}, (const uint8_t *)"district");
    buffer_init(&letter, PAGE);
    buffer_init(&scratch, 2 * PAGE);
    buffer_init(&html, 2 * PAGE);
    buffer_init(&file, 2 * PAGE);
    buffer_init(&signature, SIGN_TEXT_MAX);
    district_letter(&letter, PAGE / 2);

    /* One honest message: its page, and what is in it. */
    struct carrier_settings settings = district_settings(district, fresh);
    struct carrier_reader *reader = carrier_reader_new();
    must(district_carrier(&settings, buffer_bytes(&letter), PIECE, &html) == ST_OK &&
             carrier_reader_add(reader, buffer_bytes(&html), &file) == ST_OK &&
             carrier_reader_end(reader, hash, &signature) == ST_OK &&
             envelope_read(buffer_bytes(&file), &envelope, NULL) == ST_OK,
         "an honest message");
    struct bytes page = buffer_bytes(&html);
    struct bytes armor = bytes_from(page, bytes_find(page, BYTES_LITERAL("-----BEGIN")));

    points();
    headers(bytes_first(buffer_bytes(&file), envelope.header_n));
    identities();
    signatures(buffer_bytes(&signature));
    armors(bytes_first(armor, bytes_index(armor, '"')));
    pages(page);
    parameters();
    addresses();
    return 0;
}
