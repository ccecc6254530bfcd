/* SPDX-License-Identifier: Apache-2.0
 * envelope: reading and writing the age v1 header. */
#include "age_header_private.h"

#include "encode.h"

#define COLUMNS 64
#define LINE_BYTES 48 /* what a full line holds */
#define MAC_TEXT 43

static const struct bytes version = BYTES_LITERAL("age-encryption.org/v1\n");
static const struct bytes arrow = BYTES_LITERAL("-> ");
static const struct bytes dashes = BYTES_LITERAL("---");

/* --- reading ---------------------------------------------------------------------------------- */

/* The text stops before the header does: is there more to come? */
static enum status stops(const struct age_header *header, struct why *why)
{
    if (!header->full)
        return ST_TEMP;
    return why_set(why, ST_BAD, "E-1: the header does not end in %d bytes", AGE_HEADER_MAX);
}

/* The next line without its LF; nothing but LF ends one. */
static enum status next_line(struct age_header *header, struct bytes *line_out, struct why *why)
{
    struct bytes rest = bytes_from(header->text, header->at);
    size_t n = bytes_index(rest, '\n');
    if (n == rest.n)
        return stops(header, why);
    *line_out = bytes_first(rest, n);
    header->at += n + 1;
    return ST_OK;
}

enum status age_header_begin(struct bytes file, struct age_header *header_out, struct why *why)
{
    struct age_header header = {
        .text = bytes_first(file, AGE_HEADER_MAX),
        .full = file.n >= AGE_HEADER_MAX,
    };
    struct bytes seen = bytes_first(file, version.n);
    if (!bytes_equal(seen, bytes_first(version, seen.n)))
        return why_set(why, ST_BAD, "E-2: not an age v1 file");
    if (seen.n < version.n)
        return ST_TEMP;
    header.at = version.n;
    *header_out = header;
    return ST_OK;
}

/* Visible ASCII words with one space between them. */
static bool arguments_valid(struct bytes arguments)
{
    uint8_t before = ' ';
    for (size_t i = 0; i < arguments.n; i++) {
        uint8_t c = arguments.p[i];
        if (c < 0x20 || c > 0x7e || (c == ' ' && before == ' '))
            return false;
        before = c;
    }
    return before != ' ';
}

/* The lines of a body. A full line is 48 whole bytes, so each line can be judged by itself. */
static enum status read_body(struct age_header *header, struct bytes *body_out, struct why *why)
{
    size_t begin = header->at;
    struct bytes line = BYTES_NONE;
    do {
        uint8_t bytes[LINE_BYTES];
        size_t n = 0;
        enum status status = next_line(header, &line, why);
        if (status != ST_OK)
            return status;
        if (line.n > COLUMNS || base64_decode(line, UNPADDED, bytes, sizeof bytes, &n) != ST_OK)
            return why_set(why, ST_BAD, "E-5: stanza %zu has a bad line in its body",
                           header->stanzas + 1);
    } while (line.n == COLUMNS);
    *body_out = bytes_first(bytes_from(header->text, begin), header->at - begin);
    return ST_OK;
}

enum status age_header_stanza(struct age_header *header, struct age_stanza *stanza_out,
                              struct why *why)
{
    struct age_stanza stanza;
    struct bytes rest = bytes_from(header->text, header->at), line = BYTES_NONE, type = BYTES_NONE;

    /* The MAC line ends the stanzas; the first three bytes tell. */
    if (rest.n < dashes.n)
        return stops(header, why);
    if (bytes_starts(rest, dashes))
        return header->stanzas > 0 ? ST_NONE : why_set(why, ST_BAD, "E-6: no stanza");
    if (!bytes_starts(rest, arrow))
        return why_set(why, ST_BAD, "E-3: neither a stanza nor the end after stanza %zu",
                       header->stanzas);

    enum status status = next_line(header, &line, why);
    if (status != ST_OK)
        return status;
    stanza.arguments = bytes_from(line, arrow.n);
    if (!arguments_valid(stanza.arguments))
        return why_set(why, ST_BAD, "E-4: stanza %zu has bad arguments", header->stanzas + 1);
    status = read_body(header, &stanza.body, why);
    if (status != ST_OK)
        return status;

    struct bytes arguments = stanza.arguments;
    header->stanzas++;
    header->scrypt |= age_argument(&arguments, &type) && bytes_equal(type, BYTES_LITERAL("scrypt"));
    if (header->scrypt && header->stanzas > 1)
        return why_set(why, ST_BAD, "E-8: a scrypt stanza beside another");
    *stanza_out = stanza;
    return ST_OK;
}

enum status age_header_end(struct age_header *header, uint8_t mac_out[MAC_SIZE], struct why *why)
{
    struct bytes line = BYTES_NONE;
    uint8_t mac[MAC_SIZE];
    size_t n = 0, mark = dashes.n + 1;
    enum status status = next_line(header, &line, why);
    if (status != ST_OK)
        return status;
    if (line.n != mark + MAC_TEXT || !bytes_starts(line, BYTES_LITERAL("--- ")) ||
        base64_decode(bytes_from(line, mark), UNPADDED, mac, sizeof mac, &n) != ST_OK)
        return why_set(why, ST_BAD, "E-7: a bad MAC line");
    memcpy(mac_out, mac, sizeof mac);
    return ST_OK;
}

bool age_argument(struct bytes *arguments, struct bytes *argument_out)
{
    if (arguments->n == 0)
        return false;
    size_t n = bytes_index(*arguments, ' ');
    *argument_out = bytes_first(*arguments, n);
    *arguments = bytes_from(*arguments, n + 1);
    return true;
}

enum status age_body(const struct age_stanza *stanza, uint8_t *out, size_t n)
{
    struct bytes rest = stanza->body, line = BYTES_NONE;
    size_t line_ends = n / LINE_BYTES + 1;
    if (rest.n != base64_length(n, UNPADDED) + line_ends)
        return ST_BAD;
    while (bytes_line(&rest, &line)) {
        size_t got = 0;
        if (base64_decode(line, UNPADDED, out, n, &got) != ST_OK)
            return ST_BAD;
        out += got;
        n -= got;
    }
    return n == 0 ? ST_OK : ST_BAD;
}

/* --- MAC ------------------------------------------------------------------------------------ */

struct bytes age_header_covered(struct bytes header)
{
    size_t behind = 1 + MAC_TEXT + 1;
    return bytes_first(header, header.n < behind ? 0 : header.n - behind);
}

enum status age_header_mac(const struct secret *file_key, struct bytes covered,
                           uint8_t mac_out[MAC_SIZE])
{
    struct secret *key = NULL;
    enum status status = crypto_derive(file_key, BYTES_NONE, "header", &key);
    if (status == ST_OK)
        status = crypto_mac(key, covered, mac_out);
    secret_free(key);
    return status;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void add_base64(struct buffer *out, struct bytes bytes)
{
    char *text = (char *)buffer_space(out, base64_length(bytes.n, UNPADDED));
    if (text != NULL)
        out->n += base64_encode(text, bytes, UNPADDED);
}

void age_header_write(struct buffer *out, struct bytes type, struct bytes argument,
                      struct bytes body)
{
    buffer_add(out, version);
    buffer_add(out, arrow);
    buffer_add(out, type);
    buffer_add_byte(out, ' ');
    add_base64(out, argument);
    buffer_add_byte(out, '\n');

    /* A body that fills its last line is followed by an empty one. */
    for (; body.n >= LINE_BYTES; body = bytes_from(body, LINE_BYTES)) {
        add_base64(out, bytes_first(body, LINE_BYTES));
        buffer_add_byte(out, '\n');
    }
    add_base64(out, body);
    buffer_add_byte(out, '\n');
    buffer_add(out, dashes);
}

void age_header_write_mac(struct buffer *out, const uint8_t mac[MAC_SIZE])
{
    buffer_add_byte(out, ' ');
    add_base64(out, (struct bytes){mac, MAC_SIZE});
    buffer_add_byte(out, '\n');
}

size_t age_header_size(size_t type_n, size_t argument_n, size_t body_n)
{
    size_t arguments = arrow.n + type_n + 1 + base64_length(argument_n, UNPADDED) + 1;
    size_t body = base64_length(body_n, UNPADDED) + body_n / LINE_BYTES + 1;
    return version.n + arguments + body + dashes.n + 1 + MAC_TEXT + 1;
}
